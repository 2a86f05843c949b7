"""All that training changes: what a state on disk must hold, so that a killed run ends with the same bits."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from seqpipe.params.training import Train
from seqpipe.training import chance
from seqpipe.training.averaging import Average, Memory
from seqpipe.training.distributed import Group
from seqpipe.training.history import Epoch
from seqpipe.training.ledger import Ledger
from seqpipe.training.optimizers import OPTIMIZERS
from seqpipe.training.precision import loss_scaler


@dataclass
class State:
    """A model in training. Epochs that are done are in ``history``; of the one under way ``batches`` are done."""

    model: nn.Module
    weights: list[nn.Parameter]
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    average: Average
    history: list[Epoch] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    """What the model holds after the best epoch."""
    updates: int = 0
    """Updates done, over all epochs."""
    batches: int = 0
    carry: Any = None
    """What the loss of the last batch handed on: tensors in lists, tuples and dictionaries, or None."""
    ledger: Ledger = field(default_factory=Ledger)

    def close_epoch(self, valid_loss: float, watched: float, seconds: float) -> None:
        """Write the line of the epoch under way, and be ready for the next."""
        self.ledger.seconds += seconds
        rate = self.optimizer.param_groups[0]["lr"]
        self.history.append(self.ledger.epoch(len(self.history) + 1, valid_loss, watched, rate))
        self.batches, self.carry, self.ledger = 0, None, Ledger()


def begin(model: nn.Module, params: Train, device: torch.device) -> State:
    """Training before its first step; weights that are frozen are not among those it changes."""
    weights = [weight for weight in model.to(device).parameters() if weight.requires_grad]
    optimizer = OPTIMIZERS[params.optimizer](weights, params)
    return State(model, weights, optimizer, loss_scaler(params, device), Average(list(weights), params))


def put_down(state: State, device: torch.device, group: Group) -> dict[str, Any]:
    """The state as tensors, numbers, texts, lists and dictionaries; what each process has of its own, from each."""
    assert not state.ledger.pending
    return {
        "model": state.model.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "scaler": state.scaler.state_dict(),
        "average": {"copies": state.average.memory.copies, "count": state.average.memory.count},
        "history": [tuple(epoch) for epoch in state.history],
        "best": state.best,
        "updates": state.updates,
        "batches": state.batches,
        "ledger": asdict(state.ledger),
        "own": group.gather({"carry": _moved(state.carry, "cpu"), "chance": chance.remember(device)}),
    }


def take_up(state: State, saved: dict[str, Any], device: torch.device, group: Group) -> None:
    """Let ``state`` be what was put down."""
    state.model.load_state_dict(saved["model"])
    state.optimizer.load_state_dict(saved["optimizer"])
    state.scaler.load_state_dict(saved["scaler"])
    state.average.memory = Memory(_moved(saved["average"]["copies"], device), saved["average"]["count"])
    state.history = [Epoch(*epoch) for epoch in saved["history"]]
    state.best, state.updates, state.batches = saved["best"], saved["updates"], saved["batches"]
    state.ledger = Ledger(**saved["ledger"])
    own = saved["own"][group.rank]
    state.carry = _moved(own["carry"], device)
    chance.recall(own["chance"], device)


def _moved(value: Any, device: torch.device | str) -> Any:
    """The same tensors, in the same lists, tuples and dictionaries, on another device."""
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, dict):
        return {key: _moved(one, device) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_moved(one, device) for one in value)
    return value
