"""Work that is shared out: the results are those of a plain loop, in its order, whoever did it."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.workers import Known, Later, Promise, Workers, at_most, gc_frozen, workers


def unless_odd(number: int) -> int:
    if number % 7 == 5:
        raise ValueError(number)
    return number * number


def until_it_fails(results: Iterator[int]) -> list[int | str]:
    found: list[int | str] = []
    try:
        found.extend(results)  # as a loop would, up to the error
    except ValueError as error:
        found.append(f"failed at {error}")
    return found


@given(numbers=st.lists(st.integers(0, 30), max_size=25), count=st.integers(0, 3), ahead=st.integers(1, 9))
@settings(deadline=None, max_examples=60)
def test_results_and_the_first_error_are_those_of_a_loop(numbers: list[int], count: int, ahead: int) -> None:
    with at_most(count, ahead) as who:
        found = until_it_fails(who.ordered(who.submit(unless_odd, number) for number in numbers))
    assert found == until_it_fails(map(unless_odd, numbers))


def test_promises_of_all_kinds_keep_their_order() -> None:
    with at_most(1, 3) as who:
        promised: list[Promise] = [Known(0), who.submit(int, "1"), Later(partial(int, "2")), who.submit(int, "3")]
        assert list(who.ordered(promised)) == [0, 1, 2, 3]


def test_whoever_asks_does_what_nobody_has_begun() -> None:
    """The other thread holds the first piece until all others are done, which only this thread can do."""
    begun, done, here = threading.Event(), threading.Barrier(2), threading.get_ident()

    def first() -> int:
        begun.set()
        done.wait(timeout=20)
        return threading.get_ident()

    def other(last: bool) -> int:
        if last:
            done.wait(timeout=20)
        return threading.get_ident()

    with at_most(1, 10) as who:
        promises = [who.submit(first)]
        assert begun.wait(timeout=20)
        promises += [who.submit(other, number == 1) for number in range(1, 5)]
        found = list(who.ordered(promises))
    assert found[0] != here
    assert found[1] == here, "the last to be taken, which lets the other thread go on"
    assert found[2:] == [here] * 3


def test_no_more_is_begun_than_is_wanted() -> None:
    asked = []

    def promises(who: Workers) -> Iterator[Promise]:
        for number in range(50):
            asked.append(number)
            yield who.submit(unless_odd, 2)

    with at_most(1, 4) as who:
        results = who.ordered(promises(who))
        next(results)
        assert len(asked) == 5


def met(folder: Path, wanted: int) -> int:
    """The number of this process, once ``wanted`` processes are here."""
    (folder / str(os.getpid())).touch()
    end = time.monotonic() + 20
    while len(list(folder.iterdir())) < wanted:
        assert time.monotonic() < end, "the others did not come"
        time.sleep(0.01)
    return os.getpid()


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_so_many_jobs_are_so_many_processes_with_this_one(jobs: int, tmp_path: Path) -> None:
    with workers(partial(int, 1), jobs) as who:
        found = list(who.ordered(who.submit(met, tmp_path, jobs) for _ in range(jobs)))
    assert len(set(found)) == jobs
    assert os.getpid() in found


def test_the_garbage_collector_has_everything_back_even_after_an_error() -> None:
    def fail() -> None:
        with gc_frozen():
            assert gc.get_freeze_count() > 1000
            raise ZeroDivisionError

    before = gc.get_freeze_count()
    with pytest.raises(ZeroDivisionError):
        fail()
    assert gc.get_freeze_count() <= before
