"""Where a model runs: what a section asks for, and what this machine has."""

from __future__ import annotations

import os

import torch

from seqpipe.files import SeqpipeError


def chosen(wanted: str, key: str) -> torch.device:
    """The device that ``auto``, ``cpu`` or ``cuda`` names; ``key``, where it was said, stands in an error.

    Under torchrun each process of a machine has a GPU of its own. On a GPU, too, float32 is float32.
    """
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "cuda" and not found:
        raise SeqpipeError(f"{key} is cuda, but torch finds no GPU here; set it to auto or cpu.")
    if wanted == "cpu" or not found:
        return torch.device("cpu")
    place = int(os.environ.get("LOCAL_RANK", "0"))
    if place >= found:
        raise SeqpipeError(
            f"There are more processes than the {found} GPUs here; start at most {found} a machine, or set {key} to "
            "cpu."
        )
    device = torch.device("cuda", place)
    torch.cuda.set_device(device)
    torch.backends.cudnn.allow_tf32 = False  # in cuDNN's recurrences; products of matrices are float32 anyway
    return device
