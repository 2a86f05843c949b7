"""Invariance: what a model says of an example does not depend on what else is in its batch.

Each example goes through the model alone, then with the others in a batch, in another order, and behind more padding
that holds junk. Losses, gradients and outputs must be the same up to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn
from torch.nn import functional

from seqpipe.batches import Batch, collate
from seqpipe.padded import Padded
from seqpipe.params.section import Section
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.store import Row
from seqpipe.tasks import Task

TOLERANCE, GRADIENT_TOLERANCE = 1e-5, 1e-4
"""How far float32 may be off by rounding: as it is up to 1, relative to the value above. Gradients are off further, as
they are sums of larger terms."""
EXACT = 1e-9
"""How far float64 may be off: its rounding, however magnified, stays below."""
STEPS = 20  # of further padding
JUNK = {True: 9.0, False: 1}  # what it holds: a large value where values are real, else an id that is always there


class Variant(NamedTuple):
    """A batch of the same examples; ``order[i]`` is the one at place ``i``."""

    name: str
    batch: Batch
    order: list[int]


class Difference(NamedTuple):
    """How far a variant is from the examples alone, at most; values above 1 relative to their own."""

    variant: str
    loss: float
    """Of any example."""
    gradient: float
    """Of any weight; the gradient of the losses' sum."""
    output: float
    """Of any hypothesis: its scores, probabilities and values; infinite where tokens or labels are others."""

    def exact(self) -> bool:
        """Whether all is the same but for the rounding of float64."""
        return max(self.loss, self.gradient, self.output) <= EXACT and not np.isnan([*self[1:]]).any()

    def within(self) -> bool:
        """Whether all is the same up to the rounding of float32."""
        return (  # NaN is not
            self.loss <= TOLERANCE and self.gradient <= GRADIENT_TOLERANCE and self.output <= TOLERANCE
        )


def more_padding(padded: Padded, steps: int) -> Padded:
    """The same sequences behind more padding, all of which holds junk instead of zeros."""
    data = functional.pad(padded.data, (*[0, 0] * (padded.data.dim() - 2), 0, steps))
    padding = ~Padded(data, padded.lengths).mask()
    padding = padding.view(*padding.shape, *[1] * (data.dim() - 2))
    return Padded(data.masked_fill(padding, JUNK[data.is_floating_point()]), padded.lengths)


def variants(rows: Sequence[Row]) -> Iterator[Variant]:
    """The rows in one batch: as they come, in another order, and with more padding."""
    places = list(range(len(rows)))
    order = np.random.default_rng(3).permutation(len(rows)).tolist()
    together = collate(rows)
    yield Variant(f"in a batch of {len(rows)}", together, places)
    yield Variant("in another order", collate([rows[at] for at in order]), order)
    source, target = more_padding(together.source, STEPS), more_padding(together.target, STEPS)
    yield Variant(f"behind {STEPS} more steps of padding", Batch(together.ids, source, target), places)


class Seen(NamedTuple):
    """What a model makes of a batch: losses (B,), the gradient of their sum, the hypotheses of each example; all of it
    on the CPU."""

    losses: Tensor
    gradient: list[Tensor]
    outputs: list[list[Hypothesis]]


def seen(task: Task, model: nn.Module, batch: Batch, options: Section) -> Seen:
    """Loss, gradient and outputs of a batch; where no gradient comes, it is zero."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    batch = batch._replace(source=like(weights[0], batch.source), target=like(weights[0], batch.target))
    losses = task.loss(model, batch).total
    gradient = torch.autograd.grad(losses.sum(), weights, allow_unused=True, materialize_grads=True)
    return Seen(losses.detach().cpu(), [part.cpu() for part in gradient], task.decode(model, batch, options))


def like(weight: Tensor, padded: Padded) -> Padded:
    """Real values in the precision and place of a weight; ids only in its place."""
    data = padded.data.to(weight) if padded.data.is_floating_point() else padded.data.to(weight.device)
    return Padded(data, padded.lengths.to(weight.device))


def differences(task: Task, model: nn.Module, rows: Sequence[Row], options: Section) -> list[Difference]:
    """How far each variant is from the rows alone; the model must be in evaluation mode."""
    alone = [seen(task, model, collate([row]), options) for row in rows]
    gradients = [torch.stack(parts) for parts in zip(*(one.gradient for one in alone), strict=True)]  # (rows, …)
    found = []
    for name, batch, order in variants(rows):
        together = seen(task, model, batch, options)
        loss = apart(together.losses, [alone[at].losses.item() for at in order])
        gradient = [
            apart(mine, own.sum(dim=0), own.abs().flatten(1).amax(dim=1).sum())  # large terms may cancel in the sum
            for mine, own in zip(together.gradient, gradients, strict=True)
        ]
        assert len(together.outputs) == len(rows)
        output = [_hypotheses(together.outputs[place], alone[at].outputs[0]) for place, at in enumerate(order)]
        found.append(Difference(name, loss, float(np.max(gradient)), float(np.max(output))))
    return found


def apart(found: ArrayLike, own: ArrayLike, scale: ArrayLike = 1.0) -> float:
    """max |found − own| / max(1, |own|, scale); 0 where both are the same infinity, infinite where shapes differ."""
    one, other = np.asarray(found, np.float64), np.asarray(own, np.float64)
    if one.shape != other.shape:
        return float("inf")
    with np.errstate(invalid="ignore"):
        each = np.abs(one - other) / np.maximum(np.maximum(1.0, np.abs(other)), np.asarray(scale))
    return float(np.max(np.where(one == other, 0.0, each), initial=0.0))


def _hypotheses(found: Sequence[Hypothesis], own: Sequence[Hypothesis]) -> float:
    """The largest difference of two lists of hypotheses, best first; those equally good may change places."""
    if len(found) != len(own):
        return float("inf")
    each = [0.0]
    for one, same_place in zip(found, own, strict=True):
        same_output = next((other for other in own if other.output == one.output), same_place)
        each += [apart(one.score, same_place.score), _hypothesis(one, same_output)]
    return float(np.max(each))


def _hypothesis(found: Hypothesis, own: Hypothesis) -> float:
    ids = np.asarray(own.output).dtype.kind in "iu"  # another one is not near
    if (ids and found.output != own.output) or found.more.keys() != own.more.keys():
        return float("inf")
    pairs: list[tuple[Any, Any]] = [
        (found.score, own.score),
        (found.log_prob, own.log_prob),
        (found.output, own.output),
    ]
    pairs += [(_numbers(found.more[name]), _numbers(own.more[name])) for name in own.more]
    return float(np.max([apart(*pair) for pair in pairs]))


def _numbers(value: Any) -> Any:
    """What a hypothesis tells, without the names and words in it (words follow from the output)."""
    if isinstance(value, dict):
        return [one for one in value.values() if not isinstance(one, str)]
    return [_numbers(one) for one in value] if isinstance(value, list) else value
