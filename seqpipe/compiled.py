"""Functions compiled by numba for one signature, once for a machine: what is compiled lies in a cache beside them.

numba loads with this module, so only what compiles imports it, when a search or features ask for it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit, types
from numba.extending import intrinsic

INT, FLOAT, SINGLE, TRUTH, NOTHING = types.int64, types.float64, types.float32, types.boolean, types.void
INT32 = types.int32
SINGLES, SINGLE_ROWS, SINGLE_TABLES = types.float32[::1], types.float32[:, ::1], types.float32[:, :, ::1]
"""What a model gives: log p of every label at a frame, and at many; their sums are ``FLOATS``."""
INTS, INT_ROWS, INT_TABLES = types.int64[::1], types.int64[:, ::1], types.int64[:, :, ::1]
FLOATS, FLOAT_ROWS, FLOAT_TABLES = types.float64[::1], types.float64[:, ::1], types.float64[:, :, ::1]


def group(*members: Any) -> Any:
    """The type of a tuple of ``members``."""
    return types.Tuple(members)  # type: ignore[no-untyped-call]


HERE = Path(__file__)
SOURCES = zlib.crc32(b"".join(path.read_bytes() for path in [HERE, *sorted(HERE.parent.glob("*/*_kernel.py"))]))
JIT: Any = njit  # whose types do not know `_nrt`
OPTIONS = {"nogil": True, "error_model": "numpy", "_nrt": False}
PART = 2**18
"""Numbers that are worth a thread of their own: handing them over takes a tenth of the time of working on them."""


def compiled(
    signature: Any, inline: str = "never", fastmath: frozenset[str] = frozenset()
) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function for ``signature``; it runs without Python's lock.

    ``fastmath`` are the liberties, in LLVM's terms, that the compiler may take with its arithmetic.

    It makes no arrays, all room is given to it, so that none has to be counted (which took a third of the time).
    numba's cache looks at the file of a function, not at those of the functions it calls, so the name that it files it
    under tells all sources. Where no folder can hold a cache it compiles anew in every process.
    """

    def made(function: Callable[..., Any]) -> Any:
        function.__qualname__ += f"_{SOURCES:08x}"
        try:
            return JIT(signature, inline=inline, fastmath=set(fastmath), cache=True, **OPTIONS)(function)
        except RuntimeError:
            return JIT(signature, inline=inline, fastmath=set(fastmath), **OPTIONS)(function)

    return made


OTHER = {SINGLE: INT32, INT32: SINGLE, FLOAT: INT, INT: FLOAT}


def _bits(_: Any, given: Any) -> Any:
    found = OTHER[given]
    return found(given), lambda context, builder, _, values: builder.bitcast(values[0], context.get_value_type(found))


as_bits: Any = intrinsic(_bits)
"""The int32 that has the bits of a float32, or the other way round; an int64 and a float64 likewise."""


def in_parts(rows: int, numbers: int, threads: int, work: Callable[[int, int], object]) -> None:
    """Call ``work(first, last)`` for parts of ``rows`` rows of ``numbers`` numbers, each in one of ``threads``."""
    parts = max(1, min(threads, rows, rows * numbers // PART))
    edges = [rows * part // parts for part in range(parts + 1)]
    if parts == 1:
        work(0, rows)
    else:
        list(_pool(threads).map(work, edges[:-1], edges[1:]))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads)
