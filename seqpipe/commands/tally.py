"""What ``preprocess`` found: counts, lengths, unknown tokens and duplicates, in one pass and bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from seqpipe.commands.prints import Prints
from seqpipe.features import Features
from seqpipe.features.sizes import Vocabulary
from seqpipe.readers.example import Example
from seqpipe.store import Row

ROWS, STEPS = 512, 1 << 20  # that are counted together at most, but for the last row
SIDES = ("source", "target")
BITS = 64  # of a length


class Split:
    """The figures of one split; rows are counted some hundred at a time."""

    def __init__(self, vocabularies: Mapping[str, Vocabulary]) -> None:
        self.examples = 0
        self.remarks: Counter[str] = Counter()
        self.steps = dict.fromkeys(SIDES, 0)
        self.bins = {side: np.zeros(BITS, np.int64) for side in SIDES}  # examples whose length has so many bits
        self.ids = {side: np.zeros(one.size, np.int64) for side, one in vocabularies.items()}  # how often each is there
        self._lengths: dict[str, list[int]] = {side: [] for side in SIDES}
        self._ids: dict[str, list[np.ndarray]] = {side: [] for side in vocabularies}
        self._waiting = 0

    def add(self, row: Row) -> None:
        """Count one row, now or with others later."""
        self.examples += 1
        for side, lengths in self._lengths.items():
            lengths.append(len(row[side]))
        for side, ids in self._ids.items():
            ids.append(row[side])
            self._waiting += len(row[side])
        if not self.examples % ROWS or self._waiting > STEPS:
            self.count()

    def count(self) -> None:
        """Count the rows that wait."""
        for side, lengths in self._lengths.items():
            bits = np.frexp(lengths)[1]  # the e of a length m · 2^e with ½ ≤ m < 1
            self.bins[side] += np.bincount(bits, minlength=BITS)
            self.steps[side] += sum(lengths)
            lengths.clear()
        for side, ids in self._ids.items():
            flat = np.concatenate([one if one.ndim == 1 else one[:, 0] for one in ids] or [np.zeros(0, np.int32)])
            self.ids[side] += np.bincount(flat, minlength=len(self.ids[side]))
            ids.clear()
        self._waiting = 0


class Tally:
    """The figures of ``report.json``; nothing in them depends on when or how fast they were found."""

    def __init__(self, features: Features, hop: float | None) -> None:
        self.hop = hop
        self.vocabularies = features.vocabularies
        self.prints = Prints()
        self.splits: dict[str, Split] = {}
        self.rates: Counter[str] = Counter()

    def add(self, split: str, example: Example, row: Row) -> None:
        """Count one row."""
        if split not in self.splits:
            self.splits[split] = Split(self.vocabularies)
        found = self.splits[split]
        found.add(row)
        self.prints.add(row, len(self.splits) - 1)
        if remarks := getattr(example.source, "remarks", None):
            found.remarks.update(remarks)
        if rate := getattr(example.source, "rate", None):
            self.rates[str(rate)] += 1

    def remarks(self, split: str) -> dict[str, int]:
        """How many sources of a split had to be changed, and how."""
        return dict(self.splits[split].remarks)

    def figures(self, drops: list[tuple[str, Any]]) -> dict[str, Any]:
        """All of it, as plain values in a fixed order."""
        for found in self.splits.values():
            found.count()
        return {
            "splits": {split: self._split(split, drops) for split in self.splits},
            "vocabulary": {
                side: {"size": one.size, "in_train": int((self.splits["train"].ids[side] > 0).sum())}
                for side, one in self.vocabularies.items()
            },
            "rates": dict(sorted(self.rates.items())),
            "duplicates": {"shared": self.prints.shared(list(self.splits)), "compared": 1 / self.prints.modulus},
            "dropped": [{"split": split, "where": one.where, "reason": one.reason} for split, one in drops],
        }

    def _split(self, split: str, drops: list[tuple[str, Any]]) -> dict[str, Any]:
        found = self.splits[split]
        unknown = {side: one.unknown for side, one in self.vocabularies.items() if one.unknown is not None}
        rates = {side: found.ids[side][at] / found.steps[side] for side, at in unknown.items() if found.steps[side]}
        return {
            "examples": found.examples,
            "dropped": sum(name == split for name, _ in drops),
            "hours": round(found.steps["source"] * self.hop / 3600, 6) if self.hop else None,
            "steps": found.steps,
            "changed": dict(found.remarks),
            "lengths": {side: _spans(found.bins[side]) for side in SIDES},
            "unknown": {side: round(float(rate), 8) for side, rate in rates.items()},
        }


def _spans(bins: np.ndarray) -> list[dict[str, int]]:
    """How many examples have lengths of so many bits, as the first and the last such length: 1, 2–3, 4–7 …"""
    return [
        {"from": (1 << bits) >> 1, "to": (1 << bits) - 1, "examples": int(count)}
        for bits, count in enumerate(bins.tolist())
        if count
    ]
