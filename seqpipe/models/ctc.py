"""Connectionist temporal classification: a label or blank at every frame, summed over all alignments."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqpipe.features.sizes import Sizes
from seqpipe.features.tokens import PAD
from seqpipe.nn.fronts import Stack
from seqpipe.nn.recurrent import Encoder
from seqpipe.padded import Padded
from seqpipe.params.models import CtcModel

BLANK = PAD


class Ctc(nn.Module):
    """Frames, joined in groups, through a recurrent encoder to label log-probabilities."""

    def __init__(self, params: CtcModel, sizes: Sizes) -> None:
        super().__init__()
        self.front = Stack(params.stack)
        self.project = nn.Linear(sizes.source * params.stack, params.hidden)
        self.encoder = Encoder(params.hidden, params, params.bidirectional)
        self.output = nn.Linear(self.encoder.size, sizes.target)
        self.dropout = nn.Dropout(params.dropout)

    def forward(self, source: Padded) -> Padded:
        """Log-probabilities (B, ⌈T/stack⌉, V)."""
        frames = self.front(source)
        inputs = self.dropout(torch.relu(self.project(frames.data)))
        hidden = self.encoder(Padded(inputs, frames.lengths))
        logits: Tensor = self.output(hidden.data)
        return Padded(torch.log_softmax(logits, dim=-1), frames.lengths)
