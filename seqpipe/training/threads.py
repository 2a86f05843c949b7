"""How many CPU threads a model is worth."""

from __future__ import annotations

import torch
from torch import nn

from seqpipe.params.training import Train

CORES = torch.get_num_threads()  # before anything here changes it
LARGE = 2_000_000  # weights above which a second thread pays


def set_threads(params: Train, model: nn.Module) -> None:
    """Choose CPU threads: as told, or one for small models, whose steps are too short to share."""
    weights = sum(weight.numel() for weight in model.parameters())
    torch.set_num_threads(params.threads or (1 if weights < LARGE else CORES))
