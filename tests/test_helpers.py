"""Processes that make calls: results and errors are those of a call here, and none outlives its caller."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from test_workers import met

from seqpipe.files import SeqpipeError
from seqpipe.helpers import Crew, Helper, serve

SOON = 20  # seconds


@pytest.fixture
def helper() -> Iterator[Helper]:
    found = Helper()
    yield found
    found.close()


def refuse(number: int) -> int:
    raise ZeroDivisionError(f"not {number}")


def hold(path: Path) -> None:
    path.write_text(str(os.getpid()))
    time.sleep(SOON)


def until(there: Path) -> int:
    """The number in a file, once it is there."""
    end = time.monotonic() + SOON
    while not (there.is_file() and there.read_text()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return int(there.read_text())


def gone(pid: int) -> bool:
    end = time.monotonic() + SOON
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_calls_are_made_one_after_another_in_one_other_process(helper: Helper) -> None:
    assert [helper(pow, number, 2) for number in range(4)] == [0, 1, 4, 9]
    assert helper(os.getpid) == helper(os.getpid) != os.getpid()


def test_large_values_go_both_ways(helper: Helper) -> None:
    value = os.urandom(3_000_001)  # many times what a pipe holds
    assert helper(bytes, value) == value


def test_an_error_is_raised_here_with_where_it_was_raised_there_and_the_next_call_works(helper: Helper) -> None:
    with pytest.raises(ZeroDivisionError, match="not 7") as caught:
        helper(refuse, 7)
    assert "in refuse" in "".join(caught.value.__notes__)
    assert helper(abs, -3) == 3


def numbers() -> Iterator[int]:
    yield 1


def test_a_result_that_cannot_travel_is_an_error(helper: Helper) -> None:
    with pytest.raises(TypeError, match="pickle"):
        helper(numbers)
    assert helper(abs, -3) == 3


def test_what_a_call_prints_does_not_come_between(capfd: pytest.CaptureFixture[str]) -> None:
    helper = Helper()
    assert helper(print, "said aside") is None
    assert helper(os.system, "echo said by a child") == 0
    assert helper(abs, -3) == 3
    helper.close()
    said = capfd.readouterr()
    assert not said.out
    assert sorted(said.err.splitlines()) == ["said aside", "said by a child"]


def test_a_process_that_is_killed_is_a_clear_error(helper: Helper) -> None:
    os.kill(helper(os.getpid), signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(SeqpipeError, match=r"ended from outside, maybe for want of memory; .* fewer --jobs"):
            helper(abs, -3)


def test_closing_ends_a_call_that_is_under_way(tmp_path: Path) -> None:
    began = time.monotonic()
    with Crew(1, partial(int, 1)) as crew:
        future = crew.submit(hold, tmp_path / "begun")
        pid = until(tmp_path / "begun")
    assert time.monotonic() - began < SOON
    assert gone(pid)
    assert isinstance(future.exception(), SeqpipeError)


def test_a_crew_that_is_asked_for_nothing_has_no_processes() -> None:
    with Crew(2, partial(refuse, 1)) as crew:
        pass
    assert not crew._helpers


def test_a_crew_may_load_before_there_is_work(tmp_path: Path) -> None:
    with Crew(2, partial(met, tmp_path, 2)) as crew:
        crew.begin()
        end = time.monotonic() + SOON
        while len(list(tmp_path.iterdir())) < 2:
            assert time.monotonic() < end
            time.sleep(0.01)


def test_a_crew_does_not_take_work_before_it_has_loaded_and_tells_of_an_error_then(tmp_path: Path) -> None:
    with Crew(1, partial(hold, tmp_path / "begun")) as crew:
        future = crew.submit(abs, -3)
        until(tmp_path / "begun")
        assert future.cancel()
    with Crew(1, partial(refuse, 1)) as crew:
        assert crew.submit(abs, -3).result(SOON) == 3
        with pytest.raises(ZeroDivisionError):
            crew.submit(refuse, 2).result(SOON)


def test_a_process_ends_with_its_caller() -> None:
    script = (
        "import os, time; from seqpipe.helpers import Helper; print(Helper()(os.getpid), flush=True); time.sleep(99)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as caller:
        assert caller.stdout is not None
        pid = int(caller.stdout.readline())
        caller.kill()
    assert gone(pid)


def test_serving_ends_where_nobody_reads() -> None:
    class Deaf(io.BytesIO):
        def flush(self) -> None:
            raise BrokenPipeError

    asked = io.BytesIO(pickle.dumps((abs, (-1,))) + pickle.dumps((refuse, (1,))))
    serve(asked, Deaf())
    assert pickle.load(asked) == (refuse, (1,))
