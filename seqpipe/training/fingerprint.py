"""What a training depends on, as one short word: training goes on from a state only under the same."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch

from seqpipe import __version__
from seqpipe.params.pipeline import Pipeline

FORMAT = 1
"""Version of the state; raised when an older one could no longer be read."""


def fingerprint(pipeline: Pipeline, folder: Path, device: torch.device, processes: int) -> str:
    """16 hexadecimal digits: of the parameters but for how often the state is kept, all bytes of the feature
    ``folder``, the kind of device, how many processes train, and the versions of state and seqpipe."""
    sections = {part: getattr(pipeline, part).model_dump(mode="json") for part in ("features", "model", "train")}
    del sections["train"]["checkpoint_seconds"]
    word = hashlib.sha256()
    word.update(json.dumps([FORMAT, __version__, pipeline.task, device.type, processes, sections]).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            word.update(f"{path.relative_to(folder).as_posix()} {digest}\n".encode())
    return word.hexdigest()[:16]
