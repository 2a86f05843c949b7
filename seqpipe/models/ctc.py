"""Connectionist temporal classification: a label or blank at every frame, summed over all alignments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqpipe.features.sizes import Sizes
from seqpipe.features.tokens import PAD
from seqpipe.nn.dropout import DROPOUTS
from seqpipe.nn.fronts import FRAME_FRONTS, FRONTS
from seqpipe.nn.live import Pending, advance
from seqpipe.nn.pictures import ColumnFront
from seqpipe.nn.recurrent import Encoder
from seqpipe.nn.state import State
from seqpipe.padded import Padded
from seqpipe.params.models import CtcModel

BLANK = PAD


STACKED: dict[str, Callable[[Sizes, int, CtcModel], Any]] = {
    "frames": lambda sizes, size, params: FRAME_FRONTS[params.front](sizes, size, params.stack),
    "image": lambda sizes, size, params: ColumnFront(sizes, size, params.stack),
}
"""What reads frames and columns here: every ``params.stack`` of them become one step."""


class Live(NamedTuple):
    """What a model that reads left to right keeps of the frames so far: of one recording."""

    pending: Pending
    states: list[State]


class Ctc(nn.Module):
    """Frames, joined in groups, or columns of a picture, through a recurrent encoder to label log-probabilities."""

    def __init__(self, params: CtcModel, sizes: Sizes) -> None:
        super().__init__()
        self.frame_size = sizes.source
        self.front = (FRONTS | STACKED)[sizes.kind](sizes, params.hidden, params)
        self.stride: int = self.front.stride
        self.encoder = Encoder(params.hidden, params, params.bidirectional)
        self.output = nn.Linear(self.encoder.size, sizes.target)
        self.dropout = DROPOUTS[params.dropout_kind](params.dropout)

    def forward(self, source: Padded) -> Padded:
        """Log-probabilities (B, T', V); T' is ⌈T/stride⌉, ``stack`` frames or columns of a picture each."""
        steps = self.front(source)
        hidden = self.encoder(Padded(self._inputs(steps.data), steps.lengths))
        return Padded(self._log_probs(hidden.data), steps.lengths)

    def start(self) -> Live:
        """What ``advance`` begins with."""
        nothing = self.output.weight.new_zeros(1, 0, self.frame_size)
        return Live(Pending(nothing), self.encoder.start(1))

    def advance(self, live: Live, frames: Tensor, last: bool) -> tuple[Tensor, Live]:
        """Log-probabilities (1, T', V) of the steps that more ``frames`` (1, T, F) complete, ``last`` ones or not."""
        steps, pending = advance(self.front, live.pending, frames, last)
        if not steps.shape[1]:
            return steps.new_zeros(1, 0, self.output.out_features), Live(pending, live.states)
        hidden, states = self.encoder.run(self._inputs(steps), live.states)
        return self._log_probs(hidden), Live(pending, states)

    def _inputs(self, steps: Tensor) -> Tensor:
        inputs: Tensor = self.dropout(torch.relu(steps))
        return inputs

    def _log_probs(self, hidden: Tensor) -> Tensor:
        log_probs: Tensor = torch.log_softmax(self.output(hidden), dim=-1)
        return log_probs
