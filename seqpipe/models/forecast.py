"""Forecasting: a recurrent reader of the window and one linear read-out for the whole horizon (direct multi-step)."""

from __future__ import annotations

from torch import Tensor, nn

from seqpipe.features.sizes import Sizes
from seqpipe.nn.recurrent import Encoder
from seqpipe.padded import Padded
from seqpipe.params.models import ForecastModel


class Forecast(nn.Module):
    """ŷ_{T+1…T+H} = V h_T + b."""

    def __init__(self, params: ForecastModel, sizes: Sizes) -> None:
        super().__init__()
        self.encoder = Encoder(sizes.source, params, bidirectional=False)
        self.output = nn.Linear(self.encoder.size, sizes.target)

    def forward(self, source: Padded) -> Tensor:
        """The next values (B, H)."""
        return self.output(self.encoder.summary(self.encoder(source)))  # type: ignore[no-any-return]
