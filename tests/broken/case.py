"""One fault: what it does to a clean corpus, and what must come of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Case(NamedTuple):
    """A fault ``break_it`` in a clean corpus of ``layout``.

    What ``comes``: ``error``, one sentence with all ``words`` (or one of those between ``|``); ``dropped``, that ``count`` examples cannot be used, with
    ``words`` of the reason; ``same``, examples equal to the clean corpus's; ``fewer``, all but ``count`` of those.
    """

    layout: str
    name: str
    break_it: Callable[[Path], object]
    comes: str
    words: tuple[str, ...] = ()
    count: int = 0

    def __str__(self) -> str:
        return f"{self.layout}: {self.name}"


Fault = Callable[[Path], object]


def put(name: str, content: str | bytes) -> Fault:
    """Other content of a file."""
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")

    def fault(corpus: Path) -> None:
        (corpus / name).parent.mkdir(parents=True, exist_ok=True)
        (corpus / name).write_bytes(raw)

    return fault


def add(name: str, content: str | bytes) -> Fault:
    """More at a file's end."""
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return change(name, lambda old: old + raw)


def change(name: str, how: Callable[[bytes], bytes]) -> Fault:
    """A file whose bytes are changed."""

    def fault(corpus: Path) -> None:
        (corpus / name).write_bytes(how((corpus / name).read_bytes()))

    return fault


def swap(name: str, before: str, after: str | bytes) -> Fault:
    """A file with ``after`` where ``before`` stood first."""
    new = after if isinstance(after, bytes) else after.encode("utf-8", "surrogatepass")

    def how(old: bytes) -> bytes:
        assert before.encode() in old, (name, before)
        return old.replace(before.encode(), new, 1)

    return change(name, how)


def instead(name: str, make: Callable[[Path], object]) -> Fault:
    """Something else in a file's place."""

    def fault(corpus: Path) -> None:
        (corpus / name).unlink()
        make(corpus / name)

    return fault
