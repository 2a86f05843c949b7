"""Word vectors of GloVe, word2vec (text and binary) and fastText (``.vec``), gzipped or not, told apart by content.

- text, as GloVe writes it: a line is a word and its numbers, a space between each;
- text with a header, as fastText and word2vec write it: the same after a line with the number of words and the size;
- binary, as word2vec writes it: after such a line a word, a space and its numbers as float32, and so on.
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Collection, Iterator
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any, NamedTuple, cast
from unicodedata import normalize

import numpy as np

from seqpipe.files import SeqpipeError
from seqpipe.report import Progress, Report

LONGEST = 1 << 22  # bytes of a line, or of a word; nothing longer is ever in memory
CHUNK = 1 << 20  # bytes that are read of a binary file at once
LARGEST = 100_000  # numbers of a vector
EVERY = 20_000  # words between two reports of progress


class Vectors(NamedTuple):
    """``size`` numbers each; ``found`` has float32[size] for the words that were wanted and are there."""

    size: int
    found: dict[str, np.ndarray]


class Entry(NamedTuple):
    """A word of a file, its numbers as they stand there, and where."""

    where: str
    word: bytes
    numbers: bytes


def read_vectors(path: Path, wanted: Collection[str], report: Report) -> Vectors:
    """Read the vectors of ``wanted`` words (NFC); of a word that stands there twice, the first.

    The file is read once from end to end, and only what is wanted stays in memory. Of other lines the numbers are only
    counted. Raises ``SeqpipeError`` with the line, or the number of the word, where a file is not what it began as.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            file: BufferedReader[Any] = BufferedReader(cast(RawIOBase, gzip.GzipFile(fileobj=raw))) if packed else raw
            return _read(file, path, frozenset(wanted), report)
    except (FileNotFoundError, IsADirectoryError):
        raise SeqpipeError(f"{path} is not there; put the word vectors there, or correct `features.vectors`.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise SeqpipeError(f"{path} is not a whole gzip file; download it again.") from None


def _read(file: BufferedReader[Any], path: Path, wanted: frozenset[str], report: Report) -> Vectors:
    first = file.readline(LONGEST).removeprefix(codecs.BOM_UTF8)
    fields = first.split()
    if len(fields) == 2 and all(field.isdigit() for field in fields) and 0 < int(fields[1]) <= LARGEST:
        count, size = map(int, fields)
        ahead = file.peek(LONGEST)
        start, _, numbers = ahead.partition(b" ")
        is_text = _is_text(start + numbers[: 4 * size]) and any(map(_is_number, ahead.partition(b"\n")[0].split()[1:]))
        entries = _lines(file, file.readline(LONGEST), 2, size, path) if is_text else _words(file, count, size, path)
        parse = _from_text if is_text else _from_binary
    elif len(fields) > 1 and _is_text(first) and all(map(_is_number, fields[1:])):
        count, size, parse = 0, len(fields) - 1, _from_text
        entries = _lines(file, first, 1, size, path)
    else:
        raise SeqpipeError(
            f"{path} does not begin as a file of word vectors: GloVe's text, word2vec's text or binary, fastText's "
            ".vec, as they are or gzipped; unpack another archive."
        )
    found: dict[str, np.ndarray] = {}
    number = 0
    for number, entry in enumerate(entries, start=1):
        word = entry.word.decode("utf-8", "replace")  # a broken one is like no word that is wanted
        word = word if word.isascii() else normalize("NFC", word)
        if word in wanted and word not in found:
            found[word] = parse(entry)
        if number % EVERY == 0:
            report(Progress(f"read {path.name}", number, count))
    if count not in (0, number):
        raise SeqpipeError(f"{path} line 1 promises {count} words, but {number} follow; download it again.")
    return Vectors(size, found)


def _lines(file: BufferedReader[Any], line: bytes, number: int, size: int, path: Path) -> Iterator[Entry]:
    """Entries of a text from ``line`` on, whose number is given. A word may hold spaces, as in GloVe's 840B."""
    while line:
        where = f"{path} line {number}"
        if len(line) >= LONGEST:
            raise SeqpipeError(f"{where} is longer than a line of word vectors can be; take another file.")
        line = line.replace(b"\t", b" ").rstrip(b" \r\n")
        if line:
            word, *numbers = line.split(b" ", 1) if line.count(b" ") == size else _cut(line, size)
            if not word or not numbers or (_is_number(word.rpartition(b" ")[2]) and b" " in word):
                raise SeqpipeError(
                    f"{where} has {max(0, len(line.split()) - 1)} numbers after its word, not {size} like the first "
                    "one; correct or remove it."
                )
            yield Entry(where, word, numbers[0])
        line, number = file.readline(LONGEST), number + 1


def _cut(line: bytes, size: int) -> list[bytes]:
    """The word of a line, which has spaces within, and its numbers; the word alone where there are too few."""
    parts = line.rsplit(b" ", size)
    return [parts[0], b" ".join(parts[1:])] if len(parts) == size + 1 else [line]


def _words(file: BufferedReader[Any], count: int, size: int, path: Path) -> Iterator[Entry]:
    """Entries of a binary file after its header."""
    data, at, width = b"", 0, 4 * size
    for number in range(1, count + 1):
        while (space := data.find(b" ", at)) < 0 or len(data) < space + 1 + width:
            more = file.read(CHUNK)
            if not more or (space < 0 and len(data) - at > LONGEST):
                raise SeqpipeError(f"{path} line 1 promises {count} words, but {number - 1} follow; download it again.")
            data, at = data[at:] + more, 0
        yield Entry(f"{path} word {number}", data[at:space].lstrip(b"\n"), data[space + 1 : space + 1 + width])
        at = space + 1 + width
    if (data[at:] + file.read(CHUNK)).strip(b"\n"):
        raise SeqpipeError(f"{path} line 1 promises {count} words, but more follow; download it again.")


def _from_text(entry: Entry) -> np.ndarray:
    try:
        values = np.array(entry.numbers.split(b" "), dtype=np.float64)
    except ValueError:
        values = np.array([np.nan])
    return _finite(values, entry)


def _from_binary(entry: Entry) -> np.ndarray:
    return _finite(np.frombuffer(entry.numbers, "<f4"), entry)


def _finite(values: np.ndarray, entry: Entry) -> np.ndarray:
    with np.errstate(over="ignore"):
        values = values.astype(np.float32)
    if not np.isfinite(values).all():
        word = entry.word.decode("utf-8", "replace")
        raise SeqpipeError(
            f"{entry.where} has something else than finite numbers after '{word}'; correct or remove it."
        )
    return values


def _is_text(start: bytes) -> bool:
    """Whether bytes are the start of UTF-8 without control characters; float32 numbers hardly are."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return all(character >= " " or character in "\t\r\n" for character in text)


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
