"""Sources of chance go on where they were put down."""

from __future__ import annotations

import io
import random

import numpy as np
import torch

from seqpipe.training.chance import recall, remember

CPU = torch.device("cpu")


def draws() -> list[float]:
    return [torch.rand(()).item(), torch.randn(()).item(), np.random.rand(), np.random.randn(), random.gauss(0, 1)]


def test_every_generator_repeats_itself_through_a_file() -> None:
    draws()  # so that generators that make two at a time keep one
    content = io.BytesIO()
    torch.save(remember(CPU), content)
    expected = [draws() for _ in range(3)]
    content.seek(0)
    recall(torch.load(content, weights_only=True), CPU)
    assert [draws() for _ in range(3)] == expected
