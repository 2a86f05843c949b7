"""The command line: quick to answer, every command explained, flags over params, one result an input in order."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from trained_project import edit, refused, seqpipe, tree

from seqpipe.cli import app
from seqpipe.training import loop

ROOT = Path(__file__).parent.parent
SLOW = {
    "dvc",
    "librosa",
    "matplotlib",
    "numpy",
    "pandas",
    "pyarrow",
    "rich",
    "ruamel",
    "scipy",
    "sentencepiece",
    "torch",
}
LOADED = """
import sys
from seqpipe.cli import main
sys.argv = ["seqpipe", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""
ANY_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def loaded(*arguments: str) -> set[str]:
    """Top-level modules in a fresh process once the command is done."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], capture_output=True, text=True, env=environment(), check=True
    )
    return set(done.stderr.splitlines()[-1].split())


def commands() -> Iterator[tuple[list[str], typer.core.TyperCommand]]:
    """Every command with the words that call it."""

    def walk(command, words):
        inner = getattr(command, "commands", None)
        if inner is None:
            yield words, command
        else:
            for name, one in inner.items():
                yield from walk(one, [*words, name])

    return walk(typer.main.get_command(app), [])


COMMANDS = {" ".join(words): command for words, command in commands()}


# --------------------------------------------------------------------------------------------------------------- help
@pytest.mark.parametrize("words", ["", "preprocess", *COMMANDS])
def test_help_loads_nothing_slow(words: str) -> None:
    assert not loaded(*words.split(), "--help") & SLOW


def test_preprocessing_text_loads_no_torch(project: Path) -> None:
    assert "torch" not in loaded("preprocess", "text", "words")


def test_the_contract_has_these_commands() -> None:
    assert {
        *("source", "preprocess text", "preprocess audio", "preprocess series", "train", "decode", "evaluate"),
        *("results", "init", "add", "list", "experiments"),
    } <= set(COMMANDS)


def test_help_is_for_the_user() -> None:
    done = seqpipe("--help")
    assert done.code == 0
    assert "Sequence modelling from raw data to comparable experiments." in done.out
    assert all(name.split()[0] in done.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_parameter_has_help(name: str) -> None:
    command = COMMANDS[name]
    first = (command.help or "").partition("\n")[0]
    assert first.endswith(".")
    assert len(first) > 20
    for parameter in command.params:
        assert parameter.name == "help" or getattr(parameter, "help", None), f"{name} {parameter.name}"
    assert first.split()[0] in seqpipe(*name.split(), "--help").out


def test_without_a_command_it_explains_itself() -> None:
    done = seqpipe()
    assert done.code == 2
    assert "Commands:" in done.out + done.err


# -------------------------------------------------------------------------------------------------------------- flags
def test_flags_do_what_params_would(project: Path) -> None:
    decoded = Path("data/decoded/words.jsonl")
    plain = decoded.read_bytes()
    flags = ["--beam", "3", "--nbest", "2", "--max-length", "2", "--length-penalty", "0"]
    assert seqpipe("decode", "words", *flags).code == 0
    by_flags = decoded.read_bytes()
    edit("params.yaml", "{beam: 2, max_length: 4}", "{beam: 3, nbest: 2, max_length: 2, length_penalty: 0}")
    assert seqpipe("decode", "words").code == 0
    assert decoded.read_bytes() == by_flags != plain
    records = [json.loads(line) for line in by_flags.decode().splitlines()]
    assert {len(record["hypotheses"]) for record in records} == {2}
    assert {len(found["tokens"]) for record in records for found in record["hypotheses"]} <= {0, 1, 2}


def test_flags_hold_for_new_input_too(project: Path) -> None:
    done = seqpipe("decode", "words", "-", "--nbest", "2", "--max-length", "1", stdin=b"abc\n")
    (record,) = map(json.loads, done.out.splitlines())
    assert len(record["hypotheses"]) == 2
    assert all(len(found["tokens"]) <= 1 for found in record["hypotheses"])


def test_params_hold_for_new_input(project: Path) -> None:
    edit("params.yaml", "{beam: 2, max_length: 4}", "{beam: 2, nbest: 2, max_length: 1}")
    (record,) = map(json.loads, seqpipe("decode", "words", "-", stdin=b"abc\n").out.splitlines())
    assert [len(found["tokens"]) <= 1 for found in record["hypotheses"]] == [True, True]


@pytest.mark.parametrize("arguments", [["decode", "waves"], ["decode", "waves", "data/raw/waves/waves.csv"]])
def test_a_flag_that_the_task_does_not_know_is_named(project: Path, arguments: list[str]) -> None:
    before = tree(project)
    done = seqpipe(*arguments, "--beam", "3")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(
        "seqpipe: --beam is for pipelines of seq2seq and ctc, but waves is a pipeline of forecast;"
    )
    assert tree(project) == before


def test_for_all_pipelines_a_flag_reaches_those_that_know_it(project: Path) -> None:
    waves = Path("data/decoded/waves.jsonl").read_bytes()
    assert seqpipe("decode", "--nbest", "2").code == 0
    for name in ("words", "tones"):
        lines = Path(f"data/decoded/{name}.jsonl").read_text(encoding="utf-8").splitlines()
        assert {len(json.loads(line)["hypotheses"]) for line in lines} == {2}
    assert Path("data/decoded/waves.jsonl").read_bytes() == waves


# ---------------------------------------------------------------------------------------------------------- new input
LINES = ["abcd", "", "d", "aab", "", "", "dcba", "b"]


def answers(text: str) -> list[tuple[str, str]]:
    records = [json.loads(line) for line in text.splitlines()]
    return [(record["source"], record["hypotheses"][0]["text"]) for record in records]


@pytest.mark.parametrize("batch", ["1", "3", "64"])
def test_one_result_a_line_in_order_with_empty_lines_in_place(project: Path, batch: str) -> None:
    alone = dict(answers(seqpipe("decode", "words", "-", stdin=f"{line}\n".encode()).out)[0] for line in LINES)
    assert alone[""] == ""
    done = seqpipe("decode", "words", "-", "--batch-size", batch, stdin="".join(f"{line}\n" for line in LINES).encode())
    assert (done.code, done.err) == (0, "")
    assert answers(done.out) == [(line, alone[line]) for line in LINES]


def test_several_files_are_read_in_the_order_given(project: Path) -> None:
    Path("b.txt").write_text("b\n\n", encoding="utf-8")
    Path("a.txt").write_text("a", encoding="utf-8")
    found = answers(seqpipe("decode", "words", "b.txt", "a.txt", "b.txt").out)
    assert [source for source, _ in found] == ["b", "", "a", "b", ""]


def test_a_person_sees_no_json(project: Path) -> None:
    done = seqpipe("decode", "words", "-", stdin=b"abc\n\n", terminal=True)
    assert done.code == 0
    assert "{" not in done.out
    shown = [re.sub(r"\x1b\[[\d;]*m", "", line).strip() for line in done.out.splitlines()]
    assert shown[0] == "abc"
    assert shown[2] == ""
    piped = json.loads(seqpipe("decode", "words", "-", stdin=b"abc\n").out)
    score = piped["hypotheses"][0]["score"]
    assert f"({score:.3f})" in shown[1]


def test_results_come_as_lines_are_typed_and_ctrl_c_ends_quietly(project: Path) -> None:
    command = [sys.executable, "-m", "seqpipe", "decode", "words", "-", "--batch-size", "1"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, **pipes, env=environment(**ANY_LOCALE)) as process:
        process.stdin.write("가\n".encode())  # in a locale that has no such letter
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["source"] == "가"
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
        assert process.returncode == 130
        assert b"Traceback" not in process.stderr.read()


def test_a_reader_that_leaves_early_ends_it_quietly(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(*_: object, **__: object) -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    monkeypatch.setattr("builtins.print", leave)
    done = seqpipe("decode", "words", "-", stdin=b"abc\n")
    assert (done.code, done.out, done.err) == (1, "", "")


def test_a_byte_order_mark_before_piped_csv_is_no_part_of_it(project: Path) -> None:
    raw = Path("data/raw/waves/waves.csv").read_bytes()
    plain = seqpipe("decode", "waves", "-", stdin=raw)
    assert plain.code == 0
    assert seqpipe("decode", "waves", "-", stdin=b"\xef\xbb\xbf" + raw) == plain


# ------------------------------------------------------------------------------------------------------------- stages
def test_stages_say_what_they_did_on_standard_error_only(project: Path) -> None:
    for arguments in (["preprocess", "text"], ["train", "words"], ["decode", "words"], ["evaluate", "words"]):
        done = seqpipe(*arguments)
        assert (done.code, done.out) == (0, "")
        assert "words" in done.err
    assert "epoch 1/1" in seqpipe("train", "words").err


def test_without_a_name_every_pipeline_of_the_kind_runs(project: Path) -> None:
    assert seqpipe("preprocess", "audio").err.startswith("tones: 7 train, 3 valid, 5 test")
    assert [line.split(":")[0] for line in seqpipe("decode").err.splitlines()] == ["words", "tones", "waves"]


def test_results_show_every_pipeline_beside_its_baselines(project: Path) -> None:
    done = seqpipe("results")
    assert (done.code, done.err) == (0, "")
    for word in ("words", "exact", "copy", "tones", "wer", "commonest", "waves", "mase", "seasonal naive", "south"):
        assert word in done.out
    assert "data/metrics/tones.json" in done.out
    only = seqpipe("results", "tones").out
    assert "tones" in only
    assert "words" not in only


def test_an_interrupted_training_leaves_all_as_it_was(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "evaluate", interrupt)
    before = tree(project)
    done = seqpipe("train", "words")
    assert done.code == 130
    assert "Traceback" not in done.err
    assert tree(project) == before


def test_nothing_is_answered_when_a_later_line_of_a_file_is_bad(project: Path) -> None:
    Path("many.txt").write_bytes(b"2 mai 1979\n" * 100 + b"\xff\n")
    done = seqpipe("decode", "words", "many.txt")
    assert done.code == 2
    assert done.out == ""


def test_more_hypotheses_than_the_beam_holds_are_refused(project: Path) -> None:
    message = refused("decode", "words", "-", "--beam", "2", "--nbest", "3", stdin=b"2 mai 1979\n")
    assert "a beam of 2 holds no 3 hypotheses" in message
