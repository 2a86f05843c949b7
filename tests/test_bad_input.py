"""Bad raw data and bad new input end in one sentence that names the place and the fix, with nothing written."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from trained_project import MODALITIES, RATE, edit, folder_instead, refused, remove, seqpipe, shorten, tone

WORDS, TONES, WAVES = (Path("data/raw") / name for name in MODALITIES)
CSV = WAVES / "waves.csv"


# --------------------------------------------------------------------------------------------------------------- text
@pytest.mark.parametrize("split", ["train", "valid", "test"])
@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (None, r" is missing; "),
        (b"", r" is empty; it needs a header line"),
        (b"source\ttarget\n", r" has a header but no rows; add one"),
        (b"source\taim\na\tb\n", r" line 1 has no column 'target' \(it has source, aim\); the header needs"),
        (b"source\ttarget\na\tb\n\xb3\xaf\tb\n", r" line 3 is not UTF-8 text; convert the file"),
        (b"source\ttarget\na\tb\nab\n", r" line 3 has 1 columns, but the header has 2; put one tab"),
        (b"source\ttarget\na\tb\n\tb\n", r" line 3 has an empty source; remove it or fill it"),
    ],
)
def test_text_pairs(project: Path, split: str, raw: bytes | None, sentence: str) -> None:
    path = WORDS / f"{split}.tsv"
    remove(path)
    if raw is not None:
        path.write_bytes(raw)
    place = rf"({re.escape(str(path))}|{path.name})"  # of the whole file, or of one example
    assert re.match(place + sentence, refused("preprocess", "text", "words"))


def test_text_that_is_a_folder_or_outgrows_its_vocabulary(project: Path) -> None:
    edit("params.yaml", "source: {level: char, vocabulary: 20}", "source: {level: char, vocabulary: 8}")
    (WORDS / "train.tsv").write_text("source\ttarget\nabcdefgh\tb\n", encoding="utf-8")
    assert "A char vocabulary of 8 cannot hold every character of" in refused("preprocess", "text")
    folder_instead(WORDS / "train.tsv")
    assert refused("preprocess", "text") == f"{WORDS / 'train.tsv'} is a folder, not a text file."


@pytest.mark.parametrize(
    ("argument", "stdin", "sentence"),
    [
        ("none.txt", b"", r"none\.txt does not exist; give files to read, or - for standard input\."),
        ("data", b"", r"data is a folder, not a text file\."),
        ("empty.txt", b"", r"empty\.txt is empty; give one input a line\."),
        ("korean.txt", b"", r"korean\.txt line 2 is not UTF-8 text; convert the file"),
        ("-", b"", r"standard input is empty; give one input a line\."),
        ("-", b"a\n\xff\n", r"standard input line 2 is not UTF-8 text; convert"),
    ],
)
def test_new_text(project: Path, argument: str, stdin: bytes, sentence: str) -> None:
    Path("empty.txt").touch()
    Path("korean.txt").write_bytes(b"a\n" + "날짜".encode("cp949") + b"\n")
    assert re.match(sentence, refused("decode", "words", argument, stdin=stdin))


def test_an_empty_line_is_an_input_with_an_empty_output(project: Path) -> None:
    done = seqpipe("decode", "words", "-", stdin=b"abc\n\n  \ncba\n")
    texts = [json.loads(line)["hypotheses"][0]["text"] for line in done.out.splitlines()]
    assert (done.code, len(texts)) == (0, 4)
    assert texts[1:3] == ["", ""]
    assert seqpipe("decode", "words", "-", stdin=b"\n").code == 0


# -------------------------------------------------------------------------------------------------------------- series
@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("ds,y", "date,y", r" line 1 has no column 'ds' \(it has unique_id, date, y\); .* in features\.date"),
        ("ds,y", "ds,value", r" line 1 has no column 'y' \(it has .*\); rename one, .* in features\.value"),
        ("north,2001-01-03,", "north,2001-01-03,nan\nnorth,2001-01-04,", r" line 4: y is 'nan', not a finite"),
        ("north,2001-01-03,", "north,2001-01-03,\nnorth,2001-01-04,", r" line 4: y is empty, not a finite"),
        ("north,2001-01-03,", "north,2001-01-03,high\nnorth,2001-01-04,", r" line 4: y is 'high', not a finite number"),
        ("north,2001-01-03,", "north,2000-01-03,", r" line 4: ds '2000-01-03' comes after '2001-01-02' .*; sort"),
        ("north,2001-01-03,", "north,2001-01-02,", r" line 4: ds '2001-01-02' stands twice in series 'north'"),
        ("north,2001-01-03,", "north,NaT,", r" line 4: ds 'NaT' is no date that can be read in one way; write it like"),
        (
            "north,2001-01-03,",
            "north,03/01/2001,",
            r" line 4: ds '03/01/2001' is no date that can be read in one way; write",
        ),
        ("north,2001-01-03,", "north,2001-01-03,1,", r" line 4 has 4 columns, but the header has 3; mend"),
        ("north,2001-01-03,", ",2001-01-03,", r" line 4 names no series in column 'unique_id'; fill"),
        ("north,2001-01-03,", '"north,2001-01-03,', r" line \d+ is not CSV .*; look at its quotes"),
    ],
)
def test_series(project: Path, before: str, after: str, sentence: str) -> None:
    edit(CSV, before, after)
    assert re.match(re.escape(str(CSV)) + sentence, refused("preprocess", "series", "waves"))
    assert re.match(re.escape(str(CSV)) + sentence, refused("decode", "waves", CSV))
    piped = refused("decode", "waves", "-", stdin=CSV.read_bytes())
    assert re.match("standard input" + sentence, piped)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (None, r"data/raw/waves has no \.csv file; put one there with the columns ds, y, unique_id\."),
        (b"", r".*waves\.csv is empty; it needs a header line and at least one row\."),
        (b"ds,y\n", r".*waves\.csv has a header but no rows; add"),
        ("ds,y\n2001,1\n2002,é\n".encode("latin-1"), r".*waves\.csv line 3 is not UTF-8 text; convert the file"),
        (b"ds,y\n2001,1\n2002,2\n", r"Series 'waves' of .*waves\.csv has 2 values, but needs 23: 9 to train"),
    ],
)
def test_series_files(project: Path, raw: bytes | None, sentence: str) -> None:
    remove(CSV)
    if raw is not None:
        CSV.write_bytes(raw)
    assert re.match(sentence, refused("preprocess", "series", "waves"))


@pytest.mark.parametrize(
    ("argument", "stdin", "sentence"),
    [
        ("none.csv", b"", r"none\.csv does not exist; give files to read"),
        ("data", b"", r"data is a folder"),
        ("-", b"", r"standard input is empty; it needs a header line"),
        ("-", b"ds,y\n", r"standard input has a header but no rows; add"),
        ("-", b"ds,y\n2001,\xb3\xaf\n", r"Standard input is not UTF-8 text; convert it"),
        ("-", b"ds,y\n2001,1\n", r"standard input: series 'input' has 1 values, but a forecast needs 6 .*; give a lon"),
    ],
)
def test_new_series(project: Path, argument: str, stdin: bytes, sentence: str) -> None:
    assert re.match(sentence, refused("decode", "waves", argument, stdin=stdin))


def test_series_params_that_leave_nothing(project: Path) -> None:
    edit("params.yaml", "horizon: 3", "horizon: 9")
    assert refused("preprocess", "series").startswith("features.valid is 7 steps, but must hold one horizon or more")


# --------------------------------------------------------------------------------------------------------------- sound
def bad_sounds() -> dict[str, tuple[Callable[[Path], object], str]]:
    def write(samples: np.ndarray, subtype: str = "PCM_16") -> Callable[[Path], object]:
        return lambda path: soundfile.write(path, samples, RATE, subtype=subtype)

    def truncated(path: Path) -> None:
        soundfile.write(path, tone(300), RATE)
        shorten(path, 100)

    return {
        "no bytes": (lambda path: path.write_bytes(b""), r" is empty \(0 bytes\); record it again or remove it"),
        "no samples": (write(np.zeros(0)), r" is empty: it has no samples; record it again or remove it"),
        "silent": (write(np.zeros(500)), r" is silent: every sample is zero; record it again or remove it"),
        "truncated": (truncated, r" is truncated: its header promises 3200 bytes of sound, but 3100 are there; copy"),
        "header only": (lambda path: path.write_bytes(b"RIFF0000"), r" is not sound that can be read"),
        "text": (lambda path: path.write_bytes(b"a text"), r" is not sound that can be read \(Format not recognised"),
        "not finite": (write(np.full(500, np.nan), "FLOAT"), r" holds values that are not finite numbers; record or"),
    }


@pytest.mark.parametrize("kind", bad_sounds())
def test_sound(project: Path, kind: str) -> None:
    write, sentence = bad_sounds()[kind]
    path = TONES / "valid1.wav"
    path.unlink()
    write(path)
    assert re.match(rf"valid\.jsonl line 2: {re.escape(str(path))}{sentence}", refused("preprocess", "audio", "tones"))
    assert re.match(re.escape(str(path)) + sentence, refused("decode", "tones", TONES / "valid0.wav", path))
    assert re.match("standard input" + sentence, refused("decode", "tones", "-", stdin=path.read_bytes()))


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (None, r" is missing; "),
        (b"", r" is empty; it needs one JSON object a line with audio_filepath and text\."),
        (b"{", r" line 1 is not valid JSON \(.*\); mend it\."),
        (b"[]", r" line 1 is not a JSON object; it needs audio_filepath and text\."),
        (b"\xff", r" line 1 is not UTF-8 text; convert the file"),
        (b'{"text": "a"}', r" line 1 has no key 'audio_filepath' \(it has text\); add it\."),
        (b'{"audio_filepath": "x.wav", "text": "a"}', r" line 1: data/raw/tones/x\.wav is missing; put it there"),
        (b'{"audio_filepath": "../x.wav", "text": "a"}', r" line 1: audio_filepath '\.\./x\.wav' leads out of"),
        (b'{"audio_filepath": "test0.wav", "text": 1}', r" line 1: text is 1, but must be text in quotes\."),
    ],
)
def test_manifests(project: Path, raw: bytes | None, sentence: str) -> None:
    path = TONES / "test.jsonl"
    remove(path)
    if raw is not None:
        path.write_bytes(raw)
    assert re.match(re.escape(str(path)) + sentence, refused("preprocess", "audio", "tones"))


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("none.wav", r"none\.wav does not exist; give files to read, or - for standard input\."),
        ("data", r"data is a folder; name sound files\."),
    ],
)
def test_new_sound(project: Path, argument: str, sentence: str) -> None:
    assert re.match(sentence, refused("decode", "tones", TONES / "test0.wav", argument))


def test_stereo_is_mixed_down_and_said_so(project: Path) -> None:
    left = tone(300)
    soundfile.write("mono.wav", left, RATE)
    soundfile.write("stereo.wav", np.stack([left * 2, left * 0], axis=1), RATE, subtype="FLOAT")
    done = seqpipe("decode", "tones", "stereo.wav", "mono.wav")
    assert done.code == 0
    assert done.err == "stereo.wav: mixed down from 2 channels to one\n"
    stereo, mono = (json.loads(line)["hypotheses"] for line in done.out.splitlines())
    assert stereo[0]["tokens"] == mono[0]["tokens"]
    assert stereo[0]["score"] == pytest.approx(mono[0]["score"], abs=1e-3)
    shutil.copy("stereo.wav", TONES / "train1.wav")
    done = seqpipe("preprocess", "audio", "tones")
    assert done.code == 0
    assert f"{TONES} train: 1 source mixed down from 2 channels to one" in done.err.splitlines()


def test_another_rate_is_resampled_and_said_so(project: Path) -> None:
    soundfile.write("twice.wav", tone(300, rate=2 * RATE), 2 * RATE)
    soundfile.write("plain.wav", tone(300), RATE)
    done = seqpipe("decode", "tones", "twice.wav", "plain.wav")
    assert (done.code, done.err) == (0, "twice.wav: resampled from 16000 to 8000 Hz\n")
    twice, plain = (json.loads(line)["hypotheses"] for line in done.out.splitlines())
    assert twice[0]["score"] == pytest.approx(plain[0]["score"], rel=0.05)
    for at in (1, 2):
        shutil.copy("twice.wav", TONES / f"train{at}.wav")
    done = seqpipe("preprocess", "audio", "tones")
    assert done.code == 0
    assert f"{TONES} train: 2 sources resampled from 16000 to 8000 Hz" in done.err.splitlines()
