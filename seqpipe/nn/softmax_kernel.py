"""The logarithm of softmax, compiled: two looks at a row while it lies in the processor's nearest cache."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from seqpipe.compiled import NOTHING, SINGLE, SINGLE_ROWS, SINGLES, as_bits, compiled

BLOCK = 1024
"""Numbers whose exponentials are summed in float32; sums of blocks are summed in float64."""
ONE, HALF, LEAST = np.float32(1), np.float32(0.5), np.float32(-126)
LOG2_E = np.float32(1 / math.log(2))
C2, C3, C4, C5, C6 = (np.float32(math.log(2) ** k / math.factorial(k)) for k in range(2, 7))
C1 = np.float32(math.log(2))
"""Taylor's coefficients of 2^t; for |t| ≤ ½ six of them leave an error of 10⁻⁷."""
BIAS, MANTISSA, SIGN, REST = np.int32(127), np.int32(23), np.int32(31), np.int32(2**31 - 1)
"""Of the bits of a float32: what its exponent is above the true one and at which bit it begins; its sign's bit, and all
others."""
LOWEST = np.int32(-(2**31))


@compiled(SINGLE(SINGLES, SINGLES))
def add(row: Any, bias: Any) -> Any:
    """Add ``bias`` to a row; its largest number.

    It is found among integers, which may be compared in any order, several at once: without their sign, bits of floats
    are in the floats' order, and those of negative ones in the opposite one.
    """
    largest = LOWEST
    for j in range(len(row)):
        x = row[j] + bias[j]
        row[j] = x
        bits = as_bits(x)
        largest = max(largest, np.int32(bits ^ ((bits >> SIGN) & REST)))
    return as_bits(np.int32(largest ^ ((largest >> SIGN) & REST)))


@compiled(SINGLE(SINGLES, SINGLE), fastmath=frozenset({"reassoc", "contract", "nsz"}))
def total(row: Any, largest: Any) -> Any:
    """Σ_j exp(x_j − largest), with exp(x) = 2^k 2^t, k = round(x / ln 2); below 2⁻¹²⁶ it is that."""
    found = np.float32(0)
    for j in range(len(row)):
        x = (row[j] - largest) * LOG2_E
        x = LEAST if x < LEAST else x  # what is not a number stays so
        k = np.int32(x - HALF)
        t = x - np.float32(k)
        power = ONE + t * (C1 + t * (C2 + t * (C3 + t * (C4 + t * (C5 + t * C6)))))
        found += power * as_bits(np.int32((k + BIAS) << MANTISSA))
    return found


@compiled(NOTHING(SINGLE_ROWS, SINGLES))
def log_softmax(logits: Any, bias: Any) -> None:
    """logits ← log softmax(logits + bias), (R, V) and (V,)."""
    for r in range(len(logits)):
        row = logits[r]
        largest, sums = add(row, bias), 0.0
        for first in range(0, len(row), BLOCK):
            sums += total(row[first : first + BLOCK], largest)
        shift = largest + np.float32(math.log(sums))
        for j in range(len(row)):
            row[j] -= shift
