"""The recipe of promoters: every label against a search of its own, and every decoy what it says it is."""

from __future__ import annotations

import csv
import importlib.util
import json
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
DECOYS = ["one-box", "reversed-order", "other-strand", "far", "shuffled", "background"]


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stages.dna", STAGES / "dna.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


recipe = load()
Rows = list[dict[str, str]]


def made(folder: Path, **values: Any) -> Path:
    recipe.make(folder, recipe.Source(**values), silent)
    return folder


def rows(folder: Path, split: str) -> Rows:
    with (folder / f"{split}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def near(piece: str, box: str) -> bool:
    return sum(one != other for one, other in zip(piece, box, strict=True)) <= 1


def places(sequence: str, box: str) -> list[int]:
    """Where the box begins, one wrong base allowed."""
    return [at for at in range(len(sequence) - 5) if near(sequence[at : at + 6], box)]


def pairs(sequence: str, first: str = "TTGACA", second: str = "TATAAT", between: range = range(15, 20)) -> list[Any]:
    """The spellings of every pair of boxes at such a distance."""
    return [
        [sequence[at : at + 6], sequence[other : other + 6]]
        for at in places(sequence, first)
        for other in places(sequence, second)
        if other - (at + 6) in between
    ]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("raw"), train=1200, valid=120, test=280)


@pytest.fixture(scope="module")
def splits(corpus: Path) -> dict[str, Rows]:
    return {split: rows(corpus, split) for split in ("train", "valid", "test")}


def test_rows_and_groups_are_as_many_as_asked(splits: dict[str, Rows]) -> None:
    groups = {split: Counter(row["group"] for row in found) for split, found in splits.items()}
    assert groups["train"] == dict.fromkeys(DECOYS, 200)
    assert groups["valid"] == dict.fromkeys(DECOYS, 20)
    assert groups["test"] == dict.fromkeys([*DECOYS, "held-out-pair"], 40)
    for found in splits.values():
        both = Counter((row["group"], row["target"]) for row in found)
        assert len(set(both.values())) == 1
        assert all(re.fullmatch("[ACGT]{64}", row["source"]) for row in found)


def test_labels_are_what_a_search_finds(splits: dict[str, Rows]) -> None:
    for row in (row for found in splits.values() for row in found):
        assert len(pairs(row["source"])) == (row["target"] == "promoter"), row


def test_no_sequence_stands_twice_in_all_splits(splits: dict[str, Rows]) -> None:
    sources = Counter(row["source"] for found in splits.values() for row in found)
    assert max(sources.values()) == 1


def test_held_out_pairs_are_in_their_group_only_and_their_boxes_in_train(corpus: Path, splits: dict[str, Rows]) -> None:
    held_out = json.loads((corpus / "held-out.json").read_text())
    assert len(held_out) == round(0.2 * (19 * 19 - 1))
    assert ["TTGACA", "TATAAT"] not in held_out
    for row in (row for found in splits.values() for row in found if row["target"] == "promoter"):
        assert (pairs(row["source"])[0] in held_out) == (row["group"] == "held-out-pair")
    shown = [pairs(row["source"])[0] for row in splits["train"] if row["target"] == "promoter"]
    for first, second in held_out:
        assert first in {pair[0] for pair in shown}
        assert second in {pair[1] for pair in shown}


def test_decoys_are_what_they_say(splits: dict[str, Rows]) -> None:
    back = str.maketrans("ACGT", "TGCA")
    for row in (row for found in splits.values() for row in found):
        sequence, kind = row["source"], row["group"]
        if row["target"] == "promoter":
            continue
        if kind == "reversed-order":
            assert pairs(sequence, "TATAAT", "TTGACA"), row
        if kind == "other-strand":
            assert pairs(sequence.translate(back)[::-1]), row
        if kind == "far":
            assert pairs(sequence, between=range(2, 10)) or pairs(sequence, between=range(26, 36)), row
        if kind == "one-box":
            assert places(sequence, "TTGACA") or places(sequence, "TATAAT"), row
        if kind == "shuffled":
            assert any(
                mixed(sequence[at : at + 6], "TTGACA") and mixed(sequence[at + 6 + gap : at + 12 + gap], "TATAAT")
                for gap in range(15, 20)
                for at in range(64 - 12 - gap + 1)
            ), row


def mixed(piece: str, box: str) -> bool:
    """Whether it has the bases of the box or of a variant, in another order."""
    options = {tuple(sorted(variant)) for variant in recipe.variants(box)}
    return tuple(sorted(piece)) in options and not near(piece, box)


def test_a_box_has_eighteen_variants() -> None:
    for box in ("TTGACA", "TATAAT"):
        found = recipe.variants(box)
        assert found[0] == box
        assert len(set(found)) == 19
        assert all(near(one, box) for one in found)


def test_the_same_seed_gives_the_same_files_and_another_seed_others(tmp_path: Path) -> None:
    few = {"train": 60, "valid": 20, "test": 40}
    first, second, third = (
        {path.name: path.read_bytes() for path in made(tmp_path / name, seed=seed, **few).iterdir()}
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == second
    assert all(first[name] != third[name] for name in first)


def test_too_much_to_ask_is_said(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match=r"dna\.source: there is no other row of 'held-out-pair'; .* raise wrong"):
        made(tmp_path, wrong=0.0, train=24, valid=12, test=20)


def test_source_and_preprocess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stages").mkdir()
    shutil.copy(STAGES / "dna.py", tmp_path / "stages")
    text = (STAGES / "dna.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(train|valid|test): \d+", lambda found: f"{found[1]}: {120 if found[1] == 'train' else 28}", text)
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    pipeline = read_pipelines()["dna"]
    source(pipeline, silent)
    folder = preprocess(pipeline, silent).folder
    assert [len(Store(folder / f"{split}.arrow")) for split in ("train", "valid", "test")] == [120, 28, 28]
    row = Store(folder / "train.arrow")[0]
    assert len(row["source"]) == 64
