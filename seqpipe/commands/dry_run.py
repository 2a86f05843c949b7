"""``seqpipe preprocess … --dry-run``: what preprocessing would do, from a sample of examples; nothing is written."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import NamedTuple

from seqpipe.commands.drops import Drops
from seqpipe.commands.preprocess import raw_folder
from seqpipe.features import SPLITS, features_of
from seqpipe.features.prepared import CODECS, Costly, Recipe, prepare
from seqpipe.params.pipeline import Pipeline
from seqpipe.readers.example import Dropped, Example
from seqpipe.report import Report
from seqpipe.store import Row
from seqpipe.workers import processes

SAMPLE = 200  # examples of a split that are tried


class Planned(NamedTuple):
    """What a run would do: items of each split, and estimates of its seconds and of the bytes that it writes."""

    name: str
    counts: dict[str, int]
    tried: int
    dropped: list[Dropped]
    """Of those that were tried."""
    seconds: float
    size: int


def dry_run(pipeline: Pipeline, report: Report, jobs: int | None = None) -> Planned:
    """Count everything, fit vocabularies as a run would, and time and weigh the first examples of every split."""
    raw, costly = raw_folder(pipeline), pipeline.modality in CODECS
    through = partial(_prepared, Recipe.of(pipeline.modality, pipeline.features).codec) if costly else iter
    began = time.perf_counter()
    features = features_of(pipeline.modality, pipeline.task).fit(pipeline.features, raw, report, through)
    counts = {split: sum(1 for _ in features.examples(raw, split)) for split in SPLITS}
    once = time.perf_counter() - began
    drops, sizes, spent = Drops(), [], 0.0
    for split in SPLITS:
        began = time.perf_counter()
        items = iter(features.examples(raw, split))
        first = list(islice(items, 1))  # opens files, and reads a series whole
        once += time.perf_counter() - began
        began = time.perf_counter()
        sample = through(islice(chain(first, items), SAMPLE))
        sizes += [_size(row) for _, row in drops.rows(features, pipeline, split, sample)]
        spent += time.perf_counter() - began
    each = spent / max(drops.seen, 1)
    total = sum(counts.values())
    seconds = once + each * total / (processes(jobs) if costly else 1)
    written = sum(sizes) / max(len(sizes), 1) * total * (1 + costly)  # prepared sources are kept beside the features
    return Planned(pipeline.name, counts, drops.seen, [one for _, one in drops.found], seconds, round(written))


def _prepared(codec: Costly, items: Iterable[Example | Dropped]) -> Iterator[Example | Dropped]:
    """The first items, prepared: a run measures all of them."""
    for item in islice(items, SAMPLE):
        yield item if isinstance(item, Dropped) else prepare(codec, item)


def _size(row: Row) -> int:
    return sum(len(value.encode()) if isinstance(value, str) else value.nbytes for value in row.values())
