"""Labelled series: scaled by training alone, the same after loading, strict about dimensions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqpipe.features import features_of
from seqpipe.features.sizes import Sizes
from seqpipe.files import SeqpipeError
from seqpipe.params.features import SignalFeatures
from seqpipe.report import silent

DOOR = features_of("series", "classify")
PARAMS = SignalFeatures()


def cases(path: Path, many: list[tuple[np.ndarray, str]]) -> None:
    lines = [":".join([*(",".join(map(repr, row.tolist())) for row in values.T), label]) for values, label in many]
    path.write_text("\n".join(["@classLabel true a b", "@data", *lines, ""]), encoding="utf-8")


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    for split, extent in (("train", 1.0), ("valid", 50.0), ("test", 50.0)):
        many = [(1e6 + extent * rng.normal(size=(length, 3)) * [1, 5, 0], "ab"[length % 2]) for length in (5, 1, 8, 2)]
        cases(tmp_path / f"{split}.ts", many)
    return tmp_path


def test_every_dimension_is_scaled_by_the_steps_of_training(raw: Path) -> None:
    features = DOOR.fit(PARAMS, raw, silent)
    assert features.sizes == Sizes("frames", 3, 2)
    examples = list(features.examples(raw, "train"))
    stacked = np.concatenate([example.source for example in examples])
    mean, deviation = stacked.mean(axis=0), np.where(np.ptp(stacked, axis=0) > 0, stacked.std(axis=0), 1)
    for split in ("train", "test"):
        for example in features.examples(raw, split):
            row = features.encode(example)
            np.testing.assert_allclose(row["source"], (example.source - mean) / deviation, rtol=1e-3, atol=1e-4)
            assert row["source"].dtype == np.float32
            assert features.decode(row["target"], row) == row["reference"] == example.target
            assert features.record(row) == {"source": example.where, "reference": example.target}


def test_each_series_by_itself_or_none(raw: Path) -> None:
    alone = DOOR.fit(SignalFeatures(normalize="series"), raw, silent)
    plain = DOOR.fit(SignalFeatures(normalize="none"), raw, silent)
    for example in alone.examples(raw, "test"):
        source = alone.encode(example)["source"]
        np.testing.assert_allclose(source.mean(axis=0), 0, atol=1e-4)
        expected = [1.0, 1.0, 0.0] if len(source) > 1 else [0.0, 0.0, 0.0]
        np.testing.assert_allclose(source.std(axis=0), expected, atol=1e-4)
        np.testing.assert_array_equal(plain.encode(example)["source"], example.source.astype(np.float32))


def test_what_is_saved_answers_the_same(raw: Path, tmp_path: Path) -> None:
    fitted = DOOR.fit(PARAMS, raw, silent)
    fitted.save(tmp_path / "kept")
    loaded = DOOR.load(PARAMS, tmp_path / "kept", silent)
    assert loaded.sizes == fitted.sizes
    new = [str(raw / "test.ts")]
    for one, other in zip(fitted.inputs(new), loaded.inputs(new), strict=True):
        assert one.target is None
        np.testing.assert_array_equal(fitted.encode(one)["source"], loaded.encode(other)["source"])
    (tmp_path / "kept/statistics.json").write_text("{}")
    with pytest.raises(SeqpipeError, match=r"statistics\.json is broken"):
        DOOR.load(PARAMS, tmp_path / "kept", silent)


def test_mistakes_name_their_place(raw: Path, tmp_path: Path) -> None:
    features = DOOR.fit(PARAMS, raw, silent)
    other = tmp_path / "other.ts"
    cases(other, [(np.ones((4, 2)), "a")])
    (example,) = features.inputs([str(other)])
    with pytest.raises(SeqpipeError, match=r"other\.ts line 3 has 2 dimensions, but training has 3"):
        features.encode(example)
    other.write_text("@classLabel true a\n@data\n1:2:?:a\n")
    with pytest.raises(SeqpipeError, match=r"other\.ts line 3: dimension 3 has a missing value; mend or remove it"):
        list(features.inputs([str(other)]))
    (raw / "valid.ts").write_text("@data\n1:2:3\n")
    with pytest.raises(SeqpipeError, match=r"valid\.ts has no labels"):
        list(features.examples(raw, "valid"))
