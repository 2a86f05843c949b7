"""A cell over sequences of unequal length, left to right or right to left, without working on most of the padding.

Rows of a batch-major tensor (B, T, F) are put in the order in which a cell wants them, step by step, and its outputs
are put back: one copy each way does the turning round, the sorting and the leaving out. What is left out is padding
alone, so the outputs on data are the same.

Sorted by length, the sequences that are still going on at any time are the first ones. Time is cut where many of them
have ended; each part runs on those that go on, from the states they had.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from seqpipe.nn.exact import in_float32
from seqpipe.nn.state import Cell
from seqpipe.padded import Padded, backward_steps

SHORTEST = 16
"""Steps of a part: fewer are not worth another call."""
WASTE = 0.15
"""Share of padding up to which all rows run to the end."""


class TimeMajor(NamedTuple):
    """Rows (N, …) in the order of time, and where they lie in (B T, …).

    ``sources`` (N,) are the places b T + t of the rows; ``targets`` (B T,) the rows of the places, 0 where there is
    none, which ``absent`` (B T, 1) tells; ``parts`` how many steps of how many sequences follow each other.
    """

    sources: Tensor
    targets: Tensor
    absent: Tensor | None
    parts: list[tuple[int, int]]

    @staticmethod
    def of(inputs: Padded, backward: bool) -> TimeMajor:
        """The order in which a cell reads ``inputs`` left to right, or ``backward``."""
        (count, time), device = inputs.data.shape[:2], inputs.data.device
        steps = torch.arange(time, device=device).expand(count, time)
        steps = backward_steps(inputs.lengths, time) if backward else steps
        places = (steps + time * torch.arange(count, device=device)[:, None]).t()  # (T, B)
        whole = ends = [(time, count)]
        if not places.is_cuda:  # a GPU has all sequences as one kernel, and would have to wait for their lengths
            falling, order = inputs.lengths.sort(descending=True, stable=True)
            ends = cuts(falling.tolist(), time)
            places = places if ends == whole else places.index_select(1, order)
        parts = [(start, end, rows) for (start, _), (end, rows) in pairwise([(0, 0), *ends])]
        sources = torch.cat([places[start:end, :rows].flatten() for start, end, rows in parts])
        targets = torch.zeros(count * time, dtype=torch.long, device=device)
        targets.index_copy_(0, sources, torch.arange(len(sources), device=device))
        absent = None
        if len(sources) < len(targets):
            absent = torch.ones_like(targets, dtype=torch.bool).index_fill_(0, sources, False)[:, None]
        return TimeMajor(sources, targets, absent, [(end - start, rows) for start, end, rows in parts])

    def gather(self, data: Tensor) -> list[Tensor]:
        """(B, T, F) as the parts, (steps, sequences, F) each."""
        rows = _Rows.apply(data.flatten(0, 1), self.sources, self.targets, self.absent)  # type: ignore[no-untyped-call]
        sizes = [steps * count for steps, count in self.parts]
        return [part.view(*size, data.shape[-1]) for part, size in zip(rows.split(sizes), self.parts, strict=True)]

    def put_back(self, parts: list[Tensor], shape: torch.Size) -> Tensor:
        """What came of the parts, (steps, sequences, H) each, as (B, T, H) of ``shape``."""
        rows = [part.flatten(0, 1) for part in parts]
        joined = rows[0] if len(rows) == 1 else torch.cat(rows)
        places: Tensor = _Rows.apply(joined, self.targets, self.sources, None)  # type: ignore[no-untyped-call]
        return places.view(*shape[:2], joined.shape[-1])


class _Rows(torch.autograd.Function):
    """data[index]; its gradient is a selection of rows, too, since no row is in both orders more than once."""

    @staticmethod
    def forward(ctx: Any, data: Tensor, index: Tensor, inverse: Tensor, absent: Tensor | None) -> Tensor:
        ctx.save_for_backward(inverse, absent)
        return data.index_select(0, index)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inverse, absent = ctx.saved_tensors
        selected = gradient.index_select(0, inverse)
        return (selected if absent is None else selected.masked_fill_(absent, 0)), None, None, None


@in_float32
def over(cell: Cell, data: Tensor, order: TimeMajor) -> Tensor:
    """The cell's outputs (B, T, H) for data (B, T, F), from the zero state; on padding they mean nothing."""
    state, weights = cell.start(len(data)), cell.weights()
    outputs: list[Tensor] = []
    for part in order.gather(data):
        state = tuple(one[: part.shape[1]] for one in state)
        some, state = cell.run(part.transpose(0, 1), state, weights)
        outputs.append(some.transpose(0, 1))
    return order.put_back(outputs, data.shape)


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
