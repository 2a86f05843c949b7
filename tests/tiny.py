"""Tiny stores and random models of every task, for tests that hold for all of them."""

from __future__ import annotations

import numpy as np
import torch

from seqpipe.features.sizes import Sizes
from seqpipe.features.tokens import END
from seqpipe.params.pipeline import DECODES, MODELS
from seqpipe.store import Writer
from seqpipe.tasks import TASKS

SIZES = {
    "seq2seq": Sizes("tokens", 11, 9),
    "ctc": Sizes("frames", 3, 7),
    "forecast": Sizes("frames", 2, 4),
}
KINDS = {"seq2seq": ("ids", "ids"), "ctc": ("frames:3", "ids"), "forecast": ("frames:2", "frames:1")}


def rows(task, count=7, seed=0, shortest=1, longest=9):
    """Random rows of a store, of many lengths."""
    rng = np.random.default_rng(seed)
    sizes, made = SIZES[task], []
    for at in range(count):
        length = int(rng.integers(shortest, longest + 1))
        if task == "seq2seq":
            source = rng.integers(END + 1, sizes.source, length).astype(np.int32)
            target = rng.integers(END + 1, sizes.target, int(rng.integers(0, 6))).astype(np.int32)
        elif task == "ctc":
            source = rng.normal(size=(4 + length, sizes.source)).astype(np.float32)
            target = rng.permutation(np.arange(END + 1, sizes.target))[: 1 + length // 8].astype(np.int32)
        else:
            source = rng.normal(size=(length, sizes.source)).astype(np.float32)
            target = rng.normal(size=(sizes.target, 1)).astype(np.float32)
        made.append({"id": f"row-{at}", "source": source, "target": target})
    return made


def write(path, task, made):
    """The rows as a store."""
    source, target = KINDS[task]
    with Writer(path, {"id": "text", "source": source, "target": target}) as writer:
        for row in made:
            writer.add(row)


def model(task, **params):
    """A random model, ready to read."""
    torch.manual_seed(4)
    schema = MODELS[task]
    return TASKS[task].model(schema.model_validate({"hidden": 6, **params}), SIZES[task]).eval()


def options(task, **params):
    """The decode section of a task."""
    return DECODES[task].model_validate(params)
