"""Tagging: a label for every word, from a bidirectional reader and, by choice, a conditional random field.

e_t = V [→h_t; ←h_t] + b;  p(y | x) is the field's over these emissions, or Π_t softmax(e_t)_{y_t} without one
(Huang, Xu & Yu 2015; Lample et al. 2016).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqpipe.features.sizes import Sizes
from seqpipe.nn.crf import Crf
from seqpipe.nn.dropout import DROPOUTS
from seqpipe.nn.fronts import FRONTS
from seqpipe.nn.recurrent import Encoder
from seqpipe.nn.words import forget
from seqpipe.padded import Padded
from seqpipe.params.models import TagModel


class Tag(nn.Module):
    """Words in, a score for every label of every word out."""

    def __init__(self, params: TagModel, sizes: Sizes) -> None:
        super().__init__()
        self.front = FRONTS[sizes.kind](sizes, params.embedding, params)
        self.encoder = Encoder(self.front.size, params, params.bidirectional)
        self.output = nn.Linear(self.encoder.size, sizes.target)
        self.crf = Crf(sizes.target, sizes.bio) if params.crf else None
        self.dropout = DROPOUTS[params.dropout_kind](params.dropout)
        self.forgotten = params.word_dropout, params.character_dropout
        self.constrained_training = params.constraints == "always"
        self.constrained_decoding = params.constraints != "never"

    def forward(self, source: Padded) -> Padded:
        """Emissions (B, T, L)."""
        inputs = self.front(forget(source, *self.forgotten) if self.training else source)
        hidden = self.encoder(Padded(self.dropout(inputs.data), inputs.lengths))
        return Padded(self.output(hidden.data), hidden.lengths)

    def negative_log_likelihood(self, source: Padded, labels: Padded) -> Tensor:
        """−log p(labels (B, T) | source): (B,)."""
        emissions = self(source)
        if self.crf:
            partition = self.crf.log_partition(emissions, self.constrained_training)
            return partition - self.crf.score(emissions, labels, self.constrained_training)
        return -_picked(emissions, labels)

    def best(self, source: Padded) -> tuple[Padded, Tensor]:
        """The likeliest labels (B, T) and log p of them (B,); with constraints, p is among the labels they allow."""
        emissions = self(source)
        if self.crf:
            labels, score = self.crf.viterbi(emissions, self.constrained_decoding)
            return labels, score - self.crf.log_partition(emissions, self.constrained_decoding)
        labels = Padded(emissions.data.argmax(dim=-1), emissions.lengths)
        return labels, _picked(emissions, labels)

    def marginals(self, source: Padded) -> Tensor:
        """p(label of word t is j | source), (B, T, L)."""
        emissions = self(source)
        if self.crf:
            return self.crf.marginals(emissions, self.constrained_decoding)
        return torch.softmax(emissions.data, dim=-1)


def _picked(emissions: Padded, labels: Padded) -> Tensor:
    """Σ_t log softmax(e_t)_{y_t}: (B,)."""
    each = torch.log_softmax(emissions.data, dim=-1).gather(2, labels.zeroed().data[:, :, None]).squeeze(2)
    return each.masked_fill(~labels.mask(), 0).sum(dim=1)
