"""Autoencoders: what goes through the code, in what order it comes back, and the threshold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny
import torch

from seqpipe.batches import collate
from seqpipe.features.sizes import Sizes
from seqpipe.inspect.invariance import differences, more_padding
from seqpipe.models.autoencoder import Autoencoder
from seqpipe.padded import Padded
from seqpipe.params.models import AutoencodeModel
from seqpipe.params.training import Train
from seqpipe.report import silent
from seqpipe.store import Store
from seqpipe.tasks import TASKS
from seqpipe.training.loop import fit

AUTOENCODE = TASKS["autoencode"]


def tokens_model(**params: object) -> Autoencoder:
    torch.manual_seed(4)
    return Autoencoder(AutoencodeModel(hidden=6, embedding=5, code=4, **params), Sizes("tokens", 11, 11)).eval()


def test_errors_and_scores_against_a_loop() -> None:
    rows, model = tiny.rows("autoencode"), tiny.model("autoencode")
    batch = collate(rows)
    rebuilt = model(batch.source)
    losses = AUTOENCODE.loss(model, batch)
    scores = model.scores(batch.source, rebuilt)
    for at, row in enumerate(rows):
        each = ((rebuilt.data[at, : len(row["source"])].detach().numpy() - row["source"]) ** 2).mean(axis=1)
        assert losses.total[at].item() == pytest.approx(each.sum(), abs=1e-5)
        assert int(losses.terms[at]) == len(row["source"])
        assert scores[at].item() == pytest.approx(each.mean(), abs=1e-5)


def test_reversed_means_that_the_end_is_rebuilt_first() -> None:
    forward, backward = (tiny.model("autoencode", reverse=one) for one in (False, True))
    source = collate(tiny.rows("autoencode")).source
    torch.testing.assert_close(Padded(*forward(source)).reverse().data, backward(source).data)


def test_nothing_but_the_code_reaches_the_decoder() -> None:
    model = tiny.model("autoencode")
    rows = [row for row in tiny.rows("autoencode", count=20) if len(row["source"]) > 3][:2]
    for row in rows:
        row["source"] = row["source"][:4]
    batch = collate(rows)
    codes = model.encode(batch.source)
    swapped = model.rebuild(codes.flip(0), batch.source.lengths, 4)
    torch.testing.assert_close(swapped.data.flip(0), model(batch.source).data)


def test_tokens_are_rebuilt_whatever_the_batch() -> None:
    rows, model = tiny.rows("seq2seq"), tokens_model(bidirectional=True)
    options = tiny.options("autoencode")
    for row in rows:
        (found,) = AUTOENCODE.decode(model, collate([row]), options)[0]
        assert len(found.output) == len(row["source"])
        assert all(isinstance(token, int) for token in found.output)
    assert [one for one in differences(AUTOENCODE, model, rows, options) if not one.within()] == []
    padded = more_padding(collate(rows).source, 3)
    assert torch.isfinite(model.scores(padded, model(padded))).all()


def test_a_few_sequences_can_be_learned_by_heart(tmp_path: Path) -> None:
    rows = tiny.rows("seq2seq", count=4, longest=5)
    tiny.KINDS["copy"] = ("ids", "ids")
    tiny.write(tmp_path / "a.arrow", "copy", [{**row, "target": np.zeros(0, np.int32)} for row in rows])
    del tiny.KINDS["copy"]
    store, model = Store(tmp_path / "a.arrow"), tokens_model(reverse=True, dropout=0)
    fit(model, AUTOENCODE.loss, store, store, Train(epochs=200, learning_rate=0.03, budget=100), "a", silent)
    found = AUTOENCODE.decode(model, collate(rows), tiny.options("autoencode"))
    assert [one[0].output for one in found] == [row["source"].tolist() for row in rows]


@pytest.mark.parametrize("quantile", [0.5, 0.9, 1.0])
def test_the_threshold_leaves_a_share_of_validation_below(tmp_path: Path, quantile: float) -> None:
    rows, model = tiny.rows("autoencode", count=21, seed=2), tiny.model("autoencode", quantile=quantile)
    assert not any(one[0].more["flag"] for one in AUTOENCODE.decode(model, collate(rows), tiny.options("autoencode")))
    tiny.write(tmp_path / "valid.arrow", "autoencode", rows)
    AUTOENCODE.finish(model, Store(tmp_path / "valid.arrow"), Train(budget=40))
    found = [one[0] for one in AUTOENCODE.decode(model, collate(rows), tiny.options("autoencode"))]
    expected = np.quantile([one.score for one in found], quantile)
    assert model.state_dict()["threshold"].item() == pytest.approx(expected, rel=1e-5)
    assert sum(one.more["flag"] for one in found) == pytest.approx((1 - quantile) * 20, abs=1)
    assert {len(one.more["code"]) for one in found} == {16}
