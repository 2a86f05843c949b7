"""One update of the weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seqpipe.batches import Batch
from seqpipe.losses import Moment
from seqpipe.params.training import Train
from seqpipe.training.clipping import CLIPS
from seqpipe.training.distributed import Group
from seqpipe.training.ledger import Examples, Step, not_finite
from seqpipe.training.precision import SMALLEST_SCALE, autocast
from seqpipe.training.state import State
from seqpipe.training.validation import Loss


class Setting(NamedTuple):
    """What does not change while a model is trained; ``steps`` are its updates in all."""

    loss: Loss
    params: Train
    device: torch.device
    group: Group
    steps: int


def update(state: State, batches: Sequence[Batch], setting: Setting, wish: bool) -> Step:
    """Step along the gradient of the mean loss over all terms of ``batches``, of all processes: ∇ (Σ total / Σ terms).

    ``wish`` tells the other processes that this one wants the state saved. Nothing here makes the CPU wait for a GPU,
    but for fp16, where it must know whether an update overflowed.
    """
    params, scaler = setting.params, state.scaler
    moment = Moment(state.updates, setting.steps, params)
    examples: list[Examples] = []
    parts: list[Tensor] = []  # loss and terms of each batch
    state.optimizer.zero_grad()
    for batch in batches:
        with autocast(params, setting.device):
            losses = setting.loss(state.model, batch._replace(carry=state.carry), moment)
        total, terms = (part.sum() * bool(batch.ids) for part in (losses.total, losses.terms))
        parts.append(torch.stack([total.detach().double(), terms.double()]))
        unit = parts[0][1].clamp(min=1)  # of the first batch: gradients have about their final size, as fp16 needs
        scaler.scale(total / unit).backward()  # type: ignore[no-untyped-call]
        examples.append((batch.ids, losses.total.detach()))
        state.carry = losses.carry
    sums = setting.group.sum(torch.cat([torch.stack(parts).sum(dim=0), unit.new_full((1,), float(wish))]))
    if setting.group.size > 1 or len(batches) > 1:
        _correct(state, unit / sums[1], setting.group)
    scaler.unscale_(state.optimizer)
    norm, clipped = CLIPS[params.clip_by](state.weights, params.clip)
    skipped = _step(state)
    if skipped and scaler.get_scale() < SMALLEST_SCALE:
        raise not_finite(examples, setting.group.gather, params.precision)
    state.updates += 1
    state.batches += len(batches)
    state.average.after_update(state.updates / setting.steps)
    figures = [sums[0], sums[1], norm.double(), clipped.double(), unit.new_full((), float(skipped)), sums[2]]
    return Step(torch.stack(figures), examples)


def _correct(state: State, factor: Tensor, group: Group) -> None:
    """From ∇ Σ total / unit of this process to ∇ (Σ total / Σ terms) of all: ``factor`` is unit / Σ terms."""
    for weight in state.weights:
        if weight.grad is not None:
            weight.grad.mul_(factor)
    group.sum_gradients(state.weights)


def _step(state: State) -> bool:
    """Let the optimiser step; tells whether it did not, because gradients overflowed in fp16."""
    if not state.scaler.is_enabled():
        state.optimizer.step()
        return False
    scale = state.scaler.get_scale()
    state.scaler.step(state.optimizer)
    state.scaler.update()
    return state.scaler.get_scale() < scale
