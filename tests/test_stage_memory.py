"""The recipe ``memory``: answers that follow from the sources, waits as asked, splits that share nothing."""

from __future__ import annotations

import csv
import importlib.util
import re
import shutil
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from seqpipe.commands.preprocess import preprocess
from seqpipe.commands.source import source
from seqpipe.files import SeqpipeError
from seqpipe.project import read_pipelines
from seqpipe.report import silent
from seqpipe.store import Store

STAGES = Path(__file__).parent.parent / "stages"
FEW = {"length": 23, "train": 300, "valid": 40, "test": 90}


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stages.memory", STAGES / "memory.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


recipe = load()
Rows = list[dict[str, str]]


def made(folder: Path, **values: Any) -> dict[str, Rows]:
    folder.mkdir(parents=True, exist_ok=True)
    recipe.make(folder, recipe.Source(**{**FEW, **values}), silent)
    found = {}
    for split in ("train", "valid", "test"):
        with (folder / f"{split}.tsv").open(encoding="utf-8", newline="") as file:
            found[split] = list(csv.DictReader(file, delimiter="\t"))
    return found


def wait(row: dict[str, str], problem: str) -> int:
    return row["source"].count(".") if problem == "copy" else len(row["source"].split())


def test_sums_are_those_of_the_two_marked_digits_one_in_each_half(tmp_path: Path) -> None:
    for row in (row for rows in made(tmp_path).values() for row in rows):
        tokens = row["source"].split()
        assert all(re.fullmatch(r"\d\*?", token) for token in tokens)
        first, second = (at for at, token in enumerate(tokens) if token.endswith("*"))
        assert first < len(tokens) // 2 <= second
        assert int(row["target"]) == int(tokens[first][0]) + int(tokens[second][0])


def test_copies_are_the_letters_before_the_dots(tmp_path: Path) -> None:
    for row in (row for rows in made(tmp_path, problem="copy", symbols=3, alphabet=20).values() for row in rows):
        tokens = row["source"].split()
        assert tokens[:3] == row["target"].split()
        assert all("a" <= token <= "t" for token in tokens[:3])
        assert set(tokens[3:-1]) == {"."}
        assert tokens[-1] == "?"


@pytest.mark.parametrize("problem", ["adding", "copy"])
def test_waits_are_as_asked_and_groups_name_them(problem: str, tmp_path: Path) -> None:
    splits = made(tmp_path, problem=problem)
    assert [len(splits[split]) for split in ("train", "valid", "test")] == [300, 40, 90]
    assert {wait(row, problem) for row in splits["train"]} == set(range(2, 24))
    assert {row["group"] for split in ("train", "valid") for row in splits[split]} == {"wait-02-23"}
    groups = Counter(row["group"] for row in splits["test"])
    assert sorted(groups) == ["wait-02-05", "wait-06-11", "wait-12-17", "wait-18-23"]
    assert max(groups.values()) - min(groups.values()) <= 1
    for row in splits["test"]:
        _, first, last = row["group"].split("-")
        assert int(first) <= wait(row, problem) <= int(last)


@pytest.mark.parametrize(("problem", "secret"), [("adding", "source"), ("copy", "target")])
def test_nothing_that_is_kept_in_mind_is_in_two_splits(problem: str, secret: str, tmp_path: Path) -> None:
    splits = made(tmp_path, problem=problem, length=8, symbols=3)
    seen = [{row[secret] for row in rows} for rows in splits.values()]
    assert sum(map(len, seen)) == len(set.union(*seen))


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(tmp_path: Path) -> None:
    first, second, third = (made(tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert first == second
    assert all(first[split] != third[split] for split in first)


def test_too_much_to_ask_is_said(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match=r"memory\.source: .* valid has none; raise symbols or alphabet"):
        made(tmp_path, problem="copy", symbols=1, alphabet=2)


@pytest.mark.parametrize("problem", ["adding", "copy"])
def test_source_and_preprocess(problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stages").mkdir()
    shutil.copy(STAGES / "memory.py", tmp_path / "stages")
    text = (STAGES / "memory.yaml").read_text(encoding="utf-8").replace("problem: adding", f"problem: {problem}")
    text = re.sub(r"(train|valid|test): \d+", lambda found: f"{found[1]}: {200 if found[1] == 'train' else 28}", text)
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    pipeline = read_pipelines()["memory"]
    source(pipeline, silent)
    folder = preprocess(pipeline, silent).folder
    store = Store(folder / "train.arrow")
    assert len(store) == 200
    for at in range(20):  # a token a word, none of them unknown
        row = store[at]
        assert len(row["source"]) == len(row["shown"].split())
        assert len(row["target"]) == len(row["reference"].split())
        assert 1 not in (*row["source"], *row["target"])
