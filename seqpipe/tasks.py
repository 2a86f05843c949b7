"""The table of tasks: what each kind of problem is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import nn

from seqpipe import losses
from seqpipe.batches import Batches, Rows, Streams, Table
from seqpipe.features.sizes import Sizes
from seqpipe.losses import Losses
from seqpipe.metrics import anomaly, labels, language, series, speech, tags, text
from seqpipe.models import baselines, dictionary
from seqpipe.models.autoencoder import Autoencoder, fit_threshold
from seqpipe.models.classify import Classify
from seqpipe.models.ctc import Ctc
from seqpipe.models.forecast import Forecast
from seqpipe.models.language import Language
from seqpipe.models.seq2seq import Seq2Seq
from seqpipe.models.tag import Tag
from seqpipe.params.pipeline import Pipeline
from seqpipe.report import Report
from seqpipe.search import readout
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.search.prepared import transcriber
from seqpipe.search.spelled import spelled
from seqpipe.store import Row, Store

Record = dict[str, Any]
Answer = dict[str, Any]
"""An output as people read it: ``text`` or ``values``, and what the task adds (``score``, ``confidence``)."""


class Task(NamedTuple):
    """A problem's shape: how to model it, what to minimise, how to read it out, how to score it."""

    model: Callable[[Any, Sizes], nn.Module]
    """From the ``model`` section and the features' sizes."""
    loss: Callable[..., Losses]
    """From a model, a batch and, in training, the moment; example by example."""
    decode: Callable[..., list[list[Hypothesis]]]
    """From a model, a batch, the ``decode`` section and, if the task has ``prepare``, what that gives: the n best
    outputs of each input, best first."""
    score: Callable[[Sequence[Record], Sequence[Answer]], dict[str, Any]]
    """From decoded records and an answer to each; numbers, or tables of them."""
    baselines: Callable[[Store, Sequence[Row], Pipeline, Report], dict[str, list[Answer]]]
    """Trivial or classical answers for the rows of a split, by name, to stand beside ours."""
    batches: Callable[[Table, Any, np.random.Generator], Batches] = Rows
    """From the training split, the ``train`` section and a source of chance: the batches of one epoch."""
    finish: Callable[[Any, Store, Any], None] = lambda model, valid, train: None
    """What is fitted to the trained model on the validation split, with the ``train`` section; most have nothing."""
    empty: Callable[[Any], dict[str, Any]] = lambda model: {}
    """What the answer to an empty input has beside ``text``, ``score`` and ``tokens``, from the model."""
    prepare: Callable[[Pipeline, Any, Any, Callable[[Path], Any], Report], Any] | None = None
    """From a pipeline, its features and model, and what opens another trained pipeline: what its search needs beside
    the model, made once."""


TASKS = {
    "seq2seq": Task(
        Seq2Seq,
        losses.seq2seq,
        readout.seq2seq,
        text.score,
        baselines.copy_source,
        empty=lambda model: {"log_prob": 0.0, "confidence": 1.0, "token_scores": []},
        prepare=spelled,
    ),
    "ctc": Task(
        Ctc,
        losses.ctc,
        readout.ctc,
        speech.score,
        baselines.commonest,
        empty=lambda model: {"log_prob": 0.0, "confidence": 1.0, "times": []},
        prepare=transcriber,
    ),
    "classify": Task(
        Classify,
        losses.classify,
        readout.classify,
        labels.score,
        baselines.labels,
        empty=lambda model: {"confidence": 0.0},
    ),
    "tag": Task(
        Tag,
        losses.tag,
        readout.tag,
        tags.score,
        dictionary.tagged,
        empty=lambda model: {"labels": []},
    ),
    "language-model": Task(
        Language,
        losses.language,
        readout.language,
        language.score,
        baselines.counted,
        batches=Streams,
    ),
    "forecast": Task(
        Forecast,
        losses.forecast,
        readout.forecast,
        series.score,
        baselines.classical,
    ),
    "autoencode": Task(
        Autoencoder,
        losses.autoencode,
        readout.autoencode,
        anomaly.score,
        baselines.detectors,
        finish=fit_threshold,
        empty=lambda model: {"flag": False, "threshold": round(model.threshold.item(), 6), "code": []},
    ),
}
