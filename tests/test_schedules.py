"""Step sizes: a rise to the peak, then each schedule's own way down."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.schedules import SCHEDULES, factor, plateaus


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_rises_to_one_and_then_never_rises_again(schedule: str) -> None:
    factors = [factor(step, 50, 0.2, schedule) for step in range(50)]
    assert factors[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert factors[10] == 1.0
    assert all(later <= earlier for earlier, later in itertools.pairwise(factors[10:]))
    ends = {"constant": 1.0, "plateau": 1.0, "linear": 1 / 40, "cosine": 0.0015, "inverse-sqrt": (10 / 49) ** 0.5}
    assert factors[-1] == pytest.approx(ends[schedule], abs=1e-4)


@given(total=st.integers(1, 60), warmup=st.floats(0, 0.99), schedule=st.sampled_from(sorted(SCHEDULES)))
def test_every_step_has_a_size_of_at_most_the_peak(total: int, warmup: float, schedule: str) -> None:
    factors = [factor(step, total, warmup, schedule) for step in range(total)]
    assert all(0 < one <= 1 for one in factors)


def test_the_inverse_root_is_that_of_vaswani_after_its_warm_up() -> None:
    rise, total = 8, 100
    for step in range(rise, total):
        assert factor(step, total, rise / total, "inverse-sqrt") == pytest.approx(step**-0.5 / rise**-0.5)


@given(st.lists(st.integers(0, 9).map(float), max_size=30), st.integers(1, 4))
def test_plateaus_are_those_of_torch(figures: list[float], patience: int) -> None:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    peer = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=patience - 1, threshold=0, eps=0)
    for figure in figures:
        peer.step(figure)
    assert optimizer.param_groups[0]["lr"] == 0.5 ** plateaus(figures, patience)
