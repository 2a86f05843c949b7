"""A pipeline's whole section, and which modality and task take which parameters."""

from __future__ import annotations

from typing import Any

from seqpipe.params import decoding, features, models
from seqpipe.params.section import Section
from seqpipe.params.training import Train

FEATURES: dict[tuple[str, str], type[Section]] = {
    ("text", "seq2seq"): features.TextFeatures,
    ("audio", "ctc"): features.AudioFeatures,
    ("series", "forecast"): features.SeriesFeatures,
}
"""The features section of every modality and task that go together."""
MODELS: dict[str, type[Section]] = {
    "seq2seq": models.Seq2SeqModel,
    "ctc": models.CtcModel,
    "forecast": models.ForecastModel,
}
DECODES: dict[str, type[Section]] = {
    "seq2seq": decoding.Seq2SeqDecode,
    "ctc": decoding.CtcDecode,
    "forecast": decoding.ForecastDecode,
}


class Pipeline(Section):
    """One pipeline: its modality, its task, and the parameters of each stage."""

    name: str
    modality: str
    task: str
    source: dict[str, Any] = {}
    """The recipe's own section; the recipe checks it."""
    features: Any
    model: Any
    train: Train = Train()
    decode: Any
