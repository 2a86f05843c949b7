"""Is a bidirectional layer over padded data faster than over packed sequences, at equal outputs?

The peer is the same net through ``pack_padded_sequence``: ``torch.nn``'s own bidirectional layer with the same weights.
Forward and backward, one thread, batches of similar length as training makes them, and very mixed lengths at T = 800.
"""

from __future__ import annotations

from itertools import product
from typing import cast

import numpy as np
import torch
from timing import goal, medians, table
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqpipe.nn.recurrent import Encoder
from seqpipe.nn.state import Cell
from seqpipe.padded import Padded
from seqpipe.params.recurrent import RecurrentParams

FEATURES, HIDDEN = 64, 128
BATCHES = (32, 64)
PEERS = {"lstm": nn.LSTM, "gru": nn.GRU}
LENGTHS = {"100": (90, 100), "150": (135, 150), "200": (180, 200), "800 mixed": (40, 800)}
GOALS = {"100": 4.0, "150": 4.0, "200": 4.0, "800 mixed": 20.0}


def pair(cell: str) -> tuple[Encoder, nn.RNNBase]:
    """Our encoder and torch's layer with the same weights."""
    own = Encoder(
        FEATURES, RecurrentParams.model_validate({"cell": cell, "hidden": HIDDEN, "dropout": 0}), bidirectional=True
    )
    peer = PEERS[cell](FEATURES, HIDDEN, bidirectional=True, batch_first=True)
    for cells, suffix in ((own.forward_cells, ""), (own.backward_cells, "_reverse")):
        W, U, b, *inside = cast(Cell, cells[0]).weights()
        second = torch.zeros_like(b)  # torch's other bias: of the GRU's candidate alone it is not redundant
        second[-HIDDEN:] = inside[0] if cell == "gru" else 0
        for name, weight in (("weight_ih", W), ("weight_hh", U), ("bias_ih", b), ("bias_hh", second)):
            getattr(peer, f"{name}_l0{suffix}").data.copy_(weight.detach())
    return own, peer


def compare(own: Encoder, peer: nn.RNNBase, lengths: torch.Tensor) -> dict[str, float]:
    """Median seconds of both, forward and backward, and the largest difference of their outputs."""
    source = Padded(torch.randn(len(lengths), int(lengths.max()), FEATURES), lengths)

    def padded() -> torch.Tensor:
        return own(source).zeroed().data

    def packed() -> torch.Tensor:
        sequences = pack_padded_sequence(*source, batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(peer(sequences)[0], batch_first=True)[0]

    with torch.no_grad():
        difference = (padded() - packed()).abs().max().item()
    assert difference < 1e-5, difference
    runs = {"seqpipe": lambda: padded().sum().backward(), "packed": lambda: packed().sum().backward()}
    return medians(runs, repeats=3 if lengths.max() > 500 else 5) | {"difference": difference}


def main() -> None:
    """Print the table and the goals."""
    torch.set_num_threads(1)
    rng, rows, ratios = np.random.default_rng(1), [], {}
    for cell, batch, name in product(PEERS, BATCHES, LENGTHS):
        shortest, longest = LENGTHS[name]
        lengths = torch.from_numpy(rng.integers(shortest, longest + 1, batch))
        lengths[0] = longest
        found = compare(*pair(cell), lengths)
        ratio = ratios[cell, batch, name] = found["packed"] / found["seqpipe"]
        times = {f"{who} ms": 1e3 * found[who] for who in ("seqpipe", "packed")}
        rows.append(
            {"cell": cell, "batch": batch, "T": name} | times | {"ratio": ratio} | {"difference": found["difference"]}
        )
    table(rows)
    for (cell, batch, name), ratio in ratios.items():
        goal(f"bi{cell}-B{batch}-T{name.replace(' ', '-')}", ratio, GOALS[name])


if __name__ == "__main__":
    main()
