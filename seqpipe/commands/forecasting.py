"""Parameters that fit series to forecast: horizon, window, season, and whether to learn values or their changes."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from seqpipe.commands.surveyed import Survey
from seqpipe.features.differencing import difference, integrate, lag
from seqpipe.files import SeqpipeError

Values = dict[str, Any]
SEASONS = {900: 96, 1800: 48, 3600: 24, 86400: 7, 604800: 52}
"""Seconds from one step to the next → steps of a season: of a day, a week, a year."""
CALENDAR = ((27, 32, 12), (89, 93, 4))
"""Days from one step to the next, at least and at most, → months or quarters of a year."""
SHORTEST = 40  # values of a series
BATCH = 64  # windows
UPDATES = 2000  # of the weights, if the epochs for it are between the two
EPOCHS = (2, 60)
NEAREST, KNOWN, ASKED = 8, 2000, 200  # windows: taken as analogues, of the past, forecast


class Form(NamedTuple):
    """What is learnt: the values (season 0, order 0), or their differences, seasonal and first ones."""

    season: int
    order: int


def windows(survey: Survey) -> Values:
    """The section ``features``; raises ``SeqpipeError`` if every series is too short."""
    if max(survey.lengths) < SHORTEST:
        where = survey.first.where
        raise SeqpipeError(f"{where} has {survey.lengths[0]} values, but a forecast needs {SHORTEST} or more.")
    length = min(length for length in survey.lengths if length >= SHORTEST)
    season = _season(survey)
    season = season if 6 * season < length else 1
    horizon = max(1, min(season if season > 1 else 12, length // 12))
    held = max(2 * horizon, min(length // 10, 10 * horizon))
    features: Values = {"window": min(4 * horizon, length // 5), "horizon": horizon, "season": season}
    features |= _differences(survey, features, 2 * held)
    return features | {"valid": held, "test": held, "history": max(2 * season, min(240, length // 2))}


def training(survey: Survey, features: Values) -> Values:
    """The section ``train``: as many epochs as make some 2000 updates of 64 windows each."""
    size = features["window"] + features["horizon"]
    count = sum(max(0, length - features["valid"] - features["test"] - size) for length in survey.lengths)
    epochs = int(np.clip(UPDATES * BATCH // max(1, count), *EPOCHS))
    return {"epochs": epochs, "budget": BATCH * size, "learning_rate": 3e-3}


def _season(survey: Survey) -> int:
    times = survey.series[0].times
    step = (times[1] - times[0]).total_seconds() if len(times) > 1 else 0
    months = (season for least, most, season in CALENDAR if least <= step / 86400 <= most)
    return SEASONS.get(int(step)) or next(months, 1)


def _differences(survey: Survey, features: Values, held: int) -> Values:
    """The form in which most of the first series can best be forecast, by what comes before the ``held`` values."""
    forms = [Form(0, 0), Form(0, 1)] + [Form(features["season"], 0)] * (features["season"] > 1)
    window, horizon = features["window"], features["horizon"]
    known = (series.values[:-held] for series in survey.series if len(series.values) >= SHORTEST)
    parts = [values / (np.abs(values).max() or 1) for values in known]
    best = Counter(min(forms, key=partial(analogue_error, part, window, horizon)) for part in parts)
    form = max(forms, key=lambda form: best[form])
    return {"seasonal_difference": True} if form.season else {"difference": form.order} if form.order else {}


def analogue_error(values: np.ndarray, window: int, horizon: int, form: Form) -> float:
    """Mean absolute error of forecasts of the last fifth of ``values`` float64[T] by analogues.

    What follows a window is the mean of what followed the windows of the past that are most like it (Lorenz, 1969:
    Atmospheric predictability as revealed by naturally occurring analogues). Like a network, analogues know nothing
    beyond the range of what they saw: where a level wanders, they need differences.
    """
    changes = difference(values, *form)
    cuts = np.lib.stride_tricks.sliding_window_view(changes, window + horizon)  # (N, window + horizon)
    start = max(1, len(cuts) * 4 // 5)
    known = _spread(cuts[: max(1, start - horizon)], KNOWN)
    errors = []
    for at in _spread(np.arange(start, len(cuts)), ASKED):
        distances = np.square(known[:, :window] - cuts[at, :window]).sum(axis=1)
        follows = known[np.argsort(distances, kind="stable")[:NEAREST], window:].mean(axis=0)
        origin = at + window + lag(*form)
        forecast = integrate(follows, values[:origin], *form)
        errors.append(np.abs(forecast - values[origin : origin + horizon]).mean())
    return float(np.mean(errors)) if errors else np.inf


def _spread(items: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the items, evenly apart."""
    chosen = np.linspace(0, len(items) - 1, min(most, len(items))).astype(int)
    return np.asarray(items[chosen])
