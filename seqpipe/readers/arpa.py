"""N-gram language models in the ARPA format (Doug Paul's; SRILM, KenLM and others write it), gzipped or not.

    \\data\\
    ngram 1=4
    ngram 2=2

    \\1-grams:
    -1.0    <unk>
    -99     <s>     -0.30
    -0.7    </s>
    -0.4    yes     -0.12

    \\2-grams:
    -0.2    <s> yes
    -0.1    yes </s>

    \\end\\

A line is log₁₀ p of a word after those before it, the words, and log₁₀ of what the words leave to shorter contexts.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqpipe.files import SeqpipeError
from seqpipe.lines import decode_lines, read_lines

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
ALIASES = {"<UNK>": UNKNOWN}
"""Other spellings, as KenLM reads them."""
IMPOSSIBLE = -100.0
"""log₁₀ p of an unknown word in a file without one, as in KenLM."""
Lines = Iterator[tuple[int, str]]


class Grams(NamedTuple):
    """The N n-grams of one order: ``words`` (N, order) int64, ``log_prob``, ``backoff`` (N) float64 to the base 10, and
    their ``lines``."""

    words: np.ndarray
    log_prob: np.ndarray
    backoff: np.ndarray
    lines: np.ndarray


class Arpa(NamedTuple):
    """A model: its words, in whose order they are numbered, and its n-grams from order 1 up; unigram i is word i."""

    path: Path
    words: list[str]
    orders: list[Grams]


def read_arpa(path: Path) -> Arpa:
    """Read a model with ``<s>`` and ``</s>``; without ``<unk>`` it gets one of p = 10^−100.

    Raises ``SeqpipeError`` with the line where the file is not as it should be.
    """
    lines = _lines(path)
    counts, (number, line) = _header(lines, path)
    orders: list[Grams] = []
    ids: dict[str, int] = {}
    for order, count in enumerate(counts, start=1):
        if line != f"\\{order}-grams:":
            raise SeqpipeError(f"{path} line {number} is '{line[:40]}', but must be '\\{order}-grams:'; {AGAIN}")
        grams, number, line = _section(lines, path, order, order == len(counts), ids)
        if len(grams.lines) != count:
            raise SeqpipeError(f"{path} promises {count} n-grams of order {order}, but has {len(grams.lines)}; {AGAIN}")
        orders.append(grams)
    if line != "\\end\\":
        raise SeqpipeError(f"{path} line {number} is '{line[:40]}', but must be '\\end\\'; {AGAIN}")
    for needed in (START, END):
        if needed not in ids:
            raise SeqpipeError(f"{path} has no {needed} among its unigrams; train the model on texts with both ends.")
    return Arpa(path, list(ids), orders) if UNKNOWN in ids else _with_unknown(path, ids, orders)


AGAIN = "write the model again."


def _lines(path: Path) -> Lines:
    """The lines that are not blank, without spaces around them."""
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
    except OSError:
        packed = False  # read_lines says what is wrong
    try:
        if packed:
            with gzip.open(path) as file:
                yield from _full(decode_lines(file, str(path)))
        else:
            yield from _full(read_lines(path))
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise SeqpipeError(f"{path} is not a whole gzip file; copy it again.") from None


def _full(lines: Lines) -> Lines:
    return ((number, stripped) for number, line in lines if (stripped := line.strip()))


def _next(lines: Lines, path: Path) -> tuple[int, str]:
    try:
        return next(lines)
    except StopIteration:
        raise SeqpipeError(f"{path} ends before '\\end\\', so it is not a whole ARPA file; {AGAIN}") from None


def _header(lines: Lines, path: Path) -> tuple[list[int], tuple[int, str]]:
    """The number of n-grams of each order, and the line after."""
    for _, line in lines:
        if line == "\\data\\":
            break
    else:
        raise SeqpipeError(f"{path} has no line '\\data\\', so it is no ARPA file; give one (.arpa, .arpa.gz).")
    counts: list[int] = []
    number, line = _next(lines, path)
    while line.startswith("ngram"):
        order, _, count = line.removeprefix("ngram").partition("=")
        if order.strip() != str(len(counts) + 1) or not count.strip().isdigit():
            wanted = f"'ngram {len(counts) + 1}=' and a number"
            raise SeqpipeError(f"{path} line {number} is '{line[:40]}', but must be {wanted}; {AGAIN}")
        counts.append(int(count))
        number, line = _next(lines, path)
    if not counts:
        raise SeqpipeError(f"{path} line {number} is '{line[:40]}', but must be 'ngram 1=' and a number; {AGAIN}")
    return counts, (number, line)


def _section(lines: Lines, path: Path, order: int, highest: bool, ids: dict[str, int]) -> tuple[Grams, int, str]:
    """The n-grams of one order, and the line after with its number; unigrams are numbered in ``ids``."""
    words: list[int] = []
    log_probs: list[float] = []
    backoffs: list[float] = []
    numbers: list[int] = []
    number, line = _next(lines, path)
    while not line.startswith("\\"):
        fields = line.split()
        if len(fields) not in (order + 1, order + 2 - highest):
            raise SeqpipeError(
                f"{path} line {number} has {len(fields)} fields, but an n-gram of order {order} has its log₁₀ p, "
                f"{order} word{'s' * (order > 1)}{'' if highest else ' and, by choice, its back-off'}; {AGAIN}"
            )
        fields[1 : order + 1] = (ALIASES.get(word, word) for word in fields[1 : order + 1])
        if order == 1:
            if fields[1] in ids:
                raise SeqpipeError(f"{path} line {number} has '{fields[1]}', which stands before; keep one.")
            ids[fields[1]] = len(ids)
        for word in fields[1 : order + 1]:
            if word not in ids:
                raise SeqpipeError(f"{path} line {number} has '{word}', which is not among the unigrams; {AGAIN}")
            words.append(ids[word])
        log_probs.append(_number(fields[0], path, number, most=0.0))
        backoffs.append(_number(fields[order + 1], path, number) if len(fields) == order + 2 else 0.0)
        numbers.append(number)
        number, line = _next(lines, path)
    table = np.array(words, np.int64).reshape(-1, order)
    return Grams(table, np.array(log_probs), np.array(backoffs), np.array(numbers, np.int64)), number, line


def _number(field: str, path: Path, number: int, most: float = math.inf) -> float:
    try:
        value = float(field)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value <= most):
        wanted = "a number" if most else "the logarithm of a probability"
        raise SeqpipeError(f"{path} line {number} has '{field}' for {wanted}; {AGAIN}")
    return value


def _with_unknown(path: Path, ids: dict[str, int], orders: list[Grams]) -> Arpa:
    words, log_prob, backoff, lines = orders[0]
    more = Grams(
        np.append(words, [[len(words)]], axis=0),
        np.append(log_prob, IMPOSSIBLE),
        np.append(backoff, 0.0),
        np.append(lines, 0),
    )
    return Arpa(path, [*ids, UNKNOWN], [more, *orders[1:]])
