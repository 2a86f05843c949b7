"""The parts of a series' time: what is trained on comes first, then what is validated on, then what is tested on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seqpipe.features.differencing import lag
from seqpipe.files import SeqpipeError
from seqpipe.params.features import SeriesFeatures
from seqpipe.readers.series import Series


class Spans(NamedTuple):
    """How many values each part has, and how many a window reaches back for."""

    params: SeriesFeatures
    season: int
    """Of the seasonal difference; 0 without it."""
    lag: int
    """Values that differences use up."""
    needed: int
    """Values before an origin that a window is made of."""

    def check(self, series: Series) -> None:
        """Raise ``SeqpipeError`` where a series has not enough values for a window in each part."""
        params = self.params
        training = max(self.needed + params.horizon, params.season + 1)
        if len(series.values) < training + params.valid + params.test:
            raise SeqpipeError(
                f"Series '{series.name}' of {series.path} has {len(series.values)} values, but needs "
                f"{training + params.valid + params.test}: {training} to train (window {params.window}, differences "
                f"{self.lag}, horizon {params.horizon}), {params.valid} to validate, {params.test} to test."
            )

    def training(self, values: np.ndarray) -> np.ndarray:
        """What is trained on of all values [T]."""
        return values[: len(values) - self.params.valid - self.params.test]

    def origins(self, count: int, split: str) -> range:
        """Where the targets of a split begin in a series of ``count`` values: their whole horizon lies in its part."""
        test = count - self.params.test
        valid = test - self.params.valid
        start, stop = {"train": (self.needed, valid), "valid": (valid, test), "test": (test, count)}[split]
        return range(start, stop - self.params.horizon + 1)

    def history(self, split: str) -> int:
        """Values before an origin that a row keeps: baselines of the test part see more than the model."""
        return max(self.params.history, self.params.season, self.lag) if split == "test" else self.lag


def spans(params: SeriesFeatures) -> Spans:
    """Of a ``features`` section; a ``SeqpipeError`` where a part is shorter than one horizon."""
    for part in ("valid", "test"):
        if getattr(params, part) < params.horizon:
            raise SeqpipeError(
                f"features.{part} is {getattr(params, part)} steps, but must hold one horizon or more "
                f"(features.horizon is {params.horizon})."
            )
    season = params.season if params.seasonal_difference else 0
    reach = lag(season, params.difference)
    return Spans(params, season, reach, params.window + reach)
