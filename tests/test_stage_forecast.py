"""The recipe forecast: its data against statsmodels, and its section against the schema."""

from __future__ import annotations

import csv
import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from pydantic import ValidationError

from seqpipe.commands.preprocess import preprocess
from seqpipe.commands.source import source
from seqpipe.files import SeqpipeError
from seqpipe.project import read_pipelines
from seqpipe.report import silent
from seqpipe.store import Store

STAGES = Path(__file__).parent.parent / "stages"


@pytest.fixture
def recipe() -> ModuleType:
    spec = importlib.util.spec_from_file_location("recipe_forecast", STAGES / "forecast.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(path: Path) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["unique_id"], {})[row["ds"]] = float(row["y"])
    return found


def test_months_against_statsmodels(recipe: ModuleType, tmp_path: Path) -> None:
    from statsmodels.datasets import co2, elnino

    recipe.make(tmp_path, recipe.Source(), silent)
    found = read(tmp_path / "series.csv")

    weeks: dict[str, list[float]] = {}
    for day, value in co2.load_pandas().data["co2"].items():
        weeks.setdefault(f"{day:%Y-%m}", []).append(value)
    means = {month: np.nanmean(values) for month, values in weeks.items() if not np.isnan(values).all()}
    assert {month: found["co2"][month] for month in means} == pytest.approx(means)
    gaps = sorted(set(found["co2"]) - set(means))
    assert gaps == ["1958-06", "1958-10", "1964-02", "1964-03", "1964-04"]
    before, after = means["1964-01"], means["1964-05"]
    assert [found["co2"][month] for month in gaps[2:]] == pytest.approx(
        [before + (after - before) * step / 4 for step in (1, 2, 3)]
    )
    assert len(found["co2"]) == 526

    years = elnino.load_pandas().data.to_numpy()
    expected = {f"{int(year[0])}-{month:02}": year[month] for year in years for month in range(1, 13)}
    assert found["elnino"] == pytest.approx(expected)


def test_only_the_series_asked_for(recipe: ModuleType, tmp_path: Path) -> None:
    recipe.make(tmp_path, recipe.Source(series=["elnino"]), silent)
    assert list(read(tmp_path / "series.csv")) == ["elnino"]
    with pytest.raises(ValidationError):
        recipe.Source(series=[])
    with pytest.raises(ValidationError):
        recipe.Source(series=["sunspots"])


def test_without_statsmodels_it_says_what_to_install(
    recipe: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "statsmodels", None)
    with pytest.raises(SeqpipeError, match=r"pip install 'seqpipe\[recipes\]'"):
        recipe.make(tmp_path, recipe.Source(), silent)
    assert not list(tmp_path.iterdir())


def test_source_and_preprocess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stages").mkdir()
    shutil.copy(STAGES / "forecast.py", tmp_path / "stages")
    shutil.copy(STAGES / "forecast.yaml", tmp_path / "params.yaml")
    pipeline = read_pipelines()["forecast"]
    source(pipeline, silent)
    folder = preprocess(pipeline, silent).folder
    features = pipeline.features
    for split, steps in (("valid", features.valid), ("test", features.test)):
        assert len(Store(folder / f"{split}.arrow")) == 2 * (steps - features.horizon + 1)
    first = Store(folder / "test.arrow")[0]
    assert first["shown"] == "co2 1991-01 → 1993-12"
    assert (first["source"].shape, first["target"].shape, len(first["history"])) == ((24, 1), (12, 1), 240)
