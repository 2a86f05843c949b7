"""Number formats and devices of training: which there are, and what they need."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

import torch

from seqpipe.files import SeqpipeError
from seqpipe.params.training import Train

SMALLEST_SCALE = 1.0
"""Below it the loss of fp16 is no longer scaled up: what overflows now is no matter of the format."""

FORMATS = {"float32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


def device_of(params: Train) -> torch.device:
    """The device that a ``train`` section asks for; under torchrun each process of a machine has a GPU of its own."""
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if params.device == "cuda" and not found:
        raise SeqpipeError("train.device is cuda, but torch finds no GPU here; set it to auto or cpu.")
    device = torch.device("cpu")
    if params.device != "cpu" and found:
        place = int(os.environ.get("LOCAL_RANK", "0"))
        if place >= found:
            raise SeqpipeError(
                f"There are more processes than the {found} GPUs here; start at most {found} a machine, or set "
                "train.device to cpu."
            )
        device = torch.device("cuda", place)
        torch.cuda.set_device(device)
        torch.backends.cudnn.allow_tf32 = False  # float32 is float32, in cuDNN's recurrences as well
    if params.precision == "fp16" and device.type == "cpu":
        raise SeqpipeError("train.precision is fp16, which needs a GPU; set it to bf16 or float32.")
    return device


def autocast(params: Train, device: torch.device) -> AbstractContextManager[None]:
    """Products in the format of ``precision``, sums in float32 (Micikevicius et al. 2018); weights stay float32."""
    dtype = FORMATS[params.precision]
    return torch.autocast(device.type, dtype=dtype, enabled=dtype is not None)


def loss_scaler(params: Train, device: torch.device) -> torch.amp.GradScaler:
    """For fp16 the loss is scaled up, so that small gradients do not vanish; an update that overflows is left out and
    the scale halved. For the other formats it does nothing."""
    return torch.amp.GradScaler(device.type, enabled=params.precision == "fp16")
