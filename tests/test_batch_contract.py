"""Results never depend on what else is in the batch: for every task, alone = together = reordered = padded further."""

import pytest
import tiny
import torch

from seqpipe.batches import collate
from seqpipe.inspect.invariance import differences
from seqpipe.tasks import TASKS

CASES = [
    (task, params)
    for task, several in {
        "seq2seq": [
            {"encoder": "none", "attention": "scaled"},
            {"encoder": "none", "attention": "general", "input": "one-hot"},
            {"encoder": "recurrent", "attention": "dot", "input": "one-hot", "cell": "lstm"},
            {"encoder": "none", "attention": "location", "input_feeding": True},
            {"cell": "lstm", "attention": "location", "layers": 2},
            {"cell": "mingru", "attention": "none", "input_feeding": True, "tied": True},
            {"cell": "gru", "attention": "additive", "input_feeding": True, "layers": 2, "tied": True, "embedding": 4},
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
            {"cell": cell, "stack": stack, "bidirectional": both, "layers": 2, "front": front}
            for cell, stack, both, front in [
                ("gru", 1, True, "linear"),
                ("lstm", 3, True, "linear"),
                ("rnn", 2, False, "linear"),
                ("mingru", 2, True, "linear"),
                ("minlstm", 1, True, "linear"),
                ("gru", 1, True, "convolution"),
                ("lstm", 2, True, "convolution"),
                ("mingru", 3, False, "convolution"),
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
        ]
        + [{"input": "one-hot", "cell": "gru"}, {"frozen": True, "cell": "lstm"}],
        "tag": [
            {"cell": cell, "crf": crf, "constraints": constraints, "bidirectional": both, "embedding": 7}
            for cell, crf, constraints, both in [
                ("gru", True, "always", True),
                ("lstm", True, "decoding", True),
                ("rnn", True, "never", False),
                ("lstm", False, "always", True),
                ("mingru", True, "always", True),
                ("minlstm", False, "always", True),
            ]
        ]
        + [{"input": "one-hot", "embedding": 7}],
        "language-model": [
            {"cell": cell, "layers": layers, "embedding": embedding, "tied": tied}
            for cell, layers, embedding, tied in [
                ("gru", 1, 6, True),
                ("lstm", 2, 5, True),
                ("rnn", 1, 5, False),
                ("mingru", 2, 6, True),
                ("minlstm", 1, 5, True),
            ]
        ]
        + [{"input": "one-hot", "tied": False, "embedding": 5}],
        "autoencode": [
            {"cell": cell, "layers": layers, "bidirectional": both, "reverse": reverse, "embedding": 5, "code": 4}
            for cell, layers, both, reverse in [
                ("gru", 1, False, True),
                ("lstm", 2, True, True),
                ("rnn", 1, False, False),
                ("mingru", 1, True, True),
                ("minlstm", 2, False, True),
            ]
        ]
        + [{"front": "convolution", "embedding": 5, "code": 4, "bidirectional": True}],
        "forecast": [{"cell": cell, "layers": 2} for cell in ("gru", "lstm", "rnn", "mingru", "minlstm")],
        "seq2seq image": [
            {"encoder": encoder, "attention": attention, "embedding": 5}
            for encoder, attention in [
                ("none", "additive"),
                ("none", "general"),
                ("none", "none"),
                ("none", "location"),
                ("recurrent", "general"),
            ]
        ],
        "seq2seq video": [{"encoder": encoder, "embedding": 5} for encoder in ("none", "recurrent")],
        "ctc image": [
            {"cell": cell, "layers": layers, "stack": stack}
            for cell, layers, stack in [("gru", 1, 2), ("lstm", 2, 4), ("gru", 1, 1)]
        ],
        "classify image": [{"pooling": pooling, "embedding": 5} for pooling in ("last", "attention")],
        "classify video": [{"pooling": pooling, "embedding": 5} for pooling in ("last", "max")],
        "classify frames": [
            {"front": front, "pooling": pooling, "embedding": 5}
            for front, pooling in [("linear", "mean"), ("convolution", "last"), ("convolution", "attention")]
        ],
        "autoencode tokens": [{"embedding": 5}, {"input": "one-hot"}],
    }.items()
    for params in several
]


@pytest.mark.parametrize(("task", "params"), CASES, ids=lambda value: str(value).replace(" ", ""))
def test_loss_gradient_and_output_are_the_examples_own(task, params):
    rows, model, row_of = tiny.rows(task), tiny.model(task, **params), TASKS[tiny.task_of(task)]
    found = differences(row_of, model, rows, tiny.options(task, batch_size=7))
    assert len(found) == 3
    assert [one for one in found if not one.within()] == []


@pytest.mark.parametrize("feeding", [False, True])
@pytest.mark.parametrize("attention", ["none", "general", "location"])
def test_a_hypothesis_scores_what_teacher_forcing_gives_it(attention, feeding):
    rows, model = tiny.rows("seq2seq", seed=3), tiny.model("seq2seq", attention=attention, input_feeding=feeding)
    found = TASKS["seq2seq"].decode(model, collate(rows), tiny.options("seq2seq", beam=4, nbest=4, max_length=5))
    for row, hypotheses in zip(rows, found, strict=True):
        for one in hypotheses:
            forced = {**row, "target": torch.tensor(one.output, dtype=torch.int32).numpy()}
            total = TASKS["seq2seq"].loss(model, collate([forced])).total
            assert one.log_prob == pytest.approx(-total.item(), abs=1e-4)
