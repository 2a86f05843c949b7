"""Real corpora, as they were published, go all the way: ``make test-real DATA=folder`` (a corpus a folder in it)."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from seqpipe.cli import app

DATA = os.environ.get("DATA", "")
CORPORA = sorted(path.name for path in Path(DATA).iterdir() if path.is_dir()) if DATA and Path(DATA).is_dir() else []
SMALL = {"hidden": 16, "layers": 1, "embedding": 16}
"""Sizes with which one epoch is short."""
STAGES = ["source", "preprocess", "train", "decode", "evaluate"]

pytestmark = [pytest.mark.real, pytest.mark.skipif(not CORPORA, reason="DATA names no folder of corpora")]


def seqpipe(*words: str) -> None:
    done = CliRunner().invoke(app, list(words))
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output


def shrink(path: Path, name: str) -> dict[str, Any]:
    """One short epoch in params.yaml; the pipeline's section."""
    yaml = YAML()
    document = yaml.load(path)
    section = document[name]
    section["train"] |= {"epochs": 1, "threads": 1}
    section["model"] |= {key: value for key, value in SMALL.items() if key in section["model"] or key == "layers"}
    yaml.dump(document, path)
    return {"modality": document["pipelines"][name], **section}


@pytest.mark.parametrize("corpus", CORPORA)
def test_a_corpus_goes_all_the_way(
    corpus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = (Path(DATA) / corpus).resolve()
    before = sorted((path.name, path.stat().st_mtime_ns) for path in data.rglob("*"))
    seqpipe("init", str(tmp_path / "new"), "--data", str(data))
    monkeypatch.chdir(tmp_path / "new")
    section = shrink(Path("params.yaml"), corpus)
    seconds = {}
    for stage in STAGES:
        begun = time.perf_counter()
        seqpipe(stage, *([section["modality"]] if stage == "preprocess" else []), corpus)
        seconds[stage] = time.perf_counter() - begun
    scores = json.loads(Path(f"data/metrics/{corpus}.json").read_text(encoding="utf-8"))[corpus]
    counts = json.loads(Path(f"data/features/{corpus}/meta.json").read_text(encoding="utf-8"))["counts"]
    assert min(counts.values()) > 0
    assert sorted((path.name, path.stat().st_mtime_ns) for path in data.rglob("*")) == before
    figures = {key: round(value, 3) for key, value in scores.items() if isinstance(value, int | float)}
    with capsys.disabled():
        times = " ".join(f"{stage} {took:.0f}s" for stage, took in seconds.items())
        print(f"\n{corpus:16} {section['source']['layout']:14} {section['task']:14} {counts} {times} {figures}")
