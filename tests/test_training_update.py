"""One update from several batches is that of all their rows in one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from tiny_training import flat, section, stores
from torch import nn

from seqpipe.batches import Batch, Streams, collate
from seqpipe.files import SeqpipeError
from seqpipe.tasks import TASKS
from seqpipe.training.distributed import ALONE
from seqpipe.training.state import begin
from seqpipe.training.update import Setting, update

CPU = torch.device("cpu")


def after(task: str, batches: list[Batch], **params: object) -> tuple[nn.Module, list[float]]:
    """A model after one update, and what that tells."""
    model = tiny.model(task)
    options = section(task, optimizer="sgd", learning_rate=0.5, **params)
    state = begin(model, options, CPU)
    step = update(state, batches, Setting(TASKS[task].loss, options, CPU, ALONE, 10), wish=False)
    return model, step.figures.tolist()


@pytest.mark.parametrize("task", sorted({*TASKS} - {"language-model"}))  # whose batches go on from each other
def test_batches_of_any_sizes_together_are_one_batch_of_all_rows(tmp_path: Path, task: str) -> None:
    train, _ = stores(tmp_path, task)
    rows = [train[index] for index in range(12)]
    whole, (loss, terms, norm, *_) = after(task, [collate(rows)], clip=100)
    parts, figures = after(task, [collate(rows[:1]), collate(rows[1:8]), collate(rows[8:])], clip=100)
    torch.testing.assert_close(flat(parts), flat(whole), atol=1e-6, rtol=1e-5)
    assert figures[:3] == pytest.approx([loss, terms, norm], rel=1e-5)
    assert not torch.allclose(flat(whole), flat(tiny.model(task)), atol=1e-3)


def test_batches_of_streams_hand_their_states_on_within_an_update(tmp_path: Path) -> None:
    train, _ = stores(tmp_path, "language-model")
    batches = list(Streams(train, section("language-model"), np.random.default_rng(0)))[:2]
    _, (loss, *_) = after("language-model", batches)
    model, task = tiny.model("language-model"), TASKS["language-model"]
    first = task.loss(model, batches[0])
    second = task.loss(model, batches[1]._replace(carry=first.carry))
    assert loss == pytest.approx((first.total.sum() + second.total.sum()).item(), rel=1e-5)


def test_a_row_without_an_id_does_not_count(tmp_path: Path) -> None:
    train, _ = stores(tmp_path, "ctc")
    rows = collate([train[0], train[1]])
    filler = collate([train[2]])._replace(ids=[])
    model, figures = after("ctc", [rows, filler])
    expected, others = after("ctc", [rows])
    torch.testing.assert_close(flat(model), flat(expected))
    assert figures == pytest.approx(others)


def test_an_overflow_in_half_precision_is_left_out_and_counted_and_a_collapsed_scale_is_an_error(
    tmp_path: Path,
) -> None:
    """The scaler is torch's; here it runs on the CPU, and gradients overflow because the loss is huge."""
    train, _ = stores(tmp_path, "forecast")
    batch, options, model = collate([train[0], train[1]]), section("forecast", precision="fp16"), tiny.model("forecast")
    state = begin(model, section("forecast"), CPU)
    state.scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    before = flat(model)

    def loss(model, batch, moment=None):  # type: ignore[no-untyped-def]
        losses = TASKS["forecast"].loss(model, batch)
        return losses._replace(total=losses.total * 1e38)

    setting = Setting(loss, options, CPU, ALONE, 10)
    skipped = [update(state, [batch], setting, wish=False).figures[4].item() for _ in range(2)]
    assert skipped == [1.0, 1.0]
    assert state.scaler.get_scale() == 1.0
    assert torch.equal(flat(model), before)
    with pytest.raises(SeqpipeError, match=r"^The gradient of a batch with row-0, row-1 is not finite.*to float32\.$"):
        update(state, [batch], setting, wish=False)
