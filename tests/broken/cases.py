"""What a case is: a clean corpus, a change that breaks it, and what must come of it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import NamedTuple

from broken.clean import Files

Change = Callable[[Files], None]


class Error(NamedTuple):
    """One sentence with these words."""

    words: tuple[str, ...]


class Drop(NamedTuple):
    """``count`` examples are dropped, the first for a reason with these words, and the others are kept."""

    count: int
    words: tuple[str, ...]


class Kept(NamedTuple):
    """All examples are kept, and a split is said to have been changed so, if anything is said."""

    changed: str = ""


class Same(NamedTuple):
    """Every example is what it was without the change."""


class Case(NamedTuple):
    """``kind`` is a key of ``CLEAN``."""

    name: str
    kind: str
    change: Change
    expected: Error | Drop | Kept | Same


def error(*words: str) -> Error:
    return Error(words)


def drop(*words: str, count: int = 1) -> Drop:
    return Drop(count, words)


def put(name: str, content: bytes | str) -> Change:
    """A file with this content."""
    return lambda files: files.__setitem__(name, content)


def without(name: str) -> Change:
    return lambda files: files.__delitem__(name)


def swap(name: str, old: str, new: str | bytes) -> Change:
    """The first ``old`` of a text becomes ``new``."""

    def change(files: Files) -> None:
        content, new_bytes = files[name], new if isinstance(new, bytes) else new.encode()
        assert isinstance(content, bytes)
        assert old.encode() in content
        files[name] = content.replace(old.encode(), new_bytes, 1)

    return change


def turned(name: str, how: Callable[[bytes], bytes]) -> Change:
    """A file with its content turned into another."""

    def change(files: Files) -> None:
        content = files[name]
        assert isinstance(content, bytes)
        files[name] = how(content)

    return change


def packed(name: str, how: Callable[[bytes], bytes]) -> Change:
    """The same in ``name.gz`` instead."""

    def change(files: Files) -> None:
        content = files.pop(name)
        assert isinstance(content, bytes)
        files[f"{name}.gz"] = how(gzip.compress(content, mtime=0))

    return change


def cut(content: bytes) -> bytes:
    """The first half."""
    return content[: len(content) // 2]
