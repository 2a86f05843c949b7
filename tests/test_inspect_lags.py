"""Gradients by time lag: finite differences of a plain loop, a linear recurrence whose decay is known, every task."""

from __future__ import annotations

import numpy as np
import pytest
import tiny
import torch

from seqpipe.batches import collate
from seqpipe.inspect.lags import averaged, gradients, trace
from seqpipe.inspect.unrolled import layers, unrolled
from seqpipe.inspect.view import views
from seqpipe.nn.cells import CELLS
from seqpipe.tasks import TASKS

DECODERS = [
    ("seq2seq", {"encoder": "none", "attention": "scaled"}),
    ("seq2seq", {"attention": "general", "input_feeding": True, "layers": 2}),
    ("seq2seq", {"attention": "location", "bidirectional": True}),
    ("tag", {"crf": False, "embedding": 7}),
    ("seq2seq image", {"encoder": "none", "attention": "additive", "embedding": 5}),
]


def text_model(cell: str, layers: int = 1):
    return tiny.model("language-model", cell=cell, layers=layers, embedding=5).double()


@pytest.mark.parametrize("cell", CELLS)
def test_the_gradient_is_that_of_finite_differences(cell: str) -> None:
    model, row = text_model(cell), tiny.rows("language-model", shortest=6)[0]
    found, probe = trace(model, collate([row]), "language-model")
    (layer,) = found.values()
    (norms,) = gradients(found, probe).values()
    late = len(row["target"]) - 2
    vectors = [one.detach() for one in layer.inputs]

    def loss(after: int, state: tuple[torch.Tensor, ...]) -> float:
        for step in range(after + 1, late + 1):
            state = layer.cell.step(vectors[step], state)
        logits = torch.nn.functional.linear(model.project(state[0]), model.front.vectors.weight, model.bias)
        return float(-torch.log_softmax(logits, dim=-1)[0, row["target"][late]])

    def slope(step: int, part: int, move: torch.Tensor) -> float:
        hidden, *cells = layer.states[step + 1]
        if part == 0:
            moved = [(hidden + sign * move, *cells) for sign in (1, -1)]
        else:  # h_t is made of c_t: h_t = o_t ⊙ tanh(c_t)
            output = layer.cell.gates(vectors[step], layer.states[step])["output"]
            moved = [(output * torch.tanh(cells[0] + sign * move), cells[0] + sign * move) for sign in (1, -1)]
        return (loss(step, moved[0]) - loss(step, moved[1])) / 2e-5

    assert [len(part) for part in norms] == [late + 1] * len(layer.states[0])
    with torch.no_grad():
        assert probe.loss.item() == pytest.approx(loss(late, layer.states[late + 1]), abs=1e-12)
        for lag in range(late + 1):
            for part in range(2 if cell == "lstm" else 1):
                slopes = [slope(late - lag, part, move) for move in 1e-5 * torch.eye(6)[:, None]]
                assert norms[part][lag] == pytest.approx(np.linalg.norm(slopes), rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("scale", [0.5, 0.9, 1.1])
def test_a_linear_recurrence_decays_by_its_singular_value(scale: float) -> None:
    """h_t = σ P h_{t−1} + …, P a permutation: ReLU never cuts off what is positive, and P keeps every norm."""
    model = tiny.model("classify", cell="irnn", pooling="last", bidirectional=False).double()
    (layer,) = layers(model).values()
    with torch.no_grad():
        layer.cell.U.copy_(scale * torch.eye(6).double()[torch.tensor([3, 0, 5, 1, 2, 4])])
        layer.cell.b.fill_(50.0)
    row = tiny.rows("classify", shortest=9)[0]
    (norms,) = gradients(*trace(model, collate([row]), "classify")).values()
    assert norms[0][0] > 0
    np.testing.assert_allclose(norms[0], norms[0][0] * scale ** np.arange(9), rtol=1e-9)


@pytest.mark.parametrize(("case", "params"), [*((case, {}) for case in tiny.SIZES), *DECODERS])
def test_every_task_is_seen_through_and_left_as_it_was(case: str, params: dict[str, object]) -> None:
    model, rows, task = tiny.model(case, **params).double(), tiny.rows(case, count=3), tiny.task_of(case)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    found = views(model, rows, 1, task)
    assert list(found) == [name for name, layer in layers(model).items()]
    for view in found.values():
        lags = view.gradient
        assert lags.examples[0] == 3
        assert list(lags.examples) == sorted(lags.examples, reverse=True)
        assert np.isfinite(lags.hidden).all()
        assert lags.hidden.max() > 0
        assert {len(values) for values in view.activations.values()} == {len(view.activations["hidden"])}
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert not any({"step", "run"} & set(vars(module)) for module in model.modules())


@pytest.mark.parametrize("case", ["ctc", "classify", "forecast", "autoencode", "tag"])
def test_step_by_step_the_loss_is_the_same(case: str) -> None:
    model, row = tiny.model(case).double(), tiny.rows(case)[2]
    batch = collate([row])
    batch = batch._replace(source=batch.source._replace(data=_double(batch.source.data)))
    _, probe = trace(model, batch, case)
    torch.testing.assert_close(probe.loss, TASKS[case].loss(model, batch).total[0])


def _double(data: torch.Tensor) -> torch.Tensor:
    return data.double() if data.is_floating_point() else data


def test_the_late_step_of_a_decoder_is_its_last_token_before_the_end() -> None:
    model, row = tiny.model("seq2seq").double(), tiny.rows("seq2seq")[0]
    row = {**row, "target": np.array([5, 7, 6], np.int32)}
    found, probe = trace(model, collate([row]), "seq2seq")
    assert probe.step == 2
    one = TASKS["seq2seq"].loss(model, collate([{**row, "target": row["target"][:2]}])).total
    both = model(collate([row]).source, collate([row]).target.prepend(2))  # 2 begins a text
    assert probe.loss.item() == pytest.approx(-torch.log_softmax(both[0, 2], dim=-1)[6].item())
    assert probe.loss.item() != pytest.approx(one.item())
    norms = gradients(found, probe)
    assert len(norms["decoder 1"][0]) == 3  # the step at which the end is written is not asked
    assert len(norms["encoder 1 forward"][0]) == len(row["source"])


def test_without_a_field_each_direction_is_asked_at_the_last_word_it_reads() -> None:
    model, row = tiny.model("tag", crf=False).double(), tiny.rows("tag", shortest=5)[0]
    found, probe = trace(model, collate([row]), "tag")
    each = -torch.log_softmax(model(collate([row]).source).data[0], dim=-1)
    assert probe.loss.item() == pytest.approx(each[-1, row["target"][-1]].item())
    assert probe.backward.item() == pytest.approx(each[0, row["target"][0]].item())
    norms = gradients(found, probe)
    assert all((norms[way][0] > 0).all() for way in ("encoder 1 forward", "encoder 1 backward"))


def test_means_are_over_the_examples_that_reach_so_far() -> None:
    lags = averaged([[np.array([1.0, 2.0, 6.0])], [np.array([3.0])], [np.array([5.0, 4.0])]])
    assert lags.hidden.tolist() == [3.0, 3.0, 6.0]
    assert lags.examples.tolist() == [3, 2, 1]
    assert lags.cell is None


def test_after_an_error_the_cells_are_their_own_again() -> None:
    model = text_model("gru")
    with pytest.raises(ZeroDivisionError), unrolled(model):
        raise ZeroDivisionError
    assert not any({"step", "run"} & set(vars(module)) for module in model.modules())
