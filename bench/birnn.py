"""Is a bidirectional layer over padded data faster than over packed sequences, at equal outputs?

The peer is the same net through ``pack_padded_sequence``: ``torch.nn``'s own bidirectional layer with the same weights.
Forward and backward, one thread, batches of similar length as training makes them, and very mixed lengths at T = 800.
"""

from __future__ import annotations

import numpy as np
import torch
from timing import goal, medians, table
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqpipe.nn.recurrent import Encoder
from seqpipe.padded import Padded
from seqpipe.params.models import RecurrentParams

FEATURES, HIDDEN, BATCH = 64, 128, 32
PEERS = {"lstm": nn.LSTM, "gru": nn.GRU}
LENGTHS = {"100": (90, 100), "150": (135, 150), "200": (180, 200), "800 mixed": (40, 800)}
GOALS = {"100": 4.0, "150": 4.0, "200": 4.0, "800 mixed": 20.0}


def pair(cell: str) -> tuple[Encoder, nn.RNNBase]:
    """Our encoder and torch's layer with the same weights."""
    own = Encoder(FEATURES, RecurrentParams(cell=cell, hidden=HIDDEN, dropout=0), bidirectional=True)
    peer = PEERS[cell](FEATURES, HIDDEN, bidirectional=True, batch_first=True)
    for cells, suffix in ((own.forward_cells, ""), (own.backward_cells, "_reverse")):
        W, U, b, *inside = cells[0].weights()
        second = torch.zeros_like(b)  # torch's other bias: of the GRU's candidate alone it is not redundant
        second[-HIDDEN:] = inside[0] if cell == "gru" else 0
        for name, weight in (("weight_ih", W), ("weight_hh", U), ("bias_ih", b), ("bias_hh", second)):
            getattr(peer, f"{name}_l0{suffix}").data.copy_(weight.detach())
    return own, peer


def main() -> None:
    """Print the table and the goals."""
    torch.set_num_threads(1)
    rng, rows, ratios = np.random.default_rng(1), [], {}
    for cell in PEERS:
        own, peer = pair(cell)
        for name, (shortest, longest) in LENGTHS.items():
            lengths = torch.from_numpy(rng.integers(shortest, longest + 1, BATCH))
            lengths[0] = longest
            source = Padded(torch.randn(BATCH, longest, FEATURES), lengths)

            def padded(own: Encoder = own, source: Padded = source) -> torch.Tensor:
                return own(source).zeroed().data

            def packed(peer: nn.RNNBase = peer, source: Padded = source) -> torch.Tensor:
                sequences = pack_padded_sequence(*source, batch_first=True, enforce_sorted=False)
                return pad_packed_sequence(peer(sequences)[0], batch_first=True)[0]

            with torch.no_grad():
                difference = (padded() - packed()).abs().max().item()
            assert difference < 1e-5, difference
            runs = {
                "seqpipe": lambda run=padded: run().sum().backward(),
                "packed": lambda run=packed: run().sum().backward(),
            }
            times = medians(runs, repeats=3 if longest > 500 else 5)
            ratios[cell, name] = times["packed"] / times["seqpipe"]
            rows.append({"cell": cell, "T": name} | {f"{who} ms": 1e3 * value for who, value in times.items()})
            rows[-1] |= {"ratio": ratios[cell, name], "largest difference": difference}
    table(rows)
    for (cell, name), ratio in ratios.items():
        goal(f"bi{cell}-T{name.replace(' ', '-')}", ratio, GOALS[name])


if __name__ == "__main__":
    main()
