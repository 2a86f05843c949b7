"""The schema of ``params.yaml``: every key, its type, its default, and one sentence on what it does.

A pipeline's section is ``task`` plus five parts, one a stage: ``source`` (the recipe's own), ``features`` (by
modality), ``model`` and ``decode`` (by task), ``train``. An unknown key is an error, never ignored.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")
    return value


NUMBER = BeforeValidator(_number)
"""Refuses ``true`` and ``false``, which Python takes for 1 and 0."""
Positive = Annotated[int, NUMBER, Field(gt=0)]
Count = Annotated[int, NUMBER, Field(ge=0)]
Share = Annotated[float, NUMBER, Field(ge=0, lt=1)]
Modality = Literal["text", "audio", "series"]
TaskName = Literal["seq2seq", "ctc", "forecast"]


class Section(BaseModel):
    """A part of ``params.yaml``; unknown keys, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)


# ---------------------------------------------------------------------------------------------- features, by modality
class Tokens(Section):
    """How text becomes token ids (sentencepiece)."""

    level: Literal["unigram", "bpe", "char", "word"] = "unigram"
    """Unit of the vocabulary."""
    vocabulary: Annotated[int, NUMBER, Field(ge=8)] = 1000
    """Largest number of tokens, the four control tokens included; a small corpus may give fewer."""
    normalization: Literal["nfkc", "nfkc_cf", "nmt_nfkc", "nmt_nfkc_cf", "identity"] = "nfkc"
    """Unicode normalisation before tokenizing; ``_cf`` folds case, ``identity`` leaves text as it is."""
    split_digits: bool = False
    """Whether every digit is a token of its own (unigram, bpe), so that numbers never seen can be read."""


class TextFeatures(Section):
    """Text pairs."""

    source: Tokens = Tokens()
    target: Tokens = Tokens()


class AudioFeatures(Section):
    """Frames of a recording, as ``librosa.feature`` defines them, and its transcript."""

    kind: Literal["logmel", "mfcc", "spectrogram"] = "logmel"
    """Log-mel filter bank energies, mel-frequency cepstral coefficients, or the log-power spectrum."""
    rate: Annotated[int, NUMBER, Field(ge=1000, le=192000)] = 16000
    """Sample rate in Hz; other recordings are resampled."""
    window: Annotated[float, NUMBER, Field(gt=0, le=1)] = 0.025
    """Analysis window in seconds."""
    hop: Annotated[float, NUMBER, Field(gt=0, le=1)] = 0.010
    """Step between frames in seconds."""
    mels: Positive = 40
    """Mel bands (logmel, mfcc)."""
    coefficients: Positive = 13
    """Cepstral coefficients (mfcc)."""
    deltas: Annotated[int, NUMBER, Field(ge=0, le=2)] = 0
    """Time derivatives appended to every frame: 1 for velocity, 2 for acceleration as well."""
    normalize: Literal["utterance", "corpus", "none"] = "utterance"
    """Zero mean and unit variance per dimension, over the recording or over the training set."""
    target: Tokens = Tokens(level="char", vocabulary=200)


class SeriesFeatures(Section):
    """Windows over time series, differenced and scaled; every statistic comes from the training part."""

    date: str = "ds"
    """Column of time stamps."""
    value: str = "y"
    """Column of values."""
    series: str = "unique_id"
    """Column that names the series; a file without it is one series."""
    window: Positive = 24
    """Past values the model reads, after differencing."""
    horizon: Positive = 12
    """Future values it predicts."""
    season: Positive = 1
    """Steps in one season: 12 for months in a year, 1 for none."""
    difference: Annotated[int, NUMBER, Field(ge=0, le=2)] = 0
    """Times to take y_t − y_{t−1}."""
    seasonal_difference: bool = False
    """Whether to take y_t − y_{t−season} first."""
    scale: Literal["standard", "none"] = "standard"
    """Zero mean and unit variance per series, fitted on its training part."""
    valid: Positive = 48
    """Time steps before the test part that choose the best epoch."""
    test: Positive = 48
    """Time steps at the end that only ``evaluate`` sees."""
    history: Positive = 240
    """Latest values before a test window that the statistical baselines read."""


# -------------------------------------------------------------------------------------------------- models, by task
class RecurrentParams(Section):
    """A stack of recurrent layers."""

    cell: Literal["rnn", "lstm", "gru"] = "gru"
    """Recurrent cell."""
    hidden: Positive = 128
    """Units a direction and layer."""
    layers: Positive = 1
    """Layers, each reading the outputs of the one below."""
    dropout: Share = 0.1
    """Share of activations dropped between layers, never between time steps."""


class Seq2SeqModel(RecurrentParams):
    """An encoder and a decoder of the same cell."""

    embedding: Positive = 64
    """Size of a token's vector."""
    bidirectional: bool = True
    """Whether the encoder also reads backwards."""
    attention: Literal["none", "dot", "general", "scaled", "additive"] = "general"
    """How the decoder looks back: Luong's dot and general, scaled dot, Bahdanau's additive, or not at all."""


class CtcModel(RecurrentParams):
    """An acoustic encoder with a distribution over labels and blank at every frame."""

    bidirectional: bool = True
    """Whether it also reads backwards (better, but then it cannot stream)."""
    stack: Positive = 2
    """Neighbouring frames joined to one step: fewer steps, less work."""


class ForecastModel(RecurrentParams):
    """A recurrent reader of the window with one linear read-out for the whole horizon."""

    hidden: Positive = 32
    """Units a layer."""


# ---------------------------------------------------------------------------------------------- training and decoding
class Train(Section):
    """How the weights are fitted."""

    epochs: Positive = 10
    """Passes over the training set."""
    budget: Positive = 4096
    """Largest batch, counted in padded source and target steps."""
    learning_rate: Annotated[float, NUMBER, Field(gt=0)] = 1e-3
    """Peak step size of AdamW."""
    warmup: Share = 0.1
    """Share of all steps during which the step size grows linearly from zero."""
    schedule: Literal["constant", "linear", "cosine"] = "cosine"
    """What the step size does after warm-up."""
    weight_decay: Annotated[float, NUMBER, Field(ge=0)] = 0.0
    """Decoupled weight decay of AdamW."""
    clip: Annotated[float, NUMBER, Field(gt=0)] = 1.0
    """Largest global norm δ of the gradient: g ← min(1, δ/‖g‖) g."""
    patience: Positive = 1000
    """Epochs without a better validation loss before training stops."""
    seed: Count = 1
    """Seed of initial weights, dropout and batch order."""
    threads: Count = 0
    """CPU threads; 0 chooses by model size."""


class SearchParams(Section):
    """How an output is searched for."""

    beam: Positive = 5
    """Hypotheses kept at every step; 1 is greedy."""
    nbest: Positive = 1
    """Hypotheses reported for every input."""
    batch: Positive = 64
    """Inputs decoded together."""


class Seq2SeqDecode(SearchParams):
    """Search over tokens."""

    length_penalty: Annotated[float, NUMBER, Field(ge=0)] = 1.0
    """α of Wu et al. (2016): scores are divided by ((5 + length) / 6)^α; 0 compares plain sums."""
    max_length: Positive = 200
    """Longest output in tokens."""


class CtcDecode(SearchParams):
    """Prefix search over frames."""


class ForecastDecode(Section):
    """What stands beside the model's forecast."""

    batch: Positive = 256
    """Windows read together."""
    arima: bool = True
    """Whether to fit ARIMA (statsforecast) as a baseline."""


FEATURES: dict[str, type[Section]] = {"text": TextFeatures, "audio": AudioFeatures, "series": SeriesFeatures}
MODELS: dict[str, type[Section]] = {"seq2seq": Seq2SeqModel, "ctc": CtcModel, "forecast": ForecastModel}
DECODES: dict[str, type[Section]] = {"seq2seq": Seq2SeqDecode, "ctc": CtcDecode, "forecast": ForecastDecode}


MODALITIES: dict[str, tuple[str, ...]] = {"seq2seq": ("text",), "ctc": ("audio",), "forecast": ("series",)}
"""Modalities a task can read."""


class Pipeline(Section):
    """One pipeline: its modality, its task, and the parameters of each stage."""

    name: str
    modality: Modality
    task: TaskName
    source: dict[str, Any] = {}
    """The recipe's own section; the recipe checks it."""
    features: Any
    model: Any
    train: Train = Train()
    decode: Any
