"""Connectionist temporal classification: a label or blank at every frame, summed over all alignments."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqpipe.features.sizes import Sizes
from seqpipe.features.tokens import PAD
from seqpipe.nn.dropout import DROPOUTS
from seqpipe.nn.fronts import FRAME_FRONTS, FRONTS
from seqpipe.nn.recurrent import Encoder
from seqpipe.padded import Padded
from seqpipe.params.models import CtcModel

BLANK = PAD


def stacked(sizes: Sizes, size: int, params: CtcModel) -> nn.Module:
    """What reads frames here: every ``params.stack`` of them become one step."""
    return FRAME_FRONTS[params.front](sizes, size, params.stack)


class Ctc(nn.Module):
    """Frames, joined in groups, or columns of a picture, through a recurrent encoder to label log-probabilities."""

    def __init__(self, params: CtcModel, sizes: Sizes) -> None:
        super().__init__()
        fronts = FRONTS | {"frames": stacked}
        self.front = fronts[sizes.kind](sizes, params.hidden, params)
        self.encoder = Encoder(params.hidden, params, params.bidirectional)
        self.output = nn.Linear(self.encoder.size, sizes.target)
        self.dropout = DROPOUTS[params.dropout_kind](params.dropout)

    def forward(self, source: Padded) -> Padded:
        """Log-probabilities (B, T', V); T' is ⌈T/stack⌉ for frames, ⌈T/2⌉ for a picture of T columns."""
        frames = self.front(source)
        inputs = self.dropout(torch.relu(frames.data))
        hidden = self.encoder(Padded(inputs, frames.lengths))
        logits: Tensor = self.output(hidden.data)
        return Padded(torch.log_softmax(logits, dim=-1), frames.lengths)
