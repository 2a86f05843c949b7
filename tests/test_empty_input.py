"""An empty input has an answer with the fields of any other."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny

from seqpipe.batches import collate
from seqpipe.commands.trained import Trained, build
from seqpipe.console import describe
from seqpipe.features import features_of
from seqpipe.project import read_pipelines
from seqpipe.report import silent
from seqpipe.tasks import TASKS

RAW = {
    "seq2seq": ("train.tsv", "source\ttarget\nab\tb\nba\ta\n"),
    "classify": ("train.tsv", "source\ttarget\nab\tb\nba\ta\n"),
    "tag": ("train.conll", "a\tB-X\nb\tO\n\nb\tO\n"),
    "language-model": ("train.txt", "a b\nb a\n"),
    "autoencode": ("train.txt", "a b\nb a\n"),
}
CHARACTERS = {
    "seq2seq": "{source: {level: char}, target: {level: char}}",
    "tag": "{minimum: 1}",
}


@pytest.mark.parametrize("task", RAW)
def test_the_fields_are_those_of_other_answers(task: str, tmp_path: Path) -> None:
    name, text = RAW[task]
    (tmp_path / name).write_text(text, encoding="utf-8")
    features = CHARACTERS.get(task, "{source: {level: char}}")
    params = f"pipelines: {{mine: text}}\nmine: {{task: {task}, model: {{hidden: 4}}, features: {features}}}\n"
    (tmp_path / "params.yaml").write_text(params, encoding="utf-8")
    (pipeline,) = read_pipelines(tmp_path / "params.yaml").values()
    fitted = features_of("text", task).fit(pipeline.features, tmp_path, silent)
    trained = Trained(pipeline, fitted, build(pipeline, fitted).eval())
    if task == "autoencode":
        trained.model.threshold.fill_(1.5)
    full, empty = (record["hypotheses"][0] for record in trained(["a b", ""]))
    assert set(empty) == set(full)
    assert {field: type(value) for field, value in empty.items()} == {field: type(full[field]) for field in empty}
    assert describe(empty)
    if task == "classify":
        assert (empty["text"], empty["confidence"]) == ("", 0.0)
    if task == "autoencode":
        assert (empty["flag"], empty["threshold"], empty["code"]) == (False, 1.5, [])


@pytest.mark.parametrize("task", TASKS)
def test_what_a_search_adds_is_there(task: str) -> None:
    model = tiny.model(task)
    (found,) = TASKS[task].decode(model, collate(tiny.rows(task, count=1)), tiny.options(task))
    assert set(found[0].more) <= set(TASKS[task].empty(model))
