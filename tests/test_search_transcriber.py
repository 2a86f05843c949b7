"""CTC pipelines read out as users do: language models, hotwords, times and confidences through ``seqpipe.load``."""

from __future__ import annotations

import itertools
import json
from math import exp
from pathlib import Path
from typing import Any

import arpa_oracle
import ctc_oracle as oracle
import numpy as np
import pytest
import torch
from PIL import Image
from trained_project import PARAMS, edit, refused, seqpipe

from seqpipe import load
from seqpipe.commands.saved import ready, save_trained
from seqpipe.commands.trained import Trained, build
from seqpipe.features import features_of
from seqpipe.files import SeqpipeError
from seqpipe.params.decoding import CtcDecode
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import check, read_pipelines
from seqpipe.report import silent
from seqpipe.search.prepared import model_path
from seqpipe.search.spelling import written

TONES = "data/models/tones"
HOP = 0.01 * 2  # seconds of two joined frames


def recordings() -> list[str]:
    return [f"data/raw/tones/test{at}.wav" for at in range(5)]


def hypotheses(**decode: Any) -> list[list[dict[str, Any]]]:
    return [record["hypotheses"] for record in load(TONES, **decode)(recordings())]


def flat(model: Any) -> None:
    """Let every label be about as likely as another."""
    with torch.no_grad():
        model.output.weight.mul_(0.1)
        model.output.bias.zero_()


@pytest.fixture
def tones(project: Path) -> Trained:
    """The pipeline with a model that is sure of nothing, so that others have a say."""
    trained = load(TONES)
    flat(trained.model)
    save_trained(Path(TONES), trained)
    return trained


def text_of(found: dict[str, Any]) -> str:
    return "".join(found["tokens"])


def scored(found: dict[str, Any], extra: Any, pieces: list[str]) -> float:
    labels = [pieces.index(token) for token in found["tokens"]]
    return float(found["log_prob"]) + float(extra(labels, True))


@pytest.mark.parametrize("level", ["tokens", "words"])
def test_an_arpa_file_takes_part(tones: Trained, level: str) -> None:
    pieces = written(tones.features.target.tokenizer)  # type: ignore[attr-defined]
    words = {"tokens": [piece for piece in pieces if piece], "words": ["a", "b", "ab", "ba", "aab", "baba"]}[level]
    model = arpa_oracle.random_model(3, words, 3)
    arpa_oracle.write("lm.arpa", model)
    extra = arpa_oracle.extra(pieces, 2.0, **{level: model}, bonus=0.5)
    found = hypotheses(lm="lm.arpa", lm_weight=2, word_bonus=0.5, beam=20, nbest=20)
    for row in found:
        for one in row:
            assert one["score"] == pytest.approx(scored(one, extra, pieces), abs=1e-4)
        total = sum(exp(one["score"]) for one in row)
        assert [one["confidence"] for one in row] == pytest.approx([exp(one["score"]) / total for one in row], abs=1e-4)
    assert found != hypotheses(beam=20, nbest=20)


def test_the_level_of_an_arpa_file_is_told(tones: Trained) -> None:
    notes: list[Any] = []
    from seqpipe.commands.saved import open_trained

    arpa_oracle.write("words.arpa", arpa_oracle.random_model(1, ["ab", "ba", "abc"], 2))
    arpa_oracle.write("tokens.arpa", arpa_oracle.random_model(1, ["a", "b"], 2))
    for name in ("words", "tokens"):
        open_trained(Path(TONES), {"lm": f"{name}.arpa"}, notes.append)
    assert [note.text for note in notes] == [
        "words.arpa is over words: 2 of its 3 can be written with the targets' tokens",
        "tokens.arpa is over tokens: it has 2 of the 2 of the targets",
    ]
    arpa_oracle.write("none.arpa", arpa_oracle.random_model(1, ["hello", "world", "ab"], 2))
    with pytest.raises(
        SeqpipeError, match=r"^none\.arpa fits neither .* 0 of 2 tokens, and they write 1 of its 3 words"
    ):
        load(TONES, lm="none.arpa")


def test_hotwords_change_the_output_with_and_without_a_model(tones: Trained) -> None:
    pieces = written(tones.features.target.tokenizer)  # type: ignore[attr-defined]
    model = arpa_oracle.random_model(1, ["a", "b"], 2)
    arpa_oracle.write("lm.arpa", model)
    for options in ({}, {"lm": "lm.arpa", "lm_weight": 0.1}):
        plain = [text_of(one) for (one,) in hypotheses(beam=20, **options)]
        phrase = next(one for one in ("aab", "bba", "bab") if not any(text.startswith(one) for text in plain))
        for row in hypotheses(beam=20, nbest=20, hotwords=[phrase], hotword_weight=30, **options):
            assert text_of(row[0]).startswith(phrase)
            extra = arpa_oracle.extra(pieces, 0.1, tokens=model if options else None, phrases=[phrase], gain=30)
            for one in row:
                assert one["score"] == pytest.approx(scored(one, extra, pieces), abs=1e-4)


def language_model(folder: str, letters: str, level: str = "char") -> Trained:
    """A small untrained language model over ``letters``, saved."""
    Path("text").mkdir(exist_ok=True)
    Path("text/train.txt").write_text(f"{letters}\n" * 3, encoding="utf-8")
    features = {"source": {"level": level, "vocabulary": 20}}
    section = {"task": "language-model", "features": features, "model": {"hidden": 5, "embedding": 4}}
    Path("lm.yaml").write_text(json.dumps({"pipelines": {"mine": "text"}, "mine": section}), encoding="utf-8")
    (pipeline,) = read_pipelines(Path("lm.yaml")).values()
    fitted = features_of("text", "language-model").fit(pipeline.features, Path("text"), silent)
    trained = Trained(pipeline, fitted, build(pipeline, fitted).eval())
    with torch.no_grad():
        for weight in trained.model.parameters():
            weight.mul_(3)  # so that it has opinions
    save_trained(Path(folder), trained)
    return trained


@pytest.mark.parametrize("named", ["data/models/babble", "babble"])
def test_a_language_model_of_our_own_takes_part(tones: Trained, named: str) -> None:
    lm = language_model("data/models/babble", "dabcab")  # it has more tokens, in another order
    found = hypotheses(lm=named, lm_weight=1.5, beam=10, nbest=10)
    for one in itertools.chain.from_iterable(found):
        (scored,) = lm([text_of(one)])
        expected = one["log_prob"] + 1.5 * scored["hypotheses"][0]["log_prob"]
        assert one["score"] == pytest.approx(expected, abs=2e-3)
    assert found != hypotheses(beam=10, nbest=10)
    transcriber = load(TONES, lm=named, lm_weight=1.5, beam=10, nbest=10).prepared
    steps = [oracle.table(seed, 20, len(transcriber.pieces), 2.0) for seed in range(6)]
    for table in steps:
        table[:, 1:4] = -np.inf
    assert transcriber.all(steps, [40] * 6) == [transcriber.whole(one, 40) for one in steps]  # whatever is beside it


def test_what_cannot_take_part_says_why(tones: Trained) -> None:
    language_model("data/models/babble", "aacd")
    with pytest.raises(SeqpipeError, match=r"babble cannot score the targets' tokens, for it lacks 1 of them \(b\)"):
        load(TONES, lm="babble")
    language_model("data/models/pieces", "ab ba", level="unigram")
    with pytest.raises(SeqpipeError, match="whose tokens are of level unigram, but the targets' are of level char"):
        load(TONES, lm="pieces")
    with pytest.raises(SeqpipeError, match=r"decode\.lm is data/models/words, a pipeline of seq2seq"):
        load(TONES, lm="words")
    with pytest.raises(
        SeqpipeError, match=r"decode\.lm is nothing, but there is neither such a file nor data/models/no"
    ):
        load(TONES, lm="nothing")
    with pytest.raises(SeqpipeError, match=r"decode\.lm is params\.yaml, which is no ARPA file by its name"):
        load(TONES, lm="params.yaml")


@pytest.mark.parametrize(
    ("decode", "says"),
    [
        ({"beam": 1, "hotwords": ["a"]}, "'hotwords' is for a beam of 2 or more, but beam 1 is the likeliest path"),
        ({"beam": 1, "lm": "lm.arpa"}, "'lm' is for a beam of 2 or more"),
        ({"beam": 1, "word_bonus": 1}, "'word_bonus' is for a beam of 2 or more"),
        ({"beam": 1, "token_threshold": 0.1}, "'token_threshold' is for a beam of 2 or more"),
        ({"lm_weight": 1}, "'lm_weight' is for 'lm', which is not given"),
        ({"hotword_weight": 1}, "'hotword_weight' is for 'hotwords', which is not given"),
        ({"lm": "lm.arpa", "lm_weight": 0}, "'lm_weight' is 0, so that 'lm' changes nothing"),
        ({"hotwords": ["a"], "hotword_weight": 0}, "'hotword_weight' is 0, so that 'hotwords' changes nothing"),
        ({"beam": 2, "nbest": 3}, "nbest must not be above beam"),
    ],
)
def test_keys_without_effect_are_refused(decode: dict[str, Any], says: str) -> None:
    with pytest.raises(SeqpipeError, match=says):
        check(CtcDecode, decode, "decode")


def test_a_phrase_that_the_vocabulary_cannot_spell_ends_the_command(project: Path) -> None:
    edit("params.yaml", "  decode: {beam: 2}\n\nwaves", "  decode: {beam: 2, hotwords: [ab, xyz]}\n\nwaves")
    assert Path("params.yaml").read_text(encoding="utf-8") != PARAMS
    assert "'xyz', which the vocabulary of the targets cannot spell" in refused("decode", "tones", *recordings())


@pytest.mark.parametrize("options", [{"beam": 1}, {"beam": 12}, {"beam": 12, "hotwords": ["ab"]}])
def test_words_have_times_in_seconds(tones: Trained, options: dict[str, Any]) -> None:
    for record, found in zip(load(TONES, **options)(recordings()), hypotheses(**options), strict=True):
        (one,) = found
        assert record["hypotheses"] == found
        assert list(one)[:3] == ["text", "score", "tokens"]
        assert 0 <= one["confidence"] <= 1
        assert [word["word"] for word in one["times"]] == one["text"].split()
        before = 0.0
        for word in one["times"]:
            assert before <= word["start"] < word["end"] <= 0.3 + HOP
            assert word["start"] / HOP == pytest.approx(round(word["start"] / HOP))
            assert 0 <= word["confidence"] <= 1
            before = word["end"]


def test_the_command_line_writes_what_python_has(tones: Trained) -> None:
    done = seqpipe("decode", "tones", *recordings(), "--beam", "7", "--nbest", "3")
    records = [json.loads(line) for line in done.out.splitlines()]
    assert [record["hypotheses"] for record in records] == hypotheses(beam=7, nbest=3)


def test_times_over_a_picture_are_its_columns(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name, width in (("one", 23), ("two", 8)):
        Image.fromarray(rng.integers(0, 256, (6, width), dtype=np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "train.tsv").write_text("source\ttarget\none.png\tab a\ntwo.png\tb\n", encoding="utf-8")
    section = {"task": "ctc", "model": {"hidden": 5}, "features": {"height": 6}, "decode": {"beam": 9}}
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps({"pipelines": {"mine": "frames"}, "mine": section}), encoding="utf-8")
    (pipeline,) = read_pipelines(path).values()
    fitted = features_of("frames", "ctc").fit(pipeline.features, tmp_path, silent)
    trained = Trained(pipeline, fitted, build(pipeline, fitted).eval())
    flat(trained.model)
    records = ready(trained, silent)([str(tmp_path / "one.png"), str(tmp_path / "two.png")])
    times = [word for record in records for word in record["hypotheses"][0]["times"]]
    assert times
    for word in times:
        assert isinstance(word["start"], int)
        assert word["start"] % 2 == 0
    longest = max(word["end"] for word in records[0]["hypotheses"][0]["times"])
    assert 8 < longest <= 23
    marked = pipeline.model_copy(update={"decode": CtcDecode(beam=9, hotwords=["b b"], hotword_weight=40)})
    assert isinstance(marked, Pipeline)
    (record,) = ready(trained._replace(pipeline=marked), silent)([str(tmp_path / "one.png")])
    assert record["hypotheses"][0]["text"].startswith("b b")


def test_a_model_goes_before_a_folder_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    trained = Path("data/models/lm")
    for folder in (trained, Path("lm")):
        folder.mkdir(parents=True)
        (trained / "meta.json").write_text("{}", encoding="utf-8")
        assert model_path("lm") == trained
    Path("lm/meta.json").write_text("{}", encoding="utf-8")
    assert model_path("lm") == Path("lm")
    (trained / "meta.json").unlink()
    Path("lm/meta.json").unlink()
    assert model_path("lm") == Path("lm"), "the error is about what was named"
