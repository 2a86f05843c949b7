"""A trained pipeline beside the features that it was made with."""

from __future__ import annotations

from pathlib import Path

from seqpipe.commands.preprocess import made_with
from seqpipe.commands.saved import open_trained
from seqpipe.commands.trained import Trained
from seqpipe.files import SeqpipeError
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import FEATURE_DATA, MODEL_DATA, require_folder
from seqpipe.report import Report
from seqpipe.training.threads import set_threads


def open_with_features(pipeline: Pipeline, report: Report) -> tuple[Trained, Path]:
    """``data/models/<name>``, to be read out with the pipeline's ``decode`` section, and ``data/features/<name>``.

    Raises ``SeqpipeError`` where one of them is missing, or they do not belong together.
    """
    name = pipeline.name
    trained = open_trained(MODEL_DATA / name, pipeline.decode.model_dump(), report)
    set_threads(pipeline.train, trained.model)
    folder = require_folder(FEATURE_DATA / name, f"seqpipe preprocess {pipeline.modality} {name}")
    if not made_with(trained.pipeline, folder):
        raise SeqpipeError(
            f"{folder} and {MODEL_DATA / name} were made with different features; run `seqpipe train {name}` (or `dvc "
            "repro`) again."
        )
    return trained, folder
