"""Which way each metric is better."""

from __future__ import annotations

LOWER_IS_BETTER = {
    "exact": False,
    "cer": True,
    "wer": True,
    "bleu": False,
    "chrf": False,
    "accuracy": False,
    "f1": False,
    "precision": False,
    "recall": False,
    "calibration_error": True,
    "brier": True,
    "bits_per_character": True,
    "perplexity": True,
    "log_prob_per_token": False,
    "mae": True,
    "mase": True,
    "smape": True,
    "auc": False,
    "error": True,
}
"""By name, the same in every task that has it. What a score tells beside (counts, shares of unknown tokens, tables) has
no better and is not here."""
