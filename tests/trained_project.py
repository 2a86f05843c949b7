"""A tiny project of every modality, trained once a session by the real commands, and the command line in process."""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

import numpy as np
import pytest
import soundfile

from seqpipe.cli import main

RATE = 8000
PARAMS = """\
pipelines: {words: text, tones: audio, waves: series}

words:
  task: seq2seq
  source: {}
  features:
    source: {level: char, vocabulary: 20}
    target: {level: char, vocabulary: 20}
  model: {cell: gru, hidden: 6, embedding: 5}
  train: {epochs: 1, threads: 1}
  decode: {beam: 2, max_length: 4}

tones:
  task: ctc
  source: {}
  features: {rate: 8000, mels: 5, normalize: corpus, target: {level: char, vocabulary: 10}}
  model: {hidden: 6}
  train: {epochs: 1, threads: 1}
  decode: {beam: 2}

waves:
  task: forecast
  source: {}
  features: {window: 5, horizon: 3, season: 4, valid: 7, test: 7, difference: 1}
  model: {hidden: 6}
  train: {epochs: 1, threads: 1}
  decode: {arima: false}
"""
MODALITIES = {"words": "text", "tones": "audio", "waves": "series"}
ROWS = {"train": 7, "valid": 3, "test": 5}


class Done(NamedTuple):
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str


class Terminal(io.TextIOWrapper):
    """A stream that says a person watches it."""

    def isatty(self) -> bool:
        return True


def seqpipe(*arguments: str | Path, stdin: bytes = b"", terminal: bool = False) -> Done:
    """Run the command line in this process and folder, with pipes for its streams, or standard output a terminal."""
    out, err = io.BytesIO(), io.BytesIO()
    kinds = {"stdout": (Terminal if terminal else io.TextIOWrapper, out), "stderr": (io.TextIOWrapper, err)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["seqpipe", *map(str, arguments)])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        for name, (kind, pipe) in kinds.items():
            patch.setattr(sys, name, kind(pipe, encoding="utf-8", write_through=True))
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return Done(code, out.getvalue().decode(), err.getvalue().decode())


def tree(folder: Path) -> dict[str, tuple[int, ...]]:
    """All that lies in a folder: which file it is, its size, and when it was written; of folders only the names.

    Python's own ``__pycache__`` does not count: it is no output of ours.
    """
    stats = {str(path): path.stat() for path in folder.rglob("*") if "__pycache__" not in path.parts}
    return {path: (of.st_ino, of.st_size, of.st_mtime_ns) if S_ISREG(of.st_mode) else () for path, of in stats.items()}


def edit(path: str | Path, before: str, after: str) -> None:
    """Replace the one place where ``before`` stands in a file."""
    text = Path(path).read_text(encoding="utf-8")
    assert text.count(before) == 1, (path, before)
    Path(path).write_text(text.replace(before, after), encoding="utf-8")


def said(done: Done) -> str:
    """The one sentence that a refused command says; notes of progress may stand before it."""
    assert done.code == 2, done
    *notes, sentence = done.err.splitlines()
    assert sentence.startswith("seqpipe: "), done.err
    assert sentence.endswith((".", "]"))
    assert not any(note.startswith(("seqpipe: ", "Traceback", "  File")) for note in notes)
    assert not re.search(r"[^.]\. [A-Z]", sentence), "more than one sentence"
    return sentence.removeprefix("seqpipe: ")


def refused(*arguments: str | Path, stdin: bytes = b"") -> str:
    """The sentence that a command says, which writes nothing to standard output and leaves every file as it is."""
    before = tree(Path.cwd())
    done = seqpipe(*arguments, stdin=stdin)
    sentence = said(done)
    assert done.out == ""
    assert tree(Path.cwd()) == before
    return sentence


def remove(path: str | Path) -> None:
    if Path(path).is_dir():
        shutil.rmtree(path)
    else:
        Path(path).unlink()


def shorten(path: str | Path, count: int) -> None:
    """Cut the last ``count`` bytes off."""
    raw = Path(path).read_bytes()
    Path(path).write_bytes(raw[: max(0, len(raw) - count)])


def folder_instead(path: str | Path) -> None:
    Path(path).unlink()
    Path(path).mkdir()


def tone(pitch: float, seconds: float = 0.2, rate: int = RATE) -> np.ndarray:
    """A quiet sine of ``pitch`` Hz, float64[seconds · rate]."""
    return 0.3 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)


def series(name: str, count: int = 60) -> list[str]:
    """Rows of a long CSV: a season of four under a slow rise, one value a day."""
    random = np.random.default_rng(len(name))
    days = np.datetime64("2001-01-01") + np.arange(count)
    values = np.arange(count) / 10 + np.tile([1.0, 0.0, -1.0, 0.0], count)[:count] + random.normal(0, 0.1, count)
    return [f"{name},{day},{value:.3f}" for day, value in zip(days, values, strict=True)]


def write_raw(project: Path) -> None:
    """Raw data of all three pipelines."""
    random = np.random.default_rng(5)
    words, tones, waves = (project / "data/raw" / name for name in MODALITIES)
    for folder in (words, tones, waves):
        folder.mkdir(parents=True)
    for split, count in ROWS.items():
        texts = ["".join(random.choice(list("abcd"), 3)) for _ in range(count)]
        rows = [f"{text}\t{text[::-1].upper()}\n" for text in ["abcd", *texts]]
        (words / f"{split}.tsv").write_text("".join(["source\ttarget\n", *rows]), encoding="utf-8")
        for at in range(count):
            soundfile.write(tones / f"{split}{at}.wav", tone(300 + 200 * (at % 2), 0.2 + at / 50), RATE)
        manifest = [f'{{"audio_filepath": "{split}{at}.wav", "text": "{"ab"[at % 2]}"}}\n' for at in range(count)]
        (tones / f"{split}.jsonl").write_text("".join(manifest), encoding="utf-8")
    lines = ["unique_id,ds,y", *series("north"), *series("south")]
    (waves / "waves.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@cache
def trained_project(base: Path) -> Path:
    """The project, made in ``base`` when it is first asked for."""
    project = Path(tempfile.mkdtemp(dir=base))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        (project / "params.yaml").write_text(PARAMS, encoding="utf-8")
        write_raw(project)
        for name, modality in MODALITIES.items():
            for command in (["preprocess", modality, name], ["train", name], ["decode", name], ["evaluate", name]):
                done = seqpipe(*command)
                assert (done.code, done.out) == (0, ""), done
    return project
