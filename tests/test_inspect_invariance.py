"""The check of invariance finds what it is there to find: examples that leak into each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tiny
import torch
from torch import Tensor

from seqpipe.batches import Batch
from seqpipe.inspect.invariance import Difference, apart, differences, more_padding
from seqpipe.losses import Losses
from seqpipe.padded import Padded
from seqpipe.tasks import TASKS, Task

TAG, SEQ2SEQ = TASKS["tag"], TASKS["seq2seq"]


def found(case: str, row_of: Task) -> list[Difference]:
    return differences(row_of, tiny.model(case), tiny.rows(case), tiny.options(case))


def leaking(leak: Any, case: str = "tag") -> Task:
    """A task with the same loss plus ``leak(loss (B,), batch)``."""
    row_of = TASKS[case]

    def loss(model: Any, batch: Batch) -> Losses:
        plain = row_of.loss(model, batch)
        return plain._replace(total=plain.total + leak(plain.total, batch))

    return row_of._replace(loss=loss)


def test_a_model_without_leaks_has_no_differences() -> None:
    for one in found("tag", TAG):
        assert one.within()
        assert max(one[1:]) < 1e-5


@pytest.mark.parametrize(
    ("leak", "caught"),
    [
        (lambda total, batch: total - total.mean(), [True, True, True]),  # the batch's mean
        (lambda total, batch: 1e-3 * torch.arange(len(total)), [True, True, True]),  # the place in it
        (lambda total, batch: 1e-2 * batch.source.data[:, -1].float().sum(dim=1), [True, True, True]),  # the last step
        (lambda total, batch: torch.full_like(total, batch.source.data.shape[1] > 20), [False, False, True]),  # width
    ],
)
def test_a_loss_that_looks_at_the_batch_is_caught(leak: Any, caught: list[bool]) -> None:
    assert [one.loss > 1e-5 for one in found("tag", leaking(leak))] == caught
    assert [not one.within() for one in found("tag", leaking(leak))] == caught


def test_a_leak_into_the_gradient_alone_is_caught() -> None:
    def leak(total: Tensor, batch: Batch) -> Tensor:
        return (total - total.detach()) * (batch.source.data.shape[1] > 20)  # zero, but for its gradient

    together, reordered, padded = found("tag", leaking(leak))
    assert together.within()
    assert reordered.within()
    assert padded.loss <= 1e-5
    assert padded.gradient > 0.1


@pytest.mark.parametrize("case", ["seq2seq", "tag", "classify", "forecast"])
def test_another_output_is_caught(case: str) -> None:
    def decode(model: Any, batch: Batch, options: Any) -> Any:
        plain = TASKS[case].decode(model, batch, options)
        return plain if len(plain) == 1 else [plain[1], plain[0], *plain[2:]]

    for one in found(case, TASKS[case]._replace(decode=decode)):
        assert (one.loss <= 1e-5, one.output > 1e-5) == (True, True)


def test_equally_good_hypotheses_may_change_places() -> None:
    def decode(model: Any, batch: Batch, options: Any) -> Any:
        plain = SEQ2SEQ.decode(model, batch, options)
        even = [[one._replace(score=-1.0) for one in hypotheses] for hypotheses in plain]
        return even if len(plain) == 1 else [hypotheses[::-1] for hypotheses in even]

    model, rows = tiny.model("seq2seq"), tiny.rows("seq2seq")
    options = tiny.options("seq2seq", beam=3, nbest=3, max_length=4)
    assert all(one.within() for one in differences(SEQ2SEQ._replace(decode=decode), model, rows, options))


def test_not_a_number_is_a_difference_and_the_same_infinity_is_none() -> None:
    assert apart([np.inf, 1.0], [np.inf, 1.0]) == 0
    assert np.isnan(apart([np.nan], [1.0]))
    assert not Difference("padded", float("nan"), 0.0, 0.0).within()
    assert apart([1.0], [1.0, 2.0]) == np.inf
    assert apart([110.0, 0.5], [100.0, 0.25]) == 0.25  # relative above 1
    assert apart([], []) == 0


def test_junk_lies_on_padding_alone() -> None:
    rows = Padded(torch.tensor([[4, 5, 6], [7, 0, 0]]), torch.tensor([3, 1]))
    assert more_padding(rows, 2).data.tolist() == [[4, 5, 6, 1, 1], [7, 1, 1, 1, 1]]
    frames = more_padding(Padded(torch.zeros(1, 2, 3), torch.tensor([1])), 1)
    assert frames.data.tolist() == [[[0.0] * 3, [9.0] * 3, [9.0] * 3]]
