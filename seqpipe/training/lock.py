"""One training of a pipeline at a time."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from seqpipe.files import SeqpipeError


@contextmanager
def only_one(folder: Path, name: str) -> Iterator[None]:
    """Hold ``folder``, the features of pipeline ``name``, for one training: two would take each other's state away.

    The system lets it go however the process ends. What cannot lock folders (Windows, some network disks) does not.
    """
    if importlib.util.find_spec("fcntl") is None:
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SeqpipeError(
                    f"{name} is being trained by another process; wait until it has ended, or end it."
                ) from None
        yield
    finally:
        os.close(handle)
