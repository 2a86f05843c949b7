"""``seqpipe evaluate --check-invariance``: whether what a trained model says depends on the batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from seqpipe.batches import collate
from seqpipe.commands.opened import open_with_features
from seqpipe.commands.trained import Trained
from seqpipe.files import SeqpipeError
from seqpipe.inspect.invariance import Difference, differences
from seqpipe.params.pipeline import Pipeline
from seqpipe.report import Note, Report
from seqpipe.store import Row, Store
from seqpipe.tasks import TASKS

EXAMPLES = 7


SAME, MAGNIFIED, LEAKS = "same", "same but for rounding", "DIFFERS"


class Checked(NamedTuple):
    """What was found of one pipeline: how far each variant of a batch is from its examples alone, and what to think of
    it: the same up to float32's rounding, the same in float64 (layer normalisation may magnify rounding), or not."""

    name: str
    differences: list[Difference]
    verdicts: list[str]


def check_invariance(pipeline: Pipeline, report: Report) -> Checked:
    """Read a few test examples of ``data/features/<name>`` alone and together; nothing is written."""
    trained, folder = open_with_features(pipeline, report)
    rows = chosen(Store(folder / "test.arrow"), trained)
    lengths = [len(row["source"]) for row in rows]
    shown = f"{len(rows)} test examples of {min(lengths)} to {max(lengths)} steps"
    report(Note(f"{pipeline.name}: {shown}, alone and together"))
    task, options = trained.task(), trained.pipeline.decode
    found = differences(task, trained.model, rows, options)
    verdicts = [SAME if one.within() else LEAKS for one in found]
    if LEAKS in verdicts:
        exact = [one.exact() for one in differences(task, trained.model.double(), rows, options)]
        verdicts = [MAGNIFIED if one == LEAKS and fine else one for one, fine in zip(verdicts, exact, strict=True)]
    return Checked(pipeline.name, found, verdicts)


def chosen(test: Store, trained: Trained) -> list[Row]:
    """Examples of lengths as varied as the split has them, and where it has few, first halves of them too.

    Left out are those without a source, and those whose loss alone is not finite (more labels than frames).
    """
    lengths = test.lengths("source")
    order = np.argsort(lengths, kind="stable")[(lengths == 0).sum() :].tolist()
    places = np.linspace(0, len(order) - 1, min(EXAMPLES, len(order))).round().astype(int).tolist()
    rows = [test[order[place]] for place in places]
    rows += [half for _, half in zip(range(EXAMPLES - len(rows)), _halves(rows), strict=False)]
    with torch.inference_mode():
        rows = [row for row in rows if torch.isfinite(_losses(trained, row)).all()]
    if not rows:
        raise SeqpipeError(
            f"The test split of {trained.pipeline.name} has no example with a source and a finite loss; give it one in "
            "the raw data."
        )
    return rows


def _losses(trained: Trained, row: Row) -> Tensor:
    return TASKS[trained.pipeline.task].loss(trained.model, collate([row]).beside(trained.model)).total


def _halves(rows: list[Row]) -> Iterator[Row]:
    """The first half of each, then of each half, and so on; of its target too, if that is a token for each step."""
    rows = list(rows)
    for row in rows:
        source, target = row["source"], row["target"]
        length, aligned = -(-len(source) // 2), len(source) == len(target) and target.dtype.kind == "i"
        rows.append({**row, "source": source[:length], "target": target[:length] if aligned else target})
        yield rows[-1]
