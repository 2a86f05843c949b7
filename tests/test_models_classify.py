"""Classification of tokens and of frames: what it reads out is a distribution over all labels."""

import math

import numpy as np
import pytest
import torch

from seqpipe.batches import collate
from seqpipe.features.sizes import Sizes
from seqpipe.losses import classify as loss
from seqpipe.models.classify import Classify
from seqpipe.nn.pooling import POOLINGS
from seqpipe.params.decoding import ClassifyDecode
from seqpipe.params.models import ClassifyModel
from seqpipe.search.readout import classify as read_out

SIZES = {"tokens": Sizes("tokens", 11, 5), "frames": Sizes("frames", 3, 5)}


def rows(kind, lengths=(4, 1, 7)):
    rng = np.random.default_rng(2)
    made = []
    for at, length in enumerate(lengths):
        tokens, frames = rng.integers(4, 11, length).astype(np.int32), rng.normal(size=(length, 3)).astype(np.float32)
        source = tokens if kind == "tokens" else frames
        made.append({"id": str(at), "source": source, "target": np.array([at + 1], np.int32)})
    return made


def model(kind, **params):
    torch.manual_seed(1)
    return Classify(ClassifyModel.model_validate({"hidden": 6, "embedding": 4, **params}), SIZES[kind]).eval()


@pytest.mark.parametrize("pooling", sorted(POOLINGS))
@pytest.mark.parametrize("kind", sorted(SIZES))
def test_every_label_is_read_out_once_the_likeliest_first(kind, pooling):
    made = model(kind, pooling=pooling)
    batch = collate(rows(kind))
    for row, found in zip(made(batch.source).tolist(), read_out(made, batch, ClassifyDecode()), strict=True):
        total = sum(math.exp(value) for value in row)
        assert sorted(one.output[0] for one in found) == [0, 1, 2, 3, 4]
        for one in found:
            assert one.score == one.log_prob == pytest.approx(row[one.output[0]] - math.log(total), abs=1e-5)
            assert one.more["confidence"] == pytest.approx(math.exp(one.score), abs=1e-6)
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        assert sum(one.more["confidence"] for one in found) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("kind", sorted(SIZES))
def test_the_loss_is_that_of_the_label_alone(kind):
    made, batch = model(kind), collate(rows(kind))
    losses = loss(made, batch)
    assert losses.terms.tolist() == [1, 1, 1]
    found = read_out(made, batch, ClassifyDecode())
    for at in range(3):
        (of_label,) = (one for one in found[at] if one.output == [at + 1])
        assert losses.total[at].item() == pytest.approx(-of_label.score, abs=1e-5)


def test_frames_alone_are_frames_in_a_batch():
    made, together = model("frames", pooling="max", layers=2), rows("frames")
    batch = made(collate(together).source)
    for at, row in enumerate(together):
        torch.testing.assert_close(made(collate([row]).source)[0], batch[at], atol=1e-5, rtol=0)


def test_equally_likely_labels_stand_in_order():
    made = model("tokens")
    torch.nn.init.zeros_(made.output.weight)
    torch.nn.init.zeros_(made.output.bias)
    (found,) = read_out(made, collate(rows("tokens")[:1]), ClassifyDecode())
    assert [one.output for one in found] == [[0], [1], [2], [3], [4]]
