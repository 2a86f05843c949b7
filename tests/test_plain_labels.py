"""Labels that are no spans, such as parts of speech: read, modelled without BIO's rules, scored word by word."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from seqpipe.features.tagged import TaggedWords
from seqpipe.files import SeqpipeError
from seqpipe.metrics.tags import score
from seqpipe.models.dictionary import tagged
from seqpipe.nn.crf import Crf
from seqpipe.padded import Padded
from seqpipe.params.features import WordFeatures
from seqpipe.params.pipeline import Pipeline, headline
from seqpipe.readers.conll import read_conll
from seqpipe.report import silent
from seqpipe.store import Store, Writer

SENTENCES = "# a comment of words\nThe\tDET\ncat\tNOUN\n\n# SYM\nsat\tVERB\n"
PLAIN = WordFeatures(labels="plain", minimum=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.conll").write_text(SENTENCES)
    return tmp_path


def test_any_label_is_read_and_none_is_mended(folder: Path) -> None:
    found = [(example.source.words, example.target) for example in read_conll(folder / "train.conll", "plain")]
    assert found == [(["The", "cat"], ["DET", "NOUN"]), (["#", "sat"], ["SYM", "VERB"])]


def test_labels_are_those_of_training_in_order(folder: Path) -> None:
    features = TaggedWords.fit(PLAIN, folder, silent)
    assert features.labels == ["DET", "NOUN", "SYM", "VERB"]
    assert not features.sizes.bio
    rows = [features.encode(example) for example in features.examples(folder, "train")]  # type: ignore[arg-type]
    assert [features.tokens(row["target"].tolist()) for row in rows] == [["DET", "NOUN"], ["SYM", "VERB"]]
    features.save(folder)
    assert TaggedWords.load(PLAIN, folder, silent).labels == features.labels


def test_plain_labels_taken_for_spans_are_refused(folder: Path) -> None:
    with pytest.raises(SeqpipeError, match="line 2 has the label 'DET', which is not BIO"):
        TaggedWords.fit(WordFeatures(), folder, silent)


def test_every_label_may_follow_every_other() -> None:
    crf = Crf(5, bio=False)
    emissions = Padded(torch.randn(3, 4, 5), torch.tensor([4, 1, 3]))
    assert torch.equal(crf.log_partition(emissions, True), crf.log_partition(emissions, False))
    assert not torch.equal(Crf(5).begin, crf.begin)


def test_words_are_scored_one_by_one() -> None:
    records = [{"reference": ["DET", "NOUN"]}, {"reference": ["VERB", "O"]}]
    answers = [{"labels": ["DET", "DET"]}, {"labels": ["VERB", "O"]}]
    found = score(records, answers)
    assert found["accuracy"] == 3 / 4
    assert found["label"]["DET"] == {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "count": 1}
    assert found["f1"] == pytest.approx((2 / 3 + 0 + 1 + 1) / 4)
    assert score([{"reference": ["B-A", "I-A"]}], [{"labels": ["B-A", "I-A"]}])["f1"] == 1.0


def test_the_dictionary_has_the_commonest_label_of_a_word(tmp_path: Path) -> None:
    with Writer(tmp_path / "train.arrow", {"words": "text", "labels": "text"}) as writer:
        for words, labels in [("a saw", "D N"), ("she saw", "P V"), ("saw a", "V D")]:
            writer.add({"words": words.replace(" ", "\t"), "labels": labels.replace(" ", "\t")})
    pipeline = SimpleNamespace(features=PLAIN)
    rows = [{"words": "saw\tnew"}]
    found = tagged(Store(tmp_path / "train.arrow"), rows, pipeline, silent)  # type: ignore[arg-type]
    assert found["dictionary"] == [{"labels": ["V", found["commonest"][0]["labels"][0]]}]
    assert found["commonest"][0]["labels"][0] in ("D", "V")


def test_accuracy_is_their_headline() -> None:
    pipeline = Pipeline(name="pos", modality="text", task="tag", features=PLAIN, model=None, decode=None)
    assert headline(pipeline) == ("accuracy", True)
    assert headline(pipeline.model_copy(update={"features": WordFeatures()})) == ("f1", True)
