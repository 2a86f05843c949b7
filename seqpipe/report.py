"""What a command says while it works: values handed to a callable, so that only the console prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Progress(NamedTuple):
    """``done`` of ``total`` units of one long step."""

    step: str
    done: int
    total: int


class Note(NamedTuple):
    """One line worth reading later: an epoch's losses, a file that was resampled, what was written where."""

    text: str
    passing: bool = False
    """Whether it is only for somebody who watches, and of no interest later."""


Report = Callable[[Progress | Note], None]


def silent(event: Progress | Note) -> None:
    """Say nothing."""
