"""Dropout: of single activations, of a unit for a whole sequence, of recurrent weights."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import functional


class LockedDropout(nn.Module):
    """The same units of an example are dropped at every step (variational dropout: Gal & Ghahramani 2016)."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def mask(self, data: Tensor) -> Tensor:
        """What to multiply (B, T, F) with, (B, 1, F): 0 for what is dropped, 1 / (1 − p) for the rest."""
        kept = data.new_ones(len(data), *[1] * (data.dim() - 2), data.shape[-1])
        return functional.dropout(kept, self.share, self.training)

    def forward(self, data: Tensor) -> Tensor:
        """(B, …, F), with its mask."""
        return data * self.mask(data) if self.training and self.share else data


DROPOUTS: dict[str, Callable[[float], nn.Module]] = {"plain": nn.Dropout, "locked": LockedDropout}
"""By name; called with the share that is dropped."""


def drop_weights(weights: Tensor, share: float, training: bool) -> Tensor:
    """DropConnect (Wan et al. 2013) on recurrent weights, one draw for a whole sequence (AWD-LSTM: Merity et al. 2018).

    The parameter stays whole; what is dropped is a copy of one forward pass, so saving and loading know nothing of it.
    """
    return functional.dropout(weights, share, training) if share else weights
