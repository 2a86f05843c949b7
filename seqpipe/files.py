"""Files that are either whole or absent, and the error a user can cause."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

SAID = 1200
"""Characters of the longest sentence; of a longer one, which quotes a file's cells, the middle is left out."""


class SeqpipeError(Exception):
    """A mistake the user can mend: one sentence naming the place, what is wrong, and the fix."""

    def __init__(self, sentence: str) -> None:
        super().__init__(in_a_line(sentence))


def in_a_line(text: str, most: int = SAID) -> str:
    """A text that may quote anything, fit to be printed and stored: in one line, not too long, without half characters
    (what stands for bytes of a file's name that are not UTF-8)."""
    text = " ".join(text.splitlines()).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"


def some(names: Collection[str], most: int = 10) -> str:
    """The first names of a list that may be long: ``a, b, …``."""
    return ", ".join(islice(names, most)) + (", …" if len(names) > most else "")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; it takes the name ``path`` only if the block succeeds."""
    _make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give an empty temporary folder beside ``path``; it replaces ``path`` only if the block succeeds."""
    _make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        _swap(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise SeqpipeError(f"The folder {folder} cannot be made: a file stands in its way; move that file.") from None


def _swap(new: Path, path: Path) -> None:
    """Let ``new`` take the name ``path``; what stood there goes only once ``new`` is in its place."""
    old = new.with_name(f"{new.name}.old")
    stood = os.path.lexists(path)
    if stood:
        os.replace(path, old)
    try:
        os.replace(new, path)
    except OSError:
        if stood:
            os.replace(old, path)
        raise
    if old.is_symlink() or old.is_file():
        old.unlink()
    else:
        shutil.rmtree(old, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write one JSON value with sorted, indented keys, so that two runs differ only where the values do."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read one JSON value; a missing or broken file is a ``SeqpipeError``."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SeqpipeError(f"{path} is missing; make it again.") from None
    except (ValueError, RecursionError) as error:  # of a number too long to read, the first is no JSONDecodeError
        raise SeqpipeError(f"{path} is not valid JSON ({error}); make it again.") from None
