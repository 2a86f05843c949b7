"""Connectionist temporal classification: a label or blank at every frame, summed over all alignments."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from seqpipe.features.sizes import Sizes
from seqpipe.features.tokens import PAD
from seqpipe.nn.fronts import FRONTS, Stack
from seqpipe.nn.recurrent import Encoder
from seqpipe.padded import Padded
from seqpipe.params.models import CtcModel

BLANK = PAD


class StackedFront(nn.Module):
    """Frames joined in groups, then a linear map: (B, T, F) → (B, ⌈T/stack⌉, size)."""

    def __init__(self, sizes: Sizes, size: int, stack: int) -> None:
        super().__init__()
        self.stack = Stack(stack)
        self.project = nn.Linear(sizes.source * stack, size)

    def forward(self, source: Padded) -> Padded:
        """One vector a group."""
        frames = self.stack(source)
        return Padded(self.project(frames.data), frames.lengths)


class Ctc(nn.Module):
    """Frames, joined in groups, or columns of a picture, through a recurrent encoder to label log-probabilities."""

    def __init__(self, params: CtcModel, sizes: Sizes) -> None:
        super().__init__()
        fronts = FRONTS | {"frames": partial(StackedFront, stack=params.stack)}
        self.front = fronts[sizes.kind](sizes, params.hidden)
        self.encoder = Encoder(params.hidden, params, params.bidirectional)
        self.output = nn.Linear(self.encoder.size, sizes.target)
        self.dropout = nn.Dropout(params.dropout)

    def forward(self, source: Padded) -> Padded:
        """Log-probabilities (B, T', V); T' is ⌈T/stack⌉ for frames, ⌈T/2⌉ for a picture of T columns."""
        frames = self.front(source)
        inputs = self.dropout(torch.relu(frames.data))
        hidden = self.encoder(Padded(inputs, frames.lengths))
        logits: Tensor = self.output(hidden.data)
        return Padded(torch.log_softmax(logits, dim=-1), frames.lengths)
