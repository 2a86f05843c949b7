"""What does the training loop cost beside the bare minimum?

Ours is ``fit`` with all it does: batches read from the store and padded, the schedule, clipping, figures for the
history, progress, a look for numbers that are not finite, a validation and a checkpoint on disk at the end of the
epoch. The peer is forward, backward and a step of the same optimiser, on the same batches, which lie ready in memory.
One epoch, of 3 to 15 seconds, of a translator, a recogniser and a language model, each in the size of its recipe and
larger; on a machine with a GPU there as well. A longer epoch would have a smaller share of validation and checkpoint.
The goal is for the worst of them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from timing import goal, medians, table
from torch import nn

from seqpipe.batches import Batch
from seqpipe.features.sizes import Sizes
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import read_pipeline
from seqpipe.report import silent
from seqpipe.store import Store, Writer
from seqpipe.tasks import TASKS
from seqpipe.training.checkpoint import Checkpoint
from seqpipe.training.loop import fit
from seqpipe.training.optimizers import OPTIMIZERS
from seqpipe.training.threads import set_threads

RECIPES = Path(__file__).parent.parent / "stages"
SEED, VALID = 1, 8
CPU, CUDA = torch.device("cpu"), torch.device("cuda")


class Case(NamedTuple):
    """A recipe, the larger model beside it, and made-up data of the recipe's shape."""

    recipe: str
    larger: dict[str, Any]
    sizes: Sizes
    row: Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]
    rows: dict[str, int]
    """How many in either size; an epoch of too few seconds would be a checkpoint before all."""


def ids(rng: np.random.Generator, shortest: int, longest: int, vocabulary: int) -> np.ndarray:
    """A text of random tokens."""
    return rng.integers(4, vocabulary, rng.integers(shortest, longest + 1)).astype(np.int32)


def text(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A text and its next tokens."""
    tokens = ids(rng, 20, 60, 1000)
    return tokens[:-1], tokens[1:]


CASES = {
    "seq2seq": Case(
        "translate",
        {"hidden": 512, "embedding": 256},
        Sizes("tokens", 500, 32),
        lambda rng: (ids(rng, 8, 28, 500), ids(rng, 10, 10, 32)),
        {"recipe": 6000, "larger": 1500},
    ),
    "ctc": Case(
        "speech",
        {"hidden": 512, "layers": 2},
        Sizes("frames", 40, 60),
        lambda rng: (rng.standard_normal((rng.integers(80, 240), 40)).astype(np.float32), ids(rng, 4, 24, 60)),
        {"recipe": 400, "larger": 200},
    ),
    "language-model": Case(
        "language",
        {"hidden": 640, "embedding": 640, "layers": 2},
        Sizes("tokens", 1000, 1000),
        text,
        {"recipe": 1500, "larger": 600},
    ),
}


def stores(case: Case, rows: int, folder: Path) -> tuple[Store, Store]:
    """A training and a validation split, with the columns that features of such data have."""
    rng = np.random.default_rng(SEED)
    frames = case.sizes.kind == "frames"
    columns = dict.fromkeys(("id", "group", "shown", "reference"), "text")
    columns |= {"source": f"frames:{case.sizes.source}" if frames else "ids", "target": "ids"}
    for split, count in (("train", rows), ("valid", VALID)):
        with Writer(folder / f"{split}.arrow", columns) as writer:
            for number in range(count):
                source, target = case.row(rng)
                words = {"group": "", "shown": "as people read it", "reference": "as people read it"}
                writer.add({"id": f"{split}-{number}", **words, "source": source, "target": target})
    return Store(folder / "train.arrow"), Store(folder / "valid.arrow")


def bare(model: nn.Module, pipeline: Pipeline, batches: list[Batch]) -> None:
    """One epoch of the least that training is."""
    loss = TASKS[pipeline.task].loss
    optimizer = OPTIMIZERS[pipeline.train.optimizer](model.parameters(), pipeline.train)
    carry = None
    model.train()
    for batch in batches:
        losses = loss(model, batch._replace(carry=carry))
        optimizer.zero_grad()
        losses.mean().backward()
        optimizer.step()
        carry = losses.carry


def contestants(
    pipeline: Pipeline, case: Case, rows: int, device: torch.device, folder: Path
) -> tuple[dict[str, Callable[[], None]], int]:
    """One epoch of either, and how many terms of the loss it has."""
    task, params = TASKS[pipeline.task], pipeline.train
    train, valid = stores(case, rows, folder)
    batches = [batch.to(device) for batch in task.batches(train, params, np.random.default_rng(params.seed))]
    terms = sum(int(batch.target.lengths.sum()) for batch in batches)

    def made() -> nn.Module:
        torch.manual_seed(SEED)
        return task.model(pipeline.model, case.sizes)

    def whole() -> None:
        checkpoint = Checkpoint(folder / "state", params.checkpoint_seconds)
        model = made()
        fit(model, task.loss, train, valid, params, "bench", silent, task.batches, checkpoint=checkpoint)
        checkpoint.clear()

    def least() -> None:
        bare(made().to(device), pipeline, batches)
        if device == CUDA:
            torch.cuda.synchronize()

    set_threads(params, made())
    return {"fit": whole, "bare loop": least}, terms


def ratios(device: torch.device) -> tuple[list[dict[str, object]], float]:
    """A row for every model, and the lowest of the ratios."""
    rows: list[dict[str, object]] = []
    for task, case in CASES.items():
        recipe = read_pipeline(case.recipe, RECIPES / f"{case.recipe}.yaml")
        train = recipe.train.model_copy(update={"epochs": 1, "threads": 1, "device": device.type})
        for size, larger in (("recipe", {}), ("larger", case.larger)):
            model = recipe.model.model_copy(update=larger)
            pipeline = recipe.model_copy(update={"train": train, "model": model})
            with tempfile.TemporaryDirectory() as folder:
                runs, terms = contestants(pipeline, case, case.rows[size], device, Path(folder))
                seconds = medians(runs, repeats=5)
            row: dict[str, object] = {"device": device.type, "task": task, "size": size, "hidden": model.hidden}
            row |= {f"{who} tokens/s": terms / one for who, one in seconds.items()}
            rows.append({**row, "ratio": seconds["bare loop"] / seconds["fit"]})
    return rows, min(float(str(row["ratio"])) for row in rows)


def main() -> None:
    """Print the table and the goals."""
    lowest, rows = {}, []
    for device in [CPU, CUDA] if torch.cuda.is_available() else [CPU]:
        some, lowest[{"cuda": "gpu"}.get(device.type, device.type)] = ratios(device)
        rows += some
    table(rows)
    for name, ratio in lowest.items():
        goal(f"training-loop-{name}", ratio, 0.9)


if __name__ == "__main__":
    main()
