"""CTC search: from a distribution over labels and blank at every frame to label sequences.

A path is a label or blank at every frame; it spells what is left after joining adjacent repeats and then dropping
blanks: ``--hh-e-ll-oo--`` spells "helo", and a doubled letter needs a blank between.
"""

from __future__ import annotations

import numpy as np

from seqpipe.search.hypothesis import Hypothesis


def greedy_path(log_probs: np.ndarray, blank: int) -> Hypothesis:
    """The labels of the single likeliest path of ``log_probs`` (T, V), scored by that path alone."""
    best = log_probs.argmax(axis=1)
    changes = np.append(True, best[1:] != best[:-1])[: len(best)]
    total = float(log_probs.max(axis=1).sum())
    return Hypothesis(best[changes & (best != blank)].tolist(), total, total)


def prefix_beam(log_probs: np.ndarray, blank: int, beam: int) -> list[Hypothesis]:
    """The ``beam`` likeliest label sequences of ``log_probs`` (T, V), probabilities summed over their paths.

    Every prefix keeps the log-probability of its paths that end in blank and of those that end in its last label
    (Hannun et al. 2014); with a beam as wide as the space of prefixes the sums are exact.
    """
    prefixes: list[tuple[int, ...]] = [()]
    ends_blank, ends_label = np.zeros(1), np.full(1, -np.inf)
    for frame in log_probs.astype(np.float64):
        size = len(prefixes)
        last = np.array([prefix[-1] if prefix else blank for prefix in prefixes])
        total = np.logaddexp(ends_blank, ends_label)  # (K,)
        grown = total[:, None] + frame  # (K, V): one label more
        has_label = last != blank
        # the last label again is a new label only after a blank
        grown[has_label, last[has_label]] = ends_blank[has_label] + frame[last[has_label]]
        grown[:, blank] = -np.inf
        stay_blank = total + frame[blank]
        stay_label = np.where(has_label, ends_label + frame[last], -np.inf)
        place = {prefix: at for at, prefix in enumerate(prefixes)}
        for at, prefix in enumerate(prefixes):  # a prefix reached by growing another one of the beam
            parent = place.get(prefix[:-1]) if prefix else None
            if parent is not None:
                stay_label[at] = np.logaddexp(stay_label[at], grown[parent, prefix[-1]])
                grown[parent, prefix[-1]] = -np.inf
        scores = np.concatenate([np.logaddexp(stay_blank, stay_label), grown.ravel()])
        best = np.argsort(-scores, kind="stable")[:beam] if len(scores) <= beam else _largest(scores, beam)
        best = best[scores[best] > -np.inf]
        stays = best < size
        parent_of, label = (best - size) // grown.shape[1], (best - size) % grown.shape[1]
        prefixes = [
            prefixes[at] if stay else (*prefixes[parent], token)
            for at, stay, parent, token in zip(
                best.tolist(), stays.tolist(), parent_of.tolist(), label.tolist(), strict=True
            )
        ]
        index = np.where(stays, best, 0)
        ends_blank = np.where(stays, stay_blank[index], -np.inf)
        ends_label = np.where(stays, stay_label[index], scores[best])
    totals = np.logaddexp(ends_blank, ends_label)
    order = np.argsort(-totals, kind="stable")
    return [Hypothesis(list(prefixes[at]), float(totals[at]), float(totals[at])) for at in order]


def _largest(scores: np.ndarray, count: int) -> np.ndarray:
    """Indices of the ``count`` largest, best first; of equals, the first."""
    found = np.argpartition(-scores, count - 1)[:count]
    return found[np.lexsort((found, -scores[found]))]
