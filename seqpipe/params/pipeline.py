"""A pipeline's whole section, and which modality and task take which parameters."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

from pydantic import model_validator

from seqpipe.params import decoding, features, models
from seqpipe.params.augment import Augment
from seqpipe.params.section import Section
from seqpipe.params.training import LabelTrain, Seq2SeqTrain, StreamTrain, Train

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
    ("series", "classify"): features.SignalFeatures,
    ("text", "autoencode"): features.TextSource,
}
"""The features section of every modality and task that go together."""


class Schema(NamedTuple):
    """What a task takes from ``params.yaml``, and the metric that stands for its others."""

    model: type[Section]
    decode: type[decoding.Reading]
    headline: str
    higher_is_better: bool
    train: type[Train] = Train


SCHEMAS: dict[str, Schema] = {
    "seq2seq": Schema(models.Seq2SeqModel, decoding.Seq2SeqDecode, "exact", True, train=Seq2SeqTrain),
    "ctc": Schema(models.CtcModel, decoding.CtcDecode, "wer", False),
    "classify": Schema(models.ClassifyModel, decoding.ClassifyDecode, "accuracy", True, train=LabelTrain),
    "tag": Schema(models.TagModel, decoding.TagDecode, "f1", True),
    "language-model": Schema(
        models.LanguageModel, decoding.LanguageDecode, "bits_per_character", False, train=StreamTrain
    ),
    "forecast": Schema(models.ForecastModel, decoding.ForecastDecode, "mase", False),
    "autoencode": Schema(models.AutoencodeModel, decoding.AutoencodeDecode, "auc", True),
}
"""The row of each task; ``tasks.TASKS`` has the other half, which needs torch."""

OWN_HEADLINES: dict[tuple[str, str], tuple[str, bool]] = {
    ("frames", "seq2seq"): ("bleu", True),
    ("frames", "ctc"): ("exact", True),
    ("text", "autoencode"): ("error", False),
}
"""The headline of a modality and task where it is not the task's: a scene can be told in many words, a string that is
read off a picture is right or wrong, and plain texts have no labelled faults."""


LABEL_HEADLINES = {"plain": ("accuracy", True)}
"""The same by ``features.labels``: where no labels are spans, no span can be found."""

READ_BY: dict[type[Section], tuple[str, ...]] = {
    models.TokenInput: ("text",),
    models.FrameInput: ("audio", "series"),
    models.Joined: ("audio", "series", "frames"),
}
"""Which modalities the parts of a ``model`` section are for that are not for all."""


def without_effect(modality: str, model: Section) -> tuple[str, str] | None:
    """A key that is set, though it is for others than ``modality``, and for which."""
    for part, modalities in READ_BY.items():
        if isinstance(model, part) and modality not in modalities:
            for key, field in part.model_fields.items():
                if getattr(model, key) != field.default:
                    return key, " and ".join(modalities)
    return None


JOINED = (1, 2, 4)
"""Columns of a picture that can become one step."""
NO_COVERAGE = "decode.coverage_penalty needs attention, but model.attention is none; remove one of the two"


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

    @model_validator(mode="after")
    def _columns_to_join(self) -> Self:
        if self.modality != "frames" or not isinstance(self.model, models.Joined):
            return self
        stack, default = self.model.stack, models.Joined().stack
        if self.features.kind == "video" and stack != default:
            raise ValueError(f"model.stack joins columns of a picture, but {self.name} has videos; remove it")
        if stack not in JOINED:
            raise ValueError(f"model.stack is {stack}, but 1, 2 or 4 columns of a picture can become one step; set one")
        return self

    @model_validator(mode="after")
    def _recordings_to_augment(self) -> Self:
        augment = self.train.augment
        if augment != Augment() and self.modality != "audio":
            raise ValueError(f"train.augment is for audio, but {self.name} is a pipeline of {self.modality}; remove it")
        if augment.gain and self.features.normalize in ("utterance", "running"):
            how = self.features.normalize
            raise ValueError(f"train.augment.gain has no effect where features.normalize is {how}; remove it")
        return self

    @model_validator(mode="after")
    def _attention_for_coverage(self) -> Self:
        if getattr(self.decode, "coverage_penalty", 0) and self.model.attention == "none":
            raise ValueError(NO_COVERAGE)
        return self


def headline(pipeline: Pipeline) -> tuple[str, bool]:
    """The metric that stands for a pipeline's others, and whether higher is better."""
    schema = SCHEMAS[pipeline.task]
    own = OWN_HEADLINES.get((pipeline.modality, pipeline.task), (schema.headline, schema.higher_is_better))
    return LABEL_HEADLINES.get(getattr(pipeline.features, "labels", ""), own)
