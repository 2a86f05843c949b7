"""Keys of ``model`` that would do nothing are refused, with the reason; where they do something they are taken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import tiny
from pydantic import ValidationError
from trained_project import edit, refused, seqpipe

from seqpipe.params.models import AutoencodeModel, ClassifyModel, TagModel
from seqpipe.params.section import Section

MODEL = "{cell: gru, hidden: 6, embedding: 5}"


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (
            "dropout: 0, dropout_kind: locked",
            "'dropout_kind: locked' says how to drop units, but dropout is 0; remove it",
        ),
        ("encoder: none, bidirectional: true", "'bidirectional' is how a recurrent encoder reads, but encoder is none"),
        (
            "encoder: none, bidirectional: false",
            "'bidirectional' is how a recurrent encoder reads, but encoder is none",
        ),
        (
            "initial: {forget_bias: 2, chrono: 50}",
            "'forget_bias' and 'chrono' set the same bias; remove one",
        ),
        ("cell: irnn, initial: {chrono: 50}", "'initial.chrono' needs a gate, and irnn has none; remove it"),
        ("cell: rnn, initial: {forget_bias: 1}", "'initial.forget_bias' needs a gate, and rnn has none; remove it"),
    ],
)
def test_keys_that_do_nothing(project: Path, keys: str, reason: str) -> None:
    edit("params.yaml", MODEL, f"{{hidden: 6, embedding: 5, {keys}}}")
    assert re.match(rf"params\.yaml line 9: words\.model(\.initial)?: {re.escape(reason)}", refused("train", "words"))


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ("forget_bias: 1e39", "forget_bias is 1e+39, but must be less than or equal to 1000."),
        ("chrono: 1e39", "chrono is 1e+39, but must be a smaller number."),
        ("chrono: 9999999999999", "chrono is 9999999999999, but must be less than or equal to 1099511627776."),
    ],
)
def test_biases_beyond_measure(project: Path, keys: str, reason: str) -> None:
    edit("params.yaml", MODEL, f"{{hidden: 6, embedding: 5, initial: {{{keys}}}}}")
    assert refused("train", "words") == f"params.yaml line 9: words.model.initial.{reason}"


@pytest.mark.parametrize(
    ("model", "keys", "reason"),
    [
        (ClassifyModel, {"input": "one-hot", "embedding": 8}, "'embedding' is for input learned"),
        (AutoencodeModel, {"input": "one-hot", "embedding": 8}, "'embedding' is for input learned"),
        (TagModel, {"crf": False, "constraints": "never"}, "'constraints' is for crf true"),
    ],
)
def test_keys_that_do_nothing_beside_others(model: type[Section], keys: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        model(**keys)
    for key, value in keys.items():
        model(**{key: value})


@pytest.mark.parametrize(
    "keys", ["dropout_kind: locked", "initial: {chrono: 50}", "encoder: none", "bidirectional: false", "dropout: 0"]
)
def test_keys_that_do_something(project: Path, keys: str) -> None:
    """Also once the trained folder, which names every key, is opened again."""
    edit("params.yaml", MODEL, f"{{hidden: 6, embedding: 5, {keys}}}")
    for stage in ("train", "decode"):
        assert seqpipe(stage, "words").code == 0


def test_a_recurrent_encoder_reads_both_ways_unless_told_not_to() -> None:
    ways = {
        value: len(tiny.model("seq2seq", bidirectional=value).encoder.backward_cells) for value in (None, True, False)
    }
    assert ways == {None: 1, True: 1, False: 0}


@pytest.mark.parametrize(
    ("name", "before", "keys"),
    [
        ("words", MODEL, "hidden: 6, embedding: 5, bidirectional: false"),  # 5 → 6 on both sides
        ("tones", "{hidden: 6}", "hidden: 6, bidirectional: true"),  # 6 → 2 · 6
        ("waves", "{hidden: 6}", "hidden: 6"),  # one value a step → 6
    ],
)
def test_a_residual_connection_joins_equal_sizes(project: Path, name: str, before: str, keys: str) -> None:
    text = Path("params.yaml").read_text(encoding="utf-8")
    start = text.index(f"\n{name}:")

    def residual(more: str) -> None:
        section = text[start:].replace(before, f"{{{keys}, residual: true{more}}}", 1)
        Path("params.yaml").write_text(text[:start] + section, encoding="utf-8")

    residual("")
    line = (text[:start] + text[start:].partition("model:")[0]).count("\n") + 1
    assert refused("train", name) == (
        f"params.yaml line {line}: {name}.model.residual is true, but no layer's outputs have the size of its inputs, "
        "which are added to them; add layers, or remove it."
    )
    residual(", layers: 2")
    assert seqpipe("train", name).code == 0


def test_one_layer_whose_sizes_agree_is_enough(project: Path) -> None:
    edit("params.yaml", MODEL, "{hidden: 6, embedding: 6, residual: true}")  # the decoder's
    assert seqpipe("train", "words").code == 0
