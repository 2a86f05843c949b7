"""Is CTC's prefix beam search faster than pyctcdecode's and flashlight-text's, and as good?

Random log-probabilities, peaky (blank or one label stands out at every frame, as a trained model gives them) and flat.
All take turns, one utterance and one thread at a time; medians are compared. pyctcdecode prunes by itself, so its goals
are for our search with the same threshold for labels; flashlight-text, which does not, is beside our exact one. The
best output of the exact search and of each peer is scored by the exact log p(labels | frames), summed over all
alignments, whatever the search itself believed. The peers live in an environment of their own:
``pip install pyctcdecode flashlight-text``.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np
from timing import goal, table
from turns import Runner

from seqpipe.search import prefix

SIZES = ((500, 32), (1000, 1000))
BEAMS = (5, 16, 100)
REPEATS, MOST, SECONDS = 5, 51, 10
"""Turns: at least so many, and more, up to so many, for so long."""
GOALS = {("pyctcdecode", 32): 25.0, ("flashlight-text", 32): 30.0, ("pyctcdecode", 1000): 15.0}
"""By peer and labels, at beam 16."""
OWN = {"seqpipe": 0.0, "pruned": float(np.exp(-5))}
"""Our contestants: the least probability of a label that goes after a hypothesis."""
BESIDE = {"pyctcdecode": "pruned", "flashlight-text": "seqpipe"}
"""Peers, and which of ours the goals set them beside."""


def peaky(frames: int, labels: int, rng: np.random.Generator) -> np.ndarray:
    """Log-probabilities (T, V) with a clear winner at every frame, in four of five the blank."""
    logits = rng.normal(size=(frames, labels))
    winner = np.where(rng.random(frames) < 0.8, 0, rng.integers(1, labels, frames))
    logits[np.arange(frames), winner] += np.log(labels) + 5
    return normalised(logits)


def flat(frames: int, labels: int, rng: np.random.Generator) -> np.ndarray:
    """Log-probabilities (T, V) without one."""
    return normalised(rng.normal(size=(frames, labels)))


def normalised(logits: np.ndarray) -> np.ndarray:
    """Logits as log-probabilities, float32 as models give them."""
    values: np.ndarray = (logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)).astype(np.float32)
    return values


def total(log_probs: np.ndarray, labels: list[int]) -> float:
    """log p(labels | frames) over all alignments: CTC's forward recursion (Graves et al. 2006)."""
    spelled = np.zeros(2 * len(labels) + 1, np.int64)
    spelled[1::2] = labels
    skips = np.append([False, False], (spelled[2:] != 0) & (spelled[2:] != spelled[:-2]))[: len(spelled)]
    alpha = np.full(len(spelled), -np.inf)
    alpha[0] = 0.0
    alpha = np.where(np.arange(len(spelled)) < 2, log_probs[0, spelled], -np.inf)
    for frame in log_probs[1:]:
        before = np.append(-np.inf, alpha[:-1])
        two_before = np.where(skips, np.append([-np.inf, -np.inf], alpha[:-2])[: len(alpha)], -np.inf)
        alpha = np.logaddexp(np.logaddexp(alpha, before), two_before) + frame[spelled]
    return float(np.logaddexp(alpha[-1], alpha[-2]) if len(alpha) > 1 else alpha[-1])


def ours(file: Path, beam: int, threshold: float) -> tuple[float, list[int]]:
    """Seconds, and the labels of the best output; frames come from the file before the clock starts, as the peers'."""
    log_probs = np.load(file)
    began = time.perf_counter()
    search = prefix.start(log_probs.shape[1], beam, threshold=threshold)
    (best,) = prefix.best(prefix.advance(search, log_probs), 1)
    return time.perf_counter() - began, best.labels


def compare(log_probs: np.ndarray, beam: int, peers: Runner, file: Path) -> dict[str, tuple[float, float]]:
    """Median seconds and the exact score of each contestant's best output."""
    np.save(file, log_probs)
    seconds: dict[str, list[float]] = {name: [] for name in (*OWN, *BESIDE)}
    labels: dict[str, list[int]] = {}
    began = time.perf_counter()
    for number in range(MOST + 1):  # the first warms up
        if number > REPEATS and time.perf_counter() - began > SECONDS:
            break
        for name, times in seconds.items():
            if name in OWN:
                took, labels[name] = ours(file, beam, OWN[name])
            else:
                took, labels[name] = peers.ask([str(file), name, beam])
            times.extend([took] * bool(number))
    return {name: (statistics.median(times), total(log_probs, labels[name])) for name, times in seconds.items()}


def main() -> None:
    """Print the table and the goals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", required=True, metavar="PYTHON", help="an interpreter that has the peers")
    options = parser.parse_args()
    rng, rows, goals, worst = np.random.default_rng(1), [], [], np.inf
    with tempfile.TemporaryDirectory() as name:
        worker = [options.peers, str(Path(__file__).with_name("ctc_beam_peers.py"))]
        peers = Runner(worker, Path(name, "peers.log"))
        try:
            for (frames, labels), make, beam in product(SIZES, (peaky, flat), BEAMS):
                found = compare(make(frames, labels, rng), beam, peers, Path(name, "log_probs.npy"))
                row: dict[str, object] = {"T": frames, "V": labels, "": make.__name__, "beam": beam}
                row |= {f"{who} ms": 1e3 * seconds for who, (seconds, _) in found.items()}
                for peer, own in BESIDE.items():
                    ratio = row[f"{peer} / {own}"] = found[peer][0] / found[own][0]
                    better = row[f"log p − {peer}'s"] = found["seqpipe"][1] - found[peer][1]
                    worst = min(worst, better)
                    if beam == 16 and (peer, labels) in GOALS:
                        goals.append((f"ctc-beam-{make.__name__}-V{labels}-{peer}", ratio, GOALS[peer, labels]))
                rows.append(row)
                print(".", end="", file=sys.stderr, flush=True)
        finally:
            peers.stop()
    table(rows)
    for one in goals:
        goal(*one)
    goal("ctc-beam-score", worst, 0.0)


if __name__ == "__main__":
    main()
