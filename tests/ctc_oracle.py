"""CTC search the slow way: every alignment, and a beam of a dictionary of prefixes. Shares no code with the package."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict

import numpy as np

BLANK = 0


def add(a, b):
    if a == b == -math.inf:
        return -math.inf
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


def spells(path):
    joined = [label for label, _ in itertools.groupby(path)]
    return tuple(label for label in joined if label != BLANK)


def every_alignment(log_probs):
    """log p of each label sequence: the sum over all paths that spell it."""
    frames, labels = log_probs.shape
    totals = defaultdict(lambda: -math.inf)
    for path in itertools.product(range(labels), repeat=frames):
        log_prob = sum(log_probs[t, label] for t, label in enumerate(path))
        totals[spells(path)] = add(totals[spells(path)], log_prob)
    return dict(totals)


def best_alignment(log_probs, labels):
    """log p of the likeliest path that spells ``labels`` (Viterbi), over blanks between the labels."""
    states = [BLANK]
    for label in labels:
        states += [label, BLANK]
    best = [-math.inf] * len(states)
    for t, frame in enumerate(log_probs):
        before = best if t else [0.0] + [-math.inf] * (len(states) - 1)
        best = []
        for s, label in enumerate(states):
            reach = [before[s]]
            if s and t:
                reach.append(before[s - 1])
            if s > 1 and label not in (BLANK, states[s - 2]) and t:
                reach.append(before[s - 2])
            if t == 0 and s == 1:
                reach.append(0.0)
            best.append(max(reach) + frame[label])
    return max(best[-2:]) if len(log_probs) else (0.0 if not labels else -math.inf)


def no_extra(labels, ended):
    return 0.0


def prefix_beam(log_probs, beam, threshold=0.0, extra=no_extra):
    """``[(labels, score, log p)]``, best first, and the smallest gap between what stayed in the beam and what fell out.

    Of equals, what was in the beam stays, then what grew from the better prefix by the likelier label.
    """
    least = math.log(threshold) if threshold else -math.inf
    prefixes, narrowest = {(): (0.0, -math.inf)}, math.inf
    for frame in log_probs:
        grown = {prefix: [-math.inf, -math.inf] for prefix in prefixes}
        order = sorted((c for c in range(len(frame)) if c != BLANK), key=lambda c: -frame[c])
        for prefix, (blank, label) in prefixes.items():
            grown[prefix][0] = add(blank, label) + frame[BLANK]
            if prefix:
                grown[prefix][1] = label + frame[prefix[-1]]
        for prefix, (blank, label) in prefixes.items():
            for c in order:
                if frame[c] < least or frame[c] == -math.inf:
                    continue
                before = blank if prefix[-1:] == (c,) else add(blank, label)
                longer = grown.setdefault((*prefix, c), [-math.inf, -math.inf])
                longer[1] = add(longer[1], before + frame[c])
        ranked = sorted(grown, key=lambda one: -(add(*grown[one]) + extra(one, False)))
        ranked = [one for one in ranked if add(*grown[one]) + extra(one, False) > -math.inf]
        scores = [add(*grown[one]) + extra(one, False) for one in ranked]
        if len(scores) > beam:
            narrowest = min(narrowest, scores[beam - 1] - scores[beam])
        prefixes = {one: tuple(grown[one]) for one in ranked[:beam]}
    found = [(one, add(*sums) + extra(one, True), add(*sums)) for one, sums in prefixes.items()]
    return sorted(found, key=lambda one: -one[1]), narrowest


def table(seed, frames, labels, sharpness):
    """Log-probabilities (T, V), peaky for a large ``sharpness``, flat for a small one."""
    logits = sharpness * np.random.default_rng(seed).normal(size=(frames, labels))
    return rounded(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def rounded(log_probs):
    """What a model would give, as float64 for an oracle to work with."""
    return np.asarray(log_probs, np.float32).astype(np.float64)
