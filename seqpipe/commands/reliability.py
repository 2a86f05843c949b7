"""The reliability diagram: how often what a model is so sure of is right (DeGroot & Fienberg 1983)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqpipe.metrics.calibration import BINS, Judged, binned, brier, expected_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def reliability(what: str, judged: Sequence[Judged], axes: Axes) -> None:
    """The share that is right by confidence, beside the diagonal, where it should be; below, how much has which
    confidence. ``what`` is judged: words, say."""
    figure = axes.figure
    axes.remove()
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    found, error = binned(judged), expected_error(judged)
    accuracies = [one.accuracy for one in found]
    middles = [(number + 0.5) / BINS for number in range(BINS)]
    above.bar(middles, accuracies, width=0.9 / BINS, color="tab:blue", label="right")
    above.plot([0, 1], [0, 1], color="0.4", linestyle="--", label="as it should be")
    above.plot(
        [one.confidence for one in found], [one.accuracy for one in found], ".", color="black", label="mean confidence"
    )
    above.set(ylim=(0, 1.02), ylabel="share that is right")
    title = f"{len(judged)} {what}: expected calibration error {error:.3f}, Brier score {brier(judged):.3f}"
    above.set_title(title, fontsize=10)
    above.legend(fontsize=8, loc="upper left")
    below.bar(middles, [one.size for one in found], width=0.9 / BINS, color="0.6")
    below.set_yscale("symlog", linthresh=1)
    below.set(xlim=(0, 1), xlabel="confidence", ylabel=what)
