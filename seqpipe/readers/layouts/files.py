"""Files of a corpus: those of a kind below a folder, and those that its tables name."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from seqpipe.files import SeqpipeError, in_a_line
from seqpipe.lines import is_special, read_lines
from seqpipe.readers.paths import is_there

SOUNDS = (".wav", ".flac", ".ogg", ".mp3")
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp")
SPLIT_WORDS = {
    "train": ("train", "training"),
    "valid": ("valid", "val", "dev", "validation", "testa"),
    "test": ("test", "testb", "eval"),
}
"""Words in names of files and folders that say which split they are of."""


def below(folder: Path, endings: tuple[str, ...]) -> Iterator[str]:
    """Names relative to ``folder`` of the files with these endings, in order; links are followed, cycles are not.

    A link that leads nowhere is named as well, but pipes, sockets and devices are not. A folder that may not be read,
    and a name that is not UTF-8 or has a line end in it, are errors.
    """
    seen: set[str] = set()
    for at, folders, names in os.walk(folder, followlinks=True, onerror=_unreadable):
        real = os.path.realpath(at)
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if real not in seen else []
        if real in seen:
            continue
        seen.add(real)
        for name in sorted(names):
            if name.lower().endswith(endings) and not name.startswith(".") and not is_special(os.path.join(at, name)):
                yield _printable(os.path.relpath(os.path.join(at, name), folder).replace(os.sep, "/"), folder)


def _unreadable(error: OSError) -> None:
    raise SeqpipeError(f"{error.filename} cannot be read ({error.strerror}); give yourself permission or move it.")


def _printable(name: str, folder: Path) -> str:
    """A name that can be printed, stored and compared."""
    if in_a_line(name, len(name)) != name or any(sign < " " for sign in name):
        raise SeqpipeError(f"{folder} has a file named {name!a}, which is not UTF-8 or not in one line; rename it.")
    return name


def split_of(name: str) -> str | None:
    """The split that a file or folder name tells by one of its words (``train-clean-100``, ``x_TEST.ts``)."""
    words = re.split(r"[^a-z]+", name.lower())
    return next((split for split, known in SPLIT_WORDS.items() if any(word in words for word in known)), None)


def splits_of(names: list[str]) -> dict[str, list[str]]:
    """The names of each split; none at all where no name tells that it is of train."""
    found: dict[str, list[str]] = {}
    for name in names:
        if split := split_of(name):
            found.setdefault(split, []).append(name)
    return found if "train" in found else {}


def chosen(name: str, names: list[str]) -> bool:
    """Whether the file ``name`` is one of ``names``, or lies in a folder that is; no names choose every file."""
    return not names or any(name == one or name.startswith(f"{one}/") for one in names)


def named(corpus: Path, folder: Path, name: str, where: str) -> Path | None:
    """The file ``name``, relative to ``folder`` (or absolute), of the ``corpus``; None where it is missing.

    By the letters of the path alone it must lie in the corpus: else a ``SeqpipeError`` with ``where``.
    """
    path = Path(os.path.normpath(folder / name))
    root = Path(os.path.normpath(corpus))
    if not path.is_relative_to(root):
        raise SeqpipeError(f"{where}: '{name}' leads out of {corpus}; put the files there, or name a folder above.")
    return path if is_there(path) else None


def not_empty(path: Path) -> Iterator[tuple[int, str]]:
    """``read_lines`` without the blank ones; a ``SeqpipeError`` where no other is."""
    written = False
    for number, line in read_lines(path):
        if line.strip():
            written = True
            yield number, line
    if not written:
        raise SeqpipeError(f"{path} is empty; fill it, or remove it.")
