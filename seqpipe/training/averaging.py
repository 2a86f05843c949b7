"""Averages of weights along the way: less noisy than the last ones, at the price of a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from seqpipe.params.training import Train


@dataclass
class Memory:
    """Copies of all weights, whose mean is the average, and how many updates are in them."""

    copies: list[list[Tensor]] = field(default_factory=list)
    count: int = 0


class Rule(NamedTuple):
    """What an average does with the weights after each update (with the share of training that is done), and after
    each epoch."""

    update: Callable[[Memory, list[Tensor], Train, float], None]
    epoch: Callable[[Memory, list[Tensor], Train], None]


def _not_now(memory: Memory, weights: list[Tensor], params: Train, done: float = 0.0) -> None:
    pass


def exponential(memory: Memory, weights: list[Tensor], params: Train, done: float) -> None:
    """a ← d a + (1 − d) w, with d = min(decay, (1 + n) / (10 + n)) after n updates, so that the first soon fade."""
    memory.count += 1
    decay = min(params.average_decay, (1 + memory.count) / (10 + memory.count))
    _toward(memory, weights, 1 - decay)


def polyak(memory: Memory, weights: list[Tensor], params: Train, done: float) -> None:
    """a ← a + (w − a) / n: the mean of all weights since ``average_start`` (Polyak & Juditsky 1992)."""
    if done > params.average_start:
        memory.count += 1
        _toward(memory, weights, 1 / memory.count)


def last(memory: Memory, weights: list[Tensor], params: Train) -> None:
    """Keep the weights of the last ``average_epochs`` epochs."""
    kept = memory.copies[-params.average_epochs + 1 :] if params.average_epochs > 1 else []
    memory.copies = [*kept, [weight.clone() for weight in weights]]


def _toward(memory: Memory, weights: list[Tensor], share: float) -> None:
    if not memory.copies:
        memory.copies = [[weight.clone() for weight in weights]]
        return
    for average, weight in zip(memory.copies[0], weights, strict=True):
        average.lerp_(weight, share)


RULES = {
    "none": Rule(_not_now, _not_now),
    "exponential": Rule(exponential, _not_now),
    "last": Rule(_not_now, last),
    "polyak": Rule(polyak, _not_now),
}


class Average:
    """The average that a ``train`` section asks for, of the given weights; averaged SGD has Polyak's."""

    def __init__(self, weights: list[Tensor], params: Train) -> None:
        self.weights, self.params, self.memory = weights, params, Memory()
        self.rule = RULES["polyak" if params.optimizer == "asgd" else params.average]

    @torch.no_grad()
    def after_update(self, done: float) -> None:
        """Take in what an update made; ``done`` is the share of all updates."""
        self.rule.update(self.memory, self.weights, self.params, done)

    @torch.no_grad()
    def after_epoch(self) -> None:
        """Take in what an epoch made."""
        self.rule.epoch(self.memory, self.weights, self.params)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the average stand where the weights are, as long as there is one; they come back to the bit."""
        if not self.memory.copies:
            yield
            return
        own = [weight.detach().clone() for weight in self.weights]
        self._put([torch.stack(copies).mean(dim=0) for copies in zip(*self.memory.copies, strict=True)])
        try:
            yield
        finally:
            self._put(own)

    @torch.no_grad()
    def _put(self, values: list[Tensor]) -> None:
        for weight, value in zip(self.weights, values, strict=True):
            weight.copy_(value)
