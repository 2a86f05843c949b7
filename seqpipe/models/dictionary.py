"""Baselines of tagging: the commonest label, and what training says of the same words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from seqpipe.params.pipeline import Pipeline
from seqpipe.readers.bio import OUTSIDE, Span, spans, written
from seqpipe.report import Report
from seqpipe.store import Row, Store


def tagged(train: Store, rows: Sequence[Row], pipeline: Pipeline, report: Report) -> dict[str, list[Any]]:
    """``commonest``: the commonest label for every word; ``dictionary``: every span of training, the longest first, or
    for plain labels the commonest one of each word."""
    if pipeline.features.labels == "plain":
        return _plain(train, rows)
    known: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    labels: Counter[str] = Counter()
    for index in range(len(train)):
        row = train[index]
        found, own = row["words"].split("\t"), row["labels"].split("\t")
        labels.update(own)
        for kind, start, stop in spans(own):
            known[tuple(found[start:stop])][kind] += 1
    types = {span: counts.most_common(1)[0][0] for span, counts in known.items()}
    longest = max(map(len, types), default=0)
    label = labels.most_common(1)[0][0] if labels else OUTSIDE
    sentences = [row["words"].split("\t") for row in rows]
    return {
        "commonest": [{"labels": [label] * len(sentence)} for sentence in sentences],
        "dictionary": [{"labels": looked_up(sentence, types, longest)} for sentence in sentences],
    }


def _plain(train: Store, rows: Sequence[Row]) -> dict[str, list[Any]]:
    known: defaultdict[str, Counter[str]] = defaultdict(Counter)
    labels: Counter[str] = Counter()
    for index in range(len(train)):
        for word, label in zip(*(train[index][part].split("\t") for part in ("words", "labels")), strict=True):
            known[word][label] += 1
            labels[label] += 1
    (common, _), *_ = labels.most_common(1)
    best = {word: counts.most_common(1)[0][0] for word, counts in known.items()}
    sentences = [row["words"].split("\t") for row in rows]
    return {
        "commonest": [{"labels": [common] * len(sentence)} for sentence in sentences],
        "dictionary": [{"labels": [best.get(word, common) for word in sentence]} for sentence in sentences],
    }


def looked_up(sentence: Sequence[str], types: dict[tuple[str, ...], str], longest: int) -> list[str]:
    """Labels of a sentence, read from the left: at each word the longest span that ``types`` has."""
    found, at = [], 0
    while at < len(sentence):
        sizes = range(min(longest, len(sentence) - at), 0, -1)
        size = next((size for size in sizes if tuple(sentence[at : at + size]) in types), 0)
        if size:
            found.append(Span(types[tuple(sentence[at : at + size])], at, at + size))
        at += size or 1
    return written(found, len(sentence))
