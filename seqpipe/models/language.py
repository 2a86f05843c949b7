"""Language model: p(w_1 … w_T) = Π_t p(w_t | w_1 … w_{t−1}), with a recurrent memory of what came before.

h_t = cell(E w_{t−1}, h_{t−1});  p(w_t) = softmax(E P h_t + b): the output layer shares the tokens' vectors E (Press &
Wolf 2017; Inan et al. 2017), through a projection P where the hidden state is of another size.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqpipe.batches import WHOLE, Window
from seqpipe.features.sizes import Sizes
from seqpipe.nn.dropout import DROPOUTS
from seqpipe.nn.embedding import Learned
from seqpipe.nn.fronts import TokenFront
from seqpipe.nn.recurrent import Recurrent
from seqpipe.nn.softmax import log_softmax
from seqpipe.nn.state import State
from seqpipe.padded import Padded
from seqpipe.params.models import LanguageModel


class Written(NamedTuple):
    """What the model remembers of each of R partly written texts."""

    layers: list[State]

    def select(self, rows: Tensor, sentences: Tensor | None = None) -> Written:
        """The states of ``rows`` (R',), in that order; a row may come twice. Nothing is kept by sentence."""
        return Written([tuple(part.index_select(0, rows) for part in layer) for layer in self.layers])


class Language(nn.Module):
    """A recurrent network over token ids."""

    def __init__(self, params: LanguageModel, sizes: Sizes) -> None:
        super().__init__()
        self.front = TokenFront(sizes, params.embedding, params)
        size, vectors = params.embedding, self.front.vectors
        weight = vectors.weight if isinstance(vectors, Learned) else nn.Parameter(torch.empty(sizes.source, size))
        nn.init.normal_(weight, std=size**-0.5)  # logits of a unit vector start at about one
        self.recurrent = Recurrent(self.front.size, params)
        self.project = nn.Identity() if params.hidden == size else nn.Linear(params.hidden, size, bias=False)
        self.output = None if params.tied else nn.Parameter(weight.detach().clone())
        self.bias = nn.Parameter(torch.zeros(sizes.source))
        self.dropout = DROPOUTS[params.dropout_kind](params.dropout)

    def start(self, count: int) -> Written:
        """Nothing written yet, for ``count`` texts."""
        return Written(self.recurrent.start(count))

    def forward(self, source: Padded, states: list[State] | None, window: Window = WHOLE) -> tuple[Tensor, list[State]]:
        """Logits (B, T, V) of what follows each token of ``source``, and the states after the last step.

        ``states`` are those of a forward before, for texts that go on; None is the start of a text. With a ``window``,
        logits are of the steps after its context, and the states are those it carries onward.
        """
        states = carried = states or self.recurrent.start(len(source.lengths))
        vectors = self.dropout(self.front(source).data)
        outputs, done, run = [], 0, self.recurrent.runs()
        for end in window.ends(vectors.shape[1]):
            hidden, states = run(vectors[:, done:end], states)
            outputs.append(hidden)
            if window.onward is None or end <= window.onward:
                carried = states
            if window.cut:
                states = [tuple(part.detach() for part in state) for state in states]
            done = end
        return self._logits(torch.cat(outputs, dim=1)[:, window.context :]), carried

    def step(self, state: Written, tokens: Tensor) -> tuple[Tensor, Written]:
        """Log-probabilities (R, V) of the next token after ``tokens`` (R,)."""
        hidden, layers = self.recurrent.step(self.front.vectors.lookup(tokens), state.layers)
        return log_softmax(self.project(hidden), self._output(), self.bias), Written(layers)

    def _logits(self, hidden: Tensor) -> Tensor:
        return functional.linear(self.project(hidden), self._output(), self.bias)

    def _output(self) -> Tensor:
        return self.front.vectors.weight if self.output is None else self.output  # type: ignore[return-value]
