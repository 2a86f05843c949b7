"""Fusion in CTC search: language models, bonus and hotwords against the score of every text, spelled out."""

import arpa_oracle
import ctc_oracle as oracle
import numpy as np
import pytest
import tiny
import torch

from seqpipe.features.tokens import BEGIN, END
from seqpipe.padded import pad
from seqpipe.readers.arpa import read_arpa
from seqpipe.search.fused import fused
from seqpipe.search.fusion import ROWS, TOKENS, WORDS
from seqpipe.search.hotwords import hotwords
from seqpipe.search.ngrams import ngrams
from seqpipe.search.prefix import advance, best, start
from seqpipe.search.remembered import Remembered, shared_ids

LETTERS = ["", "▁", "a", "b"]
PIECES = ["", "▁", "a", "▁a", "▁ab"]
WORDS_OF_LETTERS = ["a", "b", "ab", "aa", "bab"]
WIDE = 3000


def made(path, pieces, *, words=None, tokens=None, weight=0.7, bonus=0.0, phrases=(), gain=2.5):
    """The kernel's fusion and the oracle's, of the same things."""
    model, level = None, 0
    if words or tokens:
        model, level = (
            ngrams(read_arpa(arpa_oracle.write(path / "lm.arpa", words or tokens))),
            WORDS if words else TOKENS,
        )
    marked = hotwords(["▁" + phrase for phrase in phrases], gain, max(map(len, pieces))) if phrases else None
    ours = fused(pieces, bonus, marked, model, level, weight)
    return ours, arpa_oracle.extra(pieces, weight, words, tokens, bonus, phrases, gain)


def case(name, pieces, seed):
    """What fusion has, by name."""
    order = seed % 3 + 1
    parts = {
        "words": {"words": arpa_oracle.random_model(seed, WORDS_OF_LETTERS, order)},
        "tokens": {"tokens": arpa_oracle.random_model(seed, [piece for piece in pieces if piece], order)},
        "bonus": {"bonus": 1.3},
        "malus": {"bonus": -0.8},
        "hotwords": {"phrases": ["ab", "a▁b", "b"]},
    }
    return {key: value for part in name.split("+") for key, value in parts[part].items()}


NAMES = ["words", "tokens", "bonus", "malus", "hotwords", "words+bonus+hotwords", "tokens+malus+hotwords"]


@pytest.mark.parametrize("pieces", [LETTERS, PIECES], ids=["letters", "pieces"])
@pytest.mark.parametrize("name", NAMES)
def test_a_beam_as_wide_as_the_space_has_the_score_of_every_text(tmp_path, name, pieces):
    for seed in range(6):
        ours, extra = made(tmp_path, pieces, **case(name, pieces, seed))
        log_probs = oracle.table(seed, 6 if pieces is LETTERS else 5, len(pieces), [0.3, 1, 4][seed % 3])
        expected = {
            labels: (log_prob + extra(labels, True), log_prob)
            for labels, log_prob in oracle.every_alignment(log_probs).items()
        }
        found = best(advance(start(len(pieces), WIDE, fusion=ours), log_probs), WIDE)
        assert len(found) == len(expected)
        for one in found:
            np.testing.assert_allclose((one.score, one.log_prob), expected[tuple(one.labels)], atol=1e-9)
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


@pytest.mark.parametrize("pieces", [LETTERS, PIECES], ids=["letters", "pieces"])
@pytest.mark.parametrize("name", NAMES)
def test_a_narrow_beam_is_that_of_a_plain_search(tmp_path, name, pieces):
    compared = 0
    for seed in range(25):
        ours, extra = made(tmp_path, pieces, **case(name, pieces, seed))
        rng = np.random.default_rng(seed)
        log_probs = oracle.table(seed, int(rng.integers(0, 16)), len(pieces), rng.choice([0.3, 1.0, 4.0, 12.0]))
        beam = int(rng.choice([1, 2, 4, 9]))
        expected, narrowest = oracle.prefix_beam(log_probs, beam, extra=extra)
        found = best(advance(start(len(pieces), beam, fusion=ours), log_probs), beam)
        if 0 <= narrowest < 1e-9:
            continue
        compared += 1
        assert [tuple(one.labels) for one in found] == [one[0] for one in expected]
        np.testing.assert_allclose([one.score for one in found], [one[1] for one in expected], atol=1e-9)
    assert compared > 15


SPELLED = ["", "", "", "", "▁", "a", "b"]
"""With the control tokens that a model's vocabulary has."""


def language_model():
    model = tiny.model("language-model", hidden=6, embedding=5, cell="lstm", layers=2)
    return model, shared_ids(SPELLED, ["<pad>", "<unk>", "<s>", "</s>", "c", "b", "▁", "d", "a", "e", "f"], "lm")


def of_network(model, ids, weight):
    """α log p of labels by the network, read as whole texts."""

    def added(labels, ended):
        text = [BEGIN, *(int(ids[label]) for label in labels)]
        log_probs = torch.log_softmax(model(pad([np.array(text)]), None)[0].double(), dim=-1)[0]  # (T + 1, V)
        total = sum(float(log_probs[at, token]) for at, token in enumerate(text[1:]))
        return weight * (total + (float(log_probs[-1, END]) if ended else 0.0))

    return added


def added(one, other):
    return lambda labels, ended: one(labels, ended) + other(labels, ended)


@pytest.mark.parametrize("name", ["network", "bonus", "hotwords", "malus+hotwords"])
@torch.inference_mode()
def test_a_recurrent_model_scores_every_text_as_it_would_by_itself(tmp_path, name):
    model, ids = language_model()
    for seed in range(3):
        parts = {} if name == "network" else case(name, SPELLED, seed)
        ours, extra = made(tmp_path, SPELLED, **parts)
        marked = hotwords(["▁" + one for one in parts["phrases"]], 2.5, 1) if "phrases" in parts else None
        ours = fused(SPELLED, parts.get("bonus", 0.0), marked, level=ROWS)
        both = added(extra, of_network(model, ids, 0.8))
        log_probs = oracle.table(seed, 5, len(SPELLED), [0.3, 1, 4][seed % 3])
        log_probs[:, 1:4] = -np.inf
        beam = WIDE if seed < 2 else 7
        expected, narrowest = oracle.prefix_beam(log_probs, beam, extra=both)
        assert narrowest > 1e-6
        state = start(len(SPELLED), beam, fusion=ours, memory=Remembered(model, ids, 0.8, beam))
        found = best(advance(state, log_probs), beam)
        assert [tuple(one.labels) for one in found] == [one[0] for one in expected]
        np.testing.assert_allclose([one.score for one in found], [one[1] for one in expected], atol=1e-4)


def test_a_recurrent_model_goes_on_from_chunk_to_chunk_and_steps_new_prefixes_only():
    model, ids = language_model()
    ours = fused(SPELLED, level=ROWS)
    log_probs = oracle.table(3, 40, len(SPELLED), 6.0)
    log_probs[:, 1:4] = -np.inf
    log_probs[::2] = np.log([1.0] + [1e-30] * 6)  # surely blank: no prefix comes in
    stepped = []
    step = model.step
    model.step = lambda state, tokens: stepped.append(len(tokens)) or step(state, tokens)

    def read(parts):
        state = start(len(SPELLED), 8, fusion=ours, memory=Remembered(model, ids, 0.8, 8))
        for part in parts:
            state = advance(state, part)
        return best(state, 8)

    whole = read([log_probs])
    assert len(stepped) <= 1 + 20 + 3  # for the start, for half of the frames, and until the beam is full
    assert 20 < sum(stepped) < 8 * 20
    assert read(np.split(log_probs, [1, 2, 19, 19, 33])) == whole


def test_the_end_is_the_models_to_judge_only_where_the_text_ends(tmp_path):
    model = {("<s>",): (-99.0, 0.0), ("</s>",): (-0.1, 0.0), ("<unk>",): (-2.0, 0.0), ("a",): (-1.0, 0.0)}
    ours, _ = made(tmp_path, LETTERS, words=model, weight=1.0)
    state = advance(start(4, 5, fusion=ours), np.log([[0.1, 0.1, 0.7, 0.1]]))
    (now,), (ended,) = best(state, 1, ended=False), best(state, 1)
    assert (now.labels, ended.labels) == ([2], [])  # "a", as long as it may go on
    assert now.score == pytest.approx(np.log(0.7))
    assert ended.score == pytest.approx(np.log(0.1) + np.log(10) * -0.1)
