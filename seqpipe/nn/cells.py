"""The recurrent cells, by name."""

from __future__ import annotations

from collections.abc import Callable

from seqpipe.nn.gru import GRU
from seqpipe.nn.lstm import LSTM
from seqpipe.nn.minimal import MinGRU, MinLSTM
from seqpipe.nn.normalised import LayerNormGRU, LayerNormLSTM
from seqpipe.nn.state import Cell
from seqpipe.nn.vanilla import VanillaRNN, irnn
from seqpipe.params.recurrent import RecurrentParams

CELLS: dict[str, Callable[[int, RecurrentParams], Cell]] = {
    "rnn": VanillaRNN,
    "irnn": irnn,
    "lstm": LSTM,
    "gru": GRU,
    "mingru": MinGRU,
    "minlstm": MinLSTM,
    "layernorm-lstm": LayerNormLSTM,
    "layernorm-gru": LayerNormGRU,
}
"""Called with the size of the inputs and the parameters of the layers."""
