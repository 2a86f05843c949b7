"""A mistake in ``params.yaml`` is one sentence with the line, the key, and where it can be guessed, the word meant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field

from seqpipe.files import SeqpipeError
from seqpipe.params.pipeline import FEATURES, SCHEMAS
from seqpipe.params.section import Section
from seqpipe.params.training import Train
from seqpipe.project import check, read_pipeline, read_pipelines, read_source

MODALITIES = ", ".join(dict.fromkeys(modality for modality, _ in FEATURES))
GOOD = """\
# A comment.
pipelines:
  words: text
  notes: audio

words:
  task: seq2seq
  source: {rows: 3}
  features:
    source:
      level: char
      vocabulary: 50
    target: {level: bpe}
  model: {cell: lstm, hidden: 16}
  train:
    epochs: 3
    learning_rate: 1e-3
  decode: {beam: 2}

notes:
  task: ctc
  features:
    kind: mfcc
  model:
  decode: {}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def mistake(folder: Path, before: str, after: str) -> str:
    """The error that one change of ``GOOD`` makes, without the path in front."""
    assert GOOD.count(before) == 1
    path = written(folder, GOOD.replace(before, after))
    with pytest.raises(SeqpipeError) as caught:
        read_pipelines(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.endswith(".")
    assert "\n" not in message
    return message.removeprefix(f"{path}").lstrip(": ")


def test_values_and_defaults(tmp_path: Path) -> None:
    words, notes = read_pipelines(written(tmp_path, GOOD)).values()
    assert (words.name, words.modality, words.task, words.source) == ("words", "text", "seq2seq", {"rows": 3})
    assert (words.features.source.level, words.features.source.vocabulary) == ("char", 50)
    assert words.features.target.vocabulary == FEATURES["text", "seq2seq"]().target.vocabulary  # type: ignore[attr-defined]
    assert (words.model.cell, words.model.hidden) == ("lstm", 16)
    assert words.train.learning_rate == 0.001
    assert isinstance(words.model, SCHEMAS["seq2seq"].model)
    assert isinstance(notes.decode, SCHEMAS["ctc"].decode)
    assert notes.source == {}
    assert notes.train == Train()
    assert notes.model == SCHEMAS["ctc"].model()


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("words:\n  task", "word:\n  task", "line 6: section 'word' is not in 'pipelines' (did you mean 'words'?)."),
        ("  train:\n", "  trian:\n", "line 15: unknown key 'words.trian' (did you mean 'train'?)."),
        ("epochs", "epoch", "line 16: unknown key 'words.train.epoch' (did you mean 'epochs'?); known: epochs, "),
        ("cell: lstm", "sell: lstm", "line 14: unknown key 'words.model.sell' (did you mean 'cell'?); known: cell, "),
        (
            "beam",
            "baem",
            "line 18: unknown key 'words.decode.baem' (did you mean 'beam'?); known: batch_size, device, beam, ",
        ),
        ("    kind", "    kidn", "line 23: unknown key 'notes.features.kidn' (did you mean 'kind'?); known: kind, "),
        (
            "      vocabulary",
            "      vocabluary",
            "line 12: unknown key 'words.features.source.vocabluary' (did you mean 'vocabulary'?); known: level, ",
        ),
        ("beam", "qqq", "line 18: unknown key 'words.decode.qqq'; known: batch_size, device, beam, "),
        ("words: text", "words: txt", f"line 3: pipelines.words is 'txt', but must be one of {MODALITIES} (did"),
        ("seq2seq", "seq2sek", f"line 7: words.task is 'seq2sek', but must be one of {', '.join(SCHEMAS)} (did you"),
        ("  task: ctc\n", "", f"line 20: 'notes' has no task; add `task:` with one of {', '.join(SCHEMAS)}."),
        (
            "lstm",
            "lsmt",
            "line 14: words.model.cell is 'lsmt', but must be 'rnn', 'irnn', 'lstm', 'gru', 'mingru', 'minlstm', "
            "'layernorm-lstm' or 'layernorm-gru' (did you mean 'lstm'?).",
        ),
        (
            "bpe",
            "pbe",
            "line 13: words.features.target.level is 'pbe', but must be 'unigram', 'bpe', 'char', 'syllable', 'jamo' "
            "or 'word' (",
        ),
        ("epochs: 3", "epochs: 0", "line 16: words.train.epochs is 0, but must be greater than 0."),
        ("epochs: 3", "epochs: 2.5", "line 16: words.train.epochs is 2.5, but must be a valid integer"),
        ("epochs: 3", "epochs: ten", "line 16: words.train.epochs is 'ten', but must be a valid integer"),
        ("1e-3", ".nan", "line 17: words.train.learning_rate is nan, but must be a finite number."),
        ("1e-3", "[1]", "line 17: words.train.learning_rate is [1], but must be a valid number."),
        ("{beam: 2}", "0", "line 18: words.decode is 0, but must be a mapping of keys to values."),
        ("{cell: lstm, hidden: 16}", "[]", "line 14: words.model is [], but must be a mapping of keys to values."),
        ("{level: bpe}", "bpe", "line 13: words.features.target is 'bpe', but must be a mapping of keys to values."),
        ("{rows: 3}", "abc", "line 8: words.source is 'abc', but must be a mapping of keys to values."),
        ("{rows: 3}", "[]", "line 8: words.source is [], but must be a mapping of keys to values."),
        ("  words: text", "  1: text", "line 3: '1' cannot name a pipeline; use letters, digits, _ and -."),
        ("  words: text", "  ../words: text", "line 3: '../words' cannot name a pipeline"),
        ("beam: 2", "beam: 2, beam: 3", 'line 18 is not valid YAML: found duplicate key "beam".'),
        ("beam: 2}", "beam: 2", "line 20 is not valid YAML: "),
        ("  words: text", "\twords: text", "line 3 is not valid YAML: found character"),
    ],
)
def test_mistakes_name_line_and_key(tmp_path: Path, before: str, after: str, message: str) -> None:
    found = mistake(tmp_path, before, after)
    if message.endswith("."):
        assert found == message
    else:
        assert found.startswith(message)


def test_a_key_that_came_by_a_merge_is_explained(tmp_path: Path) -> None:
    text = "pipelines: {a: audio, b: text}\na:\n  task: ctc\n  features: &f {rate: 8000}\nb:\n  task: seq2seq\n"
    with pytest.raises(
        SeqpipeError, match=r"line 7: unknown key 'b\.features\.rate'; known: vectors, source, target\."
    ):
        read_pipelines(written(tmp_path, f"{text}  features:\n    <<: *f\n"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a mapping with the key 'pipelines'"),
        ("- text\n", "must be a mapping with the key 'pipelines'"),
        ("pipelines:\n", "'pipelines' must map names to modalities"),
        ("pipelines: [a]\n", "'pipelines' must map names to modalities"),
        ("pipelines: {a: text}\n", "pipeline 'a' has no section `a:`"),
        ("pipelines: {a: text}\na: 3\n", "pipeline 'a' has no section `a:`"),
    ],
)
def test_a_document_of_another_shape(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SeqpipeError, match=message):
        read_pipelines(written(tmp_path, text))


def test_a_missing_file_and_other_encodings(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match=r"params\.yaml is missing here; run inside a project"):
        read_pipelines(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_bytes(GOOD.replace("comment", "café").encode("latin-1"))
    with pytest.raises(SeqpipeError, match="is not valid YAML"):
        read_pipelines(tmp_path / "params.yaml")


def test_one_pipeline_by_name(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert read_pipeline("notes", path) == read_pipelines(path)["notes"]
    with pytest.raises(SeqpipeError, match=r"no pipeline 'word' \(did you mean 'words'\?\); it has words, notes\."):
        read_pipeline("word", path)


class Corner(Section):
    """A part of a recipe's part."""

    size: int = 1


class Source(Section):
    """A recipe's own section."""

    rows: Annotated[int, Field(gt=0)] = 1
    corner: Corner = Corner()
    corners: tuple[Corner, ...] = ()


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("{rows: 0}", "line 8: words.source.rows is 0, but must be greater than 0."),
        ("{row: 1}", "line 8: unknown key 'words.source.row' (did you mean 'rows'?); known: rows, corner, corners."),
        ("{corner: {siez: 1}}", "line 8: unknown key 'words.source.corner.siez' (did you mean 'size'?); known: size."),
        ("{corners: [{siez: 1}]}", "line 8: unknown key 'words.source.corners.0.siez'."),
    ],
)
def test_a_recipe_checks_its_own_section(tmp_path: Path, section: str, message: str) -> None:
    path = written(tmp_path, GOOD.replace("{rows: 3}", section))
    with pytest.raises(SeqpipeError) as caught:
        read_source(read_pipeline("words", path), Source, path)
    assert str(caught.value) == f"{path} {message}"


def test_a_recipes_section_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert read_source(read_pipeline("words", path), Source, path) == Source(rows=3)


def test_values_that_stand_in_no_file_are_checked_too() -> None:
    assert check(Train, {"epochs": 2}, "flags").epochs == 2
    with pytest.raises(SeqpipeError, match=r"flags: unknown key 'epoch' \(did you mean 'epochs'\?\)"):
        check(Train, {"epoch": 2}, "flags")


def test_every_section_explains_every_key() -> None:
    parts = [part for schema in SCHEMAS.values() for part in (schema.model, schema.decode, schema.train)]
    for schema in [*FEATURES.values(), *parts]:
        for name, field in schema.model_fields.items():
            nested = isinstance(field.annotation, type) and issubclass(field.annotation, Section)
            assert nested or field.description, f"{schema.__name__}.{name}"


def test_true_is_not_a_number(tmp_path: Path) -> None:
    message = mistake(tmp_path, "epochs: 3", "epochs: true")
    assert "words.train.epochs is True, but must be a number" in message


def test_a_task_reads_its_own_modalities(tmp_path: Path) -> None:
    message = mistake(tmp_path, "task: seq2seq", "task: forecast")
    assert "words.task is 'forecast', which reads series, but pipelines.words is 'text'" in message


@pytest.mark.parametrize(
    ("kind", "stack", "fault"),
    [
        ("image", 1, ""),
        ("image", 4, ""),
        ("image", 3, "model.stack is 3, but 1, 2 or 4 columns of a picture can become one step; set one"),
        ("video", 2, ""),
        ("video", 4, "model.stack joins columns of a picture, but signs has videos; remove it"),
    ],
)
def test_columns_of_a_picture_become_one_step(tmp_path: Path, kind: str, stack: int, fault: str) -> None:
    section = f"task: ctc, features: {{kind: {kind}}}, model: {{stack: {stack}}}, decode: {{}}"
    path = written(tmp_path, f"pipelines: {{signs: frames}}\nsigns: {{{section}}}\n")
    if fault:
        with pytest.raises(SeqpipeError, match=fault):
            read_pipelines(path)
    else:
        assert read_pipelines(path)["signs"].model.stack == stack
