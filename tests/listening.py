"""A small speech pipeline that can stream, with random weights whose answers change with what is heard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from seqpipe.commands.saved import ready
from seqpipe.commands.trained import Trained, build
from seqpipe.features import features_of
from seqpipe.params.features import SpeechFeatures
from seqpipe.params.models import CtcModel
from seqpipe.params.pipeline import SCHEMAS, Pipeline
from seqpipe.report import silent

RATE = 8000
FEATURES = {"rate": RATE, "mels": 8, "coefficients": 5, "normalize": "corpus", "range": 0}
TEXTS = ["한 둘", "one two", "셋 넷 oh"]


def speech(seconds: float, rate: int = RATE, channels: int = 1) -> np.ndarray:
    """Noise through a filter that wanders, with pauses: float64[T, channels]."""
    count = round(seconds * rate)
    random = np.random.default_rng(count)
    time = np.arange(count) / rate
    parts = 1 + int(seconds * 5)
    pitch, loudness = random.uniform(100, 3000, parts), random.choice([0.0, 0.05, 0.3], parts)
    part = np.minimum((time * 5).astype(int), parts - 1)
    loudness[0] = 0.3
    tones = loudness[part] * np.sin(2 * np.pi * pitch[part] * time)
    return tones[:, None] + 0.01 * random.normal(size=(count, channels))


def write(path: Path, seconds: float, rate: int = RATE, channels: int = 1) -> Path:
    """A sound file."""
    soundfile.write(path, speech(seconds, rate, channels), rate)
    return path


def trained(folder: Path, features: dict[str, Any], model: dict[str, Any], decode: dict[str, Any]) -> Trained:
    """The pipeline ``heard``, its features fitted on three recordings in ``folder``."""
    raw = folder / "raw"
    if not raw.is_dir():
        raw.mkdir()
        for at in range(len(TEXTS)):
            write(raw / f"{at}.wav", 0.5 + at / 10)
        rows = [json.dumps({"audio_filepath": f"{at}.wav", "text": text}) + "\n" for at, text in enumerate(TEXTS)]
        (raw / "train.jsonl").write_text("".join(rows), encoding="utf-8")
    target = {"level": "char", "vocabulary": 20}
    sections = {
        "features": SpeechFeatures.model_validate({**FEATURES, "target": target, **features}),
        "model": CtcModel.model_validate({"hidden": 7, "bidirectional": False, **model}),
        "decode": SCHEMAS["ctc"].decode.model_validate(decode),
    }
    pipeline = Pipeline(name="heard", modality="audio", task="ctc", **sections)
    fitted = features_of("audio", "ctc").fit(pipeline.features, raw, silent)
    made = build(pipeline, fitted)
    made.output.weight.data.mul_(12)  # answers that are sure, and change
    return ready(Trained(pipeline, fitted, made.eval()), silent)
