"""Windows over series: differencing undone, no look into the future, splits by time, bad input."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.features.differencing import difference, integrate, lag
from seqpipe.features.series import SeriesWindows
from seqpipe.files import SeqpipeError
from seqpipe.params.features import SeriesFeatures
from seqpipe.report import Note, Progress, silent
from seqpipe.store import Row

PARAMS = SeriesFeatures(window=5, horizon=3, season=4, seasonal_difference=True, valid=6, test=7, history=11)
LENGTH = 47


def walk(seed: int, length: int = LENGTH) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.3, 1, length).cumsum() + 20


def write(folder: Path, many: dict[str, np.ndarray], name: str = "all.csv") -> Path:
    folder.mkdir(exist_ok=True)
    lines = ["unique_id,ds,y"]
    for series, values in many.items():
        days = (date(2001, 1, 1) + timedelta(step) for step in range(len(values)))
        lines += [f"{series},{day},{float(value)!r}" for day, value in zip(days, values, strict=True)]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def rows(features: SeriesWindows, folder: Path, split: str) -> list[Row]:
    return [features.encode(example) for example in features.examples(folder, split)]


def with_params(**changes: Any) -> SeriesFeatures:
    return PARAMS.model_copy(update=changes)


@given(st.lists(st.floats(-1e3, 1e3), min_size=12, max_size=40), st.integers(0, 5), st.integers(0, 2), st.data())
def test_integrating_undoes_differencing(values: list[float], season: int, times: int, data: st.DataObject) -> None:
    series = np.array(values)
    origin = data.draw(st.integers(lag(season, times) or 1, len(series) - 1))
    changes = difference(series, season, times)
    assert len(changes) == len(series) - lag(season, times)
    future = integrate(changes[origin - lag(season, times) :], series[:origin], season, times)
    np.testing.assert_allclose(future, series[origin:], atol=1e-7)


def test_differences_against_loops() -> None:
    series = walk(1, 9)
    seasonal = [series[t] - series[t - 3] for t in range(3, 9)]
    assert difference(series, 3, 0).tolist() == seasonal
    assert difference(series, 3, 1).tolist() == [b - a for a, b in pairwise(seasonal)]
    assert difference(series, 0, 0).tolist() == series.tolist()


@pytest.mark.parametrize("scale", ["standard", "none"])
@pytest.mark.parametrize("times", [0, 1, 2])
@pytest.mark.parametrize("seasonal", [False, True])
def test_decoding_the_target_gives_the_reference(tmp_path: Path, seasonal: bool, times: int, scale: str) -> None:
    params = with_params(seasonal_difference=seasonal, difference=times, scale=scale, horizon=6)  # beyond the season
    folder = write(tmp_path / "raw", {"a": walk(1), "b": 100 * walk(2)})
    features = SeriesWindows.fit(params, folder, silent)
    for split in ("train", "valid", "test"):
        for row in rows(features, folder, split):
            assert (row["source"].dtype, row["source"].shape, row["target"].shape) == (np.float32, (5, 1), (6, 1))
            np.testing.assert_allclose(features.decode(row["target"], row), row["reference"], rtol=1e-4, atol=1e-3)


def test_splits_by_time(tmp_path: Path) -> None:
    values = {"a": walk(1), "b": walk(2, LENGTH + 5)}
    folder = write(tmp_path / "raw", values)
    features = SeriesWindows.fit(PARAMS, folder, silent)
    seen: dict[str, dict[str, list[float]]] = {name: {} for name in values}
    for split in ("train", "valid", "test"):
        for row in rows(features, folder, split):
            seen[row["group"]].setdefault(split, []).extend(row["reference"])
    for name, series in values.items():
        parts = series[9:-13], series[-13:-7], series[-7:]  # window 5 and season 4 come before the first target
        for split, part in zip(("train", "valid", "test"), parts, strict=True):
            assert set(seen[name][split]) == set(part)
    first = rows(features, folder, "test")[0]
    assert first["history"].tolist() == values["a"][-18:-7].tolist()  # features.history of them
    assert first["reference"].tolist() == values["a"][-7:-4].tolist()
    assert first["shown"] == "a 2001-02-01 → 2001-02-09"
    assert len({row["id"] for row in rows(features, folder, "test")}) == 2 * (7 - 3 + 1)


def test_statistics_are_those_of_the_training_part(tmp_path: Path) -> None:
    values = walk(1)
    training = values[: LENGTH - 13]
    features = SeriesWindows.fit(PARAMS, write(tmp_path / "raw", {"a": values}), silent)
    changes = [training[t] - training[t - 4] for t in range(4, len(training))]
    found = features.statistics["a"]
    assert found == pytest.approx((np.mean(changes), np.std(changes), np.mean(np.abs(changes))))


@given(st.sampled_from(["standard", "none"]), st.integers(9, LENGTH - 1), st.floats(-1e4, 1e4))
def test_the_future_never_alters_the_past(
    tmp_path_factory: pytest.TempPathFactory, scale: str, at: int, value: float
) -> None:
    folder, params = tmp_path_factory.mktemp("leak"), with_params(scale=scale)
    values = walk(1)
    changed = values.copy()
    changed[at] = value
    before, after = write(folder / "before", {"a": values}), write(folder / "after", {"a": changed})
    fitted, refitted = (SeriesWindows.fit(params, raw, silent) for raw in (before, after))
    fixed = at >= LENGTH - 13  # not in the training part, so no part of the statistics
    if fixed:
        assert fitted.statistics == refitted.statistics
    for split, first in (("train", 9), ("valid", LENGTH - 13), ("test", LENGTH - 7)):
        both = zip(rows(fitted, before, split), rows(refitted, after, split), strict=True)
        for origin, (row, other) in enumerate(both, start=first):
            if at >= origin and (fixed or scale == "none"):
                assert row["source"].tolist() == other["source"].tolist()
                assert row["history"].tolist() == other["history"].tolist()


def test_a_source_ignores_its_own_target(tmp_path: Path) -> None:
    folder = write(tmp_path / "raw", {"a": walk(1)})
    features = SeriesWindows.fit(PARAMS, folder, silent)
    for example in features.examples(folder, "train"):
        row, blind = features.encode(example), features.encode(example._replace(target=None))
        assert row["source"].tolist() == blind["source"].tolist()
        assert (blind["target"].shape, blind["reference"].shape) == ((0, 1), (0,))


def test_saving_and_loading(tmp_path: Path) -> None:
    folder = write(tmp_path / "raw", {"a": walk(1), "b": walk(2)})
    features = SeriesWindows.fit(PARAMS, folder, silent)
    features.save(tmp_path)
    loaded = SeriesWindows.load(PARAMS, tmp_path, silent)
    assert loaded.statistics == features.statistics
    (tmp_path / "series.json").write_text('{"a": {"mean": 1}}')
    with pytest.raises(SeqpipeError, match=r"series\.json is broken"):
        SeriesWindows.load(PARAMS, tmp_path, silent)


def test_new_input_is_the_last_window_of_each_series(tmp_path: Path) -> None:
    known, unknown = walk(1), 50 * walk(3, 13)
    folder = write(tmp_path / "raw", {"a": known})
    heard: list[Note | Progress] = []
    features = SeriesWindows.fit(PARAMS, folder, heard.append)
    new = write(tmp_path / "new", {"a": known[:-3], "z": unknown}) / "all.csv"
    assert not heard
    a, z = (features.encode(example) for example in features.inputs([str(new)]))
    last = rows(features, folder, "test")[-1]
    assert a["source"].tolist() == last["source"].tolist()
    assert features.decode(last["target"], a) == features.decode(last["target"], last)
    assert features.record(a) == {"source": last["shown"], "reference": [], "scale": last["scale"][0]}
    changes = unknown[4:] - unknown[:-4]
    np.testing.assert_allclose(z["source"][:, 0], ((changes - changes.mean()) / changes.std())[-5:], rtol=1e-5)
    (note,) = heard
    assert isinstance(note, Note)
    assert "series 'z' was not in training, which had a; scaled by its own 13 values" in note.text
    assert [example.id for example in features.given([str(new)])] == ["a:2001-02-13", "z:2001-01-13"]


def test_new_input_that_is_too_short(tmp_path: Path) -> None:
    features = SeriesWindows.fit(PARAMS, write(tmp_path / "raw", {"a": walk(1)}), silent)
    path = write(tmp_path / "new", {"a": walk(1, 8)}) / "all.csv"
    with pytest.raises(SeqpipeError, match=re.escape("series 'a' has 8 values, but a forecast needs 9")):
        list(features.inputs([str(path)]))
    path.write_text("")
    with pytest.raises(SeqpipeError, match="is empty"):
        list(features.inputs([str(path)]))


def test_a_series_too_short_to_train(tmp_path: Path) -> None:
    enough = 9 + 3 + 6 + 7
    SeriesWindows.fit(PARAMS, write(tmp_path / "raw", {"a": walk(1), "b": walk(2, enough)}), silent)
    folder = write(tmp_path / "raw", {"a": walk(1), "b": walk(2, enough - 1)})
    with pytest.raises(
        SeqpipeError, match=f"Series 'b' of .*all.csv has {enough - 1} values, but needs {enough}: 12 to"
    ):
        SeriesWindows.fit(PARAMS, folder, silent)


def test_a_split_shorter_than_the_horizon(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match=re.escape("features.valid is 2 steps, but must hold one horizon")):
        SeriesWindows.fit(with_params(valid=2), write(tmp_path / "raw", {"a": walk(1)}), silent)


def test_series_that_do_not_vary(tmp_path: Path) -> None:
    line = write(tmp_path / "line", {"a": 0.1 * np.arange(LENGTH)})
    features = SeriesWindows.fit(PARAMS, line, silent)
    assert features.statistics["a"] == pytest.approx((0.4, 1.0, 0.4))  # no spread to divide by
    wave = write(tmp_path / "wave", {"a": np.sin(np.arange(LENGTH) * np.pi / 2) + 9})
    with pytest.raises(SeqpipeError, match="repeats itself every 4 steps"):
        SeriesWindows.fit(PARAMS, wave, silent)


def test_a_missing_row_is_noted(tmp_path: Path) -> None:
    folder = write(tmp_path / "raw", {"a": walk(1)})
    lines = (folder / "all.csv").read_text().splitlines()
    (folder / "all.csv").write_text("\n".join(lines[:20] + lines[21:]) + "\n")
    heard: list[Note | Progress] = []
    SeriesWindows.fit(PARAMS, folder, heard.append)
    (note,) = heard
    assert isinstance(note, Note)
    assert "has a long step after 2001-01-19" in note.text
