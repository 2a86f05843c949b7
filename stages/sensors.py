"""Signals with planted faults: CO₂ over Mauna Loa, El Niño sea temperatures, and generated vibrations of two machines.

Training and validation hold no fault. The climate series come with statsmodels and are parted by time: faults are
planted in copies of stretches of the last part, which overlap, since that part is short. A *pump* turns once in 12
samples, with its second harmonic, under a load that changes; a *fan* turns once in 8, with a slower beat of its blades.
Both drift in speed and carry noise. Every test recording is one slot of ``slot`` steps with at most one fault in it:

========= ============================================================
spike     two single samples far off
frequency from some step on, time runs half as fast again
amplitude from some step on, the swing is a quarter of what it was
phase     from some step on, half a period is missing
========= ============================================================
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from seqpipe.files import SeqpipeError, whole_file
from seqpipe.params import Count, Positive, Section
from seqpipe.report import Note, Report

PERIODS = {"co2": 12, "elnino": 12, "pump": 12, "fan": 8}
"""Steps of one cycle."""


class Source(Section):
    """How much of what."""

    seed: Count = 1
    """Seed of every choice."""
    slot: Annotated[int, Field(ge=16)] = 48
    """Steps of a test recording; one window, if features.window is the same."""
    train: Positive = 4
    """Recordings of each machine to learn from, of ``steps`` each."""
    steps: Annotated[int, Field(ge=100)] = 480
    """Steps of a machine's training or validation recording."""
    valid: Positive = 4
    """Recordings of each machine for validation."""
    test: Positive = 60
    """Normal test recordings of each machine; there are a quarter as many of each kind of fault."""
    climate: tuple[Annotated[float, Field(gt=0, lt=1)], Annotated[float, Field(gt=0, lt=1)]] = (0.55, 0.75)
    """Where, as shares of its length, a climate series' training part ends, and its validation part."""


Line = tuple[str, str, float, str]
"""Series, recording, value, fault."""


def make(folder: Path, source: Source, report: Report) -> None:
    """Write ``train.csv``, ``valid.csv`` and ``test.csv`` with ``unique_id``, ``recording``, ``y`` and ``label``."""
    splits: dict[str, list[Line]] = {"train": [], "valid": [], "test": []}
    for number, (name, make_one) in enumerate(SERIES.items()):
        chance = np.random.default_rng([source.seed, number])
        for split, recording, values, labels in make_one(name, source, chance):
            lines = zip(values.tolist(), labels, strict=True)
            splits[split] += [(name, recording, value, label) for value, label in lines]
    for split, rows in splits.items():
        with whole_file(folder / f"{split}.csv") as path, path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["unique_id", "recording", "y", "label"])
            writer.writerows((name, recording, f"{value:.6g}", label) for name, recording, value, label in rows)
        faults = len({(name, recording) for name, recording, _, label in rows if label})
        report(Note(f"sensors: {split}, {len(rows):,} steps, {faults} recordings with a fault"))


Recording = tuple[str, str, np.ndarray, list[str]]
"""Split, name, values [T], labels."""


def climate(name: str, source: Source, chance: np.random.Generator) -> Iterator[Recording]:
    """The three parts of a climate series; the last one in overlapping slots, each as it is and with every fault."""
    values = READ[name]()
    ends = [round(share * len(values)) for share in source.climate]
    for split, part in zip(("train", "valid"), np.split(values, ends), strict=False):
        yield split, split, part, [""] * len(part)
    last = values[ends[1] :]
    needed = reach(source.slot, PERIODS[name])
    if len(last) < needed:
        raise SeqpipeError(
            f"sensors.source: the test part of {name} has {len(last)} months, but slots of {source.slot} need "
            f"{needed}; lower the slot or the shares in climate."
        )
    for start in range(0, len(last) - needed + 1, 6):
        for fault in ("", *FAULTS):
            recording = f"test-{start}-{fault or 'normal'}"
            yield "test", recording, *planted(last[start : start + needed], name, fault, source.slot, chance)


def machine(name: str, source: Source, chance: np.random.Generator) -> Iterator[Recording]:
    """Recordings of a machine, each of another start, speed and load."""
    for split, count in (("train", source.train), ("valid", source.valid)):
        for number in range(1, count + 1):
            yield split, f"{split}-{number}", vibration(name, source.steps, chance), [""] * source.steps
    for fault in ("", *FAULTS):
        for number in range(1, (max(1, source.test // 4) if fault else source.test) + 1):
            values = vibration(name, reach(source.slot, PERIODS[name]), chance)
            yield "test", f"test-{number}-{fault or 'normal'}", *planted(values, name, fault, source.slot, chance)


def vibration(name: str, steps: int, chance: np.random.Generator) -> np.ndarray:
    """Acceleration of a machine's casing at ``steps`` samples."""
    speed = chance.uniform(0.98, 1.02) * (1 + 0.01 * np.sin(2 * np.pi * np.arange(steps) / chance.uniform(150, 300)))
    turn = 2 * np.pi * (chance.uniform() + np.cumsum(speed) / PERIODS[name])
    load = 1 + 0.12 * np.sin(2 * np.pi * (chance.uniform() + np.arange(steps) / chance.uniform(200, 400)))
    second = 0.4 * np.sin(2 * turn + 0.7) if name == "pump" else 0.3 * np.sin(turn / 2)
    noise = chance.normal(scale=0.08, size=steps)
    return np.asarray(load * (np.sin(turn) + second) + noise)


def reach(slot: int, period: int) -> int:
    """Steps that a slot with a fault is made from: ``frequency`` and ``phase`` read ahead."""
    return slot + max(slot // 2, period)


def planted(
    values: np.ndarray, name: str, fault: str, slot: int, chance: np.random.Generator
) -> tuple[np.ndarray, list[str]]:
    """The first ``slot`` steps with one fault, and the label of every step."""
    if not fault:
        return values[:slot], [""] * slot
    begin = int(chance.integers(slot // 4, slot // 2 + 1))
    changed, where = FAULTS[fault](values, slot, begin, PERIODS[name], chance)
    return changed, [fault if at else "" for at in where]


def spike(
    values: np.ndarray, slot: int, begin: int, period: int, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Two samples off by 3 to 5 times the swing."""
    changed, at = values[:slot].copy(), chance.choice(np.arange(2, slot - 2), 2, replace=False)
    level = line(values, slot)
    changed[at] += chance.choice([-1, 1], 2) * chance.uniform(3, 5, 2) * (changed - level).std()
    return changed, np.isin(np.arange(slot), at)


def frequency(
    values: np.ndarray, slot: int, begin: int, period: int, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """From ``begin`` on, time runs half as fast again."""
    steps = np.arange(slot)
    read = np.where(steps < begin, steps, begin + 1.5 * (steps - begin))
    level = line(values, len(values))
    return line(values, slot) + np.interp(read, np.arange(len(values)), values - level), steps >= begin


def amplitude(
    values: np.ndarray, slot: int, begin: int, period: int, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """From ``begin`` on, a quarter of the swing about the straight line through the values."""
    steps, level = np.arange(slot), line(values, slot)
    return level + np.where(steps < begin, 1, 0.25) * (values[:slot] - level), steps >= begin


def phase(
    values: np.ndarray, slot: int, begin: int, period: int, chance: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """From ``begin`` on, half a period later."""
    steps = np.arange(slot)
    level = line(values, len(values))
    read = np.where(steps < begin, steps, steps + period // 2)
    return level[:slot] + (values - level)[read], steps >= begin


def line(values: np.ndarray, steps: int) -> np.ndarray:
    """The first ``steps`` of the straight line that fits the values best."""
    fit = np.polynomial.Polynomial.fit(np.arange(len(values)), values, 1)
    return np.asarray(fit(np.arange(steps)))


FAULTS: dict[str, Callable[..., tuple[np.ndarray, np.ndarray]]] = {
    "spike": spike,
    "frequency": frequency,
    "amplitude": amplitude,
    "phase": phase,
}


def carbon_dioxide() -> np.ndarray:
    """Monthly means in parts per million; a month without a measurement lies on the line between its neighbours."""
    weeks = _datasets().co2.load_pandas().data["co2"]
    return np.asarray(weeks.resample("MS").mean().interpolate("linear"), np.float64)


def el_nino() -> np.ndarray:
    """Monthly sea temperatures in degrees Celsius."""
    return np.asarray(_datasets().elnino.load_pandas().data.iloc[:, 1:], np.float64).ravel()


def _datasets() -> Any:
    try:
        from statsmodels import datasets
    except ImportError:
        raise SeqpipeError(
            "The recipe sensors takes data from statsmodels, which is missing; `pip install 'seqpipe[recipes]'`."
        ) from None
    return datasets


READ = {"co2": carbon_dioxide, "elnino": el_nino}
SERIES = {"co2": climate, "elnino": climate, "pump": machine, "fan": machine}
