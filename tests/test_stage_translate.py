"""The recipe of dates: one right answer a source, and test rows that are as new as they say."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import unicodedata
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from babel.dates import format_date

from seqpipe.commands.preprocess import preprocess
from seqpipe.commands.source import source
from seqpipe.features.tokens import Tokenizer
from seqpipe.files import SeqpipeError
from seqpipe.project import read_pipelines
from seqpipe.report import Note, Progress, silent
from seqpipe.store import Store

STAGES = Path(__file__).parent.parent / "stages"
DAY = date(1979, 5, 3)


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stages.translate", STAGES / "translate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


recipe = load()
Rows = list[dict[str, str]]


def rows(folder: Path, split: str) -> Rows:
    with (folder / f"{split}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def made(folder: Path, **values: Any) -> Path:
    recipe.make(folder, recipe.Source(**values), silent)
    return folder


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("raw"), train=8000, valid=300, test=600)


@pytest.fixture(scope="module")
def splits(corpus: Path) -> dict[str, Rows]:
    return {split: rows(corpus, split) for split in ("train", "valid", "test")}


@pytest.fixture(scope="module")
def held_out(corpus: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((corpus / "held-out.json").read_text())
    return found


@pytest.fixture(scope="module")
def forms() -> list[Any]:
    """Every form of every default locale."""
    return list(
        recipe._distinct(form for name in recipe.Source().locales for form in recipe._forms(recipe._locale(name)))
    )


def test_rows_and_groups_are_as_many_as_asked(splits: dict[str, Rows]) -> None:
    assert {split: len(found) for split, found in splits.items()} == {"train": 8000, "valid": 300, "test": 600}
    groups = {split: Counter(row["group"] for row in found) for split, found in splits.items()}
    assert groups["train"] == {"seen": 8000}
    assert groups["valid"] == {"seen": 300}
    assert groups["test"] == {"seen": 200, "held-out-format": 200, "held-out-year": 200}


def test_targets_are_dates_and_sources_are_clean(splits: dict[str, Rows]) -> None:
    for row in (row for found in splits.values() for row in found):
        assert date.fromisoformat(row["target"]).isoformat() == row["target"]
        assert row["source"].strip() == row["source"] != ""


def test_no_source_stands_twice_in_all_splits(splits: dict[str, Rows]) -> None:
    sources = Counter(folded(row["source"]) for found in splits.values() for row in found)
    assert max(sources.values()) == 1


def test_held_out_years_are_in_their_group_only(splits: dict[str, Rows], held_out: dict[str, Any]) -> None:
    years = set(held_out["years"])
    assert len(years) == recipe.Source().held_out_years
    for row in (row for found in splits.values() for row in found):
        assert (int(row["target"][:4]) in years) == (row["group"] == "held-out-year")
    assert {int(row["target"][:4]) for row in splits["train"]} == set(range(1950, 2050)) - years


def test_held_out_combinations_are_known_in_their_parts_only(forms: list[Any], held_out: dict[str, Any]) -> None:
    out = {tuple(pair) for pair in held_out["combinations"]}
    combinations = {form.combination for form in forms}
    assert out < combinations
    assert len(out) == round(recipe.Source().held_out_formats * len(combinations))
    kept = combinations - out
    assert {locale for locale, _ in out} <= {locale for locale, _ in kept}
    assert {name for _, name in out} <= {name for _, name in kept}
    for width in ("MMMM", "MMM"):
        using = {
            form.combination for form in forms if width in form.pattern.replace("MMMM", "" if width == "MMM" else width)
        }
        assert {locale for locale, _ in using & out} <= {locale for locale, _ in using & kept}


def test_no_form_in_train_writes_a_row_of_a_held_out_combination(
    splits: dict[str, Rows], forms: list[Any], held_out: dict[str, Any]
) -> None:
    out = {tuple(pair) for pair in held_out["combinations"]}
    written: dict[bool, dict[str, set[str]]] = {True: {}, False: {}}
    days = {row["target"] for row in splits["test"] if row["group"] == "held-out-format"}
    for day in days:
        for new in (True, False):
            texts = (form.write(date.fromisoformat(day)) for form in forms if (form.combination in out) == new)
            written[new][day] = {folded(text) for text in texts if text}
    for row in splits["test"]:
        if row["group"] == "held-out-format":
            assert folded(row["source"]) in written[True][row["target"]]
            assert folded(row["source"]) not in written[False][row["target"]]


def test_other_rows_are_of_combinations_to_learn(
    splits: dict[str, Rows], forms: list[Any], held_out: dict[str, Any]
) -> None:
    out = {tuple(pair) for pair in held_out["combinations"]}
    kept = [form for form in forms if form.combination not in out]
    for row in [*splits["train"][::40], *splits["valid"][::3], *splits["test"][::5]]:
        if row["group"] != "held-out-format":
            day = date.fromisoformat(row["target"])
            assert row["source"] in {form.write(day) for form in kept}


def test_cldr_formats_are_what_babel_writes(forms: list[Any]) -> None:
    by_combination = {form.combination: form for form in reversed(forms)}
    for locale in recipe.Source().locales:
        for day in (DAY, date(2004, 12, 31), date(2049, 1, 1)):
            for width in ("full", "long"):
                form = by_combination.get((locale, width))
                if form is not None:
                    assert form.write(day) == format_date(day, width, locale)
    assert sum(name == "full" for _, name in by_combination) == 16


def test_one_source_has_one_reading_in_all_locales(forms: list[Any]) -> None:
    """Over all days of years whose two last digits could be days and months."""
    assert len({form.locale for form in forms}) >= 12
    read: dict[str, date] = {}
    for year in (1950, 2001, 2002, 2011, 2012, 2031):
        for ordinal in range(365):
            day = date(year, 1, 1) + timedelta(ordinal)
            if day.day > 13 and day.day not in (20, 31):
                continue
            for form in forms:
                text = form.write(day)
                if text is not None:
                    assert read.setdefault(folded(text), day) == day, text


def test_slashes_stand_in_dates_that_begin_with_the_year_only(forms: list[Any]) -> None:
    slashed = {form.write(date(2005, 4, 3)) for form in forms if "/" in form.pattern}
    assert slashed == {"2005/4/3", "2005/04/03"}


def test_two_digits_mean_a_year_of_the_century_named(forms: list[Any]) -> None:
    short = [form for form in forms if form.format == "two-digit"]
    assert short
    for form in short:
        assert form.write(date(1949, 12, 31)) is None
        assert form.write(date(2050, 1, 1)) is None
        assert "50" in str(form.write(date(1950, 1, 1)))
        assert "49" in str(form.write(date(2049, 1, 1)))


@pytest.mark.parametrize(
    ("combination", "day", "texts"),
    [
        (("fr_FR", "phrase"), DAY, {"le 3 mai 1979", "LE 3 MAI 1979"}),
        (("en_US", "ordinal"), DAY, {"May 3rd, 1979", "may 3rd, 1979", "MAY 3RD, 1979", "May 3rd 1979"}),
        (("fr_FR", "ordinal"), date(1979, 8, 1), {"1er août 1979", "1ER AOÛT 1979", "1er aout 1979"}),
        (("ko_KR", "long"), DAY, {"1979년 5월 3일"}),
        (("ko_KR", "close"), DAY, {"1979년5월3일"}),
        (("tr_TR", "long"), date(1979, 4, 3), {"3 Nisan 1979", "3 nisan 1979", "3 NİSAN 1979"}),
        (("ru_RU", "day-first"), DAY, {"3 мая 1979", "3 МАЯ 1979"}),
    ],
)
def test_habits_of_typing(forms: list[Any], combination: tuple[str, str], day: date, texts: set[str]) -> None:
    assert {form.write(day) for form in forms if form.combination == combination} == texts


def test_english_ordinals() -> None:
    wanted = {1: "st", 2: "nd", 3: "rd", 4: "th", 11: "th", 12: "th", 13: "th", 21: "st", 22: "nd", 23: "rd", 31: "st"}
    assert {day: recipe._ordinal(day, "en") for day in wanted} == wanted


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_examples_can_be_learnt_and_are_in_no_split(tmp_path: Path, forms: list[Any], seed: int) -> None:
    made(tmp_path, seed=seed, train=300, valid=30, test=30)
    out = json.loads((tmp_path / "held-out.json").read_text())
    combinations = {tuple(pair) for pair in out["combinations"]}
    kept = {form.write(DAY) for form in forms if form.combination not in combinations}
    assert "le 3 mai 1979" in recipe.EXAMPLES
    assert set(recipe.EXAMPLES) <= kept
    assert DAY.year not in out["years"]
    written = {folded(row["source"]) for split in ("train", "valid", "test") for row in rows(tmp_path, split)}
    assert not written & {folded(text) for text in recipe.EXAMPLES}


def test_the_same_seed_writes_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    program = (
        "import importlib.util, sys; from pathlib import Path; from seqpipe.report import silent\n"
        "spec = importlib.util.spec_from_file_location('translate', sys.argv[1])\n"
        "module = importlib.util.module_from_spec(spec); sys.modules['translate'] = module\n"
        "spec.loader.exec_module(module)\n"
        "module.make(Path(sys.argv[2]), module.Source(train=200, valid=20, test=30), silent)\n"
    )
    for hash_seed in ("1", "2"):
        (tmp_path / hash_seed).mkdir()
        subprocess.run(
            [sys.executable, "-c", program, str(STAGES / "translate.py"), str(tmp_path / hash_seed)],
            check=True,
            cwd=STAGES.parent,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
        )
    other = made(tmp_path, train=200, valid=20, test=30, seed=2)
    for name in ("train.tsv", "valid.tsv", "test.tsv", "held-out.json"):
        first, second = ((tmp_path / hash_seed / name).read_bytes() for hash_seed in ("1", "2"))
        assert first == second
        assert first != (other / name).read_bytes()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"locales": ("en_US", "xx_YY")}, r"translate\.source\.locales: CLDR has no 'xx_YY'; write it like ko_KR\."),
        ({"locales": ("en US",)}, r"translate\.source\.locales: CLDR has no 'en US'"),
        (
            {"locales": ("ko_KR",)},
            r"translate\.source\.held_out_formats asks for 1 of \d+ combinations, but only 0 can be",
        ),
        (
            {"held_out_formats": 0.99},
            r"translate\.source\.held_out_formats asks for .* lower it, or name more locales\.",
        ),
        ({"held_out_years": 100}, r"translate\.source\.held_out_years is 100, but there are only 100 years; lower it"),
        ({"first_year": 2000, "last_year": 1999}, r"held_out_years is 10, but there are only 0 years"),
        (
            {
                "locales": ("ko_KR", "ja_JP", "zh_CN"),
                "first_year": 1979,
                "last_year": 1980,
                "held_out_years": 1,
                "test": 3000,
            },
            r"translate\.source asks for 1000 different 'held-out-format' rows, but finds \d+; ask for fewer rows",
        ),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path: Path, values: dict[str, Any], message: str) -> None:
    with pytest.raises(SeqpipeError, match=message):
        made(tmp_path, **{"train": 50, "valid": 5, "test": 9, **values})
    assert list(tmp_path.iterdir()) == []


def test_the_recipe_runs_in_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stages").mkdir()
    shutil.copy(STAGES / "translate.py", tmp_path / "stages")
    text = (STAGES / "translate.yaml").read_text(encoding="utf-8")
    small = (
        text.replace("train: 24000", "train: 3000")
        .replace("valid: 1000", "valid: 60")
        .replace("test: 1500", "test: 90")
    )
    (tmp_path / "params.yaml").write_text(small, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    said: list[Note | Progress] = []
    pipeline = read_pipelines()["translate"]
    source(pipeline, said.append)
    assert sorted(path.name for path in Path("data/raw/translate").iterdir()) == [
        *("held-out.json", "test.tsv", "train.tsv", "valid.tsv")
    ]
    preprocess(pipeline, said.append)
    folder = Path("data/features/translate")
    counts = {split: len(Store(folder / f"{split}.arrow")) for split in ("train", "valid", "test")}
    assert counts == {"train": 3000, "valid": 60, "test": 90}
    targets = Tokenizer.load(folder / "target.model")
    assert {targets.decode(Store(folder / "test.arrow")[at]["target"]) for at in range(90)} == {
        row["target"] for row in rows(Path("data/raw/translate"), "test")
    }
    sources = Tokenizer.load(folder / "source.model")
    pieces = sources.pieces(sources.encode("le 3 mai 1979"))
    assert [piece for piece in pieces if piece.isdigit()] == list("31979")
    longest = int(Store(folder / "train.arrow").lengths("target").max())
    assert longest < pipeline.decode.max_length


def test_the_section_spells_out_the_defaults() -> None:
    pipeline = read_pipelines(STAGES / "translate.yaml")["translate"]
    assert recipe.Source.model_validate(pipeline.source) == recipe.Source()
    assert (pipeline.modality, pipeline.task) == ("text", "seq2seq")
