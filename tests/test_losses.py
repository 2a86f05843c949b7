"""Losses against plain loops and, for CTC, against the sum over every alignment."""

import itertools
import math

import numpy as np
import pytest
import tiny
import torch

from seqpipe.batches import collate
from seqpipe.losses import Moment, absolute_error, alignments, cross_entropy
from seqpipe.padded import Padded
from seqpipe.params.pipeline import SCHEMAS
from seqpipe.tasks import TASKS


def test_cross_entropy_is_a_sum_over_the_tokens_of_each_example():
    torch.manual_seed(0)
    logits, labels, lengths = torch.randn(3, 5, 4), torch.randint(4, (3, 5)), [5, 1, 3]
    losses = cross_entropy(logits, Padded(labels, torch.tensor(lengths)))
    for row, length in enumerate(lengths):
        expected = 0.0
        for t in range(length):
            scores = [math.exp(value) for value in logits[row, t].tolist()]
            expected -= math.log(scores[int(labels[row, t])] / sum(scores))
        assert math.isclose(float(losses.total[row]), expected, rel_tol=1e-5)
    assert losses.terms.tolist() == lengths
    assert math.isclose(float(losses.mean()), float(losses.total.sum()) / 9, rel_tol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.6])
def test_a_smoothed_label_is_a_mixture_with_all_labels_alike(smoothing):
    rng = np.random.default_rng(2)
    logits, labels, lengths = rng.normal(size=(3, 5, 4)), rng.integers(4, size=(3, 5)), [5, 1, 3]
    losses = cross_entropy(torch.tensor(logits), Padded(torch.tensor(labels), torch.tensor(lengths)), smoothing)
    log_probs = logits - np.logaddexp.reduce(logits, axis=2, keepdims=True)
    wanted = (1 - smoothing) * np.eye(4)[labels] + smoothing / 4  # a distribution over the four labels
    expected = [-(wanted * log_probs)[row, :length].sum() for row, length in enumerate(lengths)]
    np.testing.assert_allclose(losses.total.numpy(), expected, rtol=1e-12)
    assert losses.terms.tolist() == lengths


@pytest.mark.parametrize("task", ["seq2seq", "classify", "language-model"])
def test_labels_are_smooth_in_training_alone(task):
    model, batch, row = tiny.model(task, dropout=0), collate(tiny.rows(task)), TASKS[task]
    plain, smooth = (SCHEMAS[task].train.model_validate({"label_smoothing": share}) for share in (0, 0.3))
    torch.testing.assert_close(row.loss(model, batch, Moment(0, 9, plain)).total, row.loss(model, batch).total)
    smoothed = row.loss(model, batch, Moment(0, 9, smooth))
    assert (smoothed.total != row.loss(model, batch).total).all()
    assert torch.equal(smoothed.terms, row.loss(model, batch).terms)


def test_ctc_sums_over_every_alignment():
    rng = np.random.default_rng(1)
    cases = [(4, [1, 1]), (3, [2]), (5, [1, 2, 1])]
    time = max(frames for frames, _ in cases) + 2  # two frames of padding that must not count
    logits = rng.normal(size=(3, time, 3))
    log_probs = logits - np.logaddexp.reduce(logits, axis=2, keepdims=True)
    labels = torch.zeros(3, 3, dtype=torch.int64)
    for row, (_, target) in enumerate(cases):
        labels[row, : len(target)] = torch.tensor(target)
    lengths = torch.tensor([frames for frames, _ in cases])
    source = Padded(torch.from_numpy(log_probs), lengths)
    losses = alignments(source, Padded(labels, torch.tensor([len(target) for _, target in cases])), 0)
    for row, (frames, target) in enumerate(cases):
        total = -np.inf
        for path in itertools.product(range(3), repeat=frames):
            joined = [label for label, _ in itertools.groupby(path)]
            if [label for label in joined if label] == target:
                total = np.logaddexp(total, sum(log_probs[row, t, label] for t, label in enumerate(path)))
        np.testing.assert_allclose(float(losses.total[row]), -total, atol=1e-9)


def test_ctc_is_infinite_where_no_alignment_exists():
    log_probs = torch.full((1, 2, 3), -math.log(3))
    two_equal_labels_need_three_frames = Padded(torch.tensor([[1, 1]]), torch.tensor([2]))
    losses = alignments(Padded(log_probs, torch.tensor([2])), two_equal_labels_need_three_frames, 0)
    assert torch.isinf(losses.total).all()


def test_absolute_error_leaves_padding_out():
    outputs = torch.tensor([[1.0, 2.0, 9.0], [0.0, 0.0, 0.0]])
    target = Padded(torch.tensor([[[0.0], [4.0], [0.0]], [[1.0], [2.0], [3.0]]]), torch.tensor([2, 3]))
    losses = absolute_error(outputs, target)
    assert losses.total.tolist() == [1 + 2, 1 + 2 + 3]
    assert losses.terms.tolist() == [2, 3]
