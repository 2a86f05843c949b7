"""Ctrl-C as the end of what comes in, rather than of the program."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class Interrupt:
    """While this context is open, Ctrl-C ends a ``wait`` at once; work in between goes on, and the next wait is over.

    Outside the main thread, where Python hears no Ctrl-C, nothing is changed.
    """

    def __init__(self) -> None:
        self.came = self._waiting = False
        self._before: Any = None

    def __enter__(self) -> Interrupt:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def wait(self, read: Callable[[int], bytes], size: int) -> bytes:
        """What ``read`` gives of ``size`` bytes; nothing once Ctrl-C has come."""
        try:
            self._waiting = True
            found = b"" if self.came else read(size)
            self._waiting = False
        except KeyboardInterrupt:
            self._waiting = False
            return b""
        return found

    def _heard(self, number: int, frame: FrameType | None) -> None:
        first, self.came = not self.came, True
        if first and self._waiting:
            raise KeyboardInterrupt
