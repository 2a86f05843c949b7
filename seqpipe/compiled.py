"""Functions compiled by numba for one signature, once for a machine: what is compiled lies in a cache beside them.

numba loads with this module, so only what compiles imports it, when a search or features ask for it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit, types

INT, FLOAT, TRUTH, NOTHING = types.int64, types.float64, types.boolean, types.void
SINGLES, SINGLE_ROWS = types.float32[::1], types.float32[:, ::1]
"""What a model gives: log p of every label at a frame, and at many; their sums are ``FLOATS``."""
INTS, INT_ROWS, INT_TABLES = types.int64[::1], types.int64[:, ::1], types.int64[:, :, ::1]
FLOATS, FLOAT_ROWS, FLOAT_TABLES = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]


def group(*members: Any) -> Any:
    """The type of a tuple of ``members``."""
    return types.Tuple(members)  # type: ignore[no-untyped-call]


SOURCES = zlib.crc32(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*/*_kernel.py"))))
JIT: Any = njit  # whose types do not know `_nrt`
OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}


def compiled(signature: Any, inline: str = "never") -> Callable[[Callable[..., Any]], Any]:
    """Compile a function for ``signature``; it runs without Python's lock.

    It makes no arrays, all room is given to it, so that none has to be counted (which took a third of the time).
    numba's cache looks at the file of a function, not at those of the functions it calls, so the name that it files it
    under tells all sources. Where no folder can hold a cache it compiles anew in every process.
    """

    def made(function: Callable[..., Any]) -> Any:
        function.__qualname__ += f"_{SOURCES:08x}"
        try:
            return JIT(signature, inline=inline, cache=True, **OPTIONS)(function)
        except RuntimeError:
            return JIT(signature, inline=inline, **OPTIONS)(function)

    return made
