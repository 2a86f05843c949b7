"""Processes that make calls: results and errors are those of a call here, and none outlives its caller."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pytest

from seqpipe.files import SeqpipeError
from seqpipe.helpers import Crew, Helper, _received, _send

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
    end = time.monotonic() + SOON
    try:
        while time.monotonic() < end:
            time.sleep(0.01)
    finally:
        path.with_suffix(".tidied").touch()


def stubborn(path: Path) -> None:
    path.write_text(str(os.getpid()))
    end = time.monotonic() + SOON
    while time.monotonic() < end:
        with suppress(KeyboardInterrupt):
            time.sleep(SOON)


class Odd(Exception):
    """It pickles, but cannot be made again of what it pickled."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def refuse_oddly() -> None:
    raise Odd(1, 2)


def refuse_with_what_does_not_pickle() -> None:
    raise ValueError(number for number in ())


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


@pytest.mark.parametrize(
    ("function", "said"),
    [(refuse_oddly, "Odd: 1 and 2"), (refuse_with_what_does_not_pickle, "in refuse_with_what_does_not_pickle")],
)
def test_an_error_that_cannot_travel_is_told(helper: Helper, function: Callable[[], None], said: str) -> None:
    with pytest.raises(RuntimeError, match=said):
        helper(function)
    assert helper(abs, -3) == 3


def test_a_call_that_cannot_be_read_there_is_an_error(helper: Helper, monkeypatch: pytest.MonkeyPatch) -> None:
    here = types.ModuleType("only_here")
    exec("def function(): pass", here.__dict__)
    monkeypatch.setitem(sys.modules, "only_here", here)
    with pytest.raises(ModuleNotFoundError, match="only_here"):
        helper(here.function)
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


def test_closing_interrupts_a_call_that_is_under_way(tmp_path: Path) -> None:
    began = time.monotonic()
    with Crew(1, partial(int, 1)) as crew:
        future = crew.submit(hold, tmp_path / "begun")
        pid = until(tmp_path / "begun")
    assert time.monotonic() - began < SOON
    assert gone(pid)
    assert isinstance(future.exception(), SeqpipeError)
    assert (tmp_path / "begun.tidied").is_file()


def test_a_call_that_takes_no_interruption_is_ended_all_the_same(tmp_path: Path) -> None:
    began = time.monotonic()
    with Crew(1, partial(int, 1)) as crew:
        crew.submit(stubborn, tmp_path / "begun")
        pid = until(tmp_path / "begun")
    assert time.monotonic() - began < SOON
    assert gone(pid)


def test_a_crew_that_is_asked_for_nothing_has_no_processes() -> None:
    with Crew(2, partial(refuse, 1)) as crew:
        pass
    assert not crew._helpers


def test_no_more_processes_begin_than_there_is_work_for() -> None:
    with Crew(9, partial(int, 1)) as crew:
        for _ in range(4):
            assert crew.submit(abs, -3).result(SOON) == 3
        assert len(crew._helpers) == 1


def test_a_crew_does_not_take_work_before_it_has_loaded_and_tells_of_an_error_then(tmp_path: Path) -> None:
    with Crew(1, partial(hold, tmp_path / "begun")) as crew:
        future = crew.submit(abs, -3)
        until(tmp_path / "begun")
        assert future.cancel()
    with Crew(1, partial(refuse, 1)) as crew:
        assert crew.submit(abs, -3).result(SOON) == 3
        with pytest.raises(ZeroDivisionError):
            crew.submit(refuse, 2).result(SOON)


@pytest.mark.parametrize("function", [hold, stubborn])
def test_a_process_ends_with_its_caller_even_in_the_middle_of_a_call(
    tmp_path: Path, function: Callable[[Path], None]
) -> None:
    script = f"from test_helpers import *; Helper()({function.__name__}, Path('begun'))"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, env=env) as caller:
        pid = until(tmp_path / "begun")
        caller.kill()
    assert gone(pid)


@pytest.mark.parametrize("delay", [0, 0.01, 0.02, 0.03, 0.05, 0.3])
def test_what_interrupts_the_caller_shows_nothing_of_its_processes(delay: float) -> None:
    script = f"""
import os, signal, time
from functools import partial
from seqpipe.helpers import Crew
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    with Crew(2, partial(int, 1)) as crew:
        crew.submit(int)
        time.sleep({delay})
        os.killpg(0, signal.SIGINT)
        time.sleep(9)
except KeyboardInterrupt:
    print("interrupted")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, process_group=0, check=False)
    assert (done.stdout, done.stderr) == (b"interrupted\n", b"")


def messages(pipe: BinaryIO) -> Iterator[bytes]:
    while True:
        yield _received(pipe)


def test_half_a_message_is_the_end() -> None:
    pipe = io.BytesIO()
    for message in (b"one", b"other"):
        _send(pipe, message)
    whole = pipe.getvalue()
    for length in range(len(whole) + 1):
        found: list[bytes] = []
        with pytest.raises(EOFError):
            found.extend(messages(io.BytesIO(whole[:length])))
        assert found == [b"one", b"other"][: (length >= 11) + (length >= 24)]
