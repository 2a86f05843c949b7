"""Sequence to sequence: an encoder, a decoder, and attention between them.

h_t = cell(E y_{t−1}, h_{t−1});  c_t = Σ_s α_{t,s} m_s;  p(y_t) = softmax(V tanh(W [h_t; c_t]))  (Luong et al. 2015,
without input feeding, so that training runs the decoder over the whole target in one call).
With ``attention: none``, c_t is the encoder's last state at every step (Cho et al. 2014): the fixed-size bottleneck.
With ``encoder: none``, attention looks at the source's own vectors, for a picture those of every place in its feature
map, and the decoder starts from their mean (Xu et al. 2015).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seqpipe.features.sizes import Sizes
from seqpipe.features.tokens import BEGIN
from seqpipe.nn.attention import SCORES, Memory, weights
from seqpipe.nn.cells import State
from seqpipe.nn.fronts import FRONTS
from seqpipe.nn.pictures import PositionFront
from seqpipe.nn.recurrent import Encoder, Recurrent
from seqpipe.padded import Padded
from seqpipe.params.models import Seq2SeqModel


class DecoderState(NamedTuple):
    """A partly written output for each of R rows: the decoder's states and the source it looks at."""

    layers: list[State]
    memory: Memory

    def select(self, rows: Tensor) -> DecoderState:
        """The states of ``rows`` (R',), in that order; a row may come twice."""
        layers = [tuple(part.index_select(0, rows) for part in layer) for layer in self.layers]
        return DecoderState(layers, Memory(*(part.index_select(0, rows) for part in self.memory)))


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


class Reader(NamedTuple):
    """How a source is read: by which front, and by what after it."""

    fronts: dict[str, Callable[[Sizes, int], nn.Module]]
    encoder: Callable[[Seq2SeqModel], Encoder | Unread]


READERS = {
    "recurrent": Reader(FRONTS, lambda params: Encoder(params.embedding, params, params.bidirectional)),
    "none": Reader({**FRONTS, "image": PositionFront}, lambda params: Unread(params.embedding)),
}


class Seq2Seq(nn.Module):
    """Encoder–decoder over token ids."""

    def __init__(self, params: Seq2SeqModel, sizes: Sizes) -> None:
        super().__init__()
        hidden, reader = params.hidden, READERS[params.encoder]
        self.front = reader.fronts[sizes.kind](sizes, params.embedding)
        self.target_embedding = nn.Embedding(sizes.target, params.embedding)
        self.encoder = reader.encoder(params)
        self.values = nn.Linear(self.encoder.size, hidden)
        self.bridge = nn.Linear(self.encoder.size, hidden * params.layers)
        self.decoder = Recurrent(params.embedding, params)
        self.score = None if params.attention == "none" else SCORES[params.attention](hidden)
        self.readout = nn.Linear(2 * hidden, hidden)
        self.output = nn.Linear(hidden, sizes.target)
        self.dropout = nn.Dropout(params.dropout)

    def start(self, source: Padded) -> DecoderState:
        """Encode the source; the decoder starts from the encoder's last state."""
        inputs = self.front(source)
        outputs = self.encoder(Padded(self.dropout(inputs.data), inputs.lengths))
        summary = self.encoder.summary(outputs)  # (B, size)
        values = self.values(outputs.data) if self.score else self.values(summary)[:, None]  # (B, S, H)
        mask = outputs.mask() if self.score else outputs.mask()[:, :1]
        memory = Memory(self.score.keys(values) if self.score else values, values, mask)
        first = torch.tanh(self.bridge(summary)).chunk(len(self.decoder.cells), dim=-1)
        zeros = self.decoder.start(len(source.lengths))
        return DecoderState([(hidden, *state[1:]) for hidden, state in zip(first, zeros, strict=True)], memory)

    def forward(self, source: Padded, target: Padded) -> Tensor:
        """Logits (B, T, V) of every target position, each seeing the source and the targets before it."""
        state = self.start(source)
        hidden = self.decoder(self.dropout(self.target_embedding(target.data)), state.layers)
        return self._logits(hidden, state.memory)

    def step(self, state: DecoderState, tokens: Tensor) -> tuple[Tensor, DecoderState]:
        """Log-probabilities (R, V) of the next token after ``tokens`` (R,)."""
        layers = self.decoder.step(self.target_embedding(tokens), state.layers)
        logits = self._logits(layers[-1][0][:, None], state.memory)[:, 0]
        return torch.log_softmax(logits, dim=-1), DecoderState(layers, state.memory)

    def attention(self, source: Padded, target: Padded) -> Tensor:
        """α (B, T, S): where the decoder looked while writing ``target`` and its end; S is 1 without attention."""
        state = self.start(source)
        hidden = self.decoder(self.target_embedding(target.prepend(BEGIN).data), state.layers)
        return self._weights(hidden, state.memory)

    def _weights(self, hidden: Tensor, memory: Memory) -> Tensor:
        if self.score is None:
            return hidden.new_ones(*hidden.shape[:2], 1)
        return weights(self.score, hidden, memory)

    def _logits(self, hidden: Tensor, memory: Memory) -> Tensor:
        context = self._weights(hidden, memory) @ memory.values  # c_t, (B, T, H)
        return self.output(self.dropout(torch.tanh(self.readout(torch.cat([hidden, context], dim=-1)))))  # type: ignore[no-any-return]
