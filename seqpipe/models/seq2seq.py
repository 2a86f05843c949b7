"""Sequence to sequence: an encoder, a decoder, and attention between them.

m_1 … m_S of the encoder are what the decoder attends to, and its last state is what the decoder starts from. With
``attention: none``, that state is all it sees, at every step (Cho et al. 2014): the fixed-size bottleneck.
With ``encoder: none``, attention looks at the source's own vectors, for a picture those of every place in its feature
map, and the decoder starts from their mean (Xu et al. 2015).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqpipe.features.sizes import Sizes
from seqpipe.features.tokens import BEGIN
from seqpipe.models.decoder import Decoder, DecoderState
from seqpipe.nn.dropout import DROPOUTS
from seqpipe.nn.embedding import Learned
from seqpipe.nn.fronts import FRONTS
from seqpipe.nn.pictures import PositionFront
from seqpipe.nn.recurrent import Encoder
from seqpipe.padded import Padded
from seqpipe.params.models import Seq2SeqModel, TokenInput


class Unread(nn.Module):
    """No encoder: the vectors stay as they are, and their mean sums them up."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, inputs: Padded) -> Padded:
        """The inputs."""
        return inputs

    def summary(self, outputs: Padded) -> Tensor:
        """(1/S) Σ_s m_s, (B, size)."""
        return outputs.zeroed().data.sum(dim=1) / outputs.lengths.clamp(min=1)[:, None]


def places(sizes: Sizes, size: int, params: Seq2SeqModel) -> PositionFront:
    """What reads a picture here: every place of its feature map is a step."""
    return PositionFront(sizes, size)


class Reader(NamedTuple):
    """How a source is read: by which front, and by what after it."""

    fronts: dict[str, Callable[..., Any]]
    encoder: Callable[[int, Seq2SeqModel], Encoder | Unread]


READERS = {
    "recurrent": Reader(FRONTS, lambda size, params: Encoder(size, params, params.bidirectional is not False)),
    "none": Reader(FRONTS | {"image": places}, lambda size, params: Unread(size)),
}


class Seq2Seq(nn.Module):
    """Encoder–decoder over token ids."""

    def __init__(self, params: Seq2SeqModel, sizes: Sizes) -> None:
        super().__init__()
        reader, self.attends = READERS[params.encoder], params.attention != "none"
        self.front = reader.fronts[sizes.kind](sizes, params.embedding, params)
        written = TokenInput(embedding_dropout=params.embedding_dropout)  # the source's vectors alone may be others
        vectors = Learned(sizes.target, params.embedding, written)
        self.encoder = reader.encoder(self.front.size, params)
        self.values = nn.Linear(self.encoder.size, params.hidden)
        self.bridge = nn.Linear(self.encoder.size, params.hidden * params.layers)
        self.decoder = Decoder(params, vectors)
        self.dropout = DROPOUTS[params.dropout_kind](params.dropout)

    def start(self, source: Padded) -> DecoderState:
        """Encode the source; the decoder starts from the encoder's last state."""
        inputs = self.front(source)
        outputs = self.encoder(Padded(self.dropout(inputs.data), inputs.lengths))
        summary = self.encoder.summary(outputs)  # (B, size)
        seen = outputs if self.attends else Padded(summary[:, None], torch.ones_like(outputs.lengths))
        first = torch.tanh(self.bridge(summary)).view(len(summary), -1, self.values.out_features)  # (B, L, H)
        return self.decoder.start(self.values(seen.data), seen.mask(), first.transpose(0, 1))

    def forward(self, source: Padded, target: Padded) -> Tensor:
        """Logits (B, T, V) of every target position, each seeing the source and the targets before it."""
        return self.decoder(self.start(source), target.data)  # type: ignore[no-any-return]

    def step(self, state: DecoderState, tokens: Tensor) -> tuple[Tensor, DecoderState]:
        """Log-probabilities (R, V) of the next token after ``tokens`` (R,)."""
        return self.decoder.step(state, tokens)

    def attention(self, source: Padded, target: Padded) -> Tensor:
        """α (B, T, S): where the decoder looked while writing ``target`` and its end; S is 1 without attention."""
        return self.decoder.look(self.start(source), target.prepend(BEGIN).data)[1]
