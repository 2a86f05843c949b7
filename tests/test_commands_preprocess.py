"""Preprocessing drops what cannot be used and says so, prepares only what is new, and writes the same bytes always."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seqpipe.commands.dry_run import dry_run
from seqpipe.commands.preprocess import preprocess
from seqpipe.commands.prints import Prints
from seqpipe.features.audio import Recordings
from seqpipe.features.targets import steps_needed
from seqpipe.files import SeqpipeError
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import read_pipelines
from seqpipe.readers.example import Example
from seqpipe.report import silent
from seqpipe.store import Store
from seqpipe.workers import Shared

PARAMS = """\
pipelines: {mood: text, tones: audio}
mood:
  task: classify
  source: {}
  features: {source: {level: char, vocabulary: 30}}
  model: {}
  train: {}
  decode: {}
tones:
  task: ctc
  source: {}
  features: {rate: 8000, mels: 5, normalize: corpus, target: {level: char, vocabulary: 10}}
  model: {}
  train: {}
  decode: {}
"""
MANY = 130


def sound(path: Path, seed: int, rate: int = 8000, count: int = 800) -> None:
    soundfile.write(path, np.random.default_rng(seed).normal(0, 0.1, count), rate)


@pytest.fixture
def pipelines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Pipeline]:
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(PARAMS)
    mood, tones = Path("data/raw/mood"), Path("data/raw/tones")
    mood.mkdir(parents=True)
    tones.mkdir()
    for at, (split, count) in enumerate({"train": MANY, "valid": 20, "test": 20}.items()):
        texts = [f"{split} {row}\t{'ab'[row % 2]}\n" for row in range(count)]
        (mood / f"{split}.tsv").write_text("source\ttarget\n" + "".join(texts))
        for row in range(count):
            sound(tones / f"{split}{row}.wav", 1000 * at + row)
        rows = [{"audio_filepath": f"{split}{row}.wav", "text": "ab"[row % 2]} for row in range(count)]
        (tones / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_pipelines()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def line(path: str, number: int, text: str) -> None:
    lines = Path(path).read_text().splitlines(keepends=True)
    lines[number - 1] = text + "\n"
    Path(path).write_text("".join(lines))


def test_a_label_that_training_lacks_is_dropped_and_listed(pipelines: dict[str, Pipeline]) -> None:
    line("data/raw/mood/valid.tsv", 4, "valid 2\tc")
    figures = preprocess(pipelines["mood"], silent).figures
    (drop,) = figures["dropped"]
    assert (drop["split"], drop["where"]) == ("valid", "valid.tsv line 4")
    assert drop["reason"].startswith("has the label 'c', which the training split lacks")
    assert [figures["splits"][split]["examples"] for split in ("train", "valid", "test")] == [MANY, 19, 20]
    assert len(Store(Path("data/features/mood/valid.arrow"))) == 19
    assert json.loads(Path("data/features/mood/report.json").read_text()) == figures
    with pytest.raises(SeqpipeError, match=r"^valid\.tsv line 4 has the label 'c'.* would be dropped without --strict"):
        preprocess(pipelines["mood"], silent, strict=True)


def test_more_than_one_percent_ends_in_a_sentence_that_names_the_first(pipelines: dict[str, Pipeline]) -> None:
    for number in (4, 5, 7, 9):
        line("data/raw/mood/test.tsv", number, f"test\t{number}")
    message = r"^test\.tsv line 4 has .*; test\.tsv line 5 .*; test\.tsv line 7 .*; and 1 more \(4 of 170 examples"
    with pytest.raises(SeqpipeError, match=message):
        preprocess(pipelines["mood"], silent)
    assert not Path("data/features/mood").exists()


def test_steps_that_labels_need_are_those_of_the_shortest_path() -> None:
    def shortest(labels: list[int]) -> int:
        """The fewest frames, each a label or blank (0), that collapse to ``labels``: breadth first over all paths."""
        paths: list[tuple[int, int]] = [(0, 0)]  # how many labels are written, and the last frame
        for frames in range(100):
            if any(written == len(labels) for written, _ in paths):
                return frames
            following = [(written, 0) for written, _ in paths]
            for written, last in paths:
                if last:
                    following.append((written, last))
                if written < len(labels) and labels[written] != last:
                    following.append((written + 1, labels[written]))
            paths = sorted(set(following))
        raise AssertionError

    for labels in ([], [1], [1, 1], [1, 2, 1], [2, 2, 2, 1, 1], [1, 2, 2, 3, 3, 3, 1]):
        assert steps_needed(np.array(labels, np.int32)) == shortest(labels)


def test_an_utterance_too_short_for_its_labels_and_a_broken_one_are_dropped(pipelines: dict[str, Pipeline]) -> None:
    sound(Path("data/raw/tones/train3.wav"), 1, count=200)  # 3 frames
    row = '{"audio_filepath": "train3.wav", "text": "aab"}'
    line("data/raw/tones/train.jsonl", 4, row)
    figures = preprocess(pipelines["tones"], silent).figures
    assert figures["dropped"] == [
        {
            "split": "train",
            "where": "train.jsonl line 4",
            "reason": "has 3 frames, but its 3 labels need 4 (a blank between equal ones)",
        }
    ]
    Path("data/raw/tones/train3.wav").write_bytes(b"no sound")
    (drop,) = preprocess(pipelines["tones"], silent).figures["dropped"]
    assert drop["where"] == "train.jsonl line 4"
    assert drop["reason"].startswith("data/raw/tones/train3.wav is not sound that can be read")


def test_the_report_counts_what_is_there(pipelines: dict[str, Pipeline]) -> None:
    sound(Path("data/raw/tones/valid0.wav"), 5, rate=16000, count=1600)
    Path("data/raw/tones/test1.wav").write_bytes(Path("data/raw/tones/train1.wav").read_bytes())
    figures = preprocess(pipelines["tones"], silent).figures
    train, valid = figures["splits"]["train"], figures["splits"]["valid"]
    assert train["steps"] == {"source": 11 * MANY, "target": MANY}
    assert train["hours"] == pytest.approx(11 * MANY * 0.01 / 3600, abs=1e-6)
    assert train["lengths"]["source"] == [{"from": 8, "to": 15, "examples": MANY}]
    assert train["lengths"]["target"] == [{"from": 1, "to": 1, "examples": MANY}]
    assert valid["changed"] == {"resampled from 16000 to 8000 Hz": 1}
    assert figures["rates"] == {"16000": 1, "8000": MANY + 39}
    assert figures["duplicates"]["shared"] == {"train, valid": 0, "train, test": 1, "valid, test": 0}
    vocabulary = figures["vocabulary"]["target"]
    assert vocabulary["in_train"] == 2  # a and b


def counted(monkeypatch: pytest.MonkeyPatch, stop_after: int | None = None) -> list[Path]:
    """The files that are read from now on, at most so many."""
    read: list[Path] = []
    real = Recordings.prepare

    def prepare(codec: Recordings, example: Example) -> Example:
        if len(read) == stop_after:
            raise KeyboardInterrupt
        read.append(example.source.path)
        return real(codec, example)

    monkeypatch.setattr(Recordings, "prepare", prepare)
    return read


def test_each_sound_is_read_once_and_in_the_next_run_only_new_ones(
    pipelines: dict[str, Pipeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = counted(monkeypatch)
    preprocess(pipelines["tones"], silent, jobs=1)
    first = contents(Path("data/features/tones"))
    assert len(read) == MANY + 40 == len(set(read))
    read.clear()
    preprocess(pipelines["tones"], silent, jobs=1)
    assert not read
    assert contents(Path("data/features/tones")) == first
    sound(Path("data/raw/tones/new.wav"), 1077)
    os.utime("data/raw/tones/train4.wav", ns=(1, 1))  # as if it had been copied again
    sound(Path("data/raw/tones/train5.wav"), 1078)
    line("data/raw/tones/train.jsonl", 1, '{"audio_filepath": "new.wav", "text": "a"}\n' + PARAMS_OF_FIRST)
    preprocess(pipelines["tones"], silent, jobs=1)
    assert sorted(path.name for path in read) == ["new.wav", "train5.wav"]
    again = contents(Path("data/features/tones"))
    for path in Path(".seqpipe").rglob("*.arrow"):
        path.unlink()
    preprocess(pipelines["tones"], silent, jobs=1)
    assert contents(Path("data/features/tones")) == again  # where sources come from does not show


PARAMS_OF_FIRST = '{"audio_filepath": "train0.wav", "text": "a"}'


def test_other_processes_write_the_same_bytes(pipelines: dict[str, Pipeline], monkeypatch: pytest.MonkeyPatch) -> None:
    preprocess(pipelines["tones"], silent, jobs=1)
    one = contents(Path("data/features/tones"))
    shutil.rmtree(".seqpipe")
    monkeypatch.setattr(Shared, "take", lambda promise: False)  # this one leaves to them what it can
    read = counted(monkeypatch)
    preprocess(pipelines["tones"], silent, jobs=3)
    assert len(read) == 64 + 20 + 20, "the first shard of each split"
    assert contents(Path("data/features/tones")) == one


def test_an_interrupted_run_leaves_no_output_and_goes_on(
    pipelines: dict[str, Pipeline], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        counted(patch, stop_after=50)
        with pytest.raises(KeyboardInterrupt):
            preprocess(pipelines["tones"], silent, jobs=1)
    assert not list(Path("data/features").iterdir())
    (shard,) = Path(".seqpipe").rglob("*.arrow")
    begun = shard.with_name(".000001.arrow.1.tmp")  # as a run leaves it that is killed
    begun.write_bytes(shard.read_bytes()[:99])
    read = counted(monkeypatch)
    preprocess(pipelines["tones"], silent, jobs=1)
    assert len(read) == MANY + 40 - 50
    assert not begun.exists()


def test_rows_in_two_splits_are_found_and_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqpipe.commands.prints.KEPT", 500)
    prints = Prints()
    for split, numbers in enumerate((range(4000), range(3000, 7000))):
        for number in [*numbers, *numbers]:  # twice in one split is no matter
            prints.add({"source": np.array([number], np.int32), "target": np.zeros(0, np.int32)}, split)
    assert len(prints.found) <= 500
    assert prints.shared(["train", "test"])["train, test"] == pytest.approx(1000, rel=0.5)


@pytest.mark.parametrize("name", ["mood", "tones"])
def test_a_dry_run_writes_nothing_and_foretells_counts_drops_and_size(
    pipelines: dict[str, Pipeline], name: str
) -> None:
    if name == "mood":
        line("data/raw/mood/valid.tsv", 4, "valid 2\tc")
    else:
        Path("data/raw/tones/valid2.wav").write_bytes(b"no sound")
    before = sorted(Path().rglob("*"))
    planned = dry_run(pipelines[name], silent, jobs=1)
    assert sorted(Path().rglob("*")) == before
    assert planned.counts == {"train": MANY, "valid": 20, "test": 20}
    assert planned.tried == MANY + 40
    assert planned.seconds > 0
    found = preprocess(pipelines[name], silent)
    assert [(one.where, one.reason) for one in planned.dropped] == [
        (one["where"], one["reason"]) for one in found.figures["dropped"]
    ]
    arrows = [*Path("data/features").rglob("*.arrow"), *Path(".seqpipe").rglob("*.arrow")]
    written = sum(path.stat().st_size for path in arrows)
    assert 0.3 * written < planned.size < 1.1 * written  # small files are mostly what Arrow puts around the rows
