"""Baselines that a trained model must beat: answers, as people read them, for the rows of a split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from seqpipe.models import statistical
from seqpipe.params.pipeline import Pipeline
from seqpipe.report import Report
from seqpipe.store import Row, Store


def copy_source(train: Store, rows: Sequence[Row], pipeline: Pipeline, report: Report) -> dict[str, list[Any]]:
    """The source text as it is."""
    return {"copy": [{"text": row["shown"]} for row in rows]}


def commonest(train: Store, rows: Sequence[Row], pipeline: Pipeline, report: Report) -> dict[str, list[Any]]:
    """The commonest target of the training split, whatever the source."""
    counts = Counter(train[index]["reference"] for index in range(len(train)))
    return {"commonest": [{"text": counts.most_common(1)[0][0]}] * len(rows)}


def classical(train: Store, rows: Sequence[Row], pipeline: Pipeline, report: Report) -> dict[str, list[Any]]:
    """Naive, seasonal naive, drift and ARIMA forecasts."""
    features = pipeline.features
    forecasts = statistical.baselines(rows, features.season, features.horizon, pipeline.decode.arima, report)
    return {name: [{"values": values} for values in outputs] for name, outputs in forecasts.items()}
