"""Parameters for series to forecast: the form their past forecasts best, and parts every series has room for."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from seqpipe.commands.forecasting import Form, analogue_error, training, windows
from seqpipe.commands.surveyed import Survey, survey
from seqpipe.features.spans import spans
from seqpipe.files import SeqpipeError
from seqpipe.params.features import SeriesFeatures
from seqpipe.readers.look import look

STEPS = np.arange(400)
WAVE = 3 * np.sin(2 * np.pi * STEPS / 7)
NOISE = np.random.default_rng(1).normal(size=400)


def surveyed(folder: Path, *series: np.ndarray, days: int = 1) -> Survey:
    """Of a long table: each series starts on the first of January 2000 and has a value every ``days`` days."""
    rows = [
        f"{name},{date(2000, 1, 1) + timedelta(days=days * at)},{value}"
        for name, values in enumerate(series)
        for at, value in enumerate(values)
    ]
    (folder / "all.csv").write_text("\n".join(["unique_id,ds,y", *rows]), encoding="utf-8")
    return survey(folder, look(folder))


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (WAVE + NOISE, {}),
        (STEPS + WAVE + NOISE, {"seasonal_difference": True}),
        (NOISE.cumsum(), {"difference": 1}),
    ],
    ids=["about a level", "rising by the week", "random walk"],
)
def test_what_wanders_is_differenced(tmp_path: Path, values: np.ndarray, form: dict[str, object]) -> None:
    features = windows(surveyed(tmp_path, values))
    assert {key: features[key] for key in features if "difference" in key} == form
    assert (features["season"], features["horizon"], features["window"]) == (7, 7, 28)


def test_most_series_decide(tmp_path: Path) -> None:
    walks = [np.random.default_rng(seed).normal(size=300).cumsum() for seed in range(2)]
    assert windows(surveyed(tmp_path, NOISE, *walks))["difference"] == 1


@pytest.mark.parametrize("form", [Form(0, 0), Form(0, 1), Form(3, 0)])
def test_analogues_are_the_nearest_windows_of_the_past(form: Form) -> None:
    values, window, horizon = NOISE[:60].cumsum(), 4, 2
    learnt = values if form == Form(0, 0) else [b - a for a, b in zip(values, values[form.season or 1 :], strict=False)]
    starts = range(len(learnt) - window - horizon + 1)
    cut = len(starts) * 4 // 5
    errors = []
    for at in starts[cut:]:
        past = sorted(
            starts[: cut - horizon], key=lambda one: sum((learnt[one + i] - learnt[at + i]) ** 2 for i in range(4))
        )
        follows = [sum(learnt[one + window + step] for one in past[:8]) / 8 for step in range(horizon)]
        origin = at + window + form.season + form.order
        told = list(values[:origin])
        for change in follows:
            told.append(change + (told[-form.season] if form.season else told[-1] if form.order else 0))
        errors.append(sum(abs(told[origin + step] - values[origin + step]) for step in range(horizon)) / horizon)
    assert analogue_error(values, window, horizon, form) == pytest.approx(sum(errors) / len(errors))


@pytest.mark.parametrize("days", [1, 7, 31, 91])
@pytest.mark.parametrize("length", [40, 43, 73, 145, 313, 400])
def test_every_series_has_room_for_its_parts(tmp_path: Path, length: int, days: int) -> None:
    known = surveyed(tmp_path, STEPS + WAVE, (STEPS + WAVE)[:length], NOISE[:5], days=days)
    features = windows(known)
    params = SeriesFeatures(**features)
    for series in known.series[:2]:
        spans(params).check(series)


def test_much_data_takes_few_epochs(tmp_path: Path) -> None:
    many = surveyed(tmp_path, *[WAVE] * 40)
    features = windows(many)
    held = features["valid"] + features["test"] + features["window"] + features["horizon"]
    section = training(many, features)
    assert section["epochs"] == 2000 * 64 // (40 * (400 - held))
    assert section["budget"] == 64 * (features["window"] + features["horizon"])


def test_huge_values_are_compared_without_overflow(tmp_path: Path) -> None:
    assert "difference" not in windows(surveyed(tmp_path, np.full(60, 1e300) + 1e290 * (STEPS[:60] % 2)))


def test_too_short_is_told(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match="has 39 values, but a forecast needs 40 or more"):
        windows(surveyed(tmp_path, NOISE[:39]))
