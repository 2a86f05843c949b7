"""``from seqpipe import load``: a trained folder answers new raw input from Python, as the command line does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trained_project import MODALITIES, seqpipe

from seqpipe import load
from seqpipe.files import SeqpipeError

ROOT = Path(__file__).parent.parent


def test_importing_seqpipe_loads_nothing_heavy() -> None:
    code = "import sys, seqpipe; from seqpipe import load; print(*{name.partition('.')[0] for name in sys.modules})"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert not set(done.stdout.split()) & {"torch", "numpy", "librosa", "pydantic", "typer", "rich"}


def decoded(name: str) -> list[dict[str, Any]]:
    """What ``decode`` wrote of the test split."""
    lines = Path(f"data/decoded/{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def outputs(records: list[dict[str, Any]]) -> list[Any]:
    return [[found.get("text", found.get("values")) for found in record["hypotheses"]] for record in records]


def raw_inputs(name: str) -> list[str]:
    """The test split's inputs as somebody would hand them over: texts, paths of recordings, or a CSV that ends where
    the first test window of each series is to be forecast."""
    if name == "waves":
        lines = Path("data/raw/waves/waves.csv").read_text(encoding="utf-8").splitlines()
        rows = {part: [line for line in lines if line.startswith(part)] for part in ("north", "south")}
        known = [line for part in rows.values() for line in part[:-7]]  # features.test is 7
        Path("known.csv").write_text("\n".join([lines[0], *known]), encoding="utf-8")
        return ["known.csv"]
    return [record["source"] for record in decoded(name)]


def expected(name: str) -> list[dict[str, Any]]:
    records = decoded(name)
    if name == "waves":
        return [next(record for record in records if record["group"] == part) for part in ("north", "south")]
    return records


@pytest.mark.parametrize("name", MODALITIES)
def test_raw_input_gives_what_the_test_split_gave(project: Path, name: str) -> None:
    options = {"words": {"beam": 2, "max_length": 4}, "tones": {"beam": 2}, "waves": {}}
    records = load(f"data/models/{name}", **options[name])(raw_inputs(name))
    found, wanted = outputs(records), outputs(expected(name))
    if name == "waves":
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
    else:
        assert found == wanted
    assert [record["source"] for record in records] == [record["source"] for record in expected(name)]


@pytest.mark.parametrize("name", MODALITIES)
def test_the_folder_alone_is_enough_anywhere(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    inputs = raw_inputs(name)
    here = load(f"data/models/{name}")(inputs)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(project / "data/models" / name, elsewhere / "a model")
    if name != "words":
        inputs = [str(project / path) for path in inputs]
    monkeypatch.chdir(elsewhere)
    assert outputs(load("a model")(inputs)) == outputs(here)


def test_python_and_the_command_line_agree(project: Path) -> None:
    Path("inputs.txt").write_text("abc\n\nddab\n", encoding="utf-8")
    done = seqpipe("decode", "words", "inputs.txt")
    records = load("data/models/words", beam=2, max_length=4)(["abc", "", "ddab"])
    assert outputs(records) == outputs([json.loads(line) for line in done.out.splitlines()])


def test_order_and_empty_inputs_are_kept(project: Path) -> None:
    trained = load("data/models/words", batch_size=2)
    texts = ["", "dcba", "a", "", "abcdabcd", "a"]
    records = trained(texts)
    assert [record["source"] for record in records] == texts
    assert [record["id"] for record in records] == ["1", "2", "3", "4", "5", "6"]
    assert outputs(records) == [outputs(trained([text]))[0] for text in texts]
    assert outputs(records)[0] == outputs(records)[3] == [""]
    assert trained([]) == []


def test_keywords_override_the_decode_section(project: Path) -> None:
    (record,) = load("data/models/words", nbest=3, beam=3, max_length=1)(["abc"])
    assert len(record["hypotheses"]) == 3
    assert all(len(found["tokens"]) <= 1 for found in record["hypotheses"])
    scores = [found["score"] for found in record["hypotheses"]]
    assert scores == sorted(scores, reverse=True)


def test_mistakes_are_said_at_once(project: Path) -> None:
    with pytest.raises(SeqpipeError, match=r"unknown key 'baem' \(did you mean 'beam'\?\)"):
        load("data/models/words", baem=3)
    with pytest.raises(SeqpipeError, match=r"beam is 0, but must be greater than 0"):
        load("data/models/words", beam=0)
    with pytest.raises(SeqpipeError, match=r"nowhere is missing; train first"):
        load("data/models/nowhere")
    with pytest.raises(SeqpipeError, match=r"Give a list of inputs, even of one: \['abc'\]\."):
        load("data/models/words")("abc")
    with pytest.raises(SeqpipeError, match=r"my\.wav is missing; name sound files"):
        load("data/models/tones")(["my.wav"])
    with pytest.raises(SeqpipeError, match=r"my\.csv is missing"):
        load("data/models/waves")(["my.csv"])
