"""The recipe sensors: faults only in test, each what its name says, and everything else untouched."""

from __future__ import annotations

import csv
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from seqpipe.files import SeqpipeError
from seqpipe.report import silent

STAGES = Path(__file__).parent.parent / "stages"


@pytest.fixture(scope="module")
def recipe() -> ModuleType:
    spec = importlib.util.spec_from_file_location("recipe_sensors", STAGES / "sensors.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


Recordings = dict[tuple[str, str], tuple[np.ndarray, list[str]]]


def read(path: Path) -> Recordings:
    found: dict[tuple[str, str], list[tuple[float, str]]] = {}
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault((row["unique_id"], row["recording"]), []).append((float(row["y"]), row["label"]))
    return {key: (np.array([y for y, _ in rows]), [label for _, label in rows]) for key, rows in found.items()}


@pytest.fixture(scope="module")
def made(recipe: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recordings]:
    folder = tmp_path_factory.mktemp("sensors")
    recipe.make(folder, recipe.Source(), silent)
    return {split: read(folder / f"{split}.csv") for split in ("train", "valid", "test")}


def test_faults_are_in_test_only_and_every_series_has_every_kind(made: dict[str, Recordings]) -> None:
    for split in ("train", "valid"):
        assert {label for _, labels in made[split].values() for label in labels} == {""}
    kinds = {(series, label) for (series, _), (_, labels) in made["test"].items() for label in labels}
    expected = ("", "spike", "frequency", "amplitude", "phase")
    assert kinds == {(series, kind) for series in ("co2", "elnino", "pump", "fan") for kind in expected}
    for (_, recording), (values, labels) in made["test"].items():
        assert len(values) == 48
        found = set(labels) - {""}
        assert found == ({recording.split("-")[-1]} - {"normal"})


def test_climate_is_parted_by_time(recipe: ModuleType, made: dict[str, Recordings]) -> None:
    for name, values in {"co2": recipe.carbon_dioxide(), "elnino": recipe.el_nino()}.items():
        first, second = made["train"][name, "train"][0], made["valid"][name, "valid"][0]
        rest = values[len(first) + len(second) :]
        np.testing.assert_allclose(np.concatenate([first, second]), values[: len(first) + len(second)], rtol=1e-5)
        starts = [key[1] for key in made["test"] if key[0] == name and key[1].endswith("normal")]
        for recording in starts:
            start = int(recording.split("-")[1])
            np.testing.assert_allclose(made["test"][name, recording][0], rest[start : start + 48], rtol=1e-5)


@pytest.mark.parametrize("fault", ["frequency", "amplitude", "phase", "spike"])
def test_nothing_changes_before_a_fault(recipe: ModuleType, fault: str) -> None:
    chance = np.random.default_rng(0)
    wave = 5 + 0.2 * np.arange(80) + np.sin(2 * np.pi * np.arange(80) / 12)
    for _ in range(20):
        values, labels = recipe.planted(wave, "pump", fault, 48, chance)
        strange = np.array([label == fault for label in labels])
        np.testing.assert_allclose(values[~strange], wave[:48][~strange], atol=1e-9)
        assert np.abs(values - wave[:48])[strange].max() > 0.5
        assert strange.sum() == 2 if fault == "spike" else strange[-1]


def test_each_fault_is_what_it_is_called(recipe: ModuleType) -> None:
    chance, steps = np.random.default_rng(1), np.arange(80)
    wave = np.sin(2 * np.pi * steps / 12)
    for _ in range(10):
        changed = {fault: recipe.planted(wave, "pump", fault, 48, chance) for fault in recipe.FAULTS}
        begin = {fault: labels.index(fault) for fault, (_, labels) in changed.items()}
        swing = np.abs(changed["amplitude"][0][begin["amplitude"] :]).max()
        assert swing == pytest.approx(0.25, abs=0.12)
        after = begin["phase"]
        np.testing.assert_allclose(changed["phase"][0][after:], -wave[after:48], atol=0.15)
        after = begin["frequency"]
        faster = np.sin(2 * np.pi * (after + 1.5 * (steps[after:48] - after)) / 12)
        np.testing.assert_allclose(changed["frequency"][0][after:], faster, atol=0.25)
        off = np.abs(changed["spike"][0] - wave[:48])
        assert (off > 1).sum() == 2


def test_machines_turn_at_their_own_speed(made: dict[str, Recordings]) -> None:
    for name, period in {"pump": 12, "fan": 8}.items():
        values = made["train"][name, "train-1"][0]
        spectrum = np.abs(np.fft.rfft(values - values.mean()))
        assert len(values) / spectrum.argmax() == pytest.approx(period, rel=0.05)


def test_a_slot_longer_than_the_climate_series_is_an_error(recipe: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match=r"the test part of co2 has 132 months, but slots of 120 need 180"):
        recipe.make(tmp_path, recipe.Source(slot=120), silent)
    assert not list(tmp_path.iterdir())


def test_the_same_seed_gives_the_same_files(recipe: ModuleType, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("two", 1), ("three", 2)):
        recipe.make(tmp_path / name, recipe.Source(seed=seed, test=4), silent)
    one, two, three = ((tmp_path / name / "test.csv").read_bytes() for name in ("one", "two", "three"))
    assert one == two != three
