"""Paths that a corpus names: inside its own folder, and there."""

from __future__ import annotations

import os
from pathlib import Path

from seqpipe.files import SeqpipeError


def inside(folder: Path, name: str, key: str, where: str) -> Path:
    """``folder / name``, by the letters of the path alone: inside the folder, files may well be links to a cache.

    Raises ``SeqpipeError``, naming ``key`` and ``where`` it stands, for a path that leads out and for a missing file.
    """
    inner = os.path.normpath(name)
    if os.path.isabs(inner) or inner.split(os.sep)[0] == os.pardir:
        raise SeqpipeError(f"{where}: {key} '{name}' leads out of {folder}; it must be relative to that folder.")
    if not is_there(folder / inner):
        raise SeqpipeError(f"{where}: {folder / inner} is missing; put it there or remove the line.")
    return folder / inner


def is_there(path: Path) -> bool:
    """Whether this is a file; a name that no file can have, too long or with a NUL, is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
