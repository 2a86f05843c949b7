"""Language model: p(w_1 … w_T) = Π_t p(w_t | w_1 … w_{t−1}), with a recurrent memory of what came before.

h_t = cell(E w_{t−1}, h_{t−1});  p(w_t) = softmax(E P h_t + b): the output layer shares the tokens' vectors E (Press &
Wolf 2017; Inan et al. 2017), through a projection P where the hidden state is of another size.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqpipe.features.sizes import Sizes
from seqpipe.nn.cells import State
from seqpipe.nn.recurrent import Recurrent
from seqpipe.padded import Padded
from seqpipe.params.models import LanguageModel


class Written(NamedTuple):
    """What the model remembers of each of R partly written texts."""

    layers: list[State]

    def select(self, rows: Tensor) -> Written:
        """The states of ``rows`` (R',), in that order; a row may come twice."""
        return Written([tuple(part.index_select(0, rows) for part in layer) for layer in self.layers])


class Language(nn.Module):
    """A recurrent network over token ids."""

    def __init__(self, params: LanguageModel, sizes: Sizes) -> None:
        super().__init__()
        size = params.embedding
        self.embedding = nn.Embedding(sizes.source, size)
        nn.init.normal_(self.embedding.weight, std=size**-0.5)  # logits of a unit vector start at about one
        self.recurrent = Recurrent(size, params)
        self.project = nn.Identity() if params.hidden == size else nn.Linear(params.hidden, size, bias=False)
        self.output = None if params.tied else nn.Parameter(self.embedding.weight.detach().clone())
        self.bias = nn.Parameter(torch.zeros(sizes.source))
        self.dropout = nn.Dropout(params.dropout)

    def start(self, count: int) -> Written:
        """Nothing written yet, for ``count`` texts."""
        return Written(self.recurrent.start(count))

    def forward(self, source: Padded, states: list[State] | None) -> tuple[Tensor, list[State]]:
        """Logits (B, T, V) of what follows each token of ``source``, and the states after the last step.

        ``states`` are those of a forward before, for texts that go on; None is the start of a text.
        """
        states = states or self.recurrent.start(len(source.lengths))
        hidden, after = self.recurrent.run(self.dropout(self.embedding(source.data)), states)
        return self._logits(hidden), after

    def step(self, state: Written, tokens: Tensor) -> tuple[Tensor, Written]:
        """Log-probabilities (R, V) of the next token after ``tokens`` (R,)."""
        layers = self.recurrent.step(self.embedding(tokens), state.layers)
        return torch.log_softmax(self._logits(layers[-1][0]), dim=-1), Written(layers)

    def _logits(self, hidden: Tensor) -> Tensor:
        weight = self.embedding.weight if self.output is None else self.output
        return functional.linear(self.project(hidden), weight, self.bias)
