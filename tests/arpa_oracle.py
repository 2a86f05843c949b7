"""N-gram models as dictionaries, the way ARPA defines them, and what fusion adds to a text, letter by letter.

Shares no code with the package.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

SPACE = "▁"


def random_model(seed, words, order, share=0.5):
    """``{n-gram: (log₁₀ p, log₁₀ back-off)}``: of all n-grams a ``share``, those whose beginning is there."""
    rng = np.random.default_rng(seed)
    model = {}
    for n in range(1, order + 1):
        for gram in itertools.product(["<s>", *words, "</s>", "<unk>"], repeat=n):
            there = n == 1 or (gram[:-1] in model and rng.random() < share)
            if there and "</s>" not in gram[:-1] and "<s>" not in gram[1:]:
                backoff = float(rng.normal(0, 0.3)) if n < order else 0.0
                model[gram] = (-99.0 if gram == ("<s>",) else -float(rng.gamma(2, 0.4)), backoff)
    return model


def write(path, model, opened=open):
    order = max(map(len, model))
    lines = ["made by a test", "", "\\data\\"]
    lines += [f"ngram {n}={sum(len(gram) == n for gram in model)}" for n in range(1, order + 1)]
    for n in range(1, order + 1):
        lines += ["", f"\\{n}-grams:"]
        for gram, (log_prob, backoff) in model.items():
            if len(gram) == n:
                last = f"\t{backoff:.9f}" if n < order and backoff else ""
                lines.append(f"{log_prob:.9f}\t{' '.join(gram)}{last}")
    with opened(path, "wt", encoding="utf-8") as file:
        file.write("\n".join([*lines, "", "\\end\\", ""]))
    return path


def log10_p(model, history, word):
    """p(w | h) = p(hw) if the model has hw, else bow(h) p(w | h without its first word)."""
    if (word,) not in model:
        word = "<unk>"
    history = tuple(one if (one,) in model else "<unk>" for one in history)
    if (*history, word) in model:
        return model[(*history, word)][0]
    return model.get(history, (0.0, 0.0))[1] + log10_p(model, history[1:], word)


def log_p(model, words, ended):
    """Natural log p of words after the start, and of the end."""
    order, total, text = max(map(len, model)), 0.0, ["<s>"]
    for word in [*words, "</s>"] if ended else words:
        history = tuple(text[-(order - 1) :]) if order > 1 else ()
        total += log10_p(model, history, word)
        text.append(word)
    return total * math.log(10)


def gained(text, phrases, weight, ended):
    """For each phrase at the start of a word its weight; before the end, also the part of the one just begun."""
    text, total, begun = SPACE + text, 0.0, 0.0
    for phrase in {SPACE + phrase for phrase in phrases}:
        total += weight * sum(text.startswith(phrase, at) for at in range(len(text)))
        for size in range(2, len(phrase)):
            if text.endswith(phrase[:size]):
                begun = max(begun, weight * (size - 1) / (len(phrase) - 1))
    return total if ended else total + begun


def extra(pieces, weight=0.0, words=None, tokens=None, bonus=0.0, phrases=(), gain=0.0):
    """What fusion adds to labels: an n-gram model of ``words`` or of ``tokens``, a bonus a word, phrases."""

    def added(labels, ended):
        text = "".join(pieces[label] for label in labels)
        spoken = text.replace(SPACE, " ").split()
        if spoken and not ended and not text.endswith(SPACE):
            spoken.pop()  # it may go on
        total = gained(text, phrases, gain, ended) + bonus * len(spoken)
        if words:
            total += weight * log_p(words, spoken, ended)
        if tokens:
            total += weight * log_p(tokens, [pieces[label] for label in labels], ended)
        return total

    return added
