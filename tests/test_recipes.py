"""Every recipe of ``stages/`` from its raw data to an answer, for one tiny epoch through the real commands."""

from __future__ import annotations

import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import image
from ruamel.yaml import YAML
from scratch_project import use_own_tools
from trained_project import Done, seqpipe

from seqpipe import load
from seqpipe.catalogue import recipes
from seqpipe.commands.results import results
from seqpipe.project import read_pipeline
from seqpipe.store import Store

STAGES = Path(__file__).parent.parent / "stages"
ROWS = {"train": 64, "valid": 16, "test": 32}
"""Rows of a split, where a recipe's ``source`` says how many."""
SMALLER: dict[str, dict[str, Any]] = {
    "translate": {"source": {"train": 300, "locales": ["en_US", "ko_KR", "fr_FR", "de_DE"]}},
    "forecast": {"source": {"series": ["co2"]}, "features": {"window": 12, "valid": 24, "test": 24}},
    "language": {
        "features": {"source": {"vocabulary": 300}},
        "model": {"hidden": 16, "embedding": 16},
    },
    "memory": {"source": {"length": 12}},
    "sensors": {"source": {"train": 1, "valid": 1, "test": 8}, "features": {"stride": 8}},
}
"""By recipe: what else makes it small; the rest of its section stays as it is."""


def fewer(section: dict[str, Any]) -> None:
    """Lower every number of rows in a ``source`` section."""
    for key, value in section.items():
        if isinstance(value, dict):
            fewer(value)
        elif key in ROWS and type(value) is int:
            section[key] = min(value, ROWS[key])


def change(section: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict):
            change(section[key], value)
        else:
            section[key] = value


def shrink(name: str) -> None:
    """Make the project's ``params.yaml`` small: one epoch, few rows."""
    yaml = YAML()
    document = yaml.load(Path("params.yaml"))
    fewer(document[name]["source"])
    change(document[name], {"train": {"epochs": 1}})
    change(document[name], SMALLER.get(name, {}))
    yaml.dump(document, Path("params.yaml"))


def run(*arguments: str) -> Done:
    done = seqpipe(*arguments)
    assert done.code == 0, done.err
    return done


def declared(name: str, modality: str) -> list[Path]:
    """Everything that ``dvc.yaml`` says a pipeline's stages write."""
    found = []
    for stage in YAML(typ="safe").load(Path("dvc.yaml"))["stages"].values():
        for kind in ("outs", "metrics", "plots"):
            for out in stage["do"].get(kind, []):
                written = out if isinstance(out, str) else next(iter(out))
                found.append(Path(written.replace("${key}", name).replace("${item}", modality)))
    return found


def same(one: Any, other: Any) -> bool:
    """Equal, numbers up to the order of their sums."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return math.isclose(one, other, rel_tol=1e-3, abs_tol=1e-3) if isinstance(one, float) else bool(one == other)


def check_metrics(name: str) -> None:
    (line, *_) = results([read_pipeline(name)])
    metrics = json.loads(Path(f"data/metrics/{name}.json").read_text(encoding="utf-8"))
    assert list(metrics) == [name]
    assert math.isfinite(metrics[name][line.metric])
    assert metrics[name]["baseline"]
    assert all(math.isfinite(scores[line.metric]) for scores in metrics[name]["baseline"].values())
    shown = run("results", name).out
    assert name in shown
    assert line.metric in shown
    assert all(baseline in shown for baseline in line.baselines)


def check_records(name: str) -> list[dict[str, Any]]:
    lines = Path(f"data/decoded/{name}.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    test = Store(Path(f"data/features/{name}/test.arrow"))
    assert [record["id"] for record in records] == [test[at]["id"] for at in range(len(test))]
    assert len({record["id"] for record in records}) == len(records) > 1
    assert all(record["hypotheses"] and record["baselines"] for record in records)
    return records


def check_plots(name: str) -> None:
    pictures = sorted(Path(f"data/plots/{name}/evaluate").iterdir())
    assert pictures
    for path in pictures:
        assert path.suffix == ".png"
        pixels = image.imread(path)[..., :3]  # (height, width, 3), 0 to 1
        assert min(pixels.shape[:2]) > 200, path
        ink = (np.abs(pixels - pixels[0, 0]) > 0.2).any(axis=-1).mean()
        assert ink > 0.005, f"{path} is blank"
    header, *epochs = Path(f"data/plots/{name}/history.csv").read_text(encoding="utf-8").splitlines()
    assert header.startswith("epoch,train_loss,valid_loss")
    assert len(epochs) == 1
    assert all(math.isfinite(float(cell)) for cell in epochs[0].split(","))


def check_model(name: str, modality: str, records: list[dict[str, Any]], elsewhere: Path) -> None:
    """The model's folder alone reads raw input elsewhere, and finds what it found in the test split."""
    pipeline = read_pipeline(name)
    if modality == "series":
        inputs, wanted = [str(path.resolve()) for path in Path(f"data/raw/{name}").glob("*.csv")], None
    else:
        chosen = [records[0], records[-1]]
        sources = [record["source"] for record in chosen]
        inputs = sources if modality == "text" else [str(Path(source).resolve()) for source in sources]
        wanted = [record["hypotheses"] for record in chosen]
    shutil.copytree(f"data/models/{name}", elsewhere / "model")
    os.chdir(elsewhere)
    answers = [record["hypotheses"] for record in load("model", **pipeline.decode.model_dump())(inputs)]
    assert answers
    json.dumps(answers, allow_nan=False)
    if wanted is not None:
        assert same(answers, wanted)
    elif pipeline.task == "forecast":
        (horizon,) = {len(record["reference"]) for record in records}
        assert {len(answer[0]["values"]) for answer in answers} == {horizon}


@pytest.mark.slow
@pytest.mark.parametrize("name", recipes(STAGES))
def test_a_recipe_from_raw_data_to_an_answer(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_own_tools(monkeypatch, tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    run("init", "project", "--recipe", name)
    monkeypatch.chdir(tmp_path / "project")
    shrink(name)
    modality = read_pipeline(name).modality
    for stage in (["source"], ["preprocess", modality], ["train"], ["decode"], ["evaluate"]):
        assert run(*stage, name).out == ""
    for path in declared(name, modality):
        assert path.exists(), path
    check_metrics(name)
    records = check_records(name)
    check_plots(name)
    (tmp_path / "elsewhere").mkdir()
    check_model(name, modality, records, tmp_path / "elsewhere")
