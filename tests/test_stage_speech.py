"""The recipe of spoken digits and commands."""

import importlib.util
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from seqpipe.commands.preprocess import preprocess
from seqpipe.commands.source import source
from seqpipe.files import SeqpipeError
from seqpipe.project import read_pipelines, read_source
from seqpipe.report import Note, silent
from seqpipe.store import Store

STAGES = Path(__file__).resolve().parents[1] / "stages"
COUNTS = {"train": 41, "valid": 5, "test": 7}


def recipe(path: Path = STAGES / "speech.py") -> Any:
    spec = importlib.util.spec_from_file_location("speech_recipe", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def settings(module: Any, **changes: Any) -> Any:
    """The recipe's own defaults with few utterances; ``voices`` is mended key by key."""
    voices = {"train": ["m1", "f3", "Alex"], "valid": ["m7"], "test": ["m8", "f5"], **changes.pop("voices", {})}
    return module.Source.model_validate({"utterances": COUNTS, "voices": voices, **changes})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("speech")
    module = recipe()
    module.make(folder, settings(module), silent)
    return folder


def rows(folder: Path, split: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_every_utterance_is_a_wav_of_known_words_in_its_language(made: Path) -> None:
    module = recipe()
    for split, count in COUNTS.items():
        assert len(rows(made, split)) == count == len(list((made / split).iterdir()))
        for row in rows(made, split):
            sound = soundfile.info(made / row["audio_filepath"])
            assert (sound.samplerate, sound.channels, sound.subtype) == (16000, 1, "PCM_16")
            assert sound.duration == row["duration"]
            assert 0.1 < row["duration"] < 4
            words = row["text"].split()
            digits = all(word in module.DIGITS[row["group"]] for word in words) and 1 <= len(words) <= 5
            assert digits or row["text"] in module.COMMANDS[row["group"]]
    assert {row["group"] for row in rows(made, "train")} == {"en", "ko"}


def test_no_voice_speaks_in_two_splits(made: Path) -> None:
    speakers = {split: {row["speaker"] for row in rows(made, split)} for split in COUNTS}
    assert speakers == {"train": {"m1", "f3", "Alex"}, "valid": {"m7"}, "test": {"m8", "f5"}}


def test_two_runs_are_equal_bit_by_bit_and_another_seed_is_not(made: Path, tmp_path: Path) -> None:
    module = recipe()
    second = int((made / "test.jsonl").stat().st_mtime)
    while int(time.time()) == second:  # the engine's own seed is the clock's second
        time.sleep(0.01)
    for name, seed in (("again", 1), ("other", 2)):
        (tmp_path / name).mkdir()
        module.make(tmp_path / name, settings(module, seed=seed), silent)
    assert contents(tmp_path / "again") == contents(made)
    assert contents(tmp_path / "other")["train.jsonl"] != contents(made)["train.jsonl"]


def test_level_and_noise_are_what_was_asked_for() -> None:
    module = recipe()
    noises = module._noises(np.random.default_rng(0))
    spoken = (20000 * np.sin(np.arange(22050) / 5)).astype(np.int16)
    for colour in ("white", "pink"):
        assert noises[colour].std() == pytest.approx(1, abs=1e-2)
        ask = {"level": -12.0, "colour": colour, "before": 4000, "after": 4000, "text": "", "voice": ""}
        plain = dict.fromkeys(module.Utterance._fields, 0) | ask
        clean = module._recorded(module.Utterance(**plain | {"snr": 90.0}), spoken, noises, 3) / 32767
        noisy = module._recorded(module.Utterance(**plain | {"snr": 15.0}), spoken, noises, 3) / 32767
        assert 20 * np.log10(np.abs(clean).max()) == pytest.approx(-12, abs=0.1)
        assert np.abs(clean[:3900]).max() < 1e-3  # silence before
        ratio = np.mean(clean[4000:-4000] ** 2) / np.mean((noisy - clean) ** 2)
        assert 10 * np.log10(ratio) == pytest.approx(15, abs=1.5)  # a second of pink noise is louder or softer


def test_pink_noise_loses_three_decibels_an_octave() -> None:
    power = np.abs(np.fft.rfft(recipe()._noises(np.random.default_rng(0))["pink"])) ** 2
    octaves = [power[1 << k : 2 << k].mean() for k in range(10, 18)]
    np.testing.assert_allclose(np.diff(10 * np.log10(octaves)), -3.01, atol=0.5)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"voices": {"valid": ["m8"]}}, "'m8' is in valid and in test"),
        ({"voices": {"test": ["nobody"]}}, "the engine has no voice 'nobody'; it has .*m1"),
        ({"speed": (200, 100)}, r"source.speed is \[200, 100\], but the lowest must come first"),
        ({"accents": {"en": ["en-xx"], "ko": ["ko"]}}, "eSpeak NG stopped: there is no voice 'en-xx[+]"),
    ],
)
def test_parameters_that_cannot_be_are_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    module = recipe()
    with pytest.raises(SeqpipeError, match=said):
        module.make(tmp_path, settings(module, **changes), silent)


def test_a_missing_engine_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = recipe()
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(SeqpipeError, match=r"pip install 'seqpipe\[recipes\]'"):
        module.make(tmp_path, settings(module), silent)


def test_a_temporary_folder_too_deep_for_the_engine_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / ("d" * 150)
    deep.mkdir()
    module = recipe()
    monkeypatch.setattr(module.tempfile, "tempdir", str(deep))
    with pytest.raises(SeqpipeError, match="set TMPDIR to a shorter one"):
        module.make(tmp_path, settings(module), silent)


def test_the_section_is_valid_and_the_stages_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stages").mkdir()
    shutil.copy(STAGES / "speech.py", tmp_path / "stages")
    text = (STAGES / "speech.yaml").read_text(encoding="utf-8")
    small = text.replace("{train: 3000, valid: 200, test: 300}", "{train: 21, valid: 3, test: 5}")
    assert small != text
    (tmp_path / "params.yaml").write_text(small, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    pipeline = read_pipelines()["speech"]
    assert read_source(pipeline, recipe().Source).utterances.train == 21
    said: list[Any] = []
    source(pipeline, said.append)
    preprocess(pipeline, said.append)
    assert (
        Note("voices that training never hears: m7, f4, aunty, ed (valid), m8, f2, f5, miguel, victor, grandma (test)")
        in said
    )
    train = Store(tmp_path / "data/features/speech/train.arrow")
    assert len(train) == 21
    assert train[0]["source"].shape[1] == 40
    steps = train.lengths("source") // pipeline.model.stack
    assert (steps >= train.lengths("target")).all()  # CTC needs a step a letter at least
