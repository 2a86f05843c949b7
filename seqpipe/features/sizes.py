"""What a model must know of its features before it is built."""

from __future__ import annotations

from typing import NamedTuple


class Sizes(NamedTuple):
    """Of the source: its ``kind``, and how much a time step holds. Of the target: how many ids or values."""

    kind: str
    """``tokens`` (an id a step), ``words`` (a word with its characters), ``frames`` (values), ``video`` (a picture a
    step) or ``image`` (a column of a picture a step)."""
    source: int
    """Vocabulary of tokens, or values a frame."""
    target: int
    """Vocabulary of the target, number of labels, or horizon."""
    height: int = 1
    """Rows of a picture; a frame of ``video`` is height × width × channels values, of ``image`` height × channels."""
    channels: int = 1
    """Colours of a picture."""
    characters: int = 0
    """Vocabulary of the characters of ``words``."""
    bio: bool = True
    """Whether labels of words mark spans, so that not every label may follow every other."""


class Vocabulary(NamedTuple):
    """Ids of one side of a row: how many there are, and which one stands for what training did not have, if any."""

    size: int
    unknown: int | None
