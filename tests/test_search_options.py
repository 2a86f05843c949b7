"""Keys of the ``decode`` section for searches over tokens: which go together, and what each does to real records."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from trained_project import refused, seqpipe

from seqpipe import load
from seqpipe.files import SeqpipeError
from seqpipe.params.decoding import Completion, Seq2SeqDecode
from seqpipe.project import check, read_pipelines
from seqpipe.search.spelled import within_words

TEXTS = ["abcd", "d", "", "aab", "dcba", "b"]


def outputs(**options: Any) -> list[list[dict[str, Any]]]:
    """The hypotheses of each text."""
    return [record["hypotheses"] for record in load("data/models/words", **options)(TEXTS)]


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"nbest": 6}, "nbest must not be above beam: a beam of 5 holds no 6 hypotheses"),
        ({"temperature": 0.5}, "'temperature' is for sample true, but sample is false; remove it"),
        ({"top_k": 5}, "'top_k' is for sample true"),
        ({"top_p": 0.5}, "'top_p' is for sample true"),
        ({"seed": 2}, "'seed' is for sample true"),
        ({"sample": True, "beam": 6, "groups": 2}, "'groups' is for sample false, but sample is true; remove it"),
        ({"sample": True, "diversity": 1}, "'diversity' is for sample false"),
        ({"sample": True, "temperature": 0, "top_k": 5}, "temperature 0 takes the likeliest token, which top_k"),
        ({"sample": True, "temperature": 0, "top_p": 0.5}, "temperature 0 takes the likeliest token"),
        ({"normalization": "average", "length_penalty": 0.5}, "'length_penalty' is for normalization wu, but normal"),
        ({"beam": 5, "groups": 2, "diversity": 1}, "groups must share the beam evenly, but 2 do not divide 5"),
        ({"beam": 4, "groups": 2}, "groups and diversity work together: set groups above 1 and diversity above 0"),
        ({"diversity": 0.5}, "groups and diversity work together"),
        ({"min_length": 9, "max_length": 8}, "min_length must not be above max_length, but 9 is above 8"),
        ({"min_ratio": 2, "max_ratio": 1.5}, "min_ratio must not be above max_ratio, but 2.0 is above 1.5"),
        ({"normalization": "gnmt"}, "normalization is 'gnmt', but must be 'wu', 'average' or 'none'"),
    ],
)
def test_keys_without_effect_are_refused(keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SeqpipeError) as mistake:
        check(Seq2SeqDecode, keys, "flags")
    assert sentence in str(mistake.value)
    assert str(mistake.value).startswith("flags: ") and str(mistake.value).count(": :") == 0  # noqa: PT018


def test_keys_that_go_together_are_taken() -> None:
    for keys in (
        {"sample": True, "nbest": 9, "temperature": 0.5, "top_k": 3, "top_p": 0.9, "seed": 3, "beam": 2},
        {"beam": 6, "groups": 3, "diversity": 0.5, "nbest": 6, "normalization": "none"},
        {"min_ratio": 0.5, "max_ratio": 0, "min_length": 4, "max_length": 4, "coverage_penalty": 0.2},
    ):
        check(Seq2SeqDecode, keys, "flags")
    assert Completion(max_length=3).min_length == 5  # the longest length wins


def test_coverage_needs_attention(project: Path) -> None:
    text = Path("params.yaml").read_text(encoding="utf-8")
    text = text.replace("hidden: 6, embedding: 5}", "hidden: 6, embedding: 5, attention: none}", 1)
    Path("params.yaml").write_text(text.replace("{beam: 2,", "{coverage_penalty: 0.1, beam: 2,"), encoding="utf-8")
    with pytest.raises(SeqpipeError, match=r"decode\.coverage_penalty needs attention, but model\.attention is none"):
        read_pipelines(Path("params.yaml"))


def test_records_tell_the_probability_of_every_token(project: Path) -> None:
    for options in ({"beam": 1}, {"beam": 3, "nbest": 3}, {"sample": True, "nbest": 2}):
        for text, hypotheses in zip(TEXTS, outputs(max_length=4, **options), strict=True):
            for one in hypotheses:
                assert len(one["token_scores"]) == (len(one["tokens"]) + 1 if text else 0)
                assert one["log_prob"] == pytest.approx(math.fsum(one["token_scores"]), abs=1e-5)
                assert one["confidence"] == pytest.approx(math.exp(one["log_prob"]), abs=2e-6)
                norm = ((5 + len(one["tokens"]) + 1) / 6) if text else 1.0
                assert one["score"] == pytest.approx(one["log_prob"] / norm, abs=1e-5)


def test_every_key_changes_what_comes_out(project: Path) -> None:
    plain = outputs(beam=4, nbest=4, max_length=6)
    for options in (
        {"normalization": "average"},
        {"normalization": "none"},
        {"length_penalty": 0.0},
        {"coverage_penalty": 3.0},
        {"min_length": 5},
        {"min_ratio": 3},
        {"max_ratio": 0.5},
        {"no_repeat": 1},
        {"groups": 2, "diversity": 5.0},
        {"prefix": "B"},
    ):
        assert outputs(**{"beam": 4, "nbest": 4, "max_length": 6, **options}) != plain, options
    drawn = {"sample": True, "nbest": 4, "max_length": 6}
    for options in ({"temperature": 0.1}, {"top_k": 1}, {"top_p": 0.1}, {"seed": 2}):
        assert outputs(**drawn, **options) != outputs(**drawn), options


def test_what_an_output_must_and_must_not_have(project: Path) -> None:
    for options in ({"beam": 1}, {"beam": 3, "nbest": 3}, {"sample": True, "nbest": 3, "temperature": 3.0}):
        kept = outputs(prefix="DC", forbidden=["A"], no_repeat=1, min_length=4, max_length=9, **options)
        for text, hypotheses in zip(TEXTS, kept, strict=True):
            if not text:
                assert [(one["text"], one["tokens"]) for one in hypotheses] == [("", [])]
                continue
            for one in hypotheses:
                assert one["text"].startswith("DC")
                assert "A" not in one["tokens"]
                assert len(set(one["tokens"])) == len(one["tokens"]) >= 3  # D, C and B are all there are
        for text, hypotheses in zip(TEXTS, outputs(min_ratio=1.5, max_ratio=2, **options), strict=True):
            for one in hypotheses:
                assert math.ceil(1.5 * len(text)) <= len(one["tokens"]) <= 2 * len(text)


def test_a_prefix_that_ends_with_a_space_has_a_word_after_it() -> None:
    pieces = ["<pad>", "<unk>", "<s>", "</s>", "▁", "▁ca", "t", "s"]
    tokenizer: Any = SimpleNamespace(size=len(pieces), pieces=lambda ids: [pieces[at] for at in ids])
    assert within_words("the ", tokenizer) == [6, 7]
    assert within_words("the", tokenizer) == within_words("", tokenizer) == within_words(" ", tokenizer) == []
    tokenizer = SimpleNamespace(size=6, pieces=lambda ids: [[*pieces[:4], "a", "b"][at] for at in ids])
    assert within_words("the ", tokenizer) == []  # a vocabulary without spaces


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"forbidden": ["A", "E"]}, "forbidden has 'E', but the vocabulary has no such token; write tokens as records"),
        ({"forbidden": ["</S>"]}, "has no such token (did you mean '</s>'?)"),
        ({"forbidden": ["</s>"]}, "forbidden has '</s>', but no output has that token anyway; remove it."),
        ({"prefix": "A☃"}, "prefix is 'A☃', but the vocabulary cannot write that (it would be 'A ⁇ ')"),
    ],
)
def test_words_that_the_vocabulary_lacks(project: Path, keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SeqpipeError) as mistake:
        outputs(**keys)
    assert sentence in str(mistake.value)


def test_draws_do_not_depend_on_the_batch(project: Path) -> None:
    options = {"sample": True, "nbest": 3, "temperature": 2.0, "max_length": 8}
    together = outputs(**options)
    trained = load("data/models/words", **options)
    alone = [trained([text])[0]["hypotheses"] for text in TEXTS]
    for other in (alone, outputs(batch_size=1, **options), outputs(batch_size=2, **options)):
        for mine, own in zip(other, together, strict=True):
            assert [one["tokens"] for one in mine] == [one["tokens"] for one in own]
            assert [one["score"] for one in mine] == pytest.approx([one["score"] for one in own], abs=1e-5)
    assert len({one["text"] for one in together[0]}) > 1


def test_the_section_of_params_holds_for_the_test_split(project: Path) -> None:
    text = Path("params.yaml").read_text(encoding="utf-8")
    section = "{beam: 4, nbest: 4, groups: 2, diversity: 2.0, prefix: AB, forbidden: [C], max_length: 5}"
    Path("params.yaml").write_text(text.replace("{beam: 2, max_length: 4}", section), encoding="utf-8")
    done = seqpipe("decode", "words")
    assert done.code == 0, done.err
    for line in Path("data/decoded/words.jsonl").read_text(encoding="utf-8").splitlines():
        for one in json.loads(line)["hypotheses"]:
            assert one["text"].startswith("AB")
            assert "C" not in one["text"]
            assert len(one["tokens"]) <= 5
    assert seqpipe("evaluate", "words", "--check-invariance").code == 0
    Path("params.yaml").write_text(text.replace("{beam: 2, max", "{forbidden: [E], max"), encoding="utf-8")
    assert "forbidden has 'E'" in refused("decode", "words")
