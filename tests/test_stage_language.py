"""The recipe language: nothing that training reads stands in another split."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from seqpipe.files import SeqpipeError
from seqpipe.report import silent

STAGES = Path(__file__).parent.parent / "stages"
SPLITS = ("train", "valid", "test")


@pytest.fixture
def recipe() -> ModuleType:
    spec = importlib.util.spec_from_file_location("recipe_language", STAGES / "language.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def lines(folder: Path, split: str) -> list[str]:
    return (folder / f"{split}.txt").read_text(encoding="utf-8").splitlines()


def test_paragraphs_are_lines_without_rulers(recipe: ModuleType) -> None:
    text = 'The "if" statement\n******************\n\nIt is\n   used  for\ntests.\n\n   ----\n\n   x = 1\n\n*******\n'
    assert list(recipe.paragraphs(text)) == ['The "if" statement', "It is used for tests.", "x = 1"]


def test_no_paragraph_is_in_two_splits(recipe: ModuleType, tmp_path: Path) -> None:
    recipe.make(tmp_path, recipe.Source(), silent)
    parts = {split: lines(tmp_path, split) for split in SPLITS}
    joined = [line for part in parts.values() for line in part]
    assert len(set(joined)) == len(joined) > 1000
    sizes = {split: sum(map(len, part)) for split, part in parts.items()}
    total = sum(sizes.values())
    assert sizes["test"] / total == pytest.approx(0.1, abs=0.04)
    assert sizes["valid"] / total == pytest.approx(0.08, abs=0.04)


def test_topics_of_test_are_nowhere_else(recipe: ModuleType, tmp_path: Path) -> None:
    topics = {f"topic {at}": [f"text {at} {part}" for part in range(3)] for at in range(40)}
    shared = "text that every topic has"
    names = recipe.split({name: [*own, shared] for name, own in topics.items()}, recipe.Source(test=0.25))
    assert sorted(name for part in names.values() for name in part) == sorted(topics)
    assert len(names["test"]) == pytest.approx(10, abs=1)
    again = recipe.split(topics, recipe.Source(test=0.25, seed=2))
    assert set(again["test"]) != set(names["test"])


def test_a_giant_topic_is_for_training(recipe: ModuleType) -> None:
    topics = {f"topic {at}": ["x" * 10 + str(at)] for at in range(50)} | {"giant": ["y" * 400]}
    for seed in range(5):
        assert "giant" in recipe.split(topics, recipe.Source(seed=seed))["train"]


def test_too_few_topics_are_an_error(recipe: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "_topics", lambda: {"one": "Some text.", "two": "Other text."})
    with pytest.raises(SeqpipeError, match=r"language\.source: no topic is left for valid"):
        recipe.make(tmp_path, recipe.Source(), silent)
