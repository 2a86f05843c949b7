"""Parameters of ``preprocess``: how raw data become features, by modality and task."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seqpipe.params.section import NUMBER, Positive, Section, refuse_idle


class Tokens(Section):
    """How text becomes token ids (sentencepiece)."""

    level: Literal["unigram", "bpe", "char", "syllable", "jamo", "word"] = "unigram"
    """Unit of the vocabulary: pieces that are learned (unigram, bpe), characters, the commonest characters
    (``syllable``, for scripts of many), characters with Hangul in its letters (``jamo``), or words."""
    vocabulary: Annotated[int, NUMBER, Field(ge=8)] = 1000
    """Largest number of tokens, the four control tokens included; a small corpus may give fewer."""
    normalization: Literal["nfkc", "nfkc_cf", "nmt_nfkc", "nmt_nfkc_cf", "identity"] = "nfkc"
    """Unicode normalisation before tokenizing; ``_cf`` folds case, ``identity`` leaves text as it is."""
    split_digits: bool = False
    """Whether every digit is a token of its own (unigram, bpe), so that numbers never seen can be read."""


class Pretrained(Section):
    """Vectors from elsewhere for what is read."""

    vectors: str = ""
    """File of word vectors that training starts from (GloVe, word2vec, fastText's ``.vec``), named from the project's
    folder; none named means random ones."""


class TextSource(Pretrained):
    """Texts that are read, and nothing of their kind that is written."""

    source: Tokens = Tokens()


class TextFeatures(Pretrained):
    """Text pairs."""

    source: Tokens = Tokens()
    target: Tokens = Tokens()


class WordFeatures(Pretrained):
    """Words with their characters."""

    labels: Literal["bio", "plain"] = "bio"
    """``bio``: spans, as ``B-type``, ``I-type`` and ``O``; ``plain``: any label a word, such as parts of speech."""
    minimum: Positive = 2
    """Times a word, or a character, must occur in training to have a vector of its own; rarer ones share one."""
    fold_case: bool = True
    """Whether words of the same letters are one word whatever their case; their characters keep it."""
    characters: Annotated[int, NUMBER, Field(ge=2)] = 20
    """Characters read of a word; of a longer one, the first and the last half."""


class AudioFeatures(Section):
    """Frames of a recording, as ``librosa.feature`` defines them."""

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
    range: Annotated[float, NUMBER, Field(ge=0)] = 80
    """Decibels below the loudest value of the recording that count as silence; 0 cuts nothing off, and only then can
    the model stream."""
    normalize: Literal["utterance", "running", "corpus", "none"] = "utterance"
    """Zero mean and unit variance per dimension, over the recording, over its last 600 frames, or over the training
    set."""


class SpeechFeatures(AudioFeatures):
    """Frames of a recording and its transcript."""

    target: Tokens = Tokens(level="char", vocabulary=200)


class FramesFeatures(Section):
    """Videos, a picture a time step, or pictures, a column of pixels a time step."""

    kind: Literal["video", "image"] = "video"
    """What a file holds: a video (a picture is one of a single frame), or one picture read from left to right."""
    height: Positive = 32
    """Rows of pixels; pictures are scaled to it."""
    width: Positive = 32
    """Columns of pixels of a video; the width of an ``image`` follows its height."""
    channels: Literal[1, 3] = 1
    """1 for grey, 3 for colour; other pictures are converted."""
    rate: Annotated[float, NUMBER, Field(ge=0, le=1000)] = 0
    """Pictures a second that are kept of a video file, or 0 for all of them."""
    normalize: Literal["corpus", "picture", "none"] = "corpus"
    """Zero mean and unit variance: per channel over the training set, over each picture or video (whatever its
    contrast), or values from 0 to 1 as they are."""

    @model_validator(mode="after")
    def _applies(self) -> Self:
        refuse_idle(self, {"rate": ("kind", ("video",)), "width": ("kind", ("video",))})
        return self


class PictureTextFeatures(FramesFeatures):
    """Videos or pictures, and the text that stands in them or tells of them."""

    kind: Literal["video", "image"] = "image"
    """What a file holds: a video (a picture is one of a single frame), or one picture read from left to right."""
    target: Tokens = Tokens(level="char", vocabulary=200)


class WindowFeatures(Section):
    """Windows of signals, scaled by their series' windows in the training split."""

    values: list[str] = []
    """Columns of values; none named means all that are no other column named here."""
    series: str = "unique_id"
    """Column that names the series; a file without it is one series."""
    recording: str = "recording"
    """Column that parts a series into recordings, by choice; no window reaches from one into the next."""
    label: str = "label"
    """Column of what is wrong at a step, by choice, empty where nothing is; only ``evaluate`` looks at it."""
    date: str = "ds"
    """Column of time stamps, by choice; it is not read, rows stand in order of time."""
    window: Positive = 48
    """Steps of a window."""
    stride: Positive = 8
    """Steps from one training window to the next; validation and test windows stand end to end."""
    center: Literal["series", "window"] = "series"
    """What is taken off the values: the training mean of the series, or, where a slow drift is no fault, the mean of
    each window."""


class SignalFeatures(Section):
    """Series of one or more dimensions that have a label each: a step is the values of all of them."""

    normalize: Literal["corpus", "series", "none"] = "corpus"
    """Zero mean and unit variance per dimension: over the training set, over each series (whatever its level and
    extent), or values as they are."""


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
