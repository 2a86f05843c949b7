"""The recipe of entities: labels stand where names were put, and names held out are nowhere in train."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from babel import Locale
from pydantic import ValidationError

from seqpipe.features.tagged import TaggedWords
from seqpipe.files import SeqpipeError
from seqpipe.params.features import WordFeatures
from seqpipe.readers.bio import spans
from seqpipe.readers.conll import read_conll
from seqpipe.readers.example import Example
from seqpipe.report import silent

STAGES = Path(__file__).parent.parent / "stages"
SIZES = {"train": 900, "valid": 80, "test": 160}
PARTICLES = re.compile(r"(?<=[가-힣\d])(이라는|라는|에게|에서|에는|으로|까지|부터|이|가|은|는|을|를|과|와|로|에|의)$")
"""What may follow a Korean name."""


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stages.entities", STAGES / "entities.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


recipe = load()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("entities")
    recipe.make(path, recipe.Source(**SIZES), silent)
    return path


def names(examples: list[Example]) -> Iterator[tuple[str, str]]:
    """Type and words of every name; a Korean one with and without what looks like a particle."""
    for example in examples:
        for kind, start, stop in spans(example.target):
            name = " ".join(example.source.words[start:stop])
            yield kind, name
            yield kind, PARTICLES.sub("", name)


def part(folder: Path, split: str, group: str | None = None) -> list[Example]:
    return [example for example in read_conll(folder / f"{split}.conll") if group in (None, example.group)]


def test_sizes_groups_languages_and_types(folder: Path) -> None:
    for split, size in SIZES.items():
        examples = part(folder, split)
        assert len(examples) == size
        korean = sum(bool(re.search("[가-힣]", example.source.text)) for example in examples)
        assert korean == size / 2
        assert {kind for kind, _ in names(examples)} == {"PER", "LOC", "ORG", "DATE"}
    assert len(part(folder, "test", "seen")) == len(part(folder, "test", "held-out-filler")) == SIZES["test"] / 2
    assert {example.group for example in part(folder, "train")} == {""}


def test_no_sentence_comes_twice(folder: Path) -> None:
    texts = [example.source.text for split in SIZES for example in part(folder, split)]
    assert len(set(texts)) == len(texts)


def test_words_are_those_a_raw_sentence_is_cut_into(folder: Path) -> None:
    features = TaggedWords.fit(WordFeatures(), folder, silent)
    for example in part(folder, "test"):
        (raw,) = features.given([example.source.text])
        assert raw.source == example.source


def test_names_held_out_are_not_in_train(folder: Path) -> None:
    known = set(names(part(folder, "train")))
    held_out = set(names(part(folder, "test", "held-out-filler")))
    assert len(held_out) > 150
    assert not {name for _, name in held_out} & {name for _, name in known}


def test_of_an_english_name_held_out_one_word_is_nowhere_in_train(folder: Path) -> None:
    seen = {word for example in part(folder, "train") for word in example.source.words}
    checked = 0
    for kind, name in names(part(folder, "test", "held-out-filler")):
        if kind != "DATE" and name.isascii():
            checked += 1
            assert any(word not in seen for word in name.split()), name
    assert checked > 50


def test_validation_has_new_names_of_its_own(folder: Path) -> None:
    known = {name for split in ("train", "test") for _, name in names(part(folder, split))}
    new = [name for _, name in names(part(folder, "valid")[: SIZES["valid"] // 2])]
    assert new
    assert not known & set(new)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_template_is_well_formed(language: str) -> None:
    made = recipe.LANGUAGES[language](0.2, recipe.random.Random(1))
    drawn = made.names["train"] | {"NUMBER": lambda: "7"}
    for template in [*made.openings, *made.cores, *made.closings]:
        text, placed = recipe.filled(template, drawn)
        assert not set("{}") & set(text)
        labels = [label for _, label in recipe.tagged(text, placed)]
        assert [kind for kind, *_ in spans(labels)] == [kind for *_, kind in placed], text


def test_one_seed_one_corpus(folder: Path, tmp_path: Path) -> None:
    for seed in (1, 2):
        recipe.make(tmp_path / str(seed), recipe.Source(**SIZES, seed=seed), silent)
    for split in SIZES:
        first = (folder / f"{split}.conll").read_bytes()
        assert (tmp_path / "1" / f"{split}.conll").read_bytes() == first
        assert (tmp_path / "2" / f"{split}.conll").read_bytes() != first


def test_one_language_by_itself(tmp_path: Path) -> None:
    recipe.make(tmp_path, recipe.Source(train=40, valid=4, test=4, languages=("ko",)), silent)
    assert all(re.search("[가-힣]", example.source.text) for example in read_conll(tmp_path / "train.conll"))


@pytest.mark.parametrize(
    ("name", "particle", "expected"),
    [
        ("김철수", "이", "가"),
        ("이민준", "이", "이"),
        ("서울", "으로", "로"),
        ("부산", "으로", "으로"),
        ("제주도", "으로", "로"),
        ("한빛전자", "을", "를"),
        ("가온은행", "과", "과"),
        ("2021-05-03", "으로", "으로"),  # 삼
        ("2021-05-01", "으로", "로"),  # 일
        ("2021-05-02", "은", "는"),  # 이
        ("3일", "으로", "로"),
    ],
)
def test_a_particle_fits_the_last_sound(name: str, particle: str, expected: str) -> None:
    assert recipe.with_particle(name, particle) == expected


def test_a_particle_belongs_to_the_word_and_signs_to_the_name() -> None:
    drawn = {"PER": lambda: "김철수", "ORG": lambda: "(주) 한빛"}
    text, placed = recipe.filled("{PER:이} {ORG:을} 샀다.", drawn)
    assert text == "김철수가 (주) 한빛을 샀다."
    assert recipe.tagged(text, placed) == [
        ("김철수가", "B-PER"),
        *(("(", "B-ORG"), ("주", "I-ORG"), (")", "I-ORG"), ("한빛을", "I-ORG")),
        *(("샀다", "O"), (".", "O")),
    ]
    text, placed = recipe.filled("{PER}'s book", {"PER": lambda: "Ann"})
    assert recipe.tagged(text, placed) == [("Ann", "B-PER"), ("'s", "O"), ("book", "O")]


def test_names_that_touch_are_two() -> None:
    text, placed = recipe.filled("{LOC} {LOC} {LOC}", {"LOC": lambda: "New York"})
    assert [label for _, label in recipe.tagged(text, placed)] == ["B-LOC", "I-LOC"] * 3


def test_a_name_held_out_has_a_word_of_its_own() -> None:
    islands = [f"{name} Islands" for name in "ABCDEFGHIJKLMNOPQRST"]
    parts = recipe.parted([*islands, "A"], 0.3, recipe.random.Random(2))
    words = {pool: {word for name in several for word in name.split()} for pool, several in parts.items()}
    for pool in ("test", "valid"):
        others = set().union(*(words[other] for other in parts if other != pool))
        assert parts[pool]
        assert all(set(name.split()) - others for name in parts[pool])


def test_countries_are_all_of_cldr() -> None:
    found = recipe._countries(Locale("ko"))
    assert {"대한민국", "노르웨이", "남아프리카"} <= set(found)
    assert not {"유럽 연합", "세계", "유로존"} & set(found)


def test_what_cannot_be_asked_for_is_refused() -> None:
    for wrong in ({"languages": ["fr"]}, {"languages": []}, {"held_out": 0.9}, {"test": 1}, {"trian": 5}):
        with pytest.raises(ValidationError):
            recipe.Source(**wrong)
    drawn = {pool: {"PER": lambda: "Ann"} for pool in recipe.POOLS}
    few = recipe.Language([""], ["{PER} slept"], [""], drawn)
    taken: set[str] = set()
    recipe._sentence(few, "train", "", recipe.random.Random(1), taken)
    assert taken == {"Ann slept."}
    with pytest.raises(SeqpipeError, match=r"entities\.source asks for more sentences than there are"):
        recipe._sentence(few, "train", "", recipe.random.Random(1), taken)
