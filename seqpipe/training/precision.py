"""Number formats and devices of training."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch

from seqpipe.params.training import Train
from seqpipe.training.devices import chosen

SMALLEST_SCALE = 1.0
"""Below it the loss of fp16 is no longer scaled up: what overflows now is no matter of the format."""

FORMATS = {"float32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


def device_of(params: Train) -> torch.device:
    """The device that a ``train`` section asks for."""
    return chosen(params.device, "train.device")


def autocast(params: Train, device: torch.device) -> AbstractContextManager[None]:
    """Products in the format of ``precision``, sums in float32 (Micikevicius et al. 2018); weights stay float32."""
    dtype = FORMATS[params.precision]
    return torch.autocast(device.type, dtype=dtype) if dtype else nullcontext()


def loss_scaler(params: Train, device: torch.device) -> torch.amp.GradScaler:
    """For fp16 the loss is scaled up, so that small gradients do not vanish; an update that overflows is left out and
    the scale halved. For the other formats it does nothing."""
    return torch.amp.GradScaler(device.type, enabled=params.precision == "fp16")
