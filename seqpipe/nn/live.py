"""A front over frames that are still coming: steps as soon as all they see is there."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqpipe.nn.fronts import ConvolutionFront, FrameFront
from seqpipe.padded import Padded


class Pending(NamedTuple):
    """Frames (1, T, F) that later steps see, from some step's first one on, and how many steps of them were given."""

    frames: Tensor
    given: int = 0


def advance(
    front: FrameFront | ConvolutionFront, pending: Pending, frames: Tensor, last: bool
) -> tuple[Tensor, Pending]:
    """The steps (1, S, size) that more ``frames`` (1, T, F) complete, and what is to be kept; if these frames are the
    ``last``, all steps, with zeros beyond the end as in a pass over the whole.

    Step j sees the frames from j · stride − before to j · stride + after. The front runs over the pending frames as if
    they were all; what it makes of their cut edges is neither given now nor was it before.
    """
    (before, after), stride = front.reach, front.stride
    data = torch.cat([pending.frames, frames], dim=1)
    count = data.shape[1]
    ready = -(-count // stride) if last else max(0, (count - 1 - after) // stride + 1)
    if ready <= pending.given:
        return data.new_zeros(1, 0, front.size), Pending(data, pending.given)
    steps = front(Padded(data, torch.tensor([count], device=data.device))).data[:, pending.given : ready]
    first = max(0, ready - -(-before // stride))
    return steps, Pending(data[:, first * stride :], ready - first)
