"""Pretrained vectors, from the file that a pipeline names to its features and to a model that starts from them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqpipe.features.pretrained import Found, Pretrained, Worded, coverage, find
from seqpipe.files import SeqpipeError
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import place
from seqpipe.report import Note, Report
from seqpipe.store import Store

if TYPE_CHECKING:
    from torch import nn


def named(pipeline: Pipeline) -> str:
    """The file of vectors that a pipeline names; empty if it names none."""
    return str(getattr(pipeline.features, "vectors", ""))


def found_for(pipeline: Pipeline, features: Worded, report: Report) -> Found | None:
    """The vectors of the vocabulary, where a file of them is named."""
    return find(features.words(), Path(named(pipeline)), report) if named(pipeline) else None


def keep(found: Found, pipeline: Pipeline, features: Worded, folder: Path, report: Report) -> dict[str, Any]:
    """Write what was found to ``folder``, which has the training split; give, and note, how much it covers."""
    found.pretrained.save(folder)
    train = Store(folder / "train.arrow")
    shares = coverage(found, features.words(), (train[row] for row in range(len(train))))
    report(
        Note(
            f"{pipeline.name}: {named(pipeline)} has vectors of {shares['size']} numbers for {shares['found']} tokens, "
            f"{shares['vocabulary']:.1%} of the vocabulary and {shares['tokens']:.1%} of the training text "
            f"({shares['lowered_vocabulary']:.1%} and {shares['lowered_tokens']:.1%} in lower case only)"
        )
    )
    return shares


def start_from_vectors(model: nn.Module, pipeline: Pipeline, folder: Path) -> None:
    """Let the tokens that have vectors in ``folder``, where preprocessing has put them, start from these.

    Raises ``SeqpipeError`` where the model's vectors are of another size, or none that could start from anything.
    """
    import torch  # preprocessing goes without

    name, file, params = pipeline.name, named(pipeline), pipeline.model
    if not file:
        if getattr(params, "frozen", False):
            raise SeqpipeError(
                f"{place(name, 'model', 'frozen')} keeps pretrained vectors as they are, but there are none; name "
                f"their file in {name}.features.vectors, or set frozen to false."
            )
        return
    if params.input != "learned":
        raise SeqpipeError(
            f"{place(name, 'model', 'input')} is {params.input}, which can not start from {name}.features.vectors; "
            "set it to learned, or remove the vectors."
        )
    front: Any = model.front
    given = Pretrained.load(folder)
    size = given.vectors.shape[1]
    if front.vectors.size != size:
        raise SeqpipeError(
            f"The vectors of {file} have {size} numbers, but {name}.model.embedding {params.embedding} gives a token "
            f"{front.vectors.size}; set it to {front.embedding_for(size)}."
        )
    front.vectors.start_from(torch.from_numpy(given.ids), torch.from_numpy(given.vectors))
