"""Results never depend on what else is in the batch: for every task, alone = together = reordered = padded further."""

import numpy as np
import pytest
import tiny
import torch
from torch.nn import functional

from seqpipe.batches import Batch, collate
from seqpipe.padded import Padded
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.tasks import TASKS

CASES = [
    (task, params)
    for task, several in {
        "seq2seq": [
            {"encoder": "none", "attention": "scaled"},
            *(
                {"cell": cell, "attention": attention, "bidirectional": both, "layers": layers}
                for cell, attention, both, layers in [
                    ("gru", "general", True, 1),
                    ("lstm", "additive", True, 2),
                    ("rnn", "dot", False, 1),
                    ("gru", "scaled", False, 2),
                    ("lstm", "none", True, 1),
                    ("mingru", "general", True, 2),
                    ("minlstm", "additive", True, 1),
                ]
            ),
        ],
        "ctc": [
            {"cell": cell, "stack": stack, "bidirectional": both, "layers": 2}
            for cell, stack, both in [
                ("gru", 1, True),
                ("lstm", 3, True),
                ("rnn", 2, False),
                ("mingru", 2, True),
                ("minlstm", 1, True),
            ]
        ],
        "classify": [
            {"cell": cell, "pooling": pooling, "bidirectional": both, "layers": layers}
            for cell, pooling, both, layers in [
                ("gru", "last", True, 2),
                ("lstm", "mean", True, 1),
                ("gru", "max", True, 1),
                ("rnn", "attention", False, 2),
                ("lstm", "attention", True, 1),
                ("gru", "last", False, 1),
                ("mingru", "last", True, 2),
                ("minlstm", "mean", True, 1),
            ]
        ],
        "tag": [
            {"cell": cell, "crf": crf, "constraints": constraints, "bidirectional": both, "embedding": 7}
            for cell, crf, constraints, both in [
                ("gru", True, "always", True),
                ("lstm", True, "decoding", True),
                ("rnn", True, "never", False),
                ("lstm", False, "always", True),
                ("mingru", True, "always", True),
                ("minlstm", False, "never", True),
            ]
        ],
        "language-model": [
            {"cell": cell, "layers": layers, "embedding": embedding, "tied": tied}
            for cell, layers, embedding, tied in [
                ("gru", 1, 6, True),
                ("lstm", 2, 5, True),
                ("rnn", 1, 5, False),
                ("mingru", 2, 6, True),
                ("minlstm", 1, 5, True),
            ]
        ],
        "autoencode": [
            {"cell": cell, "layers": layers, "bidirectional": both, "reverse": reverse, "embedding": 5, "code": 4}
            for cell, layers, both, reverse in [
                ("gru", 1, False, True),
                ("lstm", 2, True, True),
                ("rnn", 1, False, False),
                ("mingru", 1, True, True),
                ("minlstm", 2, False, True),
            ]
        ],
        "forecast": [{"cell": cell, "layers": 2} for cell in ("gru", "lstm", "rnn", "mingru", "minlstm")],
        "seq2seq image": [
            {"encoder": encoder, "attention": attention, "embedding": 5}
            for encoder, attention in [
                ("none", "additive"),
                ("none", "general"),
                ("none", "none"),
                ("recurrent", "general"),
            ]
        ],
        "seq2seq video": [{"encoder": encoder, "embedding": 5} for encoder in ("none", "recurrent")],
        "ctc image": [{"cell": cell, "layers": layers} for cell, layers in [("gru", 1), ("lstm", 2)]],
        "classify image": [{"pooling": pooling, "embedding": 5} for pooling in ("last", "attention")],
        "classify video": [{"pooling": pooling, "embedding": 5} for pooling in ("last", "max")],
    }.items()
    for params in several
]


def more_padding(padded: Padded, steps: int, fill: float) -> Padded:
    """The same sequences behind more padding, which holds ``fill`` instead of zeros."""
    data = functional.pad(padded.data, (*[0, 0] * (padded.data.dim() - 2), 0, steps))
    mask = Padded(data, padded.lengths).mask()
    mask = mask.view(*mask.shape, *[1] * (data.dim() - 2))
    return Padded(torch.where(mask, data, torch.full_like(data, fill)), padded.lengths)


def variants(rows):
    """(what, batch, order): ``order[i]`` is the row that stands at place ``i``."""
    order = [3, 0, 6, 1, 5, 2, 4]
    together = collate(rows)
    fill = 2 if together.source.data.dtype == torch.int64 else 9.0
    yield "together", together, list(range(7))
    yield "reordered", collate([rows[at] for at in order]), order
    source = more_padding(together.source, 20, fill)
    target_fill = 2 if together.target.data.dtype == torch.int64 else 9.0
    yield "padded", Batch(together.ids, source, more_padding(together.target, 20, target_fill)), list(range(7))


def same(found: Hypothesis, own: Hypothesis) -> None:
    """Equal output, score, probability and further fields, up to rounding."""
    assert np.shape(found.output) == np.shape(own.output)
    np.testing.assert_allclose(found.output, own.output, atol=1e-5, rtol=0)
    assert (found.score, found.log_prob) == pytest.approx((own.score, own.log_prob), abs=1e-5, rel=1e-6)
    assert list(found.more) == list(own.more)
    for name, value in own.more.items():
        assert found.more[name] == (value if isinstance(value, bool) else pytest.approx(value, abs=1e-5)), name


@pytest.mark.parametrize(("task", "params"), CASES, ids=lambda value: str(value).replace(" ", ""))
def test_loss_gradient_and_output_are_the_examples_own(task, params):
    rows, model, row_of = tiny.rows(task), tiny.model(task, **params), TASKS[tiny.task_of(task)]
    options = tiny.options(task, batch=7)
    alone = [collate([row]) for row in rows]
    losses = [row_of.loss(model, batch) for batch in alone]
    outputs = [row_of.decode(model, batch, options)[0] for batch in alone]
    gradients = torch.autograd.grad(sum(one.total.sum() for one in losses), list(model.parameters()), allow_unused=True)
    for what, batch, order in variants(rows):
        together = row_of.loss(model, batch)
        for place, at in enumerate(order):
            torch.testing.assert_close(together.total[place], losses[at].total[0], atol=1e-5, rtol=1e-5, msg=what)
            assert int(together.terms[place]) == int(losses[at].terms[0])
        found = row_of.decode(model, batch, options)
        assert len(found) == len(rows)
        for place, at in enumerate(order):
            for one, own in zip(found[place], outputs[at], strict=True):
                same(one, own)
        again = torch.autograd.grad(together.total.sum(), list(model.parameters()), allow_unused=True)
        for mine, own in zip(again, gradients, strict=True):
            assert (mine is None) == (own is None)
            if mine is not None:
                torch.testing.assert_close(mine, own, atol=1e-4, rtol=1e-4, msg=what)


@pytest.mark.parametrize("attention", ["none", "general"])
def test_a_hypothesis_scores_what_teacher_forcing_gives_it(attention):
    rows, model = tiny.rows("seq2seq", seed=3), tiny.model("seq2seq", attention=attention)
    found = TASKS["seq2seq"].decode(model, collate(rows), tiny.options("seq2seq", beam=4, nbest=4, max_length=5))
    for row, hypotheses in zip(rows, found, strict=True):
        for one in hypotheses:
            forced = {**row, "target": torch.tensor(one.output, dtype=torch.int32).numpy()}
            total = TASKS["seq2seq"].loss(model, collate([forced])).total
            assert one.log_prob == pytest.approx(-total.item(), abs=1e-4)
