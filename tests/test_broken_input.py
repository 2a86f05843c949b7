"""Broken corpora end in one sentence that names the place, or in counted drops; never otherwise."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from broken.case import Case
from broken.clean import CLEAN
from broken.everywhere import EVERYWHERE
from broken.paths import PATHS
from broken.series import SERIES
from broken.sounds import SOUNDS
from broken.tables import TABLES
from broken.tagged import TAGGED
from broken.texts import TEXTS
from trained_project import Done, said, seqpipe, tree

from seqpipe import files
from seqpipe.commands.corpus import init_corpus
from seqpipe.files import SeqpipeError
from seqpipe.project import read_pipelines
from seqpipe.readers.corpus import LAYOUTS, look
from seqpipe.readers.example import Example
from seqpipe.readers.images import read_frames
from seqpipe.readers.recordings import Clip
from seqpipe.readers.series import Series
from seqpipe.readers.sound import read_audio
from seqpipe.report import silent

QUICK = 5  # of the faults that every layout can have, each fifth is tried at once: every fault, and every layout
CASES = [*EVERYWHERE, *TEXTS, *TABLES, *TAGGED, *SERIES, *SOUNDS, *PATHS]
PATIENCE = 10  # seconds


@contextmanager
def in_time() -> Iterator[None]:
    """An error where a reader waits or goes on for ever."""

    def late(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"still at it after {PATIENCE} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """For a layout: a folder with a clean ``corpus`` and a ``project`` that was made for it."""

    @cache
    def made(layout: str) -> Path:
        folder = tmp_path_factory.mktemp("clean")
        CLEAN[layout](folder / "corpus")
        init_corpus(folder / "project", folder / "corpus", silent)
        shutil.rmtree(folder / "project/.git")
        return folder

    return made


def copied(made: Path, tmp_path: Path) -> Path:
    """A copy of both; the project reads the copy of the corpus."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    params = tmp_path / "project/params.yaml"
    params.write_text(params.read_text(encoding="utf-8").replace(str(made), str(tmp_path)), encoding="utf-8")
    return tmp_path


def run() -> Done:
    """The stages ``source`` and ``preprocess``, as far as they go; what fails leaves every file as it was."""
    (pipeline,) = read_pipelines().values()
    done = Done(0, "", "")
    for arguments in (["source", pipeline.name], ["preprocess", pipeline.modality, pipeline.name]):
        before = tree(Path("data")) if Path("data").exists() else {}
        done = seqpipe(*arguments)
        if done.code:
            after = tree(Path("data")) if Path("data").exists() else {}
            assert {path: of for path, of in after.items() if of} == {path: of for path, of in before.items() if of}
            break
    return done


def values(example: Example) -> tuple[Any, Any]:
    """What an example says, in the form that a model is given."""
    source = example.source
    if isinstance(source, Clip):
        source = read_audio(source, 8000)[0]
    elif isinstance(source, Path):
        source = np.stack([np.asarray(frame) for frame in read_frames(source, 3)])
    elif isinstance(source, Series):
        source = source.values
    return source, example.target


def items(corpus: Path, layout: str, made: Path) -> list[tuple[Any, Any]]:
    """The examples of a corpus, read as the clean one is."""
    found = look(made / "corpus")
    read = LAYOUTS[found.layout].read(corpus, found.options, [])
    return [values(item) for item in read if isinstance(item, Example)]


def equal(left: list[tuple[Any, Any]], right: list[tuple[Any, Any]]) -> None:
    assert len(left) == len(right)
    for (source, target), (other, its) in zip(left, right, strict=True):
        assert target == its
        if isinstance(source, np.ndarray):
            np.testing.assert_allclose(source, other, atol=0.02)
        else:
            assert source == other


@pytest.mark.parametrize("layout", CLEAN)
def test_clean_corpora_are_read(layout: str, clean: Callable[[str], Path], tmp_path: Path,
                                monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(copied(clean(layout), tmp_path) / "project")
    assert look(tmp_path / "corpus").layout == layout.partition(" ")[0]
    done = run()
    assert done.code == 0, done.err


def marked() -> Iterator[Any]:
    """The cases, those that take their time marked."""
    for at, case in enumerate(CASES):
        late = at < len(EVERYWHERE) and at % QUICK
        yield pytest.param(case, id=str(case), marks=[pytest.mark.slow] if late else [])


@pytest.mark.parametrize("case", marked())
def test_broken_corpora(case: Case, clean: Callable[[str], Path], tmp_path: Path,
                        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(files, "LONGEST", 1 << 16)
    monkeypatch.setattr(files, "UNSUSPECTED", 1 << 16)
    made = clean(case.layout)
    monkeypatch.chdir(copied(made, tmp_path) / "project")
    case.break_it(tmp_path / "corpus")
    with in_time():
        try:
            look(tmp_path / "corpus")
        except SeqpipeError as error:
            assert len(str(error).splitlines()) == 1
        done = run()
    if case.comes in ("fine", "more", "told"):
        assert done.code == 0, done.err
        assert all(word in done.err for word in case.words), done.err
    if case.comes in ("fine", "told"):
        return
    if case.comes == "more":
        assert len(items(tmp_path / "corpus", case.layout, made)) > len(items(made / "corpus", case.layout, made))
        return
    if case.comes == "same":
        assert done.code == 0, done.err
        equal(items(tmp_path / "corpus", case.layout, made), items(made / "corpus", case.layout, made))
        return
    assert done.code == 2, f"nothing was said of it: {done}"
    sentence = said(done)
    assert re.fullmatch(r".*[.\])]", sentence)
    for word in case.words:
        assert any(one in sentence for one in word.split("|")), sentence
    cannot = re.search(r"\((\d+) of \d+ examples cannot be used", sentence)
    assert (int(cannot[1]) if cannot else 0) == case.count, sentence


def test_there_are_enough() -> None:
    assert len({str(case) for case in CASES}) == len(CASES) >= 150
    assert {case.layout.partition(" ")[0] for case in CASES} == set(LAYOUTS)
