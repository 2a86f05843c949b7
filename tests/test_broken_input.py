"""Broken corpora end in one sentence, or in a counted drop, or are read as if they were whole: nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from broken import encodings, media, series, texts
from broken.cases import Case, Drop, Error, Kept, Same
from broken.clean import CLEAN, COUNT
from broken.run import Outcome, go, write

from seqpipe.readers.corpus import LAYOUTS, look

CASES = [*encodings.CASES, *texts.CASES, *media.CASES, *series.CASES]
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


@pytest.mark.parametrize("case", CASES, ids=[f"{case.kind}: {case.name}" for case in CASES])
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
