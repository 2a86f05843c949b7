"""``seqpipe decode``: flags before parameters, forms of output, what it tells of speed and what a person is shown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from trained_project import edit, refused, seqpipe

from seqpipe import console, load
from seqpipe.commands.decode import decode_inputs, decode_test, open_named
from seqpipe.commands.flags import option, tasks_with, with_flags
from seqpipe.commands.samples import samples
from seqpipe.commands.throughput import Throughput
from seqpipe.files import SeqpipeError
from seqpipe.params.decoding import Reading
from seqpipe.params.pipeline import FEATURES, SCHEMAS, Pipeline
from seqpipe.project import read_pipeline
from seqpipe.report import Note, Progress, silent


# -------------------------------------------------------------------------------------------------------------- flags
class Drawn(Reading):
    """A section of a task that searches or draws."""

    beam: int = 5
    sample: bool = False
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 1


class Hinted(Reading):
    """A section of a task with a search of its own."""

    beam: int = 5
    hotwords: list[str] = []


@pytest.fixture
def tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tasks as they might be."""
    monkeypatch.setitem(SCHEMAS, "seq2seq", SCHEMAS["seq2seq"]._replace(decode=Drawn))
    monkeypatch.setitem(SCHEMAS, "ctc", SCHEMAS["ctc"]._replace(decode=Hinted))


def pipeline(task: str, **decode: Any) -> Pipeline:
    modality = next(modality for modality, one in FEATURES if one == task)
    schema = SCHEMAS[task]
    sections = {"features": FEATURES[modality, task](), "model": schema.model(), "decode": schema.decode(**decode)}
    return Pipeline(name=f"my-{task}", modality=modality, task=task, **sections)


def decode_of(task: str, flags: dict[str, Any], **decode: Any) -> Any:
    (found,) = with_flags([pipeline(task, **decode)], flags)
    assert isinstance(found.decode, SCHEMAS[task].decode)
    return found.decode


@pytest.mark.usefixtures("tasks")
def test_flags_go_before_params_and_params_before_defaults() -> None:
    found = decode_of("seq2seq", {"beam": 3}, batch_size=7)
    assert (found.beam, found.batch_size, found.device) == (3, 7, "auto")
    assert found.model_fields_set == {"beam", "batch_size"}, "what nobody has set is not set"


@pytest.mark.usefixtures("tasks")
@pytest.mark.parametrize("flags", [{"temperature": 0.5}, {"top_k": 3}, {"top_p": 0.9, "seed": 4}])
def test_how_to_draw_asks_for_draws(flags: dict[str, Any]) -> None:
    found = decode_of("seq2seq", flags, beam=4)
    assert found.sample
    assert all(getattr(found, key) == value for key, value in flags.items())


def test_draws_have_no_groups() -> None:
    found = decode_of("seq2seq", {"temperature": 0.5}, beam=4, groups=2, diversity=0.5)
    assert (found.sample, found.groups, found.diversity) == (True, 1, 0.0)


@pytest.mark.usefixtures("tasks")
def test_a_beam_asks_for_a_search() -> None:
    found = decode_of("seq2seq", {"beam": 3}, sample=True, temperature=0.5, seed=4)
    assert not found.sample
    assert found.model_fields_set == {"beam"}, "nothing is left of how to draw"
    with pytest.raises(SeqpipeError, match=r"^--beam searches for the likeliest outputs, but --top-k draws"):
        decode_of("seq2seq", {"beam": 3, "top_k": 2})


@pytest.mark.usefixtures("tasks")
def test_a_seed_needs_draws() -> None:
    assert decode_of("seq2seq", {"seed": 4}, sample=True).seed == 4
    for seed in (1, 4):  # the default, too
        with pytest.raises(SeqpipeError, match=r"^--seed is for outputs that are drawn, but my-seq2seq searches"):
            decode_of("seq2seq", {"seed": seed})


@pytest.mark.usefixtures("tasks")
def test_a_flag_for_other_tasks_is_refused_with_their_names() -> None:
    for task, flags, sentence in [
        (
            "forecast",
            {"beam": 3},
            "--beam is for pipelines of seq2seq and ctc, but my-forecast is a pipeline of forecast",
        ),
        ("ctc", {"top_k": 3}, "--top-k is for pipelines of seq2seq, but my-ctc is a pipeline of ctc"),
        ("seq2seq", {"hotwords": ["a"]}, "--hotword is for pipelines of ctc, but my-seq2seq is a pipeline of seq2seq"),
    ]:
        with pytest.raises(SeqpipeError, match=f"^{sentence}; leave it out.$"):
            decode_of(task, flags)


@pytest.mark.usefixtures("tasks")
def test_of_several_pipelines_each_has_the_flags_it_knows() -> None:
    several = [pipeline("seq2seq"), pipeline("ctc"), pipeline("forecast")]
    drawn, hinted, forecast = with_flags(several, {"temperature": 0.5, "hotwords": ["a"], "batch_size": 3})
    assert (drawn.decode.temperature, drawn.decode.sample) == (0.5, True)
    assert (hinted.decode.hotwords, hinted.decode.beam) == (["a"], 5)
    assert [one.decode.batch_size for one in (drawn, hinted, forecast)] == [3, 3, 3]
    with pytest.raises(SeqpipeError, match=r"^--hotword is for pipelines of ctc, but params.yaml has none"):
        with_flags([several[0], several[2]], {"hotwords": ["a"]})


def test_a_key_has_an_option() -> None:
    assert [option(key) for key in ("beam", "top_k", "hotwords")] == ["--beam", "--top-k", "--hotword"]
    assert tasks_with("device") == ", ".join([*SCHEMAS][:-1]) + f" and {[*SCHEMAS][-1]}", "every task runs somewhere"


def test_flags_hold_for_a_model_without_params(project: Path) -> None:
    Path("params.yaml").unlink()
    assert open_named("words", {"beam": 3}, silent).pipeline.decode.beam == 3
    message = refused("decode", "waves", "-", "--beam", "3")
    assert re.match("--beam is for pipelines of seq2seq and ctc, but waves is a pipeline of forecast", message)


def test_without_a_name_some_pipeline_must_know_a_flag(project: Path) -> None:
    text = Path("params.yaml").read_text(encoding="utf-8")
    section = text[text.index("\nwaves:") :]
    Path("params.yaml").write_text(f"pipelines: {{waves: series}}\n{section}", encoding="utf-8")
    assert re.match("--nbest is for .*, but waves is a pipeline of forecast", refused("decode", "--nbest", "2"))


# ------------------------------------------------------------------------------------------------------------- device
@pytest.mark.parametrize("arguments", [["decode", "words"], ["decode", "tones", "-"], ["inspect", "waves"]])
def test_a_gpu_that_is_not_there(project: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    if arguments[0] == "inspect":
        edit("params.yaml", "{arima: false}", "{arima: false, device: cuda}")
    else:
        arguments = [*arguments, "--device", "cuda"]
    assert refused(*arguments) == "decode.device is cuda, but torch finds no GPU here; set it to auto or cpu."


def test_devices_are_these(project: Path) -> None:
    assert "'gpu', but must be 'auto', 'cpu' or 'cuda'" in refused("decode", "words", "--device", "gpu")
    for device in ("auto", "cpu"):
        (record,) = load("data/models/words", device=device)(["abc"])
        assert record["hypotheses"]


# -------------------------------------------------------------------------------------------------------------- forms
def test_plain_text_is_the_best_output_a_line(project: Path) -> None:
    lines = b"abcd\n\nd\n\n"
    records = [json.loads(line) for line in seqpipe("decode", "words", "-", stdin=lines).out.splitlines()]
    for terminal in (False, True):
        done = seqpipe("decode", "words", "-", "--nbest", "2", "--format", "text", stdin=lines, terminal=terminal)
        assert (done.code, done.err) == (0, "")
        assert done.out.split("\n") == [*(record["hypotheses"][0]["text"] for record in records), ""]


def test_json_lines_at_a_terminal(project: Path) -> None:
    piped = seqpipe("decode", "words", "-", stdin=b"abcd\n\n")
    assert seqpipe("decode", "words", "-", "--format", "jsonl", stdin=b"abcd\n\n", terminal=True) == piped


def test_plain_values_are_whole(project: Path) -> None:
    csv = Path("data/raw/waves/waves.csv")
    records = [json.loads(line) for line in seqpipe("decode", "waves", csv).out.splitlines()]
    lines = seqpipe("decode", "waves", csv, "--format", "text").out.splitlines()
    assert [[float(value) for value in line.split()] for line in lines] == [
        record["hypotheses"][0]["values"] for record in records
    ]


@pytest.mark.parametrize(
    ("hypothesis", "line"),
    [
        ({"text": "positive", "confidence": 0.75, "score": -0.3}, "positive"),
        ({"text": "two\nlines\u2028or three\x85", "score": -0.3}, "two lines or three"),
        ({"text": "Anna_B-PER flew", "labels": ["B-PER", "O"], "score": -0.1}, "Anna_B-PER flew"),
        ({"bits_per_character": 1.5, "perplexity": 7.0, "log_prob": -9.0}, "1.5"),
        ({"score": 0.25, "flag": True, "threshold": 0.1}, "0.25\tanomaly"),
        ({"text": "as it was", "score": 0.25, "flag": False, "threshold": 0.5}, "0.25\tnormal"),
    ],
)
def test_plain_text_by_kind_of_answer(hypothesis: dict[str, Any], line: str) -> None:
    assert console.plain(hypothesis) == line


def test_forms_are_of_new_input(project: Path) -> None:
    assert refused("decode", "words", "--format", "text").startswith("--format is for new input, but none is given")


# -------------------------------------------------------------------------------------------------------------- speed
def notes_of(run: Any) -> list[Note]:
    heard: list[Note | Progress] = []
    list(run(heard.append))
    return [event for event in heard if isinstance(event, Note)]


def test_speed_is_told_of_the_test_split_and_to_who_watches_of_new_input(project: Path) -> None:
    (told,) = notes_of(lambda report: decode_test(read_pipeline("words"), report))
    speed = r"examples read out in \d+\.\d s \([\d.,]+ a second\)"
    assert re.fullmatch(rf"words: 6 {speed} to data/decoded/words\.jsonl", told.text)
    assert not told.passing
    Path("lines.txt").write_text("abc\n\nb\n", encoding="utf-8")
    (told,) = notes_of(lambda report: decode_inputs("words", ["lines.txt"], {}, report))
    assert re.fullmatch(rf"words: 3 {speed}", told.text)
    assert told.passing


def test_seconds_of_sound_are_those_of_the_recordings(project: Path) -> None:
    paths = sorted(Path("data/raw/tones").glob("test*.wav"))
    lasted = sum(soundfile.info(path).duration for path in paths)
    trained = open_named("tones", {}, silent)
    throughput = Throughput(trained)
    rows = [trained.features.encode(example) for example in trained.features.inputs([str(path) for path in paths])]
    assert throughput.read_out(rows[:2]) + throughput.read_out(rows[2:]) == trained.read_out(rows)
    assert throughput.inputs == len(paths) == 5
    assert throughput.sound == pytest.approx(lasted, abs=len(paths) * 2 * trained.pipeline.features.hop)
    throughput.seconds, throughput.sound = 0.5, 20.0
    assert str(throughput) == (
        "5 examples read out in 0.5 s (10 a second, 40 seconds of sound a second: real-time factor 0.025)"
    )
    throughput.seconds, throughput.sound = 0.0025, 0.0
    assert str(throughput) == "5 examples read out in 0.0 s (2,000 a second)"
    throughput.inputs, throughput.seconds = 1, 4.0
    assert str(throughput) == "1 example read out in 4.0 s (0.2 a second)"


# --------------------------------------------------------------------------------------------------------------- rows
def test_a_person_sees_a_few_rows_and_which_are_right(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    done = seqpipe("decode", "words", terminal=True)
    records = [json.loads(line) for line in Path("data/decoded/words.jsonl").read_text(encoding="utf-8").splitlines()]
    shown = [line for line in re.sub(r"\x1b\[[\d;]*m", "", done.out).splitlines() if line.startswith("│")]
    assert len(shown) == 5
    sources = [line.split("│")[1].strip() for line in shown]
    chosen = [record for record in records if record["source"] in sources]
    assert sources == [record["source"] for record in chosen]
    for line, record in zip(shown, chosen, strict=True):
        right = record["hypotheses"][0]["text"] == record["reference"]
        assert record["reference"] in line
        assert ("✓" in line, "✗" in line) == (right, not right)
    assert seqpipe("decode", "words").out == ""


def test_rows_of_every_kind_of_reference() -> None:
    tagged = {"source": "Anna flew", "reference": ["B-PER", "O"]}
    tagged["hypotheses"] = [{"text": "Anna_B-PER flew", "tokens": ["Anna", "flew"], "labels": ["B-PER", "O"]}]
    labelled = {"source": "fine", "reference": "good", "hypotheses": [{"text": "bad", "confidence": 0.5}]}
    forecast = {"source": "co2", "reference": [1.0, 2.0], "hypotheses": [{"values": [1.0, 2.0]}]}
    scored = {"source": "a line", "hypotheses": [{"log_prob": -1.0}]}
    found = samples([tagged, labelled, forecast, scored])
    assert [(sample.reference, sample.correct) for sample in found] == [
        ("Anna_B-PER flew", True),
        ("good", False),
        ([1.0, 2.0], None),
        (None, None),
    ]
    many = [{**scored, "source": str(number)} for number in np.arange(100)]
    assert [sample.source for sample in samples(many)] == ["10", "30", "50", "70", "90"]


def test_rows_without_references_have_no_such_column(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    from seqpipe.commands.decode import Decoded

    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    scored = {"log_prob": -1.0, "bits_per_character": 1.0, "perplexity": 2.0}
    console.decoded(
        Decoded("verse", Path("data/decoded/verse.jsonl"), samples([{"source": "[x]", "hypotheses": [scored]}]))
    )
    shown = capsys.readouterr().out
    assert "[x]" in shown
    assert "reference" not in shown
