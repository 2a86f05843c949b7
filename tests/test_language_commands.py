"""``seqpipe score`` and ``seqpipe complete`` on a tiny model that has learned two sentences by heart."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
from trained_project import refused, seqpipe

from seqpipe import load
from seqpipe.commands.complete import completed
from seqpipe.params.decoding import Completion

PARAMS = """\
pipelines: {verse: text, words: text}

verse:
  task: language-model
  source: {}
  features: {source: {level: LEVEL, vocabulary: 40, normalization: identity}}
  model: {hidden: 24, embedding: 16, dropout: 0}
  train: {epochs: 40, streams: 4, span: 20, learning_rate: 2e-2, threads: 1}
  decode: {batch_size: 3}

words:
  task: seq2seq
  source: {}
  features: {source: {level: char}, target: {level: char}}
  model: {hidden: 4, embedding: 4}
  train: {epochs: 1}
  decode: {}
"""
LINES = ["I am going home", "the cat sat on the mat", "I am going out"]


@pytest.fixture(scope="module", params=["char", "unigram"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was trained once."""
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "params.yaml").write_text(PARAMS.replace("LEVEL", request.param), encoding="utf-8")
    for name, text in {"verse": "{}.txt", "words": "{}.tsv"}.items():
        (folder / "data/raw" / name).mkdir(parents=True)
        for split in ("train", "valid", "test"):
            lines = [*LINES * 6, ""] if name == "verse" else ["source\ttarget", *["a\tb"] * 4]
            (folder / "data/raw" / name / text.format(split)).write_text("\n".join(lines), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("verse", "words"):
            for stage in (["preprocess", "text"], ["train"], ["decode"], ["evaluate"]):
                done = seqpipe(*stage, name)
                assert done.code == 0, done.err
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def lines_of(*arguments: str, stdin: str = "") -> list[dict[str, Any]]:
    done = seqpipe(*arguments, stdin=stdin.encode())
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def test_a_line_for_each_line_in_order(project: Path) -> None:
    text = "I am going home\n\nhome going am I\nthe cat sat on the mat\n"
    seen, empty, shuffled, other = lines_of("score", "verse", "-", stdin=text)
    assert [one["source"] for one in (seen, empty, shuffled, other)] == text.splitlines()
    for one in (seen, empty, shuffled, other):
        assert sum(one["bits"]) == pytest.approx(-one["log_prob"] / math.log(2), abs=0.01)
        assert one["perplexity"] == pytest.approx(math.exp(-one["log_prob"] / len(one["tokens"])), rel=1e-4)
        bits = -one["log_prob"] / math.log(2)
        assert one["bits_per_character"] == pytest.approx(bits / (len(one["source"]) + 1), rel=1e-4)
        assert one["tokens"][-1] == "⏎"
    assert empty["tokens"] == ["⏎"]
    assert seen["log_prob"] > shuffled["log_prob"] + 5
    assert seen["log_prob"] > lines_of("score", "verse", "-", stdin="I am going house\n")[0]["log_prob"]
    Path("text.txt").write_text(text, encoding="utf-8")
    assert [one["log_prob"] for one in lines_of("score", "verse", "text.txt")] == pytest.approx(
        [one["log_prob"] for one in (seen, empty, shuffled, other)], abs=1e-4
    )
    shown = seqpipe("score", "verse", "text.txt", terminal=True).out
    assert f"{seen['log_prob']:.2f}" in shown
    assert "home going am I" in shown
    assert "bits per character" in shown
    assert f" {seen['bits_per_character']:.2f} " in shown


def test_the_test_split_is_scored_the_same_way(project: Path) -> None:
    records = [json.loads(line) for line in Path("data/decoded/verse.jsonl").read_text(encoding="utf-8").splitlines()]
    again = lines_of("score", "verse", "data/raw/verse/test.txt")
    again = [one for one in again if one["source"]]
    assert [one["hypotheses"][0]["log_prob"] for one in records] == pytest.approx(
        [one["log_prob"] for one in again], abs=1e-4
    )
    metrics = json.loads(Path("data/metrics/verse.json").read_text(encoding="utf-8"))["verse"]
    bits = -sum(one["log_prob"] for one in again) / math.log(2)
    assert metrics["bits_per_character"] == pytest.approx(bits / sum(len(one["source"]) + 1 for one in again), abs=1e-4)
    assert set(metrics["baseline"]) == {"unigram", "bigram"}
    assert metrics["bits_per_character"] < metrics["baseline"]["unigram"]["bits_per_character"]


def test_completions_begin_with_the_prompt(project: Path) -> None:
    (found,) = lines_of("complete", "verse", "the cat", "--n", "3", "--beam", "4")
    texts = [one["text"] for one in found["hypotheses"]]
    assert found["source"] == "the cat"
    assert texts[0] == "the cat sat on the mat"
    assert len(set(texts)) == 3
    assert all(one["text"] == "the cat" + one["written"] for one in found["hypotheses"])
    assert [one["score"] for one in found["hypotheses"]] == sorted(
        (one["score"] for one in found["hypotheses"]), reverse=True
    )
    shown = seqpipe("complete", "verse", "the cat", "--n", "1", terminal=True).out
    assert "the cat sat on the mat" in shown


@pytest.mark.parametrize(
    "prompt", ["한글 ☃  two  spaces", "  the cat", "the cat ", "the  cat\u00a0", "", " ", "I am ☃"]
)
@pytest.mark.parametrize("options", [Completion(nbest=4, beam=4), Completion(nbest=4, sample=True, temperature=2.0)])
def test_the_prompt_stays_character_for_character(project: Path, prompt: str, options: Completion) -> None:
    for one in completed(load("data/models/verse"), prompt, options)["hypotheses"]:
        assert one["text"] == prompt + one["written"]
        assert "⁇" not in one["text"]
        assert "".join(one["tokens"]).replace("▁", " ").removeprefix(" ") == one["written"].removeprefix(" ")


def test_a_space_at_the_end_of_a_prompt_is_not_doubled(project: Path) -> None:
    model = load("data/models/verse")
    texts = [completed(model, prompt, Completion())["hypotheses"][0] for prompt in ("the cat", "the cat ", "")]
    assert [one["written"] for one in texts[:2]] == [" sat on the mat", "sat on the mat"]
    assert texts[2]["text"] == texts[2]["text"].strip() in LINES


def test_a_completion_scores_what_its_text_adds(project: Path) -> None:
    model = load("data/models/verse")
    found = completed(model, "I am", Completion(nbest=4, beam=6))
    (prompt,) = [record["hypotheses"][0] for record in model(["I am"])]
    compared = 0
    for one in found["hypotheses"]:
        (whole,) = [record["hypotheses"][0] for record in model([one["text"]])]
        if whole["tokens"][: len(prompt["tokens"]) - 1] != prompt["tokens"][:-1]:
            continue  # the same text in other pieces
        if len(whole["tokens"]) - len(prompt["tokens"]) == len(one["tokens"]):
            bits = sum(whole["bits"][len(prompt["tokens"]) - 1 :])
            assert one["log_prob"] == pytest.approx(-bits * math.log(2), abs=0.01)
            compared += 1
    assert compared


def test_draws_repeat_with_their_seed(project: Path) -> None:
    options = ["--sample", "--n", "4", "--temperature", "1.5", "--top-p", "0.95", "--max-length", "12"]
    draws = [lines_of("complete", "verse", "", *options, "--seed", seed) for seed in ("1", "1", "2")]
    assert draws[0] == draws[1] != draws[2]
    assert len(draws[0][0]["hypotheses"]) == 4
    (cold,) = lines_of("complete", "verse", "the cat", "--sample", "--n", "2", "--temperature", "0")
    assert {one["text"] for one in cold["hypotheses"]} == {"the cat sat on the mat"}


def test_completions_keep_the_rules(project: Path) -> None:
    (free,) = lines_of("complete", "verse", "the cat", "--n", "4")
    first = free["hypotheses"][0]["tokens"][1]
    rules = ["--forbid", first, "--no-repeat", "1", "--min-length", "7", "--max-length", "9", "--n", "4"]
    (strict,) = lines_of("complete", "verse", "the cat", *rules)
    (prompt,) = [record["hypotheses"][0]["tokens"][:-1] for record in load("data/models/verse")(["the cat"])]
    for one in strict["hypotheses"]:
        assert first not in one["tokens"]
        assert len(one["tokens"]) <= 9
        assert not {*one["tokens"]} & {*prompt}  # what the prompt has must not come again either
        assert len({*one["tokens"]}) == len(one["tokens"])
        assert len(one["token_scores"]) == len(one["tokens"]) + 1
        assert one["log_prob"] == pytest.approx(math.fsum(one["token_scores"]), abs=1e-5)
    apart = ["--beam", "4", "--groups", "4", "--diversity", "99", "--n", "4"]
    (diverse,) = lines_of("complete", "verse", "the cat", *apart)
    assert len({one["tokens"][0] for one in diverse["hypotheses"]}) == 4
    assert "forbidden has 'zz'" in refused("complete", "verse", "a", "--forbid", "zz")


def test_flags_of_complete_go_together_as_those_of_decode(project: Path) -> None:
    cold = ["complete", "verse", "the cat", "--temperature", "0.5", "--seed", "3"]
    assert lines_of(*cold) == lines_of(*cold, "--sample")  # what says how to draw asks for draws
    assert "--sample draws them at random" in refused("complete", "verse", "a", "--sample", "--beam", "9")
    assert "--top-k draws them at random" in refused("complete", "verse", "a", "--top-k", "9", "--beam", "9")
    assert "--seed is for completions that are drawn" in refused("complete", "verse", "a", "--seed", "2")
    (apart,) = lines_of("complete", "verse", "a", "--groups", "4", "--diversity", "9", "--n", "2")
    assert len(apart["hypotheses"]) == 2
    wrong = ["--beam", "5", "--groups", "2", "--diversity", "9", "--n", "2"]
    assert "2 do not divide 5" in refused("complete", "verse", "a", *wrong)


def test_after_a_space_a_completion_begins_a_word_and_scores_what_its_text_adds(project: Path) -> None:
    model, compared = load("data/models/verse"), 0
    for prompt in ("I a ", "the c ", "go "):
        found = completed(model, prompt, Completion(nbest=4, beam=6))["hypotheses"]
        begun = [one for one in found if one["tokens"]]
        assert begun
        (before,) = [record["hypotheses"][0] for record in model([prompt.rstrip()])]
        read = len(before["tokens"]) - 1  # but its end
        for one in begun:
            assert one["tokens"][0].startswith("▁")
            (whole,) = [record["hypotheses"][0] for record in model([one["text"]])]
            if whole["tokens"][:-1] == [*before["tokens"][:-1], *one["tokens"]]:  # else the same in other pieces
                bits = sum(whole["bits"][read:])
                assert one["log_prob"] == pytest.approx(-bits * math.log(2), abs=0.01)
                compared += 1
    assert compared


def test_mistakes_are_explained(project: Path) -> None:
    assert "cannot tell how likely a text is" in refused("score", "words", "-", stdin=b"a\n")
    assert "cannot tell how likely a text is" in refused("complete", "words", "a")
    assert "top_p" in refused("complete", "verse", "a", "--sample", "--top-p", "2")
    assert "nowhere.txt does not exist" in refused("score", "verse", "nowhere.txt")
