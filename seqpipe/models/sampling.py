"""Scheduled sampling: what a decoder reads in training, true tokens or its own (Bengio et al. 2015).

With probability ε an input is the true token, else one drawn from the model's distribution; ε falls with the number i
of updates done. ``token`` draws each token after the mixed ones before it; ``two-pass`` draws all of them at once after
true ones, then mixes (Mihaylova & Martins 2019; Duckworth et al. 2019): a decoder that runs in one call stays so.

No gradient flows through a draw. So it is exact to write the mixed inputs first, without gradients, and then to run one
differentiable call on them: both give the gradient of a loop that draws while it computes the loss. The writing is done
by the decoder as it will be used, that is without dropout, from what the encoder gives in training, where it has some.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from seqpipe.models.decoder import Decoder, DecoderState
from seqpipe.params.training import Sampling


def inverse_sigmoid(step: float, half: float) -> float:
    """k / (k + exp(i / k)), k such that it is 1/2 at i = ``half``: k ln k = half."""
    k = max(half, 1.0)
    for _ in range(50):  # Newton's method; k ln k is convex
        k = (k + half) / (1 + math.log(k))
    return 1 / (1 + math.exp(min(step / k - math.log(k), 700.0)))  # e^700 is still a number


DECAYS: dict[str, Callable[[float, float], float]] = {
    "none": lambda step, half: 1.0,
    "linear": lambda step, half: 1 - step / (2 * half),
    "exponential": lambda step, half: 0.5 ** (step / half),
    "inverse-sigmoid": inverse_sigmoid,
}
"""ε after ``step`` updates, 1/2 after ``half``: 1 − c i, k^i and k / (k + exp(i / k)), their constants chosen so."""


def truth(sampling: Sampling, step: int, steps: int) -> float:
    """ε, the probability of the true token, when ``step`` of ``steps`` updates are done."""
    return max(sampling.floor, DECAYS[sampling.decay](step, sampling.half * steps))


def token_by_token(decoder: Decoder, state: DecoderState, inputs: Tensor, true: Tensor) -> Tensor:
    """Ids (B, T): where ``true`` (B, T), those of ``inputs``; elsewhere drawn after all before them."""
    mixed = [inputs[:, 0]]
    for given, is_true in zip(inputs.unbind(1)[1:], true.unbind(1)[1:], strict=True):
        log_probs, state = decoder.step(state, mixed[-1])
        mixed.append(torch.where(is_true, given, draw(log_probs)))
    return torch.stack(mixed, dim=1)


def two_pass(decoder: Decoder, state: DecoderState, inputs: Tensor, true: Tensor) -> Tensor:
    """Ids (B, T): where ``true`` (B, T), those of ``inputs``; elsewhere drawn after the true ones before them."""
    drawn = draw(torch.log_softmax(decoder(state, inputs[:, :-1]), dim=-1))
    return torch.cat([inputs[:, :1], torch.where(true[:, 1:], inputs[:, 1:], drawn)], dim=1)


FORMS: dict[str, Callable[[Decoder, DecoderState, Tensor, Tensor], Tensor]] = {
    "token": token_by_token,
    "two-pass": two_pass,
}


@torch.no_grad()
def mixed(decoder: Decoder, state: DecoderState, inputs: Tensor, form: str, share: float) -> Tensor:
    """What the decoder reads instead of the true ``inputs`` (B, T), of which each stays with probability ``share``.

    The first, which begins every output, always stays. Draws come from torch's global generator.
    """
    if share >= 1:
        return inputs
    true = torch.rand(inputs.shape, device=inputs.device) < share
    training = decoder.training
    decoder.eval()
    try:
        return FORMS[form](decoder, state, inputs, true)
    finally:
        decoder.train(training)


def draw(log_probs: Tensor) -> Tensor:
    """Ids (…) drawn from log-probabilities (…, V): argmax p_i / e_i with e_i ~ Exp(1), which wins with probability p_i.

    As ``torch.multinomial`` does it, but a model that has become NaN gets to its loss, where it is reported.
    """
    return (log_probs.exp() / torch.empty_like(log_probs).exponential_()).argmax(dim=-1)
