"""Parameters of ``preprocess``: how raw data become features, by modality and task."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seqpipe.params.section import NUMBER, Positive, Section


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
