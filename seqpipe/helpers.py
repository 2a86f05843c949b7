"""Processes that make calls for threads: of the threads of one process, only one at a time runs Python.

``python -m seqpipe.helpers`` reads pickled pairs of a function and its arguments from standard input and writes, for
each, whether the call succeeded and its result or its error, until the input ends. Unlike a process of
``multiprocessing`` it does not load the caller's main module again.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, BinaryIO, cast

from seqpipe.files import SeqpipeError


class Helper:
    """One such process."""

    def __init__(self) -> None:
        path = os.pathsep.join(folder or os.getcwd() for folder in sys.path)  # it finds what is found here
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "seqpipe.helpers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        self._asked, self._told = cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout)

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The result of a call there, or the error that it ended in; all of them must pickle."""
        try:
            pickle.dump((function, arguments), self._asked)
            self._asked.flush()
            succeeded, value = pickle.load(self._told)
        except (OSError, EOFError, pickle.UnpicklingError):  # the last of half a result
            raise SeqpipeError(
                "A process that prepared files was ended from outside, maybe for want of memory; run the command "
                "again, with fewer --jobs: what was prepared is kept."
            ) from None
        if not succeeded:
            raise value
        return value

    def close(self) -> None:
        """End the process, even in the middle of a call."""
        self._process.kill()
        self._process.wait()
        self._told.close()
        with suppress(OSError):  # of what was to be written and has no reader any more
            self._asked.close()


class Crew:
    """``count`` threads, each of which has a process that makes its calls; they begin with the first that is asked for.

    A process first calls ``load``, so that it has loaded what others need; its thread takes no work before that.
    """

    def __init__(self, count: int, load: Callable[[], Any]) -> None:
        self.count, self.load = count, load
        self._threads = ThreadPoolExecutor(count, initializer=self._begin)
        self._own = threading.local()
        self._helpers: list[Helper] = []
        self._idle: list[Helper] = []

    def begin(self) -> None:
        """Have the processes load before there is work."""
        for _ in range(self.count):
            self.submit(int)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """What will be the result of a call in one of the processes."""
        if not self._helpers:
            self._helpers = [Helper() for _ in range(self.count)]
            self._idle = self._helpers.copy()
        return self._threads.submit(self._call, function, *arguments)

    def _begin(self) -> None:
        self._own.helper = self._idle.pop()
        with suppress(Exception):  # the next call meets it again
            self._own.helper(_load, self.load)

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self._own.helper(function, *arguments)

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *error: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for helper in self._helpers:
            helper.close()
        self._threads.shutdown()


def _load(load: Callable[[], Any]) -> None:
    load()
    gc.freeze()  # what lives now is no business of the garbage collector


def serve(asked: BinaryIO, told: BinaryIO) -> None:
    """Make the calls that are asked for, until there are no more or nobody reads the results."""
    while True:
        try:
            function, arguments = pickle.load(asked)
        except EOFError:
            return
        try:
            outcome = pickle.dumps((True, function(*arguments)))
        except Exception as error:  # it is raised where the call was asked for
            error.add_note(traceback.format_exc())
            outcome = pickle.dumps((False, error))
        try:
            told.write(outcome)
            told.flush()
        except BrokenPipeError:
            return


def main() -> None:
    """Serve standard input and output; what a library prints goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller, who has it too, closes the input
    asked, told = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    serve(asked, told)


if __name__ == "__main__":
    main()
