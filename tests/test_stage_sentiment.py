"""The recipe of opinions: labels follow from the words, and held-out words are as new as they say."""

from __future__ import annotations

import csv
import importlib.util
import json
import random
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


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stages.sentiment", STAGES / "sentiment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


recipe = load()
Rows = list[dict[str, str]]
WORDS = {name: recipe.words_of(language.lexicon) for name, language in recipe.LANGUAGES.items()}


def made(folder: Path, **values: Any) -> Path:
    recipe.make(folder, recipe.Source(**values), silent)
    return folder


def rows(folder: Path, split: str) -> Rows:
    with (folder / f"{split}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("raw"), train=3000, valid=300, test=600)


@pytest.fixture(scope="module")
def splits(corpus: Path) -> dict[str, Rows]:
    return {split: rows(corpus, split) for split in ("train", "valid", "test")}


@pytest.fixture(scope="module")
def held_out(corpus: Path) -> Any:
    return json.loads((corpus / "held-out.json").read_text())


def korean(text: str) -> bool:
    return re.search("[가-힣]", text) is not None


def used(text: str) -> set[str]:
    """The words of the lexicon in a sentence, a longer one before those inside it."""
    if not korean(text):
        return {word.text for word in WORDS["en"]} & set(re.findall("[a-z]+", text.lower()))
    found, left = set(), text
    stems = {word.text: written(word.text) for word in WORDS["ko"]}
    for stem in sorted(stems, key=len, reverse=True):
        if re.search(rf"(?<![가-힣])(?:{'|'.join(stems[stem])})", left):
            left = re.sub(rf"(?<![가-힣])(?:{'|'.join(stems[stem])})", " ", left)
            found.add(stem)
    return found


def written(stem: str) -> list[str]:
    """A stem as it may begin a word, endings included."""
    (last,) = (last for last in recipe.ENDINGS if stem.endswith(last))
    root = stem.removesuffix(last)
    return sorted([stem, *(root + end for end in recipe.ENDINGS[last].split())], key=len, reverse=True)


def test_rows_labels_and_groups_are_as_many_as_asked(splits: dict[str, Rows]) -> None:
    assert {split: len(found) for split, found in splits.items()} == {"train": 3000, "valid": 300, "test": 600}
    groups = {split: Counter(row["group"] for row in found) for split, found in splits.items()}
    assert groups["train"] == {"seen": 3000}
    assert groups["valid"] == {"seen": 150, "held-out-word": 150}
    assert groups["test"] == {"seen": 300, "held-out-word": 300}
    for found in splits.values():
        assert sum(korean(row["source"]) for row in found) == len(found) / 2


def test_no_label_is_rare(splits: dict[str, Rows]) -> None:
    for group in ("seen", "held-out-word"):
        labels = Counter(row["target"] for found in splits.values() for row in found if row["group"] == group)
        assert min(labels["positive"], labels["negative"]) > 0.3 * labels.total()
        assert labels["neutral"] > (0.2 if group == "seen" else 0.02) * labels.total()


def test_no_sentence_stands_twice_in_all_splits(splits: dict[str, Rows]) -> None:
    sources = Counter(row["source"] for found in splits.values() for row in found)
    assert max(sources.values()) == 1


def test_held_out_words_are_in_their_groups_only(splits: dict[str, Rows], held_out: Any) -> None:
    out = {split: {word for words in held_out.values() for word in words[split]} for split in ("valid", "test")}
    assert not out["valid"] & out["test"]
    for split, found in splits.items():
        for row in found:
            words = used(row["source"])
            if row["group"] == "held-out-word":
                assert words, row
                assert words <= out[split], row
            else:
                assert not words & (out["valid"] | out["test"]), row


def test_what_stays_tells_a_held_out_word(held_out: Any) -> None:
    for name, words in WORDS.items():
        gone = {word for split in held_out[name].values() for word in split}
        stay = [word for word in words if word.text not in gone]
        for word in (word for word in words if word.text in gone):
            family = [other for other in stay if other.family == word.family]
            assert any(other.polarity == word.polarity or word.derived for other in family), word


def test_a_word_stands_once_in_a_lexicon_and_families_share_letters() -> None:
    for name, words in WORDS.items():
        assert max(Counter(word.text for word in words).values()) == 1
        shared = 1 if name == "ko" else 3
        for word in words:
            for other in words:
                if word.family == other.family:
                    assert any(word.text[at : at + shared] in other.text for at in range(len(word.text) - shared + 1))


def test_prefixes_and_endings_that_turn_a_word_turn_all_of_them() -> None:
    for name, turns in {"en": ("un", "dis"), "ko": ("불", "부", "비")}.items():
        polarity = {word.text: word.polarity for word in WORDS[name]}
        for text, value in polarity.items():
            for turn in turns:
                if text.startswith(turn) and text.removeprefix(turn) in polarity:
                    assert value == -polarity[text.removeprefix(turn)] == -1
    for text, value in ((word.text, word.polarity) for word in WORDS["ko"]):
        if text.endswith("없"):
            assert value == -1


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("The room was {}.", "positive"),
        ("The room was not {}.", "negative"),
        ("The room was not very {}.", "negative"),
        ("I have no doubt that the room was far from {}.", "negative"),
        ("I doubt that the room was {}.", "negative"),
        ("The room was {} and the food was very {}.", "positive"),
        ("The room was slightly {}, but the food was not {}.", "negative"),
        ("The room was {}, but the food was not {}.", "neutral"),
        ("The room was extremely {}, but the food was not at all {}.", "neutral"),
    ],
)
def test_sentences_weigh_what_they_say(text: str, label: str) -> None:
    """Wherever the recipe writes such a sentence, it has this label."""
    chance, words = random.Random(0), [word for word in WORDS["en"] if word.text == "excellent"]
    pattern = re.escape(text).replace(r"\{\}", "excellent").replace("was", "(?:was|is)")
    for noun in ("room", "food"):
        pattern = pattern.replace(noun, "[a-z]+")
    found = set()
    for _ in range(20000):
        value, sentence = recipe._sentence(recipe.LANGUAGES["en"], words, False, 0.5, chance)
        if re.fullmatch(pattern, sentence):
            found.add(recipe.LABELS[(value > 0) - (value < 0)])
    assert found == {label}


def test_sentences_without_an_opinion_are_neutral_with_and_without_not(splits: dict[str, Rows]) -> None:
    plain = [row for row in splits["train"] if not used(row["source"])]
    assert {row["target"] for row in plain} == {"neutral"}
    turned = [row for row in plain if re.search(r"\bnot\b|않", row["source"])]
    assert len(plain) / 5 < len(turned) < len(plain)


def test_korean_particles_agree(splits: dict[str, Rows]) -> None:
    for row in splits["train"]:
        for thing, particle in re.findall(r"([가-힣]+)(은|는|이|가) ", row["source"]):
            if thing in recipe.FILLERS["ko"]["thing"].split():
                assert ((ord(thing[-1]) - ord("가")) % 28 > 0) == (particle in "은이"), row


def test_the_same_seed_gives_the_same_files_and_another_seed_others(tmp_path: Path) -> None:
    few = {"train": 200, "valid": 20, "test": 40}
    first, second, third = (
        {path.name: path.read_bytes() for path in made(tmp_path / name, seed=seed, **few).iterdir()}
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == second
    assert all(first[name] != third[name] for name in first)


def test_one_language_alone(tmp_path: Path) -> None:
    folder = made(tmp_path / "raw", languages=["ko"], train=100, valid=10, test=20)
    assert all(korean(row["source"]) for row in rows(folder, "train"))


def test_too_much_to_ask_is_said(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match=r"held_out_words is 0\.4, but of \d+ words only \d+ can be held out"):
        made(tmp_path, held_out_words=0.4)


def test_source_and_preprocess(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stages").mkdir()
    shutil.copy(STAGES / "sentiment.py", tmp_path / "stages")
    text = (STAGES / "sentiment.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(train|valid|test): \d+", lambda found: f"{found[1]}: {900 if found[1] == 'train' else 60}", text)
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    pipeline = read_pipelines()["sentiment"]
    source(pipeline, silent)
    folder = preprocess(pipeline, silent).folder
    assert [len(Store(folder / f"{split}.arrow")) for split in ("train", "valid", "test")] == [900, 60, 60]
    assert json.loads((folder / "labels.json").read_text()) == ["negative", "neutral", "positive"]
