"""The loop: it learns, keeps the best epoch, repeats itself to the bit, and stops at the first bad number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from tiny_training import flat, section, stores, train
from torch import nn

from seqpipe.batches import collate
from seqpipe.files import SeqpipeError
from seqpipe.params.training import Sampling, Train
from seqpipe.report import Note, Progress
from seqpipe.schedules import factor
from seqpipe.store import Store
from seqpipe.tasks import TASKS
from seqpipe.training.loop import Metric, fit
from seqpipe.training.optimizers import OPTIMIZERS
from seqpipe.training.threads import set_threads
from seqpipe.training.validation import evaluate

every_task = pytest.mark.parametrize("task", sorted(TASKS))
FORMATS = [(one, device) for device in ("cpu", *["cuda"] * torch.cuda.is_available()) for one in ("bf16", "fp16")]


@every_task
def test_training_lowers_the_loss_and_says_so_once_an_epoch(tmp_path: Path, task: str) -> None:
    events: list[Note | Progress] = []
    _, history = train(task, stores(tmp_path, task), report=events.append)
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4]
    assert history[-1].train_loss < history[0].train_loss
    assert sum(isinstance(event, Note) for event in events) == 4


@every_task
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(tmp_path: Path, task: str) -> None:
    data = stores(tmp_path, task)
    (one, first), (two, second), (other, _) = train(task, data), train(task, data), train(task, data, seed=2)
    assert torch.equal(flat(one), flat(two))
    assert not torch.equal(flat(one), flat(other))
    assert [epoch[:-1] for epoch in first] == [epoch[:-1] for epoch in second]


@every_task
def test_the_model_ends_with_the_weights_of_its_best_epoch(tmp_path: Path, task: str) -> None:
    data = stores(tmp_path, task)
    model, history = train(task, data, learning_rate=0.3, schedule="constant", epochs=6)
    best = min(epoch.valid_loss for epoch in history)
    assert evaluate(model, TASKS[task].loss, data[1], 60) == pytest.approx(best)


@every_task
def test_patience_ends_training_early(tmp_path: Path, task: str) -> None:
    _, history = train(task, stores(tmp_path, task), learning_rate=1.0, schedule="constant", epochs=50, patience=2)
    losses = [epoch.valid_loss for epoch in history]
    assert len(losses) < 50
    assert len(losses) - 1 - int(np.argmin(losses)) == 2


@pytest.mark.parametrize("lower", [True, False])
def test_a_metric_chooses_the_best_epoch_and_ends_training(tmp_path: Path, lower: bool) -> None:
    data, seen = stores(tmp_path, "classify"), []
    figures = iter([0.3, 0.5, 0.4, 0.2, 0.1, 0.6])

    def figure(model: nn.Module) -> float:
        seen.append(flat(model).clone())
        return next(figures) if lower else 1 - next(figures)

    model, params = tiny.model("classify"), section("classify", epochs=6, patience=3, watch="accuracy")
    fitting = (params, "tiny", lambda event: None)
    history = fit(model, TASKS["classify"].loss, *data, *fitting, metric=Metric(figure, lower))
    assert [epoch.watched for epoch in history] == pytest.approx(
        [one if lower else 1 - one for one in (0.3, 0.5, 0.4, 0.2, 0.1, 0.6)]
    )
    assert torch.equal(flat(model), seen[4])
    figures = iter([0.3, 0.5, 0.4, 0.6, 0.1, 0.6])
    history = fit(tiny.model("classify"), TASKS["classify"].loss, *data, *fitting, metric=Metric(figure, lower))
    assert len(history) == 4


def test_a_plateau_of_the_watched_figure_lowers_the_step_size(tmp_path: Path) -> None:
    figures = iter([3.0, 2.0, 2.5, 2.1, 1.9, 2.0, 2.0, 2.0])
    params = section(
        "forecast", epochs=8, schedule="plateau", plateau_patience=2, plateau_factor=0.1, warmup=0, watch="mase"
    )
    data, model = stores(tmp_path, "forecast"), tiny.model("forecast")
    metric = Metric(lambda model: next(figures), lower_is_better=True)
    history = fit(model, TASKS["forecast"].loss, *data, params, "tiny", lambda event: None, metric=metric)
    assert [epoch.learning_rate for epoch in history] == pytest.approx([1e-2] * 4 + [1e-3] * 3 + [1e-4])


def test_a_loss_that_is_not_finite_stops_training_and_names_the_example(tmp_path: Path) -> None:
    rows = tiny.rows("forecast", count=5)
    rows[3]["target"][0] = np.nan
    for split in ("train", "valid"):
        tiny.write(tmp_path / f"{split}.arrow", "forecast", rows)
    data = Store(tmp_path / "train.arrow"), Store(tmp_path / "valid.arrow")
    for params in ({}, {"accumulate": 3, "budget": 20}):
        with pytest.raises(SeqpipeError, match=r"^The loss of row-3 is not finite"):
            train("forecast", data, **params)


def test_a_gradient_that_is_not_finite_stops_training_and_names_the_batch(tmp_path: Path) -> None:
    class Edge(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, value: torch.Tensor) -> torch.Tensor:
            return value.clone()

        @staticmethod
        def backward(ctx: object, gradient: torch.Tensor) -> torch.Tensor:
            return gradient * torch.inf

    def loss(model, batch, moment=None):  # type: ignore[no-untyped-def]
        losses = TASKS["forecast"].loss(model, batch)
        return losses._replace(total=Edge.apply(losses.total) if moment and moment.step == 2 else losses.total)

    data, model = stores(tmp_path, "forecast"), tiny.model("forecast")
    with pytest.raises(SeqpipeError, match=r"^The gradient of a batch with row-\d+.* is not finite"):
        fit(model, loss, *data, section("forecast"), "tiny", lambda event: None)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_validation_loss_that_is_not_finite_stops_training_too(tmp_path: Path, bad: float) -> None:
    rows = tiny.rows("forecast", count=5)
    tiny.write(tmp_path / "train.arrow", "forecast", rows)
    rows[2]["target"][1] = bad
    tiny.write(tmp_path / "valid.arrow", "forecast", rows)
    with pytest.raises(SeqpipeError, match=r"^The loss of row-2 is not finite"):
        train("forecast", (Store(tmp_path / "train.arrow"), Store(tmp_path / "valid.arrow")))


@pytest.mark.parametrize("by", ["norm", "value"])
def test_a_step_is_clipped_to_what_was_asked_for(tmp_path: Path, by: str) -> None:
    data = stores(tmp_path, "tag")
    small = {
        "optimizer": "sgd",
        "learning_rate": 1.0,
        "schedule": "constant",
        "warmup": 0,
        "epochs": 1,
        "budget": 10**6,
    }
    model, (epoch,) = train("tag", data, clip=1e-4, clip_by=by, **small)
    step = flat(model) - flat(tiny.model("tag"))
    assert (step.norm() if by == "norm" else step.abs().max()) == pytest.approx(1e-4, rel=1e-2)
    assert epoch.clipped == 1.0
    _, (free,) = train("tag", data, clip=1e4, clip_by=by, **small)
    assert free.clipped == 0.0
    assert free.gradient_norm == epoch.gradient_norm > 1e-4


def test_the_loss_is_told_the_moment_in_training_alone(tmp_path: Path) -> None:
    moments = []

    def loss(model, batch, moment=None):  # type: ignore[no-untyped-def]
        moments.append(moment)
        return TASKS["forecast"].loss(model, batch, moment)

    data, params = stores(tmp_path, "forecast"), section("forecast", epochs=2, accumulate=2)
    fit(tiny.model("forecast"), loss, *data, params, "tiny", lambda event: None)
    given = [moment for moment in moments if moment is not None]
    steps = given[0].steps
    assert sorted({moment.step for moment in given}) == list(range(steps))
    assert {(moment.steps, moment.train) for moment in given} == {(steps, params)}
    assert moments[-1] is None
    assert len(given) < len(moments)


def test_frozen_weights_stay_as_they_are(tmp_path: Path) -> None:
    data, model = stores(tmp_path, "forecast"), tiny.model("forecast")
    frozen, other = list(model.parameters())[:2]
    frozen.requires_grad_(False)
    before, moving = frozen.clone(), other.clone()
    params = section("forecast", weight_decay=0.5, average="exponential")
    fit(model, TASKS["forecast"].loss, *data, params, "tiny", lambda event: None)
    assert torch.equal(frozen, before)
    assert not torch.equal(other, moving)


@pytest.mark.parametrize(("precision", "device"), FORMATS)
@every_task
def test_a_short_number_format_is_close_to_float32(tmp_path: Path, task: str, precision: str, device: str) -> None:
    data = stores(tmp_path, task)
    (_, exact), (model, rough) = (
        train(task, data, precision=one, device=device, epochs=2) for one in ("float32", precision)
    )
    assert rough[-1].valid_loss == pytest.approx(exact[-1].valid_loss, rel=0.05)
    assert rough[-1].train_loss != exact[-1].train_loss
    assert {(weight.dtype, weight.device.type) for weight in model.parameters()} == {(torch.float32, "cpu")}


def test_what_this_machine_has_not_is_an_error_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    data = stores(tmp_path, "forecast")
    with pytest.raises(
        SeqpipeError, match=r"^train\.device is cuda, but torch finds no GPU here; set it to auto or cpu"
    ):
        train("forecast", data, device="cuda")


def test_threads_are_as_told() -> None:
    before = torch.get_num_threads()
    try:
        set_threads(Train(threads=2), tiny.model("ctc"))
        assert torch.get_num_threads() == 2
        set_threads(Train(), tiny.model("ctc"))
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


def test_the_step_size_follows_its_schedule_over_all_updates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []

    class Watching(torch.optim.SGD):
        def step(self, closure=None):  # type: ignore[no-untyped-def]
            rates.append(self.param_groups[0]["lr"])

    data = stores(tmp_path, "forecast")
    monkeypatch.setitem(OPTIMIZERS, "sgd", lambda weights, params: Watching(weights, lr=params.learning_rate))
    train("forecast", data, optimizer="sgd", schedule="linear", warmup=0.3)
    expected = [0.01 * factor(step, len(rates), 0.3, "linear") for step in range(len(rates))]
    assert rates == pytest.approx(expected)
    assert len(rates) > 8


def test_the_mean_loss_of_a_split_is_that_of_its_rows_one_by_one(tmp_path: Path) -> None:
    _, valid = stores(tmp_path, "seq2seq")
    model, loss = tiny.model("seq2seq"), TASKS["seq2seq"].loss
    alone = [loss(model, collate([valid[row]])) for row in range(len(valid))]
    total, terms = sum(one.total.item() for one in alone), sum(one.terms.item() for one in alone)
    assert evaluate(model, loss, valid, 40) == pytest.approx(total / terms, rel=1e-5)


def test_of_epochs_with_the_same_figure_the_lower_loss_is_better(tmp_path: Path) -> None:
    data = stores(tmp_path, "forecast")
    params = Train(epochs=5, budget=60, learning_rate=0.0005, schedule="constant", watch="mase", patience=2)
    model = tiny.model("forecast")
    fitting = (TASKS["forecast"].loss, *data, params, "tiny", lambda event: None)
    history = fit(model, *fitting, metric=Metric(lambda model: 0.0, lower_is_better=False))
    losses = [epoch.valid_loss for epoch in history]
    assert losses.index(min(losses)) > 0
    assert evaluate(model, TASKS["forecast"].loss, data[1], 60) == pytest.approx(min(losses))


@pytest.mark.parametrize(
    ("section", "keys", "message"),
    [
        (Train, {"momentum": 0.9}, "'momentum' is for optimizer sgd or asgd or rmsprop, but optimizer is adamw"),
        (Train, {"average_decay": 0.9}, "'average_decay' is for average exponential, but average is none"),
        (Train, {"average_epochs": 2, "average": "exponential"}, "'average_epochs' is for average last"),
        (Train, {"plateau_factor": 0.1}, "'plateau_factor' is for schedule plateau, but schedule is cosine"),
        (Sampling, {"floor": 0.5}, "'floor' is for decay linear or exponential or inverse-sigmoid"),
    ],
)
def test_a_key_without_effect_is_refused(section: type, keys: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        section(**keys)
