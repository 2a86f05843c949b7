"""The training loop: batches, losses, clipped steps, and the weights of the best epoch."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from seqpipe.batches import Batch, Batches, Rows, collate, plan
from seqpipe.files import SeqpipeError
from seqpipe.losses import Losses
from seqpipe.params.training import Train
from seqpipe.report import Note, Progress, Report
from seqpipe.schedules import factor
from seqpipe.store import Store

CORES = torch.get_num_threads()  # before anything here changes it
LARGE = 2_000_000  # weights above which a second thread pays


class Step(NamedTuple):
    """Sums over one batch, and the gradient's norm before clipping."""

    loss: float
    terms: float
    norm: float


Loss = Callable[[nn.Module, Batch], Losses]
Plan = Callable[[Store, Any, np.random.Generator], Batches]
"""From the training split, the ``train`` section and a source of chance: the batches of one epoch."""


class Epoch(NamedTuple):
    """One line of the training history; losses are means over terms (nats a token, absolute error a value)."""

    epoch: int
    train_loss: float
    valid_loss: float
    gradient_norm: float
    clipped: float
    learning_rate: float
    seconds: float


def set_threads(params: Train, model: nn.Module) -> None:
    """Choose CPU threads: as told, or one for small models, whose steps are too short to share."""
    weights = sum(weight.numel() for weight in model.parameters())
    torch.set_num_threads(params.threads or (1 if weights < LARGE else CORES))


def fit(
    model: nn.Module,
    loss: Loss,
    train: Store,
    valid: Store,
    params: Train,
    name: str,
    report: Report,
    batches: Plan = Rows,
) -> list[Epoch]:
    """Fit ``model`` in place; it ends with the weights of the epoch with the lowest validation loss.

    What the loss of a batch carries goes to the next one of the epoch. Raises ``SeqpipeError`` when a loss or gradient
    is not finite, naming the examples of the batch.
    """
    order = np.random.default_rng(params.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=params.learning_rate, weight_decay=params.weight_decay)
    plans = [batches(train, params, order) for _ in range(params.epochs)]
    rates = iter(_rates(params, sum(map(len, plans))))
    history: list[Epoch] = []
    best: dict[str, torch.Tensor] = {}
    for number, planned in enumerate(plans, start=1):
        began = time.perf_counter()
        steps: list[Step] = []
        carry = None
        model.train()
        for batch in planned:
            report(Progress(f"train {name}, epoch {number} of {params.epochs}", len(steps), len(planned)))
            for group in optimizer.param_groups:
                group["lr"] = next(rates)
            step, carry = _step(model, loss, batch._replace(carry=carry), optimizer, params.clip)
            steps.append(step)
        valid_loss = evaluate(model, loss, valid, params.budget)
        seconds = time.perf_counter() - began
        epoch = _epoch(number, steps, valid_loss, params.clip, optimizer.param_groups[0]["lr"], seconds)
        history.append(epoch)
        report(Note(describe(name, epoch, params.epochs)))
        best_epoch = min(history, key=lambda epoch: epoch.valid_loss)
        if best_epoch is epoch:
            best = copy.deepcopy(model.state_dict())
        if number - best_epoch.epoch >= params.patience:
            break
    model.load_state_dict(best)
    model.eval()
    return history


def _rates(params: Train, total: int) -> Iterator[float]:
    for step in range(total):
        yield params.learning_rate * factor(step, total, params.warmup, params.schedule)


def _step(
    model: nn.Module, loss: Loss, batch: Batch, optimizer: torch.optim.Optimizer, clip: float
) -> tuple[Step, Any]:
    """One update of the weights from one batch, and what its loss carries."""
    losses = loss(model, batch)
    optimizer.zero_grad()
    losses.mean().backward()  # type: ignore[no-untyped-call]
    norm = float(nn.utils.clip_grad_norm_(model.parameters(), clip))  # g ← min(1, δ/‖g‖) g
    total = losses.total.sum().item()
    if not np.isfinite(norm + total):
        raise SeqpipeError(_not_finite(batch, losses))
    optimizer.step()
    return Step(total, losses.terms.sum().item(), norm), losses.carry


def _epoch(number: int, steps: list[Step], valid_loss: float, clip: float, rate: float, seconds: float) -> Epoch:
    loss, terms, norm = (sum(part) for part in zip(*steps, strict=True))
    clipped = sum(step.norm > clip for step in steps)
    return Epoch(number, loss / terms, valid_loss, norm / len(steps), clipped / len(steps), rate, seconds)


@torch.inference_mode()
def evaluate(model: nn.Module, loss: Loss, store: Store, budget: int) -> float:
    """Mean loss over all terms of a split; raises ``SeqpipeError`` where it is not finite."""
    model.eval()
    sums = np.zeros(2)
    for rows in plan(store, budget):
        batch = collate([store[row] for row in rows])
        losses = loss(model, batch)
        if not torch.isfinite(losses.total).all():
            raise SeqpipeError(_not_finite(batch, losses))
        sums += losses.total.sum().item(), losses.terms.sum().item()
    return float(sums[0] / sums[1])


def describe(name: str, epoch: Epoch, epochs: int) -> str:
    """One plain line an epoch."""
    return (
        f"{name} epoch {epoch.epoch}/{epochs}: train loss {epoch.train_loss:.4f}, valid loss {epoch.valid_loss:.4f}, "
        f"gradient norm {epoch.gradient_norm:.2f} ({epoch.clipped:.0%} clipped), {epoch.seconds:.1f} s"
    )


def _not_finite(batch: Batch, losses: Losses) -> str:
    bad = [key for key, value in zip(batch.ids, losses.total.tolist(), strict=True) if not np.isfinite(value)]
    where = f"The loss of {', '.join(bad[:5])}" if bad else f"The gradient of a batch with {', '.join(batch.ids[:5])}"
    return f"{where} is not finite; look at these examples, or lower train.learning_rate or train.clip."
