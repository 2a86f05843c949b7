"""What mixed precision must not touch: a recurrence would add up the rounding of all its steps."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

P = ParamSpec("P")
R = TypeVar("R")
SHORT = (torch.bfloat16, torch.float16)


def in_float32(function: Callable[P, R]) -> Callable[P, R]:
    """The same function, which under autocast computes in float32, from tensors that are widened on the way in."""

    @wraps(function)
    def exact(*values: P.args, **named: P.kwargs) -> R:
        devices = [device for device in ("cpu", "cuda") if torch.is_autocast_enabled(device)]
        if not devices:
            return function(*values, **named)
        with torch.autocast(devices[0], enabled=False):
            return function(*_wide(values), **_wide(named))

    return exact


def _wide(value: Any) -> Any:
    """Tensors of short formats as float32, in the same lists, tuples and dictionaries."""
    if isinstance(value, Tensor):
        return value.float() if value.dtype in SHORT else value
    if isinstance(value, dict):
        return {key: _wide(one) for key, one in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(_wide, value))
    return type(value)(map(_wide, value)) if isinstance(value, list | tuple) else value
