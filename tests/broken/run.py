"""A corpus through the real commands, in this process: init --data, source, preprocess."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from typer.testing import CliRunner

from broken.clean import Files
from seqpipe.cli import app
from seqpipe.files import SeqpipeError

LIMIT = 20  # seconds for one command


class Outcome(NamedTuple):
    """The first sentence that a command ended with, or nothing; and what preprocessing reported, if it came so far."""

    error: str
    figures: dict[str, Any]
    layout: str
    features: bytes


def write(folder: Path, files: Files) -> Path:
    """A folder with these files; content that is a ``str`` is what a link leads to."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.symlink_to(content)
        else:
            path.write_bytes(content)
    return folder


@contextmanager
def in_time() -> Iterator[None]:
    """Nothing may hang."""

    def late(*_: object) -> None:
        raise TimeoutError(f"not done after {LIMIT} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def command(*words: str) -> str:
    """The sentence that a command ends with, or nothing; anything but a ``SeqpipeError`` comes through."""
    with in_time():
        done = CliRunner().invoke(app, list(words))
    if isinstance(done.exception, SeqpipeError):
        return str(done.exception)
    if done.exit_code == 2:
        return done.output
    if done.exception is not None:
        raise done.exception
    return ""


def go(data: Path, place: Path, layout: str = "") -> Outcome:
    """From a corpus to features, as far as it comes; what does not come must leave nothing behind."""
    project, before = place / "new", sorted(place.iterdir())
    if error := command("init", str(project), "--data", str(data), *(["--layout", layout] if layout else [])):
        assert sorted(place.iterdir()) == before, "init left something behind"
        return Outcome(error, {}, "", b"")
    old = Path.cwd()
    os.chdir(project)
    try:
        params = YAML(typ="safe").load(Path("params.yaml"))
        ((name, modality),) = params["pipelines"].items()
        found = params[name]["source"]["layout"]
        for words in (["source", name], ["preprocess", modality, name]):
            if error := command(*words):
                assert not list(Path("data").rglob("*.arrow")), "half a run is left"
                return Outcome(error, {}, found, b"")
        folder = Path("data/features", name)
        figures = json.loads((folder / "report.json").read_text(encoding="utf-8"))
        rows = b"".join((folder / f"{split}.arrow").read_bytes() for split in ("train", "valid", "test"))
        return Outcome("", figures, found, rows)
    finally:
        os.chdir(old)
