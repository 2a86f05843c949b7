"""Pictures of what goes on inside a trained model: gradients by lag, singular values, saturation, gates over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from seqpipe.commands.fonts import written
from seqpipe.commands.plots import save, set_up
from seqpipe.features.tokens import SPACE
from seqpipe.inspect.gates import GATES, HIGH, LOW

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from seqpipe.inspect.view import View

KEEPING = ("forget", "update")
"""Gates that say how much of the state is kept or replaced: units are sorted by them."""
LOWEST = 1e-30
"""Gradient norms below are not drawn."""
MOST_TICKS = 100
BESIDE: dict[str, Any] = {"fontsize": 8, "loc": "center left", "bbox_to_anchor": (1.0, 0.5)}
"""Of legends that have no place among their curves."""


def draw_insides(views: Mapping[str, View], tokens: Sequence[str], folder: Path) -> None:
    """``gradient.png``, ``singular_values.png``, ``jacobian.png``, ``saturation.png``; ``gates_<layer>.png`` of each.

    ``tokens`` are what the example shown is made of; they stand below the gates of layers that read one a step.
    """
    set_up()
    save(folder / "gradient.png", partial(gradients, views), (9.5, 4.5))
    if any(view.singular_values for view in views.values()):
        save(folder / "singular_values.png", partial(spectra, views), (8.0, 4.5))
    save(folder / "jacobian.png", partial(jacobians, views), (9.5, 4.0))
    bars = sum(len(view.saturated) for view in views.values())
    if bars:
        save(folder / "saturation.png", partial(saturated, views), (8.0, 1.6 + 0.32 * bars))
    for name, view in views.items():
        own = [] if name.startswith("decoder") else [*tokens][:: -1 if name.endswith("backward") else 1]
        paint, steps = partial(gates, name, view.activations, own), len(next(iter(view.activations.values())))
        size = min(11.0, 4.0 + 0.15 * steps), 0.8 + 1.7 * len(view.activations)
        save(folder / f"gates_{name.replace(' ', '_')}.png", paint, size)


def gradients(views: Mapping[str, View], axes: Axes) -> None:
    """‖∂L_t/∂h_{t−k}‖ by k of every layer, and, dashed, by c where there is one; what has vanished is not drawn."""
    for number, (name, view) in enumerate(views.items()):
        for state, values, style in (("h", view.gradient.hidden, "-"), ("c", view.gradient.cell, "--")):
            if values is not None:
                shown = np.where(values > LOWEST, values, np.nan)
                marker = "." if len(values) < 30 else None
                axes.plot(shown, style, color=f"C{number}", marker=marker, label=f"{name}, by {state}")
    axes.set_yscale("log")
    axes.set(xlabel="lag k in steps", ylabel="mean ‖∂L / ∂hₜ₋ₖ‖")
    axes.grid(color="0.9")
    axes.set_title("how far back the loss reaches", fontsize=10)
    axes.legend(**BESIDE)


def spectra(views: Mapping[str, View], axes: Axes) -> None:
    """Singular values of every recurrent matrix, in falling order: above 1 a state can grow, below it shrinks."""
    for number, (name, view) in enumerate(views.items()):
        for values, style in zip(view.singular_values.items(), ("-", "--", ":", "-."), strict=False):
            gate, found = values
            label = f"{name}, {gate}: σ_max {found[0]:.2f}"
            axes.plot(range(1, len(found) + 1), found, style, color=f"C{number}", label=label)
    axes.axhline(1, color="0.4", linewidth=1)
    most = max(values[0] for view in views.values() for values in view.singular_values.values())
    axes.set_ylim(0, 1.5 * max(1.0, most))  # the legend stands above
    axes.set(xlabel="rank", ylabel="singular value of U")
    axes.set_title("recurrent weights", fontsize=10)
    axes.legend(fontsize=7, ncols=2)


def jacobians(views: Mapping[str, View], axes: Axes) -> None:
    """σ_max of ∂s_t/∂s_{t−1} along one example: what one step can do to a gradient at most."""
    for name, view in views.items():
        axes.plot(list(view.jacobian), list(view.jacobian.values()), marker=".", label=name)
    axes.axhline(1, color="0.4", linewidth=1)
    axes.set(xlabel="step t, in the order the layer reads", ylabel="largest singular value of ∂sₜ / ∂sₜ₋₁")
    axes.set_title("one step on one example", fontsize=10)
    axes.legend(**BESIDE)


def saturated(views: Mapping[str, View], axes: Axes) -> None:
    """The share of saturated activations of every layer, low ones to the left."""
    names = [f"{layer}  {gate}" for layer, view in views.items() for gate in view.saturated]
    shares = [share for view in views.values() for share in view.saturated.values()]
    low, high = ([100 * share[side] for share in shares] for side in (0, 1))
    places = range(len(names))
    axes.barh(places, [-value for value in low], color="tab:blue", label=f"gate < {LOW}, tanh < −{HIGH}")
    axes.barh(places, high, color="tab:orange", label=f"above {HIGH}")
    for place, left, right in zip(places, low, high, strict=True):
        axes.text(-left - 1, place, f"{left:.0f}", ha="right", va="center", fontsize=8)
        axes.text(right + 1, place, f"{right:.0f}", ha="left", va="center", fontsize=8)
    axes.axvline(0, color="black", linewidth=1)
    axes.set_yticks(places, names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(-max([*low, 10]) - 12, max([*high, 10]) + 12)
    axes.set_xlabel("saturated activations in %")
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
    axes.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def gates(name: str, activations: Mapping[str, np.ndarray], tokens: Sequence[str], axes: Axes) -> None:
    """A map for every gate and state: a row a unit, a column a step."""
    figure = axes.figure
    axes.remove()
    panels = figure.subplots(len(activations), 1, sharex=True, squeeze=False)[:, 0]
    key = next((gate for gate in KEEPING if gate in activations), "hidden")
    order = np.argsort(-np.abs(activations[key]).mean(axis=0))
    for panel, (gate, values) in zip(panels, activations.items(), strict=True):
        sigmoid = gate in GATES
        most = 1.0 if sigmoid else max(float(np.abs(values).max()), 1e-9)
        limits = (
            {"cmap": "viridis", "vmin": 0, "vmax": 1} if sigmoid else {"cmap": "RdBu_r", "vmin": -most, "vmax": most}
        )
        image = panel.imshow(values[:, order].T, aspect="auto", interpolation="nearest", **limits)
        panel.set_ylabel(gate)
        figure.colorbar(image, ax=panel, pad=0.01)
    panels[-1].xaxis.get_major_locator().set_params(integer=True)
    if len(tokens) == len(values) <= MOST_TICKS:
        shown = [written(token.strip(SPACE)) for token in tokens]
        turn = 90 if max(map(len, shown)) > 2 else 0
        size = 8 if len(tokens) < 50 else 6
        panels[-1].set_xticks(range(len(tokens)), shown, rotation=turn, fontsize=size, parse_math=False)
    panels[-1].set_xlabel("step, in the order the layer reads")
    panels[0].set_title(f"{name}: units sorted by {key}", fontsize=10)
