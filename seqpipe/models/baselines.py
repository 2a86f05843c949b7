"""Baselines that a trained model must beat: answers, as people read them, for the rows of a split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqpipe.models import anomalies, statistical
from seqpipe.models.naive_bayes import naive_bayes
from seqpipe.models.nearest_mean import nearest_mean
from seqpipe.models.ngrams import bigram, unigram
from seqpipe.params.pipeline import Pipeline
from seqpipe.report import Report
from seqpipe.store import Row, Store


def copy_source(train: Store, rows: Sequence[Row], pipeline: Pipeline, report: Report) -> dict[str, list[Any]]:
    """The source text as it is; for a source that is no text, the commonest target of the training split."""
    if pipeline.modality != "text":
        return commonest(train, rows, pipeline, report)
    return {"copy": [{"text": row["shown"]} for row in rows]}


def commonest(train: Store, rows: Sequence[Row], pipeline: Pipeline, report: Report) -> dict[str, list[Any]]:
    """The commonest target of the training split, whatever the source."""
    counts = Counter(train[index]["reference"] for index in range(len(train)))
    return {"commonest": [{"text": counts.most_common(1)[0][0]}] * len(rows)}


def labels(train: Store, rows: Sequence[Row], pipeline: Pipeline, report: Report) -> dict[str, list[Any]]:
    """The commonest label; and by content without order: naive Bayes over words, or the nearest mean of frames."""
    examples = [train[index] for index in range(len(train))]
    known = [row["reference"] for row in examples]
    if pipeline.modality == "text":
        texts, new = ([row["shown"] for row in part] for part in (examples, rows))
        guesses = {"naive_bayes": naive_bayes(texts, known, new)}
    else:
        frames, new = ([row["source"].mean(axis=0).ravel() for row in part] for part in (examples, rows))
        guesses = {"nearest_mean": nearest_mean(frames, known, new)}
    found = {name: [{"text": label} for label in labels] for name, labels in guesses.items()}
    return {**commonest(train, rows, pipeline, report), **found}


def counted(train: Store, rows: Sequence[Row], pipeline: Pipeline, report: Report) -> dict[str, list[Any]]:
    """Log-probabilities by counted tokens, and by counted pairs of tokens."""
    examples = [train[index] for index in range(len(train))]
    vocabulary = 1 + max(int(row["target"].max()) for row in [*examples, *rows])
    found = {name: count(examples, rows, vocabulary) for name, count in {"unigram": unigram, "bigram": bigram}.items()}
    return {name: [{"log_prob": value} for value in values] for name, values in found.items()}


def classical(train: Store, rows: Sequence[Row], pipeline: Pipeline, report: Report) -> dict[str, list[Any]]:
    """Naive, seasonal naive, drift and ARIMA forecasts."""
    features = pipeline.features
    forecasts = statistical.baselines(rows, features.season, features.horizon, pipeline.decode.arima, report)
    return {name: [{"values": values} for values in outputs] for name, outputs in forecasts.items()}


def detectors(train: Store, rows: Sequence[Row], pipeline: Pipeline, report: Report) -> dict[str, list[Any]]:
    """Scores by the distance from the mean and by unusual moments, of texts by rare tokens; with a threshold that the
    same share of the training split stays below as ours leaves of the validation split."""
    examples = [train[index] for index in range(len(train))]
    text = pipeline.modality == "text"
    answers = {}
    for detect in [anomalies.unigram] if text else [anomalies.mean, anomalies.deviation]:
        threshold = np.quantile(detect(examples, examples), pipeline.model.quantile)
        scores = detect(examples, rows)
        answers[detect.__name__] = [{"score": score, "flag": bool(score > threshold)} for score in scores]
    return answers
