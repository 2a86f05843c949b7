"""What tests of token search share: made-up models, and searches in plain Python to compare with.

Nothing here is shared with the package: outputs are lists, beams are lists of pairs, every rule is a loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqpipe.features.tokens import BEGIN, END, PAD, UNKNOWN
from seqpipe.params.decoding import TokenSearch
from seqpipe.search.constraints import forced
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.search.limits import Limits
from seqpipe.search.tokens import search_tokens

V = 7
LETTERS = [token for token in range(V) if token not in (PAD, UNKNOWN, BEGIN, END)]
CPU = torch.device("cpu")
LogProbs = Callable[[list[int]], Sequence[float]]
"""Of what comes after tokens that were written."""


class Written(NamedTuple):
    """Which table a sentence has, (N,), and all tokens of each row so far, (R, T): what a real model's state holds."""

    table: Tensor
    tokens: Tensor

    def select(self, rows: Tensor, sentences: Tensor | None = None) -> Written:
        return Written(self.table if sentences is None else self.table[sentences], self.tokens[rows])


class TableModel:
    """log p(next | sentence, the last ``memory`` tokens), drawn at random once for each."""

    def __init__(self, seed: int, sharpness: float = 2.0, memory: int = 99) -> None:
        self.seed, self.sharpness, self.memory, self.steps, self.rows = seed, sharpness, memory, 0, 0

    def log_probs(self, table: int, written: list[int]) -> Tensor:
        """(V,) float64 after tokens that were written."""
        history = [BEGIN, *written][-self.memory :]
        generator = torch.Generator().manual_seed(hash((self.seed, table, tuple(history))) % 2**31)
        logits = self.sharpness * torch.randn(V, generator=generator, dtype=torch.float64)
        return torch.log_softmax(logits, dim=-1)

    def start(self, tables: Sequence[int]) -> Written:
        """Nothing is written yet."""
        return Written(torch.tensor(tables), torch.zeros(len(tables), 0, dtype=torch.int64))

    def step(self, state: Written, last: Tensor) -> tuple[Tensor, Written]:
        """One step of a search."""
        self.steps, self.rows = self.steps + 1, self.rows + len(last)
        read = torch.cat([state.tokens, last[:, None]], dim=1)
        tables = state.table.repeat_interleave(len(last) // len(state.table))
        rows = zip(tables.tolist(), read[:, 1:].tolist(), strict=True)
        return torch.stack([self.log_probs(table, written) for table, written in rows]), Written(state.table, read)

    def of(self, table: int) -> LogProbs:
        """The model of one sentence."""
        return lambda written: self.log_probs(table, written).tolist()


class Rules(NamedTuple):
    """What outputs of one sentence must and may not have."""

    longest: int = 3
    shortest: int = 0
    no_repeat: int = 0
    forbidden: tuple[int, ...] = ()
    prefix: tuple[int, ...] = ()
    not_first: tuple[int, ...] = ()


def found(
    model: TableModel, tables: Sequence[int], rules: Sequence[Rules] | Rules, **options: Any
) -> list[list[Hypothesis]]:
    """What the package finds for the sentences of ``tables``, all with the same rules but for their lengths."""
    each = [rules] * len(tables) if isinstance(rules, Rules) else list(rules)
    one = each[0]
    limits = Limits(*(torch.tensor([getattr(own, name) for own in each]) for name in ("shortest", "longest")))
    begun = forced(model.step, model.start(tables), len(tables), list(one.prefix), CPU)
    section = TokenSearch(no_repeat=one.no_repeat, **options)
    inputs = [str(table).encode() for table in tables]
    return search_tokens(model.step, begun, limits, section, one.forbidden, inputs, None, one.not_first)


def words(written: list[int], rules: Rules, letters: Sequence[int] = LETTERS) -> list[int]:
    """The letters that may come next."""
    if len(written) >= rules.longest:
        return []
    out = {*rules.forbidden, *(rules.not_first if len(written) == len(rules.prefix) else ())}
    return [letter for letter in letters if letter not in out and not repeats(written, letter, rules)]


def repeats(written: list[int], letter: int, rules: Rules) -> bool:
    """Whether a letter would complete an n-gram that is there already."""
    n, longer = rules.no_repeat, [*written, letter]
    grams = [tuple(longer[at : at + n]) for at in range(len(longer) - n + 1)]
    return n > 0 and len(longer) > n and grams[-1] in grams[:-1]


def allowed(written: list[int], rules: Rules, letters: Sequence[int] = LETTERS) -> list[int]:
    """The tokens that may come next; the end too, where the output is long enough or no letter is left."""
    after = words(written, rules, letters)
    return [*after, END] if len(written) >= rules.shortest or not after else after


def every_output(
    rules: Rules, written: list[int] | None = None, letters: Sequence[int] = LETTERS
) -> Iterator[list[int]]:
    """All outputs that the rules allow, without the end."""
    written = list(rules.prefix) if written is None else written
    for token in allowed(written, rules, letters):
        if token == END:
            yield written
        else:
            yield from every_output(rules, [*written, token], letters)


def token_scores(log_probs: LogProbs, output: list[int]) -> list[float]:
    """log p of each token and of the end."""
    return [log_probs(output[:at])[token] for at, token in enumerate([*output, END])]


def norm(options: dict[str, Any], length: int) -> float:
    """What a sum over ``length`` tokens, the end among them, is divided by."""
    kind, alpha = options.get("normalization", "wu"), options.get("length_penalty", 1.0)
    return {"wu": ((5 + length) / 6) ** alpha, "average": float(length), "none": 1.0}[kind]


def exhaustive(
    log_probs: LogProbs,
    rules: Rules,
    options: dict[str, Any],
    penalty: Callable[[list[int]], float] = lambda output: 0.0,
) -> list[tuple[float, list[int]]]:
    """Every output with its score, best first."""
    scored = []
    for output in every_output(rules):
        total = math.fsum(token_scores(log_probs, output))
        scored.append((total / norm(options, len(output) + 1) + penalty(output), output))
    return sorted(scored, key=lambda pair: -pair[0])


def plain_beam(log_probs: LogProbs, rules: Rules, options: dict[str, Any]) -> list[tuple[float, list[int]]]:
    """Beam search that never stops before its longest output, by loops; with groups, in turn."""
    beam, groups, diversity = (
        options.get(name, other) for name, other in [("beam", 5), ("groups", 1), ("diversity", 0)]
    )
    start = list(rules.prefix)
    first = math.fsum(token_scores(log_probs, start)[:-1])
    opened = [[(first, start)] for _ in range(groups)]
    ended: list[list[tuple[float, list[int]]]] = [[] for _ in range(groups)]
    while any(opened):
        taken: list[int] = []
        for group in range(groups):
            candidates = []
            for total, written in opened[group]:
                chances = log_probs(written)
                for token in allowed(written, rules):
                    cost = diversity * taken.count(token)
                    candidates.append((total + chances[token] - cost, total + chances[token], written, token))
            candidates.sort(key=lambda one: -one[0])
            best, opened[group] = candidates[: beam // groups], []
            taken += [token for *_, token in best]
            for _, total, written, token in best:
                if token == END:
                    ended[group].append((total / norm(options, len(written) + 1), written))
                else:
                    opened[group].append((total, [*written, token]))
    each = -(-options.get("nbest", 1) // groups)
    best_of_each = [pair for group in ended for pair in sorted(group, key=lambda pair: -pair[0])[:each]]
    distinct: list[tuple[float, list[int]]] = []
    for pair in sorted(best_of_each, key=lambda pair: -pair[0]):
        if pair[1] not in [output for _, output in distinct]:
            distinct.append(pair)
    return distinct[: options.get("nbest", 1)]
