"""Windows of signals: where they lie, how they are scaled and labelled, and what a wrong file says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqpipe.features import features_of
from seqpipe.files import SeqpipeError
from seqpipe.params.features import WindowFeatures
from seqpipe.report import Note, silent

DOOR = features_of("series", "autoencode")


def write(path: Path, series: dict[tuple[str, str], int], seed: int = 0, labels: dict[int, str] | None = None) -> None:
    """Recordings of two values a step: name and recording → number of steps; ``labels`` by step of each."""
    chance = np.random.default_rng(seed)
    lines = ["ds,unique_id,recording,left,right,label"]
    for (name, recording), steps in series.items():
        for step in range(steps):
            left, right = chance.normal(5, 2), chance.normal(-100, 30)
            lines.append(f"2001,{name},{recording},{left:.9f},{right:.9f},{(labels or {}).get(step, '')}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    write(tmp_path / "train.csv", {("a", "1"): 23, ("a", "2"): 10, ("b", "1"): 12})
    write(tmp_path / "valid.csv", {("a", "3"): 10}, seed=1)
    write(tmp_path / "test.csv", {("a", "4"): 23, ("b", "5"): 10}, seed=2, labels={2: "hum", 8: "spike", 9: "spike"})
    return tmp_path


def rows(raw: Path, split: str, **params: Any) -> list[dict[str, Any]]:
    features = DOOR.fit(WindowFeatures(window=10, **params), raw, silent)
    return [features.encode(example) for example in features.examples(raw, split)]


def test_windows_stand_end_to_end_and_reach_the_end(raw: Path) -> None:
    test = rows(raw, "test", stride=5)
    assert [row["id"] for row in test] == ["a:4:1", "a:4:11", "a:4:14", "b:5:1"]
    assert [row["group"] for row in test] == ["a", "a", "a", "b"]
    assert [row["label"] for row in test] == ["spike", "", "", "spike"]  # the commonest
    train = rows(raw, "train", stride=5)
    assert [row["id"] for row in train] == [
        *("a:1:1", "a:1:6", "a:1:11", "a:1:14"),
        "a:2:1",
        *("b:1:1", "b:1:3"),
    ]
    assert {row["source"].shape for row in train} == {(10, 2)}
    assert {row["target"].shape for row in train} == {(0, 2)}


@pytest.mark.parametrize("center", ["series", "window"])
def test_training_windows_are_scaled_to_mean_zero_and_variance_one(raw: Path, center: str) -> None:
    for name in ("a", "b"):
        stacked = np.stack([row["source"] for row in rows(raw, "train", center=center) if row["group"] == name])
        np.testing.assert_allclose(stacked.mean(axis=(0, 1)), 0, atol=1e-6)
        np.testing.assert_allclose((stacked**2).mean(axis=(0, 1)), 1, atol=1e-5)
        if center == "window":
            np.testing.assert_allclose(stacked.mean(axis=1), 0, atol=1e-6)


@pytest.mark.parametrize("center", ["series", "window"])
def test_what_is_rebuilt_comes_back_in_its_own_unit(raw: Path, center: str) -> None:
    features = DOOR.fit(WindowFeatures(window=10, center=center), raw, silent)  # type: ignore[arg-type]
    lines = (raw / "test.csv").read_text(encoding="utf-8").splitlines()[1:]
    values = np.array([line.split(",")[3:5] for line in lines], np.float64)
    row = features.encode(next(features.examples(raw, "test")))
    np.testing.assert_allclose(features.decode(row["source"], row)["reconstruction"], values[:10], rtol=1e-5)
    record = features.record(row)
    np.testing.assert_allclose(record["signal"], values[:10], rtol=1e-5)
    assert (record["source"], record["label"]) == ("a 4 steps 1–10", "spike")


def test_what_was_fitted_is_kept(raw: Path, tmp_path: Path) -> None:
    params = WindowFeatures(window=10)
    features = DOOR.fit(params, raw, silent)
    features.save(tmp_path)
    again = DOOR.load(params, tmp_path, silent)
    for one, other in zip(features.examples(raw, "test"), again.examples(raw, "test"), strict=True):
        np.testing.assert_array_equal(features.encode(one)["source"], again.encode(other)["source"])
    (tmp_path / "windows.json").write_text("[]", encoding="utf-8")
    with pytest.raises(SeqpipeError, match=r"windows.json is broken"):
        DOOR.load(params, tmp_path, silent)


def test_a_series_that_is_new_is_scaled_by_itself(raw: Path) -> None:
    notes: list[str] = []
    features = DOOR.fit(
        WindowFeatures(window=10), raw, lambda event: notes.append(event.text) if isinstance(event, Note) else None
    )
    (raw / "new.csv").write_text("left,right\n" + "".join(f"{at},{at % 3}\n" for at in range(12)), encoding="utf-8")
    examples = [features.encode(example) for example in features.inputs([str(raw / "new.csv")])]
    assert [row["id"] for row in examples] == ["new:1", "new:3"]
    assert any("series 'new' was not in training, which had a, b; scaled by its own values" in note for note in notes)
    joined = np.stack([row["source"] for row in examples])
    np.testing.assert_allclose(joined.mean(axis=(0, 1)), 0, atol=1e-6)


def test_a_value_that_never_changes_is_not_blown_up(raw: Path) -> None:
    (raw / "train.csv").write_text("y\n" + "7.3\n" * 20, encoding="utf-8")
    assert all((np.abs(row["source"]) < 1e-6).all() for row in rows(raw, "train"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; it needs a header line and at least one row"),
        ("unique_id,label\na,\n", "line 1 has no column of values; add one"),
        ("y,y\n1,2\n", "line 1 has more than one column 'y'"),
        ("y\n", "has no rows below its header"),
        ("y\n1\n1,2\n", "line 3 has 2 columns, but the header has 1"),
        ("y\n1\nmany\n", "line 3: y is 'many', not a finite number"),
        ("y\n" + "1\n" * 9, "line 2: 'train' has 9 steps, but a window needs 10"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "train.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SeqpipeError, match=message):
        DOOR.fit(WindowFeatures(window=10), tmp_path, silent)


def test_columns_must_be_those_of_training(raw: Path) -> None:
    features = DOOR.fit(WindowFeatures(window=10), raw, silent)
    (raw / "test.csv").write_text("unique_id,left\n" + "a,1\n" * 10, encoding="utf-8")
    with pytest.raises(SeqpipeError, match=r"test.csv line 1 has no column 'right' \(it has unique_id, left\)"):
        list(features.examples(raw, "test"))
    (raw / "test.csv").write_text("unique_id,left,right\n" + "c,1,2\n" * 10, encoding="utf-8")
    with pytest.raises(SeqpipeError, match=r"test.csv line 2: series 'c' is not in train.csv"):
        list(features.examples(raw, "test"))
