"""A pipeline's whole section, and which modality and task take which parameters."""

from __future__ import annotations

from typing import Any

from seqpipe.params import decoding, features, models
from seqpipe.params.section import Section
from seqpipe.params.training import StreamTrain, Train

FEATURES: dict[tuple[str, str], type[Section]] = {
    ("text", "seq2seq"): features.TextFeatures,
    ("audio", "ctc"): features.SpeechFeatures,
    ("text", "classify"): features.TextSource,
    ("audio", "classify"): features.AudioFeatures,
    ("frames", "classify"): features.FramesFeatures,
    ("frames", "seq2seq"): features.PictureTextFeatures,
    ("frames", "ctc"): features.PictureTextFeatures,
    ("text", "tag"): features.WordFeatures,
    ("text", "language-model"): features.TextSource,
    ("series", "forecast"): features.SeriesFeatures,
    ("series", "autoencode"): features.WindowFeatures,
    ("text", "autoencode"): features.TextSource,
}
"""The features section of every modality and task that go together."""
MODELS: dict[str, type[Section]] = {
    "seq2seq": models.Seq2SeqModel,
    "ctc": models.CtcModel,
    "classify": models.ClassifyModel,
    "tag": models.TagModel,
    "language-model": models.LanguageModel,
    "forecast": models.ForecastModel,
    "autoencode": models.AutoencodeModel,
}
DECODES: dict[str, type[Section]] = {
    "seq2seq": decoding.Seq2SeqDecode,
    "ctc": decoding.CtcDecode,
    "classify": decoding.ClassifyDecode,
    "tag": decoding.TagDecode,
    "language-model": decoding.LanguageDecode,
    "forecast": decoding.ForecastDecode,
    "autoencode": decoding.AutoencodeDecode,
}
TRAINS: dict[str, type[Train]] = {"language-model": StreamTrain}
"""The train section of a task that has its own."""

HEADLINES: dict[tuple[str, str], tuple[str, bool]] = {
    ("frames", "seq2seq"): ("bleu", True),
    ("frames", "ctc"): ("exact", True),
    ("text", "autoencode"): ("error", False),
}
"""The metric that stands for the others, and whether higher is better, where it is not the task's own: a scene can be
told in many words, a string that is read off a picture is right or wrong, and plain texts have no labelled faults."""


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
