"""A recording that is read out while it comes, against the same one read as a whole."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import arpa_oracle
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from listening import RATE, trained, write
from rich.cells import cell_len
from trained_project import Done, refused, seqpipe

from seqpipe.commands.listener import Listener
from seqpipe.commands.saved import save_trained
from seqpipe.commands.trained import Trained
from seqpipe.readers.recordings import Clip
from seqpipe.readers.sound import read_audio, read_blocks

CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "gru": ({}, {"stack": 1}),
    "lstm": ({"deltas": 1}, {"cell": "lstm", "front": "convolution", "layers": 2}),
    "rnn": ({"kind": "mfcc", "deltas": 2}, {"cell": "rnn", "stack": 3, "layer_norm": True, "layers": 2}),
    "mingru": ({"kind": "spectrogram"}, {"cell": "mingru", "front": "convolution", "stack": 1}),
    "layernorm-lstm": (
        {"normalize": "none"},
        {"cell": "layernorm-lstm", "front": "convolution", "stack": 3, "layers": 2, "residual": True},
    ),
}
"""The features and model sections of each case."""


def streamed(listening: Trained, path: Path, seconds: float) -> list[dict[str, Any]]:
    listener = Listener(listening)
    for block in read_blocks(Clip(path), listener.rate, seconds, lambda remark: None):
        listener(block)
    return listener.end()


FIGURES = ("score", "log_prob", "confidence")


def compare(found: list[dict[str, Any]], whole: list[dict[str, Any]]) -> None:
    """The same hypotheses and the same words at the same times, but for the rounding of figures."""

    def told(hypotheses: list[dict[str, Any]], wanted: Callable[[str], bool]) -> list[Any]:
        rows = [row for one in hypotheses for row in (one, *one["times"])]
        return [{key: value for key, value in row.items() if wanted(key)} for row in rows]

    assert told(found, lambda key: key not in (*FIGURES, "times")) == told(
        whole, lambda key: key not in (*FIGURES, "times")
    )
    for one, other in zip(told(found, FIGURES.__contains__), told(whole, FIGURES.__contains__), strict=True):
        assert one == pytest.approx(other, abs=1e-4)


@pytest.mark.parametrize("beam", [1, 5])
@pytest.mark.parametrize(("rate", "channels"), [(RATE, 1), (44100, 2)])
@pytest.mark.parametrize("case", CASES)
def test_every_chunk_size_ends_in_what_the_whole_gives(
    tmp_path: Path, case: str, rate: int, channels: int, beam: int
) -> None:
    features, model = CASES[case]
    listening = trained(tmp_path, features, model, {"beam": beam, "nbest": min(beam, 3)})
    path = write(tmp_path / "a.wav", 2.345, rate, channels)
    (record,) = listening.answer(listening.features.inputs([str(path)]))
    assert len(record["hypotheses"][0]["text"]) > 3
    for seconds in (0.01, 0.037, 0.2, 1, 60):
        compare(streamed(listening, path, seconds), record["hypotheses"])


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    length=st.integers(1, 4000),
    cuts=st.lists(st.integers(0, 4000), max_size=20),
    case=st.sampled_from(list(CASES)),
)
def test_any_chunks_end_in_what_the_whole_gives(tmp_path: Path, length: int, cuts: list[int], case: str) -> None:
    features, model = CASES[case]
    listening = trained(tmp_path, features, model, {"beam": 4, "nbest": 4})
    path = write(tmp_path / f"{length}.wav", length / RATE)
    (record,) = listening.answer(listening.features.inputs([str(path)]))
    samples, _ = read_audio(Clip(path), RATE)
    listener = Listener(listening)
    for chunk in np.split(samples, sorted(min(cut, length) for cut in cuts)):
        listener(chunk)
    compare(listener.end(), record["hypotheses"])


def test_language_model_and_hotwords_are_heard_with(tmp_path: Path) -> None:
    words = ("<s>", "</s>", "<unk>", "one", "two", "oh", "둘")
    model = {(word,): (-1.0, -0.3) for word in words} | {("oh", "oh"): (-0.2, 0.0)}
    arpa_oracle.write(tmp_path / "lm.arpa", model)
    fusion = {"lm": str(tmp_path / "lm.arpa"), "word_bonus": 1.5, "hotwords": ["oh two"]}
    path = write(tmp_path / "a.wav", 1.5)
    plain, listening = (trained(tmp_path, {}, {}, {"beam": 6, "nbest": 6, **more}) for more in ({}, fusion))
    (record,), (without,) = (one.answer(one.features.inputs([str(path)])) for one in (listening, plain))
    assert record["hypotheses"][0]["text"] != without["hypotheses"][0]["text"]
    for seconds in (0.037, 0.2):
        compare(streamed(listening, path, seconds), record["hypotheses"])


# ------------------------------------------------------------------------------------------------ the command
@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project without params.yaml whose model ``heard`` can stream, and a recording."""
    save_trained(tmp_path / "data/models/heard", trained(tmp_path, {}, {"cell": "lstm"}, {}))
    monkeypatch.chdir(tmp_path)
    return write(tmp_path / "a.wav", 2.345)


def lines(done: Done) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Partial results, and the record."""
    assert done.code == 0
    *partials, record = map(json.loads, done.out.splitlines())
    assert all(partial.keys() == {"partial", "seconds"} for partial in partials)
    return partials, record


def raw(path: Path) -> bytes:
    samples, _ = read_audio(Clip(path), RATE)
    return np.round(samples * 2**15).astype("<i2").tobytes()


def test_partial_results_grow_into_the_record_of_decode(heard: Path) -> None:
    whole = json.loads(seqpipe("decode", "heard", heard, "--nbest", "3").out)
    partials, record = lines(seqpipe("decode", "heard", "--stream", heard, "--nbest", "3", "--chunk", "0.1"))
    assert record.keys() == whole.keys()
    assert (record["id"], record["source"]) == (whole["id"], whole["source"])
    compare(record["hypotheses"], whole["hypotheses"])
    assert len(partials) > 5
    assert all(one["partial"] != other["partial"] for one, other in pairwise(partials))
    seconds = [partial["seconds"] for partial in partials]
    assert seconds == sorted(seconds)
    assert all(round(at * 10, 6) in (round(at * 10), 23.45) for at in seconds)
    assert len(partials[0]["partial"]) < 3 < len(record["hypotheses"][0]["text"])


def test_wav_and_raw_samples_come_through_standard_input(heard: Path) -> None:
    whole = json.loads(seqpipe("decode", "heard", heard).out)
    told = "standard input: taken as raw samples of 16 bits, one channel, 8000 Hz\n"
    for sent, note in ((heard.read_bytes(), ""), (raw(heard), told)):
        done = seqpipe("decode", "heard", "--stream", "-", stdin=sent)
        partials, record = lines(done)
        assert done.err == note
        assert partials
        assert (record["id"], record["source"]) == ("-", "standard input")
        compare(record["hypotheses"], whole["hypotheses"])


def test_what_was_changed_is_a_note(heard: Path) -> None:
    done = seqpipe("decode", "heard", "--stream", write(Path("b.wav"), 1.5, 44100, 2))
    assert done.err == seqpipe("decode", "heard", "b.wav").err != ""


def test_a_terminal_shows_one_line_that_is_written_anew(heard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "12")
    partials, record = lines(seqpipe("decode", "heard", "--stream", heard))
    shown = seqpipe("decode", "heard", "--stream", heard, terminal=True).out
    *written, end = shown.split("\x1b[K")
    assert len(written) == len(partials) + 1
    for line, partial in zip(written[:-1], partials, strict=True):
        assert line[0] == "\r"
        assert partial["partial"].endswith(line[1:])
        assert cell_len(line[1:]) <= 11
        assert cell_len(partial["partial"]) <= 10 or cell_len(line[1:]) >= 10
    assert written[-1] == "\r"
    assert record["hypotheses"][0]["text"].replace(" ", "") in end.replace("\n", "").replace(" ", "")


def test_what_goes_wrong_further_on_has_a_line_of_its_own(heard: Path) -> None:
    samples, _ = read_audio(Clip(heard), RATE)
    soundfile.write("broken.wav", np.append(samples, np.nan), RATE, subtype="FLOAT")
    done = seqpipe("decode", "heard", "--stream", "broken.wav", terminal=True)
    assert done.code == 2
    assert done.out.endswith("\x1b[K\n")
    assert "broken.wav holds values that are not finite numbers" in done.err


@pytest.mark.slow
def test_ctrl_c_ends_what_is_live_with_the_record_of_what_was_heard(heard: Path) -> None:
    code = "import sys; sys.argv = sys.argv[1:]; from seqpipe.cli import main; main()"
    arguments = [sys.executable, "-c", code, "seqpipe", "decode", "heard", "--stream", "-"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(raw(heard))
        process.stdin.flush()
        first = json.loads(process.stdout.readline())  # what comes at once shows that it listens
        process.send_signal(signal.SIGINT)
        *_, last = process.stdout.read().splitlines()
        assert process.wait(60) == 0
    assert "partial" in first
    assert json.loads(last).keys() == {"id", "source", "hypotheses"}


@pytest.mark.parametrize(
    ("features", "model", "said"),
    [
        ({"normalize": "utterance"}, {}, "features.normalize is utterance: .* set features.normalize to running, and"),
        ({"range": 80}, {}, "features.range is 80: .* set features.range to 0, and"),
        ({}, {"bidirectional": True}, "model.bidirectional is true: .* set model.bidirectional to false, and"),
        (
            {"normalize": "utterance", "range": 30.5},
            {"bidirectional": True},
            "features.normalize is utterance, features.range is 30.5 and model.bidirectional is true: .* set "
            "features.normalize to running, features.range to 0 and model.bidirectional to false, and",
        ),
    ],
)
def test_a_model_that_needs_the_end_first_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, features: dict[str, Any], model: dict[str, Any], said: str
) -> None:
    save_trained(tmp_path / "data/models/heard", trained(tmp_path, features, model, {}))
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.wav", 1)
    assert re.search(said, refused("decode", "heard", "--stream", "a.wav"))


def test_what_makes_no_sense_is_refused(heard: Path) -> None:
    stream = ("decode", "heard", "--stream")
    assert "--stream reads one recording" in refused(*stream)
    assert "--stream reads one recording" in refused("decode", "--stream")
    assert "--stream reads one recording" in refused(*stream, "a.wav", "a.wav")
    assert "--chunk is 0, but must be a time above 0 seconds" in refused(*stream, "a.wav", "--chunk", "0")
    assert "--chunk has no effect without --stream" in refused("decode", "heard", "a.wav", "--chunk", "1")
    assert "--batch-size has no effect with --stream" in refused(*stream, "a.wav", "--batch-size", "1")
    assert "b.wav does not exist" in refused(*stream, "b.wav")
    assert "raw is a folder" in refused(*stream, "raw")
    assert "standard input is empty" in refused(*stream, "-")
    assert "standard input is silent" in refused(*stream, "-", stdin=bytes(100))
    assert "--max-length is for pipelines of seq2seq" in refused(*stream, "a.wav", "--max-length", "3")


def test_other_tasks_are_refused(project: Path) -> None:
    Path("a.txt").write_text("abc\n", encoding="utf-8")
    sentence = refused("decode", "words", "--stream", "a.txt")
    assert "words is a seq2seq pipeline of text; --stream is for ctc pipelines of audio" in sentence


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peaks of memory are read as Linux tells them")
def test_an_hour_takes_the_memory_of_five_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laconic = trained(tmp_path, {}, {}, {})
    laconic.model.output.bias.data[0] += 8  # the text itself grows with the hour
    save_trained(tmp_path / "data/models/heard", laconic)
    monkeypatch.chdir(tmp_path)
    code = """
import sys
from seqpipe.cli import main
try:
    main()
finally:
    (peak,) = (line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(peak, file=sys.stderr)
"""
    arguments = [sys.executable, "-c", code, "decode", "heard", "--stream", "-"]
    peaks = {}
    for minutes in (5, 60):
        random = np.random.default_rng(0)
        with Path("out.jsonl").open("wb") as out, Path("err.txt").open("wb") as err:
            process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=out, stderr=err)
        assert process.stdin is not None
        for _ in range(60 * minutes):
            tone = np.sin(2 * np.pi * random.uniform(100, 3000) * np.arange(RATE) / RATE)
            process.stdin.write((8000 * tone + 100 * random.normal(size=RATE)).astype("<i2").tobytes())
        process.stdin.close()
        assert process.wait() == 0
        peaks[minutes] = int(Path("err.txt").read_text(encoding="utf-8").split()[-1]) / 1024  # MB
        *_, record = Path("out.jsonl").read_text(encoding="utf-8").splitlines()
        assert 10 * minutes < len(json.loads(record)["hypotheses"][0]["tokens"]) < 300 * minutes
    assert peaks[60] - peaks[5] < 50, peaks
