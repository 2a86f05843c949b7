"""A cell over sequences of very unequal length, without working on the padding.

Sorted by length, the sequences that are still going on at any time are the first rows. Time is cut where many of them
have ended; each part runs on the rows that go on, from the states they had. What is left out is padding alone, so the
outputs on data are the same.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from seqpipe.nn.exact import in_float32
from seqpipe.nn.state import Cell
from seqpipe.padded import Padded

SHORTEST = 16
"""Steps of a part: fewer are not worth another call."""
WASTE = 0.15
"""Share of padding up to which all rows run to the end."""


@in_float32
def over(cell: Cell, inputs: Padded) -> Padded:
    """The cell's outputs (B, T, H) from the zero state; on padding they mean nothing."""
    state = cell.start(len(inputs.lengths))
    if inputs.data.is_cuda:
        return Padded(cell.run(inputs.data, state)[0], inputs.lengths)
    lengths, order = inputs.lengths.sort(descending=True, stable=True)
    parts = cuts(lengths.tolist(), inputs.data.shape[1])
    if len(parts) == 1:
        return Padded(cell.run(inputs.data, state)[0], inputs.lengths)
    data, weights = inputs.data.index_select(0, order), cell.weights()
    outputs: list[Tensor] = []
    for (start, _), (end, rows) in zip([(0, 0), *parts], parts, strict=False):
        state = tuple(part[:rows] for part in state)
        some, state = cell.run(data[:rows, start:end], state, weights)
        outputs.append(functional.pad(some, (0, 0, 0, 0, 0, len(order) - rows)))
    joined = functional.pad(torch.cat(outputs, dim=1), (0, 0, 0, inputs.data.shape[1] - parts[-1][0]))
    return Padded(joined.index_select(0, order.argsort()), inputs.lengths)


def cuts(lengths: list[int], time: int) -> list[tuple[int, int]]:
    """Where to cut: pairs of an end and the rows that run up to it, for ``lengths`` that fall, under ``time`` steps.

    One part, if little is padding. Else a cut comes when an eighth of the rows that ran since the last one have ended.
    """
    if sum(lengths) >= (1 - WASTE) * time * len(lengths):
        return [(time, len(lengths))]
    parts: list[tuple[int, int]] = []
    rows, start = len(lengths), 0
    for at in range(len(lengths) - 1, -1, -1):  # the shortest first
        ended = rows - at  # with this row
        last = at == 0
        if last or (8 * ended >= rows and lengths[at] - start >= SHORTEST and lengths[at - 1] > lengths[at]):
            if lengths[at] > start:
                parts.append((lengths[at], rows))
            rows, start = at, lengths[at]
    return parts or [(time, len(lengths))]
