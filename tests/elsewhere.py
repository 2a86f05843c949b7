"""A device that is not the CPU, made of the CPU: tensors there compute the same, but do not mix with those here.

It stands in for a GPU where there is none. What a GPU refuses is refused: an operation on tensors of both places (but
numbers without axes, and indices into a tensor that is there), numpy, and draws from a generator of the CPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

ELSEWHERE = torch.device("meta")
"""Its name: one that torch knows on every machine, and whose tensors have nothing in them but for ours."""
MOVES = {torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default}
INDEXES = {torch.ops.aten.index.Tensor, torch.ops.aten.index_put_.default, torch.ops.aten.index_put.default}


class Away(Tensor):
    """A tensor elsewhere; ``inner`` is what it is."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> Away:
        shape = {"strides": inner.stride(), "storage_offset": inner.storage_offset(), "dtype": inner.dtype}
        made = Tensor._make_wrapper_subclass(cls, inner.shape, **shape, device=ELSEWHERE)
        made.inner = inner
        return made

    def tolist(self) -> list[Any]:
        """The numbers, which come here for it."""
        return self.inner.tolist()

    def __getitem__(self, key: Any) -> Tensor:
        """Indices in a list become a tensor first; torch's own way would leave it empty."""
        keys = key if isinstance(key, tuple) else (key,)
        return super().__getitem__(tuple(torch.tensor(one) if isinstance(one, list) else one for one in keys))

    @classmethod
    def __torch_dispatch__(cls, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        return computed(function, arguments, named or {})


class Factories(TorchDispatchMode):
    """Operations without a tensor that is there: those that make one, and those that take one there."""

    def __torch_dispatch__(self, function: Any, types: Any, arguments: Any = (), named: Any = None) -> Any:
        return computed(function, arguments, named or {})


def computed(function: Any, arguments: Any, named: dict[str, Any]) -> Any:
    """The operation done here, its result put where it belongs."""
    given = [one for one in tree_flatten((arguments, named))[0] if isinstance(one, Tensor)]
    away, device = any(isinstance(one, Away) for one in given), named.get("device")
    assert all(isinstance(one, Away) or one.device != ELSEWHERE for one in given), "a tensor with nothing in it"
    if away and function not in MOVES:
        indexed = function in INDEXES and isinstance(arguments[0], Away)
        here = [one for one in given if one.dim() and not isinstance(one, Away) and not indexed]
        assert not here, f"{function} of tensors in two places"
        assert named.get("generator") is None, f"{function} elsewhere draws from a generator of the CPU"
    if device is not None:
        named = {**named, "device": torch.device("cpu")}
    inner, own = tree_map(lambda one: one.inner if isinstance(one, Away) else one, (arguments, named))
    with torch.inference_mode(False), torch.no_grad():
        found = function(*inner, **own)
        if function._schema.is_mutable and isinstance(found, Tensor):
            return arguments[0]
        there = away if device is None else torch.device(device) == ELSEWHERE
        return tree_map(lambda one: Away(one) if isinstance(one, Tensor) and there else one, found)


@contextmanager
def elsewhere() -> Iterator[torch.device]:
    """While it lasts there is such a device, and this is its name."""
    made = torch.tensor

    def tensor(values: Any, *, device: Any = None, **named: Any) -> Tensor:  # torch's own leaves nothing in it
        return made(values, **named) if device is None else made(values, **named).to(device)

    with Factories(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "tensor", tensor)
        patch.setattr(torch.__future__, "_overwrite_module_params_on_conversion", True)  # not the storage alone
        yield ELSEWHERE
