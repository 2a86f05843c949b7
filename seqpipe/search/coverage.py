"""The coverage penalty: every place of the source should be looked at.

β Σ_s log min(Σ_t α_{t,s}, 1) is added to the score of an output (Wu et al. 2016), the step that writes the end counted.
It is never above zero, and rises towards it from step to step.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from seqpipe.models.decoder import DecoderState
from seqpipe.search.beside import Beside
from seqpipe.search.hypothesis import Step


def covering(step: Step[DecoderState]) -> Step[Beside[DecoderState]]:
    """The same step; beside the state is Σ_t α_{t,s} (R, S), zero at the start."""

    def counted(beside: Beside[DecoderState], last: Tensor) -> tuple[Tensor, Beside[DecoderState]]:
        log_probs, state = step(beside.state, last)
        return log_probs, Beside(state, beside.known + state.alpha)

    return counted


def coverage(beta: float) -> Callable[[Beside[DecoderState]], Tensor]:
    """The penalty (R,) of each row of a state."""

    def penalty(beside: Beside[DecoderState]) -> Tensor:
        mask = beside.state.memory.mask  # (N, S)
        seen = beside.known.view(len(mask), -1, mask.shape[1]).double()  # (N, M, S)
        seen = seen.clamp(min=torch.finfo(beside.known.dtype).tiny, max=1).masked_fill(~mask[:, None], 1)
        each: Tensor = beta * seen.log().sum(dim=-1).flatten()
        return each

    return penalty
