"""Batches made ahead come all, once, in order, and what goes wrong in the thread is told here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import islice

import pytest
import torch

from seqpipe.batches import Batch
from seqpipe.padded import Padded
from seqpipe.training.ahead import AHEAD, on_device

ELSEWHERE = torch.device("meta")  # a device that every machine has, and where nothing is computed


def numbered(count: int, made: list[int]) -> Iterator[Batch]:
    for number in range(count):
        made.append(number)
        side = Padded(torch.full((1, 2), number), torch.tensor([2]))
        yield Batch([str(number)], side, side)


@pytest.mark.parametrize("count", [0, 1, 3, 20])
@pytest.mark.parametrize("device", [torch.device("cpu"), ELSEWHERE])
def test_all_come_in_order(count: int, device: torch.device) -> None:
    found = list(on_device(numbered(count, []), device))
    assert [batch.ids for batch in found] == [[str(number)] for number in range(count)]
    assert {part.device.type for batch in found for part in (*batch.source, *batch.target)} <= {device.type}


def test_only_a_few_are_made_ahead_and_the_thread_ends_with_the_reader() -> None:
    made, before = list[int](), threading.active_count()
    reader = on_device(numbered(1000, made), ELSEWHERE)
    assert [batch.ids for batch in islice(reader, 3)] == [["0"], ["1"], ["2"]]
    reader.close()
    assert len(made) <= 3 + AHEAD
    assert threading.active_count() == before


def test_an_error_in_the_thread_is_raised_where_the_batch_is_asked_for() -> None:
    def broken() -> Iterator[Batch]:
        yield from numbered(2, [])
        raise ValueError("row 2")

    reader = on_device(broken(), ELSEWHERE)
    assert [batch.ids for batch in islice(reader, 2)] == [["0"], ["1"]]
    with pytest.raises(ValueError, match="row 2"):
        next(reader)
