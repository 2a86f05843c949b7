"""What ``preprocess`` found: counts, lengths, unknown tokens and duplicates, in one pass and bounded memory."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b
from typing import Any

import numpy as np

from seqpipe.features import Features
from seqpipe.readers.example import Example
from seqpipe.store import Row

KEPT = 1 << 18  # fingerprints of rows in memory at most


class Prints:
    """Fingerprints of rows, to find those that two splits share.

    Past ``KEPT`` of them only every second is kept, then every fourth, chosen by the print itself, so that equal rows
    are both kept or both not, and memory is bounded; ``share`` says how many are.
    """

    def __init__(self) -> None:
        self.found: dict[int, int] = {}  # the print of a row, and the splits that have it, a bit each
        self.modulus = 1

    def add(self, row: Row, split: int) -> None:
        """Count a row of a split."""
        own = blake2b(digest_size=8)
        for side in ("source", "target"):
            own.update(np.ascontiguousarray(row[side]).tobytes() + b"|")
        print_ = int.from_bytes(own.digest(), "little")
        if print_ % self.modulus:
            return
        self.found[print_] = self.found.get(print_, 0) | 1 << split
        if len(self.found) > KEPT:
            self.modulus *= 2
            self.found = {one: splits for one, splits in self.found.items() if not one % self.modulus}

    def shared(self, names: list[str]) -> dict[str, int]:
        """How many different rows two splits have in common, an estimate where only a share is kept."""
        pairs = [(one, other) for one in range(len(names)) for other in range(one + 1, len(names))]
        common = {f"{names[one]}, {names[other]}": 1 << one | 1 << other for one, other in pairs}
        count = Counter(bits for bits in self.found.values())
        return {
            pair: self.modulus * sum(times for bits, times in count.items() if bits & both == both)
            for pair, both in common.items()
        }


class Tally:
    """The figures of ``report.json``; nothing in them depends on when or how fast they were found."""

    def __init__(self, features: Features, hop: float | None) -> None:
        self.hop = hop
        self.vocabularies = features.vocabularies
        self.seen = {side: np.zeros(one.size, bool) for side, one in self.vocabularies.items()}
        self.prints = Prints()
        self.splits: dict[str, dict[str, Any]] = {}
        self.rates: Counter[str] = Counter()

    def add(self, split: str, example: Example, row: Row) -> None:
        """Count one row."""
        if split not in self.splits:
            self.splits[split] = {"examples": 0, "lengths": {}, "steps": {}, "unknown": Counter(), "remarks": Counter()}
        found = self.splits[split]
        found["examples"] += 1
        for side in ("source", "target"):
            length = len(row[side])
            found["steps"][side] = found["steps"].get(side, 0) + length
            bins = found["lengths"].setdefault(side, Counter())
            bins[length.bit_length()] += 1
        self.prints.add(row, len(self.splits) - 1)
        for side, (_, unknown) in self.vocabularies.items():
            ids = row[side] if np.ndim(row[side]) == 1 else row[side][:, 0]
            if split == "train":
                self.seen[side][ids] = True
            if unknown is not None:
                found["unknown"][side] += int((ids == unknown).sum())
        found["remarks"].update(getattr(example.source, "remarks", ()))
        if rate := getattr(example.source, "rate", None):
            self.rates[str(rate)] += 1

    def remarks(self, split: str) -> dict[str, int]:
        """How many sources of a split had to be changed, and how."""
        return dict(self.splits[split]["remarks"])

    def figures(self, drops: list[tuple[str, Any]]) -> dict[str, Any]:
        """All of it, as plain values in a fixed order."""
        return {
            "splits": {split: self._split(split, drops) for split in self.splits},
            "vocabulary": {
                side: {"size": one.size, "in_train": int(self.seen[side].sum())}
                for side, one in self.vocabularies.items()
            },
            "rates": dict(sorted(self.rates.items())),
            "duplicates": {"shared": self.prints.shared(list(self.splits)), "compared": 1 / self.prints.modulus},
            "dropped": [{"split": split, "where": one.where, "reason": one.reason} for split, one in drops],
        }

    def _split(self, split: str, drops: list[tuple[str, Any]]) -> dict[str, Any]:
        found = self.splits[split]
        steps = found["steps"]
        rates = {side: count / steps[side] for side, count in found["unknown"].items() if steps[side]}
        return {
            "examples": found["examples"],
            "dropped": sum(name == split for name, _ in drops),
            "hours": round(steps["source"] * self.hop / 3600, 6) if self.hop else None,
            "steps": steps,
            "changed": dict(found["remarks"]),
            "lengths": {
                side: {_span(bits): count for bits, count in sorted(bins.items())}
                for side, bins in found["lengths"].items()
            },
            "unknown": {side: round(rate, 8) for side, rate in rates.items()},
        }


def _span(bits: int) -> str:
    """``4–7`` for the lengths of three bits."""
    low, high = (1 << bits) >> 1, (1 << bits) - 1
    return f"{low}–{high}" if high > low else str(low)
