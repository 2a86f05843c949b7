"""Processes that make calls for threads: of the threads of one process, only one at a time runs Python.

``python -m seqpipe.helpers`` reads messages from standard input, pickled pairs of a function and its arguments, and
writes for each whether the call succeeded and its result or its error. When the input ends, it ends. Unlike a process
of ``multiprocessing`` it does not load the caller's main module again.
"""

from __future__ import annotations

import _thread
import gc
import os
import pickle
import queue
import struct
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, BinaryIO, cast

from seqpipe.files import SeqpipeError

GRACE = 2.0  # seconds that a call which is under way has to end itself
LENGTH = struct.Struct("<Q")  # of a message, which stands before it


class Helper:
    """One such process. What a terminal sends to those that it runs does not reach it."""

    def __init__(self) -> None:
        path = os.pathsep.join(folder or os.getcwd() for folder in sys.path)  # it finds what is found here
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "seqpipe.helpers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
        )
        self._asked, self._told = cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout)
        self._loaded = False

    def load(self, function: Callable[[], Any]) -> None:
        """Make a first call, after which others find loaded what they need; what is wrong shows in the next call."""
        with suppress(Exception):
            self(_load, function)
        self._loaded = True

    def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The result of a call there, or the error that it ended in; all of them must pickle."""
        try:
            _send(self._asked, pickle.dumps((function, arguments)))
            succeeded, value = pickle.loads(_received(self._told))
        except (OSError, EOFError, ValueError):  # the last of pipes that are closed here
            raise SeqpipeError(
                "A process that prepared files was ended from outside, maybe for want of memory; run the command "
                "again, with fewer --jobs: what was prepared is kept."
            ) from None
        if not succeeded:
            raise value
        return value

    def close(self) -> None:
        """End the process; a call that is under way is interrupted."""
        if not self._loaded:
            self._process.kill()
        with suppress(OSError):  # of what was to be written and has no reader any more
            self._asked.close()
        try:
            self._process.wait(2 * GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._told.close()


class Crew:
    """At most ``count`` threads, each of which has a process that makes its calls; they begin as there is work.

    A process first calls ``load``, so that it has loaded what others need; its thread takes no work before that.
    """

    def __init__(self, count: int, load: Callable[[], Any]) -> None:
        self.load = load
        self._threads = ThreadPoolExecutor(count, initializer=self._begin)
        self._own = threading.local()
        self._helpers: list[Helper] = []
        self._changing = threading.Lock()
        self._closed = False

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """What will be the result of a call in one of the processes."""
        return self._threads.submit(self._call, function, *arguments)

    def _begin(self) -> None:
        with self._changing:
            if self._closed:
                return
            self._own.helper = Helper()
            self._helpers.append(self._own.helper)
        self._own.helper.load(self.load)

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self._own.helper(function, *arguments)

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *error: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._changing:
            self._closed = True
        for helper in self._helpers:
            helper.close()
        self._threads.shutdown()


def _load(load: Callable[[], Any]) -> None:
    load()
    gc.freeze()  # what lives now is no business of the garbage collector


def _send(pipe: BinaryIO, message: bytes) -> None:
    pipe.write(LENGTH.pack(len(message)))
    pipe.write(message)
    pipe.flush()


def _received(pipe: BinaryIO) -> bytes:
    """The next message; one that is cut off, or none, is an ``EOFError``."""
    head = pipe.read(LENGTH.size)
    length = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else 0
    message = pipe.read(length)
    if not length or len(message) < length:
        raise EOFError
    return message


def _outcome(message: bytes) -> bytes:
    """Make the call of a message; what its error is can be raised where the call was asked for."""
    try:
        function, arguments = pickle.loads(message)
        return pickle.dumps((True, function(*arguments)))
    except Exception as error:
        story = traceback.format_exc()
        error.add_note(story)
        try:
            pickle.loads(told := pickle.dumps((False, error)))
        except Exception:  # an error of a kind that does not travel
            told = pickle.dumps((False, RuntimeError(story)))
        return told


def serve(asked: BinaryIO, told: BinaryIO) -> None:
    """Make the calls that are asked for until there are no more: one that is under way then is interrupted."""
    messages: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    busy = threading.Event()

    def read() -> None:
        with suppress(EOFError):
            while True:
                messages.put(_received(asked))
        messages.put(None)
        if busy.is_set():
            _thread.interrupt_main()
            time.sleep(GRACE)
            os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    while (message := messages.get()) is not None:
        busy.set()
        outcome = _outcome(message)
        busy.clear()
        _send(told, outcome)


def main() -> None:
    """Serve standard input and output; what a library prints goes to standard error."""
    asked, told = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    with suppress(KeyboardInterrupt, BrokenPipeError):  # the caller has gone
        serve(asked, told)
    sys.stderr.flush()
    os._exit(0)  # nothing is left to be ended in order


if __name__ == "__main__":
    main()
