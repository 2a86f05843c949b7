"""Optimisers: how a gradient becomes a step.

``fused`` does a whole step in one pass over the weights: five times as fast for Adam on a CPU, RMSProp has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch import nn, optim

from seqpipe.params.training import Train

Weights = Iterable[nn.Parameter]


def adamw(weights: Weights, params: Train) -> optim.Optimizer:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019): w ← w − ηλw beside Adam's own step."""
    return optim.AdamW(weights, lr=params.learning_rate, weight_decay=params.weight_decay, fused=True)


def adam(weights: Weights, params: Train) -> optim.Optimizer:
    """w ← w − η m̂ / (√v̂ + ε)  (Kingma & Ba 2015); the decay λw is part of the gradient."""
    return optim.Adam(weights, lr=params.learning_rate, weight_decay=params.weight_decay, fused=True)


def sgd(weights: Weights, params: Train) -> optim.Optimizer:
    """v ← μ v + g + λw;  w ← w − η v."""
    rate, decay = params.learning_rate, params.weight_decay
    return optim.SGD(weights, lr=rate, momentum=params.momentum, weight_decay=decay, fused=True)


def rmsprop(weights: Weights, params: Train) -> optim.Optimizer:
    """s ← α s + (1 − α) g²;  v ← μ v + g / (√s + ε);  w ← w − η v  (Tieleman & Hinton 2012)."""
    return optim.RMSprop(weights, lr=params.learning_rate, momentum=params.momentum, weight_decay=params.weight_decay)


OPTIMIZERS: dict[str, Callable[[Weights, Train], optim.Optimizer]] = {
    "adamw": adamw,
    "adam": adam,
    "sgd": sgd,
    "asgd": sgd,  # the averaging is in `averaging`: Polyak & Juditsky 1992
    "rmsprop": rmsprop,
}
