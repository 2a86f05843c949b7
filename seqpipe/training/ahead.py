"""Batches on their way to where they are computed with."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import torch

from seqpipe.batches import Batch
from seqpipe.padded import Padded

AHEAD = 4


def on_device(batches: Iterable[Batch], device: torch.device) -> Iterator[Batch]:
    """The same batches on ``device``. For a GPU one thread makes the next few while it computes, in memory that can be
    copied without waiting; a CPU has nothing to gain."""
    if device.type == "cpu":
        yield from batches
        return
    remaining = iter(batches)

    def make() -> Batch | None:
        batch = next(remaining, None)
        return batch and batch._replace(source=_pinned(batch.source), target=_pinned(batch.target))

    with ThreadPoolExecutor(1) as thread:
        coming = deque(thread.submit(make) for _ in range(AHEAD))
        while (batch := coming.popleft().result()) is not None:
            coming.append(thread.submit(make))
            yield batch.to(device)


def _pinned(side: Padded) -> Padded:
    return Padded(*(part.pin_memory() for part in side)) if torch.cuda.is_available() else side
