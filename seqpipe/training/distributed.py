"""Several processes that train one model: each takes its share of the rows of every batch.

They are started by torchrun, on one machine or many. The gradient of an update is that of the mean over the terms of
the whole batch, summed over the processes once an update: the gradients of recurrent weights are there only when
backpropagation through time has come to its end, so there is nothing to send earlier.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, distributed, nn
from torch.distributed.rendezvous import rendezvous

from seqpipe.batches import Batch
from seqpipe.files import SeqpipeError
from seqpipe.padded import Padded


class Group(NamedTuple):
    """The processes, ``size`` in all, this one being number ``rank``. All do the same calls in the same order."""

    rank: int = 0
    size: int = 1

    def share(self, batch: Batch) -> Batch:
        """Every ``size``-th row of a batch; rows of a stream stay with their process.

        Where there are fewer rows than processes it is one row without an id, which must not count.
        """
        if self.size == 1:
            return batch
        rows = list(range(len(batch.ids)))[self.rank :: self.size]
        source, target = (
            Padded(side.data[rows or [0]], side.lengths[rows or [0]]) for side in (batch.source, batch.target)
        )
        return batch._replace(ids=[batch.ids[row] for row in rows], source=source, target=target)

    def sum(self, numbers: Tensor) -> Tensor:
        """The sum over all processes, in place."""
        if self.size > 1:
            distributed.all_reduce(numbers)
        return numbers

    def sum_gradients(self, weights: list[nn.Parameter]) -> None:
        """Replace every gradient by its sum over all processes."""
        if self.size == 1:
            return
        parts = [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in weights]
        flat = self.sum(torch.cat([part.flatten() for part in parts]))
        for weight, part in zip(weights, torch.split(flat, [weight.numel() for weight in weights]), strict=True):
            weight.grad = part.view_as(weight)

    def gather(self, value: Any) -> list[Any]:
        """What each of the processes gives, in order of rank."""
        if self.size == 1:
            return [value]
        found: list[Any] = [None] * self.size
        distributed.all_gather_object(found, value)
        return found

    def from_first(self, value: Any) -> Any:
        """What the first process gives; the others' ``value`` is ignored."""
        given = [value]
        if self.size > 1:
            distributed.broadcast_object_list(given)
        return given[0]


ALONE = Group()


def group() -> Group:
    """The processes that this one works with; alone outside torchrun."""
    if not distributed.is_initialized():
        return ALONE
    return Group(distributed.get_rank(), distributed.get_world_size())


@contextmanager
def together() -> Iterator[None]:
    """Join the other processes that torchrun has started, if it has; outside of it there is nothing to do.

    Of processes that end with an error the first says why and the others end silently, with exit code 2.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or "RANK" not in os.environ:
        yield
        return
    # Optimisers import this at their first step, and what it defines then holds the group that there is: its threads
    # would outlive the group, and one that drops a tensor while the interpreter ends aborts the process.
    import torch.distributed.nn

    store, rank, size = next(rendezvous("env://"))
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    distributed.init_process_group(backend, store=store, rank=rank, world_size=size)
    try:
        yield
    except (SeqpipeError, OSError):
        if store.add("mistakes", 1) > 1:
            raise SystemExit(2) from None
        raise
    except RuntimeError:  # a call that waited for a process that has ended
        if store.add("mistakes", 0):
            raise SystemExit(2) from None
        raise
    distributed.destroy_process_group()
