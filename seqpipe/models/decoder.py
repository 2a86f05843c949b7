"""The decoder: from what was read and what is written so far to the next token.

h_t = cell([E y_{t−1}; h̃_{t−1}], h_{t−1});  c_t = Σ_s α_{t,s} m_s;  h̃_t = tanh(W [h_t; c_t]);  p(y_t) = softmax(V h̃_t)
(Luong et al. 2015). Only with ``input_feeding`` does the cell read h̃_{t−1}; only location-aware attention needs
α_{t−1}. Without either, a whole target goes through the cells in one call and through attention in one product; with
one of them, step after step. h̃ is dropped out on its way to the output alone; the
h_t that it is made of has been dropped out on its way up, as between layers.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqpipe.nn.attention import SCORES, Memory, weights
from seqpipe.nn.dropout import DROPOUTS
from seqpipe.nn.embedding import Learned
from seqpipe.nn.recurrent import Recurrent, Step
from seqpipe.nn.softmax import log_softmax
from seqpipe.nn.state import State
from seqpipe.nn.surprise import surprise_on_data
from seqpipe.padded import Padded
from seqpipe.params.models import Seq2SeqModel


class DecoderState(NamedTuple):
    """Partly written outputs of N sentences, equally many of each: R rows, sentence by sentence.

    The ``memory`` (N, …) is of the sentences; of the rows are the cells' states and, from the last step, the vector h̃
    (R, H) and the weights α (R, S), both zero at the start.
    """

    layers: list[State]
    memory: Memory
    attended: Tensor
    alpha: Tensor

    def select(self, rows: Tensor, sentences: Tensor | None = None) -> DecoderState:
        """The states of ``rows`` (R',), in that order, a row may come twice; they are of all sentences, or of
        ``sentences`` (N',), in that order, equally many of each."""
        layers = [tuple(part.index_select(0, rows) for part in layer) for layer in self.layers]
        memory = self.memory if sentences is None else self.memory.select(sentences)
        return DecoderState(layers, memory, self.attended.index_select(0, rows), self.alpha.index_select(0, rows))

    def widened(self, steps: int) -> DecoderState:
        """The same over sources of so many ``steps``, those at the end being padding."""
        more = (0, steps - self.alpha.shape[1])
        keys, values = (functional.pad(part, (0, 0, *more)) for part in self.memory[:2])
        memory = Memory(keys, values, functional.pad(self.memory.mask, more))
        return self._replace(memory=memory, alpha=functional.pad(self.alpha, more))


class TiedOutput(nn.Module):
    """V = E P: the output layer shares the tokens' vectors E, through P where h̃ is of another size (Press & Wolf
    2017; Inan et al. 2017)."""

    def __init__(self, hidden: int, vectors: Learned) -> None:
        super().__init__()
        vocabulary, size = vectors.weight.shape
        nn.init.normal_(vectors.weight, std=size**-0.5)  # logits of a unit vector start at about one
        self.project = nn.Identity() if hidden == size else nn.Linear(hidden, size, bias=False)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(self, attended: Tensor, vectors: Learned) -> Tensor:
        """Logits (…, V) for h̃ (…, H)."""
        return functional.linear(self.project(attended), vectors.weight, self.bias)

    def log_probs(self, attended: Tensor, vectors: Learned) -> Tensor:
        """log softmax of the logits (R, V) for h̃ (R, H)."""
        return log_softmax(self.project(attended), vectors.weight, self.bias)

    def surprise(self, attended: Tensor, vectors: Learned, labels: Padded, smoothing: float) -> Tensor:
        """−log p (B, T) of labels (B, T) for h̃ (B, T, H)."""
        return surprise_on_data(self.project(attended), vectors.weight, self.bias, labels, smoothing)


class OwnOutput(nn.Module):
    """V is a matrix of its own."""

    def __init__(self, hidden: int, vectors: Learned) -> None:
        super().__init__()
        self.linear = nn.Linear(hidden, len(vectors.weight))

    def forward(self, attended: Tensor, vectors: Learned) -> Tensor:
        """Logits (…, V) for h̃ (…, H)."""
        return self.linear(attended)  # type: ignore[no-any-return]

    def log_probs(self, attended: Tensor, vectors: Learned) -> Tensor:
        """log softmax of the logits (R, V) for h̃ (R, H)."""
        return log_softmax(attended, self.linear.weight, self.linear.bias)

    def surprise(self, attended: Tensor, vectors: Learned, labels: Padded, smoothing: float) -> Tensor:
        """−log p (B, T) of labels (B, T) for h̃ (B, T, H)."""
        return surprise_on_data(attended, self.linear.weight, self.linear.bias, labels, smoothing)


class Decoder(nn.Module):
    """A recurrent network that writes token ids and may look at a source."""

    def __init__(self, params: Seq2SeqModel, vectors: Learned) -> None:
        super().__init__()
        hidden = params.hidden
        self.vectors, self.feeding = vectors, params.input_feeding
        self.recurrent = Recurrent(vectors.size + hidden * params.input_feeding, params)
        self.score = None if params.attention == "none" else SCORES[params.attention](hidden)
        self.readout = nn.Linear(2 * hidden, hidden)
        self.output = (TiedOutput if params.tied else OwnOutput)(hidden, vectors)
        self.dropout = DROPOUTS[params.dropout_kind](params.dropout)
        self.by_step = params.input_feeding or (self.score is not None and self.score.by_step)

    def start(self, values: Tensor, mask: Tensor, first: Tensor) -> DecoderState:
        """Before the first token: m (R, S, H) to look at where ``mask`` (R, S) is true, h_0 (L, R, H) of the layers."""
        memory = Memory(self.score.keys(values) if self.score else values, values, mask)
        zeros = self.recurrent.start(len(values))
        layers = [(hidden, *state[1:]) for hidden, state in zip(first, zeros, strict=True)]
        return DecoderState(layers, memory, torch.zeros_like(values[:, 0]), torch.zeros_like(values[:, :, 0]))

    def forward(self, state: DecoderState, tokens: Tensor) -> Tensor:
        """Logits (R, T, V) of what follows each of ``tokens`` (R, T), the ones before it given."""
        return self.output(self.dropout(self.look(state, tokens)[0]), self.vectors)  # type: ignore[no-any-return]

    def surprise(self, state: DecoderState, tokens: Tensor, labels: Padded, smoothing: float = 0.0) -> Tensor:
        """−log p (R, T) of ``labels``, zero on padding, each of ``tokens`` (R, T) being what comes before; or, with
        ``smoothing`` ε, the cross entropy with labels that are 1 − ε true and ε anything."""
        attended = self.dropout(self.look(state, tokens)[0])
        return self.output.surprise(attended, self.vectors, labels, smoothing)

    def look(self, state: DecoderState, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """h̃ (R, T, H) and α (R, T, S) of every step."""
        inputs = self.dropout(self.vectors(tokens))
        if not self.by_step:
            return self._attend(self.recurrent(inputs, state.layers), state)
        step, found = self.recurrent.steps(), []
        for embedded in inputs.unbind(1):
            state = self._next(state, embedded, step)
            found.append((state.attended, state.alpha))
        attended, alpha = zip(*found, strict=True)
        return torch.stack(attended, dim=1), torch.stack(alpha, dim=1)

    def step(self, state: DecoderState, tokens: Tensor) -> tuple[Tensor, DecoderState]:
        """Log-probabilities (R, V) of the next token after ``tokens`` (R,)."""
        state = self._next(state, self.vectors.lookup(tokens), self.recurrent.step)
        return self.output.log_probs(state.attended, self.vectors), state

    def _next(self, state: DecoderState, embedded: Tensor, step: Step) -> DecoderState:
        inputs = torch.cat([embedded, state.attended], dim=-1) if self.feeding else embedded
        hidden, layers = step(inputs, state.layers)
        attended, alpha = self._attend(hidden.view(len(state.memory.values), -1, hidden.shape[1]), state)
        return DecoderState(layers, state.memory, attended.flatten(0, 1), alpha.flatten(0, 1))

    def _attend(self, hidden: Tensor, state: DecoderState) -> tuple[Tensor, Tensor]:
        """h̃ (N, T, H) and α (N, T, S) for the cells' outputs (N, T, H): T steps of a target, or a step of T rows."""
        if self.score is None:
            alpha = hidden.new_ones(*hidden.shape[:2], 1)
        else:
            before = state.alpha.view(len(hidden), -1, state.alpha.shape[1])
            alpha = weights(self.score, hidden, state.memory, before)
        context = alpha @ state.memory.values  # c_t, (N, T, H)
        return torch.tanh(self.readout(torch.cat([hidden, context], dim=-1))), alpha
