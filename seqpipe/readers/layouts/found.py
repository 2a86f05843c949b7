"""What a layout of corpora is: how to recognise it, and how to read it where it lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from seqpipe.readers.example import Dropped, Example


class Found(NamedTuple):
    """What looking at a folder found: ``splits`` names the files (or folders, or patterns) of its own splits, relative
    to it; ``said`` is a sentence for a person; ``options`` are plain JSON values that ``read`` wants back."""

    layout: str
    modality: str
    task: str
    options: dict[str, Any]
    splits: dict[str, list[str]]
    said: str


class Layout(NamedTuple):
    """``look(path)`` is None where a corpus is laid out another way; ``read(path, options, names)`` yields its items,
    of the split that holds ``names``, or all where there are none; ``needs`` are the options that must be there, each
    with its type or what it may be."""

    look: Callable[[Path], Found | None]
    read: Callable[[Path, dict[str, Any], list[str]], Iterator[Example | Dropped]]
    needs: Mapping[str, type | tuple[str, ...]] = {}
