"""A trained pipeline on disk: a folder that holds all that reading out new data needs, and no code."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from seqpipe.commands.trained import Trained
from seqpipe.features import features_of
from seqpipe.files import SeqpipeError, read_json, whole_folder, write_json
from seqpipe.params.decoding import Reading
from seqpipe.params.pipeline import SCHEMAS, Pipeline
from seqpipe.project import check, read_pipelines
from seqpipe.report import Report, silent
from seqpipe.tasks import TASKS
from seqpipe.training.devices import chosen

FORMAT = 1
"""Version of the folder; raised when an older seqpipe could no longer read it."""


def save_trained(folder: Path, trained: Trained) -> None:
    """Write a trained pipeline, whole or not at all."""
    pipeline = trained.pipeline
    sections = {part: getattr(pipeline, part).model_dump() for part in ("features", "model", "train")}
    params = {"pipelines": {pipeline.name: pipeline.modality}, pipeline.name: {"task": pipeline.task, **sections}}
    with whole_folder(folder) as temporary:
        # JSON is YAML; written so, the file needs no YAML library to be exact
        (temporary / "pipeline.yaml").write_text(
            json.dumps(params, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        save_file(
            {name: tensor.contiguous() for name, tensor in trained.model.state_dict().items()},
            temporary / "model.safetensors",
        )
        trained.features.save(temporary)
        files = sorted(path.name for path in temporary.iterdir())
        meta = {"format": FORMAT, "files": files, "sizes": trained.features.sizes._asdict()}
        write_json(temporary / "meta.json", meta)


def open_trained(folder: Path, decode: dict[str, Any], report: Report = silent) -> Trained:
    """Open a trained pipeline; ``decode`` overrides the defaults of its task's decode section."""
    pipeline = described(folder)
    options: Reading = check(SCHEMAS[pipeline.task].decode, decode, f"decode of {pipeline.name}")
    device = chosen(options.device, "decode.device")
    features = features_of(pipeline.modality, pipeline.task).load(pipeline.features, folder, report)
    model = TASKS[pipeline.task].model(pipeline.model, features.sizes)
    try:
        model.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise SeqpipeError(
            f"{folder / 'model.safetensors'} does not fit this pipeline ({reason}); train again."
        ) from None
    opened = Trained(pipeline.model_copy(update={"decode": options}), features, model.to(device).eval())
    return ready(opened, report)


def ready(trained: Trained, report: Report) -> Trained:
    """The same, prepared for the ``decode`` section that it has."""
    prepare = TASKS[trained.pipeline.task].prepare
    if prepare is None:
        return trained
    others = partial(open_trained, decode={}, report=report)
    return trained._replace(prepared=prepare(trained.pipeline, trained.features, trained.model, others, report))


def described(folder: Path) -> Pipeline:
    """The pipeline that a trained folder says it holds, with the defaults of its task's decode section."""
    if not folder.is_dir():
        raise SeqpipeError(f"{folder} is missing; train first, with `seqpipe train {folder.name}` or `dvc repro`.")
    _check_whole(folder)
    pipelines = list(read_pipelines(folder / "pipeline.yaml").values())
    if len(pipelines) != 1:
        raise SeqpipeError(f"{folder / 'pipeline.yaml'} must hold one pipeline, but has {len(pipelines)}; train again.")
    return pipelines[0]


def _check_whole(folder: Path) -> None:
    again = f"train again with `seqpipe train {folder.name}`, or copy the whole folder."
    path = folder / "meta.json"
    meta = read_json(path) if path.exists() else {"format": FORMAT, "files": [path.name]}
    version, needed = (meta.get("format"), meta.get("files")) if isinstance(meta, dict) else (None, None)
    if isinstance(version, int) and version > FORMAT:
        raise SeqpipeError(
            f"{folder} was written by a newer seqpipe (format {version}, this one reads {FORMAT}); upgrade seqpipe."
        )
    if not isinstance(version, int) or not isinstance(needed, list) or not all(isinstance(one, str) for one in needed):
        raise SeqpipeError(f"{path} does not describe a model; {again}")
    for name in needed:
        if not (folder / name).exists():
            raise SeqpipeError(f"{folder} has no {name}, so it is not a whole model; {again}")
