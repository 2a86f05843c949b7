"""log(e^a + e^b), compiled without a branch, so that several are worked out at once.

    log(e^a + e^b) = a + log(1 + e^d),  d = b − a ≤ 0
    e^d = 2^n e^r,  n = round(d / ln 2),  |r| ≤ ½ ln 2         (Taylor's series of e^r)
    log(1 + e) = 2 artanh(e / (2 + e)),  e / (2 + e) ≤ ⅓       (its series in (e / (2 + e))²)

What is left out of the series is below float64's rounding. Even and odd powers are summed apart, as neither then waits
for the other.
"""

from __future__ import annotations

import math
from typing import Any

from seqpipe.compiled import FLOAT, FLOATS, NOTHING, as_bits, compiled

LEAST = -40.0
"""log(1 + e^d) is taken as at −40 below that, 4 · 10⁻¹⁸, for 2^n must stay a number."""
LOG2_E = 1 / math.log(2)
LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
"""ln 2 in two parts; n times the first is exact."""
ROUNDED = 1.5 * 2.0**52
"""A number this large has no bits after the point, so that adding it rounds, and n is in its last bits."""
BIAS, MANTISSA = 1023, 52
"""What the exponent of a float64 is above the true one, and at which bit it begins."""
E2, E3, E4, E5, E6, E7, E8, E9, E10, E11, E12, E13 = (1 / math.factorial(k) for k in range(2, 14))
A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15 = (1 / (2 * k + 1) for k in range(1, 16))


@compiled(FLOAT(FLOAT, FLOAT), inline="always")
def added(a: float, b: float) -> Any:
    """log(e^a + e^b)."""
    high, low = (a, b) if a > b else (b, a)
    d = low - high
    d = d if d > LEAST else LEAST  # also where both are −∞
    shifted = d * LOG2_E + ROUNDED
    n = shifted - ROUNDED
    r = (d - n * LN2_HIGH) - n * LN2_LOW
    rr = r * r
    even = 1.0 + rr * (E2 + rr * (E4 + rr * (E6 + rr * (E8 + rr * (E10 + rr * E12)))))
    odd = 1.0 + rr * (E3 + rr * (E5 + rr * (E7 + rr * (E9 + rr * (E11 + rr * E13)))))
    e = (even + r * odd) * as_bits((as_bits(shifted) + BIAS) << MANTISSA)
    s = e / (2.0 + e)
    z = s * s
    zz = z * z
    even = 1.0 + zz * (A2 + zz * (A4 + zz * (A6 + zz * (A8 + zz * (A10 + zz * (A12 + zz * A14))))))
    odd = A1 + zz * (A3 + zz * (A5 + zz * (A7 + zz * (A9 + zz * (A11 + zz * (A13 + zz * A15))))))
    return high + 2.0 * s * (even + z * odd)


@compiled(NOTHING(FLOATS, FLOATS, FLOATS), fastmath=frozenset({"contract"}))
def add(a: Any, b: Any, sums: Any) -> None:
    """sums ← log(e^a + e^b), as many as there are sums."""
    for j in range(len(sums)):
        sums[j] = added(a[j], b[j])
