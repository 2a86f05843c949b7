"""The sources of chance of this process, to be put down and taken up again."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch


def remember(device: torch.device) -> dict[str, Any]:
    """Where every generator stands: torch's on the CPU and on ``device``, numpy's and Python's own."""
    name, keys, *rest = np.random.get_state()
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
        "numpy": [str(name), torch.from_numpy(np.asarray(keys, np.int64)), *rest],
        "python": random.getstate(),
    }


def recall(state: dict[str, Any], device: torch.device) -> None:
    """Let every generator go on from there."""
    torch.set_rng_state(state["torch"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"], device)
    name, keys, *rest = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
    random.setstate(state["python"])
