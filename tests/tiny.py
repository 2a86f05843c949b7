"""Tiny stores and random models of every task, for tests that hold for all of them."""

from __future__ import annotations

import numpy as np
import torch

from seqpipe.features.sizes import Sizes
from seqpipe.features.tokens import BEGIN, END
from seqpipe.params.pipeline import SCHEMAS
from seqpipe.readers.bio import names, spans, written
from seqpipe.store import Writer
from seqpipe.tasks import TASKS

LABELS = names(["A", "B"])
SIZES = {
    "seq2seq": Sizes("tokens", 11, 9),
    "ctc": Sizes("frames", 3, 7),
    "classify": Sizes("tokens", 11, 4),
    "tag": Sizes("words", 11, 5, characters=9),
    "language-model": Sizes("tokens", 11, 11),
    "forecast": Sizes("frames", 2, 4),
    "autoencode": Sizes("frames", 3, 3),
    "seq2seq image": Sizes("image", 15, 9, height=5, channels=3),
    "seq2seq video": Sizes("video", 15, 9, height=5, channels=1),
    "ctc image": Sizes("image", 15, 7, height=5, channels=3),
    "classify frames": Sizes("frames", 5, 4),
    "autoencode tokens": Sizes("tokens", 11, 11),
    "classify image": Sizes("image", 6, 4, height=6, channels=1),
    "classify video": Sizes("video", 18, 4, height=2, channels=3),
}
"""By task, and by task and kind of source where models have a front of its own for it."""
KINDS = {
    "seq2seq": ("ids", "ids"),
    "ctc": ("frames:3", "ids"),
    "classify": ("ids", "ids"),
    "tag": ("ids:6", "ids"),
    "language-model": ("ids", "ids"),
    "forecast": ("frames:2", "frames:1"),
    "autoencode": ("frames:3", "frames:3"),
}


def task_of(case):
    """``ctc`` of ``ctc image``."""
    return case.partition(" ")[0]


def rows(case, count=7, seed=0, shortest=1, longest=9):
    """Random rows of a store, of many lengths."""
    rng = np.random.default_rng(seed)
    task, sizes, made = task_of(case), SIZES[case], []
    for at in range(count):
        length = int(rng.integers(shortest, longest + 1))
        if task == "seq2seq":
            source = rng.integers(END + 1, sizes.source, length).astype(np.int32)
            target = rng.integers(END + 1, sizes.target, int(rng.integers(0, 6))).astype(np.int32)
        elif task == "ctc":
            source = rng.normal(size=(4 + length, sizes.source)).astype(np.float32)
            target = rng.permutation(np.arange(END + 1, sizes.target))[: 1 + length // 8].astype(np.int32)
        elif task == "classify":
            source = rng.integers(END + 1, sizes.source, length).astype(np.int32)
            target = rng.integers(0, sizes.target, 1).astype(np.int32)
        elif task == "tag":
            letters = rng.integers(0, sizes.characters, (length, 4))
            counts = rng.integers(1, 5, length)
            letters[np.arange(4) >= counts[:, None]] = 0
            words = rng.integers(0, sizes.source, length)
            source = np.column_stack([words, counts, letters]).astype(np.int32)
            labels = written(spans([LABELS[at] for at in rng.integers(0, 5, length)]), length)
            target = np.array([LABELS.index(label) for label in labels], np.int32)
        elif task == "language-model":
            ids = rng.integers(END + 1, sizes.source, length - 1)  # none, too
            source, target = np.array([BEGIN, *ids], np.int32), np.array([*ids, END], np.int32)
        elif task == "autoencode":
            source = rng.normal(size=(length, sizes.source)).astype(np.float32)
            target = np.zeros((0, sizes.source), np.float32)
        else:
            source = rng.normal(size=(length, sizes.source)).astype(np.float32)
            target = rng.normal(size=(sizes.target, 1)).astype(np.float32)
        if case == "autoencode tokens":
            source, target = rng.integers(END + 1, sizes.source, length).astype(np.int32), np.zeros(0, np.int32)
        if sizes.kind in ("image", "video") or case == "classify frames":
            source = rng.normal(size=(len(source), sizes.source)).astype(np.float32)
        made.append({"id": f"row-{at}", "source": source, "target": target})
    return made


def write(path, task, made):
    """The rows as a store."""
    source, target = KINDS[task]
    with Writer(path, {"id": "text", "source": source, "target": target}) as writer:
        for row in made:
            writer.add(row)


def model(case, **params):
    """A random model, ready to read."""
    torch.manual_seed(4)
    schema = SCHEMAS[task_of(case)].model
    return TASKS[task_of(case)].model(schema.model_validate({"hidden": 6, **params}), SIZES[case]).eval()


def options(case, **params):
    """The decode section of a task."""
    return SCHEMAS[task_of(case)].decode.model_validate(params)
