"""What a corpus is like, as far as parameters depend on it: how much, how long, of which signs."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from seqpipe.files import SeqpipeError
from seqpipe.readers.corpus import read
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.found import Found
from seqpipe.readers.series import Series

MOST = 50_000  # examples that are looked at
SERIES = 9  # series that are looked into
SPACELESS = 0.02  # spaces a text of symbols has fewer of
FEW_SIGNS = 32  # a text of symbols has no more


class Texts(NamedTuple):
    """Of some texts: ``characters`` in all, how many different ``signs``, the shares of Hangul and of spaces."""

    characters: int
    signs: int
    hangul: float
    spaces: float

    @property
    def symbols(self) -> bool:
        """Whether these are symbols in a row, as of DNA, and no language."""
        return self.signs <= FEW_SIGNS and self.spaces < SPACELESS


class Survey(NamedTuple):
    """What there is to train on."""

    examples: int
    """How many, at most ``MOST``."""
    first: Example
    source: Texts
    target: Texts
    keys: list[str]
    """Speakers, documents and the like, or ids, that go to one split each."""
    series: list[Series]
    """The first few."""
    lengths: list[int]
    """Values of every series."""


def survey(path: Path, found: Found) -> Survey:
    """Look at the training split; a ``SeqpipeError`` says why it has no example."""
    items = read(path, found.layout, found.options, found.splits.get("train", []))
    count, first, reason = 0, None, ""
    sources, targets, keys = Counter[str](), Counter[str](), dict[str, None]()
    series, lengths = list[Series](), list[int]()
    for item in islice(items, MOST):
        if isinstance(item, Dropped):
            reason = reason or f"{item.where}: {item.reason}"
            continue
        count, first = count + 1, first or item
        keys[item.unit or item.id] = None
        if isinstance(item.source, Series):
            series += [item.source][: SERIES - len(series)]
            lengths.append(len(item.source.values))
        for counts, value in ((sources, item.source), (targets, item.target)):
            if isinstance(value, str):
                counts.update(value)
    if first is None:
        raise SeqpipeError(
            f"{path} looks like {found.layout}, but no example of it can be read: {reason or 'there is none'}."
        )
    return Survey(count, first, _texts(sources), _texts(targets), list(keys), series, lengths)


def _texts(counts: Counter[str]) -> Texts:
    total = max(1, counts.total())
    hangul: Any = sum(count for sign, count in counts.items() if "가" <= sign <= "힣")
    return Texts(counts.total(), len(counts), hangul / total, counts[" "] / total)
