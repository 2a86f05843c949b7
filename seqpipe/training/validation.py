"""The loss of a split."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from seqpipe.batches import Table, collate, plan
from seqpipe.losses import Losses
from seqpipe.training.ahead import on_device
from seqpipe.training.distributed import ALONE, Group
from seqpipe.training.ledger import Examples, not_finite

Loss = Callable[..., Losses]
"""``loss(model, batch, moment=None)``: without a moment the plain one."""


@torch.inference_mode()
def evaluate(model: nn.Module, loss: Loss, store: Table, budget: int, group: Group = ALONE) -> float:
    """Mean loss over all terms of a split, in float32; raises ``SeqpipeError`` where it is not finite.

    The model stays where it is; each process of a group takes its share of the batches.
    """
    model.eval()
    device = next(model.parameters()).device
    chosen = plan(store, budget)[group.rank :: group.size]
    batches = (collate([store[row] for row in rows]) for rows in chosen)
    parts = []
    for batch in on_device(batches, device):
        losses = loss(model, batch)
        parts.append((batch.ids, losses.total, losses.total.sum(), losses.terms.sum()))
    sums = np.zeros(2)  # float64
    for _, _, total, terms in parts:  # after all batches, so that a GPU does not stop after each
        sums += total.item(), terms.item()
    total, terms = group.sum(torch.from_numpy(sums).to(device)).tolist()
    if not math.isfinite(total):
        bad: list[Examples] = [(ids, losses) for ids, losses, _, _ in parts if not losses.isfinite().all()]
        raise not_finite(bad, group.gather)
    return float(total / terms)
