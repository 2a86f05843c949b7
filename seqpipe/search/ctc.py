"""Greedy CTC search: the labels of the single likeliest path, frame by frame.

A path is a label or blank at every frame; it spells what is left after joining adjacent repeats and then dropping
blanks: ``--hh-e-ll-oo--`` spells "helo", and a doubled letter needs a blank between.

It goes on from chunk to chunk as ``prefix`` does, and sums up in the same order however the frames are cut.
"""

from __future__ import annotations

from math import exp, isfinite
from typing import NamedTuple

import numpy as np

from seqpipe.search.hypothesis import nothing_possible
from seqpipe.search.prefix import Found


class Path(NamedTuple):
    """The likeliest path so far: its labels, the first and last frame of each, log p of the path before each and up to
    its end; the label or blank of the last frame, log p of it all, and the number of frames."""

    labels: list[int]
    spans: list[tuple[int, int]]
    sums: list[tuple[float, float]]
    last: int
    total: float
    frames: int


def start(blank: int) -> Path:
    """No frame read."""
    return Path([], [], [], blank, 0.0, 0)


def advance(path: Path, log_probs: np.ndarray, blank: int) -> Path:
    """The path after ``log_probs`` (T, V) more; ``path`` itself is used up."""
    if not len(log_probs):
        return path
    likeliest = log_probs.argmax(axis=1)
    sums = np.cumsum(np.append(path.total, log_probs.max(axis=1).astype(np.float64)))  # before each frame, and after
    first = np.flatnonzero(np.append(True, likeliest[1:] != likeliest[:-1]))
    last = np.append(first[1:], len(likeliest)) - 1
    for label, one, end in zip(likeliest[first].tolist(), first.tolist(), last.tolist(), strict=True):
        if label != blank:
            begun = path.frames + one, float(sums[one])
            if one == 0 and label == path.last:
                begun = path.spans.pop()[0], path.sums.pop()[0]
            else:
                path.labels.append(label)
            path.spans.append((begun[0], path.frames + end))
            path.sums.append((begun[1], float(sums[end + 1])))
    return path._replace(last=int(likeliest[-1]), total=float(sums[-1]), frames=path.frames + len(likeliest))


def best(path: Path) -> Found:
    """What the path spells, scored by it alone; it has nothing beside it, so its own p is the confidence.

    A path without a probability is a ``SeqpipeError``.
    """
    if not isfinite(path.total):
        raise nothing_possible()
    return Found(list(path.labels), list(path.spans), path.total, path.total, exp(path.total))
