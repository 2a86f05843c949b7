"""Autoencoder: a sequence through a code of fixed size and back (Srivastava et al. 2015).

c = W h_T + b of a recurrent encoder;  s_t = cell(c, s_{t−1});  x̂ = V s_t + b. The decoder reads the code at every step
and nothing else (their unconditioned decoder): were it to see the frames it has to rebuild, it could copy each one from
the one before, and a fault would be rebuilt as well as the rest. With ``reverse`` it begins with the end of the
sequence, which the encoder has read last.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqpipe.batches import collate, plan
from seqpipe.features.sizes import Sizes
from seqpipe.nn.fronts import FRONTS
from seqpipe.nn.recurrent import Encoder, Recurrent
from seqpipe.padded import Padded
from seqpipe.params.models import AutoencodeModel
from seqpipe.params.training import Train
from seqpipe.store import Store


def squared(rebuilt: Tensor, source: Tensor) -> Tensor:
    """Mean over a frame's values of (x̂ − x)², (B, T), for (B, T, F) both."""
    return (rebuilt - source).square().mean(dim=-1)


def surprise(logits: Tensor, source: Tensor) -> Tensor:
    """−log p of each token (B, T), for logits (B, T, V) and ids (B, T)."""
    each = functional.cross_entropy(logits.flatten(0, 1), source.flatten(), reduction="none")
    return each.view_as(source)


ERRORS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"frames": squared, "tokens": surprise}
"""How far a step is from what it should be, by ``Sizes.kind``."""


class Autoencoder(nn.Module):
    """Encoder, code, decoder, and the error above which a sequence is called strange."""

    threshold: Tensor
    """Scalar; infinite until ``fit_threshold``."""

    def __init__(self, params: AutoencodeModel, sizes: Sizes) -> None:
        super().__init__()
        self.params, self.error = params, ERRORS[sizes.kind]
        self.front = FRONTS[sizes.kind](sizes, params.embedding, params)
        self.encoder = Encoder(self.front.size, params, params.bidirectional)
        self.code = nn.Linear(self.encoder.size, params.code)
        self.first = nn.Linear(params.code, params.hidden * params.layers)
        self.decoder = Recurrent(params.code, params)
        self.output = nn.Linear(params.hidden, sizes.target)
        self.register_buffer("threshold", torch.tensor(torch.inf))

    def encode(self, source: Padded) -> Tensor:
        """The code (B, C)."""
        return self.code(self.encoder.summary(self.encoder(self.front(source))))  # type: ignore[no-any-return]

    def rebuild(self, code: Tensor, lengths: Tensor, steps: int) -> Padded:
        """Frames (B, T, F), or logits of tokens (B, T, V), from codes (B, C)."""
        first = torch.tanh(self.first(code)).chunk(len(self.decoder.cells), dim=-1)
        states = [(hidden, *state[1:]) for hidden, state in zip(first, self.decoder.start(len(code)), strict=True)]
        hidden = self.decoder(code[:, None].expand(-1, steps, -1), states)
        rebuilt = Padded(self.output(hidden), lengths)
        return rebuilt.reverse() if self.params.reverse else rebuilt

    def forward(self, source: Padded) -> Padded:
        """The sequence after its way through the code."""
        return self.rebuild(self.encode(source), source.lengths, source.data.shape[1])

    def errors(self, source: Padded, rebuilt: Padded) -> Tensor:
        """The error of each step, (B, T), zero on padding."""
        return self.error(rebuilt.data, source.data).masked_fill(~source.mask(), 0)

    def scores(self, source: Padded, rebuilt: Padded) -> Tensor:
        """The mean error of each sequence, (B,)."""
        return self.errors(source, rebuilt).sum(dim=1) / source.lengths


@torch.inference_mode()
def fit_threshold(model: Autoencoder, valid: Store, train: Train) -> None:
    """Set the threshold to the ``quantile`` of the validation split's scores: so many of what is normal stay below."""
    model.eval()
    batches = (collate([valid[row] for row in rows]).beside(model) for rows in plan(valid, train.budget))
    scores = torch.cat([model.scores(batch.source, model(batch.source)) for batch in batches])
    model.threshold.copy_(scores.double().quantile(model.params.quantile))
