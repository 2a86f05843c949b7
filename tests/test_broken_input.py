"""Broken corpora end in one sentence, or in a counted drop, or are read as if they were whole: nothing else."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pytest
from broken import encodings, media, series, texts
from broken.cases import Case, Drop, Error, Kept, Same
from broken.clean import CLEAN, COUNT
from broken.run import Outcome, command, go, write

from seqpipe.readers.example import Example
from seqpipe.readers.look import LAYOUTS, look

CASES = [*encodings.CASES, *texts.CASES, *media.CASES, *series.CASES]
QUICK = ("table", "conll", "kaldi", "wide")
FIXED = ("librispeech", "common_voice", "ljspeech")  # whose tables have one name
SERIES = ("wide", "long_series", "matrix")


def examples(found: Outcome) -> int:
    return sum(split["examples"] for split in found.figures["splits"].values())


def items(corpus: Path) -> list[str]:
    """What a corpus is looked at as, and all that is read in it."""
    found = look(corpus)
    read = LAYOUTS[found.layout].read(corpus, found.options, [])
    return [repr(one).replace(str(corpus), "") for one in (found.layout, *read)]


def test_there_are_many() -> None:
    assert len({(case.kind, case.name) for case in CASES}) == len(CASES) >= 150
    assert {case.kind for case in CASES} == set(CLEAN)


@pytest.mark.parametrize("kind", CLEAN)
def test_a_whole_corpus_goes_all_the_way(kind: str, tmp_path: Path) -> None:
    found = go(write(tmp_path / "data" / "my", CLEAN[kind].files()), tmp_path)
    assert found.error == ""
    assert found.layout == CLEAN[kind].layout
    assert found.figures["dropped"] == []
    assert kind in SERIES or examples(found) >= COUNT


def marked(case: Case) -> Any:
    """A parameter; what every text can suffer is quick in a few layouts only, and media are slow."""
    slow = case in media.CASES or (case in encodings.CASES and case.kind not in QUICK)
    name = f"{case.kind}: {case.name}"
    return pytest.param(case, id=name, marks=pytest.mark.slow) if slow else pytest.param(case, id=name)


@pytest.mark.parametrize("case", [marked(case) for case in CASES])
def test_a_broken_corpus(case: Case, tmp_path: Path) -> None:
    files = CLEAN[case.kind].files()
    case.change(files)
    data = write(tmp_path / "data" / "my", files)
    if isinstance(case.expected, Same):
        whole = write(tmp_path / "whole" / "my", CLEAN[case.kind].files())
        assert items(data) == items(whole)
        return
    found = go(data, tmp_path)
    match case.expected:
        case Error(words):
            assert found.error.endswith(".")
            assert "\n" not in found.error
            assert all(word in found.error for word in words), found.error
        case Drop(count, words):
            assert found.error == ""
            dropped = [f"{one['where']}: {one['reason']}" for one in found.figures["dropped"]]
            assert len(dropped) == count
            assert all(word in dropped[0] for word in words), dropped[0]
            assert found.layout == CLEAN[case.kind].layout
        case Kept(changed):
            assert (found.error, found.layout) == ("", CLEAN[case.kind].layout)
            assert found.figures["dropped"] == []
            assert changed in str([split["changed"] for split in found.figures["splits"].values()])
            assert case.kind in SERIES or examples(found) >= COUNT


def test_a_pipe_among_files_is_passed_over(tmp_path: Path) -> None:
    data = write(tmp_path / "data" / "my", CLEAN["text_folders"].files())
    os.mkfifo(data / "good" / "x.txt")
    found = go(data, tmp_path)
    assert (found.error, examples(found)) == ("", COUNT)


@pytest.mark.parametrize(
    ("kind", "before", "after", "words"),
    [
        ("parallel", "layout: parallel", "layout: parallels", "There is no layout 'parallels'"),
        ("parallel", "source: en", "sauce: en", "source.options.source of parallel is None, but must be a text"),
        ("parallel", "- train.en\n    splits", "- ../train.en\n    splits", "'../train.en' leads out of"),
        ("table", "target: label", "target: lable", "has no column 'lable'; it has id, text, label."),
        ("table", "kind: tsv", "kind: xls", "source.options.kind of table is 'xls', but must be one of"),
        ("conllu", "column: upos", "column: pos", "source.options.column of conllu is 'pos', but must be one of"),
        ("plain", "unit: line", "unit: book", "source.options.unit of plain is 'book', but must be one of file"),
        ("sound_names", "'{label}_{group}_{index}'", "'{group}'", "needs the field {label}"),
        ("kaldi", "/my\n", "/yours\n", "yours is missing; put the corpus there"),
    ],
)
def test_what_params_say_of_a_corpus_is_checked(
    kind: str, before: str, after: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write(tmp_path / "data" / "my", CLEAN[kind].files())
    assert command("init", str(tmp_path / "new"), "--data", str(data)) == ""
    monkeypatch.chdir(tmp_path / "new")
    text = Path("params.yaml").read_text(encoding="utf-8")
    assert before in text
    Path("params.yaml").write_text(text.replace(before, after, 1), encoding="utf-8")
    sentence = command("source", "my")
    assert words in sentence
    assert sentence.endswith(".")
    assert not list(Path("data").rglob("corpus.json"))


@pytest.mark.parametrize("kind", [kind for kind, one in CLEAN.items() if "." in one.text and kind not in FIXED])
def test_a_packed_text_is_read_as_the_text(kind: str, tmp_path: Path) -> None:
    files = CLEAN[kind].files()
    found = []
    for packed in (False, True):
        folder = tmp_path / str(packed) / "my"
        if packed:
            content = files.pop(CLEAN[kind].text)
            assert isinstance(content, bytes)
            files[f"{CLEAN[kind].text}.gz"] = gzip.compress(content)
        looked = look(write(folder, files))
        read = (one for one in LAYOUTS[looked.layout].read(folder, looked.options, []) if isinstance(one, Example))
        shown = (repr((one.source, one.target)).replace(str(folder), "").replace(".gz", "") for one in read)
        found.append((looked.layout, sorted(shown)))
    assert found[0] == found[1]
    assert len(found[0][1]) == (2 if kind in SERIES else COUNT + 20 * (kind == "pitches"))
