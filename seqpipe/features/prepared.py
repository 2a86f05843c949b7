"""The costly part of a source: what depends on one file and on parameters, but on nothing that was fitted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from stat import S_ISREG
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from xxhash import xxh3_128

from seqpipe.files import SeqpipeError
from seqpipe.params.section import Section
from seqpipe.readers.example import Dropped, Example

BLOCK = 1 << 20  # bytes of a file that are read together


class Prepared(NamedTuple):
    """A source before normalisation."""

    origin: Any
    """What it was made of, as the reader gave it."""
    values: np.ndarray
    """float32[T, F]."""
    remarks: tuple[str, ...] = ()
    """What was changed on the way in."""
    rate: int | None = None
    """Sample rate of the file in Hz, of sound."""


@runtime_checkable
class Costly(Protocol):
    """A source codec whose sources are worth preparing by many workers and keeping for the next time."""

    def prepare(self, example: Example) -> Example:
        """The same example with a ``Prepared`` source; a file that cannot be used is a ``SeqpipeError``."""

    def measure(self, examples: Iterable[Example]) -> None:
        """Fit what normalises to the prepared examples of the training split, in one pass; it keeps none of them."""


Through = Callable[[Iterable[Example | Dropped]], Iterator[Example | Dropped]]
"""What prepares a stream of examples, in order; what cannot be used comes out as ``Dropped``."""

CODECS = {"audio": "audio.Recordings", "frames": "frames.Pictures"}
"""The costly source codec of a modality, a class of this folder with ``unfitted(params)``."""

PREPARES = {
    "audio": ("kind", "rate", "window", "hop", "mels", "coefficients", "deltas"),
    "frames": ("kind", "height", "width", "channels", "rate"),
}
"""The keys of ``features`` that a prepared source depends on, by modality."""


class Recipe(NamedTuple):
    """How the sources of a pipeline are prepared."""

    modality: str
    params: str
    """All that a prepared source depends on but its file, as JSON."""
    codec: Costly
    """What prepares by these parameters alone. It travels to workers, and what it needs loads with it."""

    @classmethod
    def of(cls, modality: str, params: Section) -> Recipe:
        """The recipe of a pipeline's ``features`` section."""
        kept = params.model_dump_json(include=set(PREPARES[modality]))
        module, _, name = CODECS[modality].partition(".")
        codec = getattr(import_module(f"seqpipe.features.{module}"), name)
        return cls(modality, kept, codec.unfitted(type(params).model_validate_json(kept)))


def prepare(codec: Costly, example: Example) -> Example | Dropped:
    """Prepare one example, or say why it cannot be."""
    try:
        return codec.prepare(example)
    except SeqpipeError as error:
        return dropped(example.where, error)


def load(codec: Costly | None) -> None:
    """Do nothing: a worker that was sent a codec has loaded all that it needs."""


def prepare_here(codec: Costly, items: Iterable[Example | Dropped]) -> Iterator[Example | Dropped]:
    """Prepare a stream one by one, and stop at the first that cannot be."""
    return (codec.prepare(item) if isinstance(item, Example) else item for item in items)


def dropped(where: str, error: SeqpipeError) -> Dropped:
    """What ``error`` says of an example, without naming its place twice."""
    return Dropped(where, str(error).removeprefix(where).removeprefix(":").strip().rstrip("."))


@lru_cache(maxsize=4)
def _digest(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        own = xxh3_128()
        while block := file.read(BLOCK):
            own.update(block)
    return own.hexdigest()


def state_of(path: Path) -> tuple[int, int]:
    """Size and time of change of a file; −1 of what is not there or is no file: preparing it will say so."""
    try:
        found = path.stat()
    except OSError:
        return -1, -1
    return (found.st_size, found.st_mtime_ns) if S_ISREG(found.st_mode) else (-1, -1)


def content_of(source: Any) -> str:
    """What tells the part of a file that a costly source is read from by what is in it, wherever the file lies; nothing
    where it cannot be read. The ending of its name counts, for it says how some files are read.
    """
    path, part = file_of(source)
    size, changed = state_of(path)
    try:
        return f"{size} {_digest(path, size, changed)} {path.suffix.lower()} {part}" if size >= 0 else ""
    except OSError:
        return ""


def file_of(source: Any) -> tuple[Path, str]:
    """The file that a costly source is read from, and which part of it."""
    path = source if isinstance(source, Path) else Path(source.path)
    return path, "" if isinstance(source, Path) else repr(tuple(source)[1:])
