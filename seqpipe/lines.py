"""Lines of text files, read without trust: none too long for memory, none that is not text; and JSON lines."""

from __future__ import annotations

import gzip
import json
import os
import stat
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from seqpipe.files import SeqpipeError, whole_file

LONGEST = 1 << 24
"""Bytes of the longest line that is read; nothing longer is ever in memory."""
DENSEST = 200
"""Times a gzip file may grow when it is read: text grows fivefold or so, files made to fill a disk a thousandfold."""
GIVEN = ("/dev/fd/", "/dev/stdin", "/proc/")
"""Where pipes lie that somebody fills, as a shell's ``<(command)`` does."""
UNSUSPECTED = 1 << 22
"""Bytes out of a gzip file before its growth is looked at."""


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """Write one JSON value a line."""
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")


def read_jsonl(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield ``(line number, value)`` for each line that is not blank."""
    for number, line in read_lines(path):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                reason = error.msg if isinstance(error, json.JSONDecodeError) else "a number too long or lists too deep"
                raise SeqpipeError(f"{path} line {number} is not valid JSON ({reason}); mend it.") from None


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield ``(line number, line without its end)`` of a UTF-8 text, unpacked if its name ends in ``.gz``.

    A byte-order mark is dropped. A line longer than ``LONGEST``, and a file that grows more than ``DENSEST`` times when
    it is unpacked, are errors.
    """
    if is_special(path) and not str(path).startswith(GIVEN):
        raise SeqpipeError(f"{path} is a pipe or a device; put a file there, or give - and pipe it in.")
    try:
        with path.open("rb") as file:
            lines = _unpacked(file, path) if path.suffix.lower() == ".gz" else _bounded(file, path)
            yield from decode_lines(lines, str(path))
    except FileNotFoundError:
        raise SeqpipeError(f"{path} is missing; put it there or make it.") from None
    except IsADirectoryError:
        raise SeqpipeError(f"{path} is a folder, not a text file.") from None
    except PermissionError:
        raise SeqpipeError(f"{path} may not be read; give yourself permission, for example with `chmod +r`.") from None
    except OSError as error:  # a link to itself, a name too long
        raise SeqpipeError(f"{path} cannot be read ({error.strerror or error}); put a file there.") from None


def is_special(path: str | Path) -> bool:
    """Whether this is a pipe, a socket or a device, which may keep a reader waiting for ever."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _bounded(file: IO[bytes], path: Path) -> Iterator[bytes]:
    while line := file.readline(LONGEST):
        if len(line) == LONGEST:
            raise SeqpipeError(f"{path} has a line of {LONGEST >> 20} MiB or more, which no text has; break it up.")
        yield line


def _unpacked(file: IO[bytes], path: Path) -> Iterator[bytes]:
    packed, size = os.fstat(file.fileno()).st_size, 0
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            for line in _bounded(cast(IO[bytes], unpacked), path):
                size += len(line)
                if size > max(UNSUSPECTED, DENSEST * packed):
                    raise SeqpipeError(
                        f"{path} grows more than {DENSEST} times when it is unpacked, as no text does; look at it, and "
                        "unpack it yourself if it is meant."
                    )
                yield line
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise SeqpipeError(f"{path} is not a whole gzip file; copy or download it again.") from None


def decode_lines(raw_lines: Iterable[bytes], name: str) -> Iterator[tuple[int, str]]:
    """Yield ``(line number, line without its end)`` of UTF-8 bytes; ``name`` is the file's in an error.

    Bytes that are not UTF-8, and NUL bytes, are errors.
    """
    for number, raw in enumerate(raw_lines, start=1):
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise SeqpipeError(
                f"{name} line {number} is not UTF-8 text; convert the file, for example with `iconv -t utf-8`."
            ) from None
        if "\0" in line:
            raise SeqpipeError(f"{name} line {number} holds a NUL byte, which no text has; remove it.")
        yield number, line.rstrip("\r\n")
