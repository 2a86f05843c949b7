"""What a search asks of an output layer: log p(token) = log softmax(W h + b)."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

FEW = 2**17
"""Numbers below which torch is as fast; a search that never has more does not load numba, which takes half a second."""


def compiles(numbers: int, like: Tensor) -> bool:
    """Whether a compiled function is for so many ``numbers``, of the type and on the device of ``like``."""
    return numbers >= FEW and like.dtype == torch.float32 and like.device.type == "cpu"


def log_softmax(hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """log softmax(W h + b), (R, V) for hidden (R, H), weight (V, H) and bias (V,).

    Many float32 on a CPU, of which no gradient is wanted, get bias and softmax in one compiled function, in place of
    the product: torch's take as long as the product itself.
    """
    gradient = torch.is_grad_enabled() and any(part.requires_grad for part in (hidden, weight, bias))
    if gradient or torch.is_autocast_enabled("cpu") or not compiles(len(hidden) * len(weight), hidden):
        return torch.log_softmax(functional.linear(hidden, weight, bias), dim=-1)
    from seqpipe.compiled import in_parts  # numba loads here
    from seqpipe.nn.softmax_kernel import log_softmax as kernel

    _keep_large_blocks()
    logits = hidden @ weight.t()
    rows, biases = logits.numpy(), bias.detach().numpy()
    count, size = logits.shape
    in_parts(count, size, torch.get_num_threads(), lambda start, end: kernel(rows[start:end], biases))
    return logits


@cache
def _keep_large_blocks() -> None:
    """Have glibc keep the memory of logits for those of the next step: a block that is larger than any that was freed
    before goes back to the system, to be taken again page by page. 32 MB are the most that it learns from."""
    torch.empty(31 * 2**20, dtype=torch.uint8)
