"""A tagger reads out what its loss thinks likeliest, forgets words in training only, and answers an empty sentence."""

import itertools

import numpy as np
import pytest
import tiny
import torch

from seqpipe.batches import collate
from seqpipe.commands.trained import Trained, build
from seqpipe.features.tagged import TaggedWords
from seqpipe.project import read_pipelines
from seqpipe.readers.bio import is_bio, names, spans, written
from seqpipe.report import silent
from seqpipe.tasks import TASKS

LABELS = names(["A", "B"])
FIELDS = [
    {"crf": True, "constraints": "always"},
    {"crf": True, "constraints": "decoding"},
    {"crf": True, "constraints": "never"},
    {"crf": False},
]


@pytest.mark.parametrize("params", FIELDS, ids=str)
def test_the_output_is_the_likeliest_of_all(params):
    model, rows = tiny.model("tag", **params), tiny.rows("tag", longest=4)
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(3)
        if model.crf:
            model.constrained_training = model.constrained_decoding  # so that the loss knows what decoding forbids
        found = TASKS["tag"].decode(model, collate(rows), tiny.options("tag"))
        for row, (one,) in zip(rows, found, strict=True):
            paths = list(itertools.product(range(5), repeat=len(row["source"])))
            forced = collate([{**row, "target": np.array(labels, np.int32)} for labels in paths])
            every = dict(zip(paths, (-TASKS["tag"].loss(model, forced).total).tolist(), strict=True))
            assert every[tuple(one.output)] == pytest.approx(max(every.values()), abs=1e-4)
            assert one.log_prob == pytest.approx(max(every.values()), abs=1e-4)
            assert sum(map(np.exp, every.values())) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("constraints", ["always", "decoding", "never"])
def test_constraints_keep_the_output_in_bio(constraints):
    model, rows = tiny.model("tag", constraints=constraints), tiny.rows("tag", count=20)
    with torch.no_grad():
        model.output.bias.copy_(torch.tensor([0.0, 0.0, 9.0, 0.0, 8.5]))  # I-A, or else I-B
    found = TASKS["tag"].decode(model, collate(rows), tiny.options("tag"))
    outputs = [[LABELS[label] for label in one.output] for (one,) in found]
    assert all(written(spans(labels), len(labels)) == labels for labels in outputs) == (constraints != "never")


@pytest.mark.parametrize("params", FIELDS, ids=str)
def test_marginals_are_distributions_over_the_labels_of_each_word(params):
    model, batch = tiny.model("tag", **params), collate(tiny.rows("tag"))
    marginals = model.marginals(batch.source)[batch.source.mask()]
    torch.testing.assert_close(marginals.sum(dim=-1), torch.ones(len(marginals)))


def test_words_are_forgotten_in_training_only():
    model, batch = tiny.model("tag", word_dropout=0.9, character_dropout=0.9, dropout=0.0), collate(tiny.rows("tag"))
    emissions = [model(batch.source).data for _ in range(2)]
    assert torch.equal(*emissions)
    model.train()
    emissions = [model(batch.source).data for _ in range(2)]
    assert not torch.equal(*emissions)


@pytest.fixture
def trained(tmp_path):
    (tmp_path / "train.conll").write_text("Anna\tB-PER\nmet\tO\nAnna\tB-PER\n", encoding="utf-8")
    params = tmp_path / "params.yaml"
    params.write_text("pipelines: {mine: text}\nmine: {task: tag, model: {hidden: 4}, features: {minimum: 1}}\n")
    (pipeline,) = read_pipelines(params).values()
    features = TaggedWords.fit(pipeline.features, tmp_path, silent)
    return Trained(pipeline, features, build(pipeline, features).eval())


def test_every_sentence_has_an_answer_in_its_place(trained):
    first, empty, blank, last = trained(["Anna met Bo.", "", "  ", "김철수가"])
    assert [record["source"] for record in (first, empty, last)] == ["Anna met Bo.", "", "김철수가"]
    assert first["hypotheses"][0]["tokens"] == ["Anna", "met", "Bo", "."]
    for record in (first, empty, blank, last):
        (answer,) = record["hypotheses"]
        assert set(answer) == {"text", "tokens", "labels", "score"}
        assert len(answer["labels"]) == len(answer["tokens"])
        assert all(map(is_bio, answer["labels"]))
    assert empty["hypotheses"] == blank["hypotheses"] == [{"text": "", "tokens": [], "labels": [], "score": 0.0}]


def test_a_map_has_a_column_for_each_word(trained):
    (example,) = trained.features.given(["Anna met Bo."])
    found = trained.map(trained.features.encode(example))
    assert found.columns == ["Anna", "met", "Bo", "."]
    assert found.rows[0] == "O"
    values = np.array(found.values)
    assert values.shape == (len(found.rows), 4)
    assert (values >= 0).all()
    assert (values.sum(axis=0) <= 1.001).all()
