"""A language model: one distribution whether it steps or runs, tied weights, sums that are probabilities."""

from __future__ import annotations

import itertools

import pytest
import tiny
import torch

from seqpipe.batches import Window, collate
from seqpipe.features.sizes import Sizes
from seqpipe.features.tokens import BEGIN
from seqpipe.models.language import Language
from seqpipe.padded import Padded
from seqpipe.params.models import LanguageModel
from seqpipe.search.beam import Width, beam_search
from seqpipe.search.hypothesis import begin
from seqpipe.search.limits import constant
from seqpipe.search.scores import NORMS, Ranking
from seqpipe.tasks import TASKS

LANGUAGE = TASKS["language-model"]


@pytest.mark.parametrize("params", [{"embedding": 6}, {"embedding": 5, "cell": "lstm", "layers": 2}, {"tied": False}])
def test_a_score_is_the_sum_of_its_steps(params: dict[str, object]) -> None:
    rows, model = tiny.rows("language-model"), tiny.model("language-model", **params)
    found = LANGUAGE.decode(model, collate(rows), tiny.options("language-model"))
    for row, (hypothesis,) in zip(rows, found, strict=True):
        state, each = model.start(1), []
        for token, following in zip(row["source"].tolist(), row["target"].tolist(), strict=True):
            log_probs, state = model.step(state, torch.tensor([token]))
            assert log_probs.exp().sum().item() == pytest.approx(1, abs=1e-5)
            each.append(log_probs[0, following].item())
        assert hypothesis.output == pytest.approx(each, abs=1e-5)
        assert hypothesis.log_prob == pytest.approx(sum(each), abs=1e-4)
        assert hypothesis.score == pytest.approx(sum(each) / len(each), abs=1e-5)


def test_texts_of_one_length_share_all_the_probability() -> None:
    model = Language(LanguageModel(hidden=4, embedding=3), Sizes("tokens", 5, 5)).eval()
    total = 0.0
    for tokens in itertools.product(range(5), repeat=3):
        source = Padded(torch.tensor([[BEGIN, *tokens[:-1]]]), torch.tensor([3]))
        log_probs = torch.log_softmax(model(source, None)[0], dim=-1)[0]
        total += sum(log_probs[t, token] for t, token in enumerate(tokens)).exp().item()
    assert total == pytest.approx(1, abs=1e-4)


def test_tied_weights_are_the_tokens_vectors() -> None:
    sizes = Sizes("tokens", 11, 11)
    tied, apart = (Language(LanguageModel(hidden=6, embedding=6, tied=one), sizes) for one in (True, False))
    assert {name for name, _ in apart.named_parameters()} - {name for name, _ in tied.named_parameters()} == {"output"}
    projected = Language(LanguageModel(hidden=6, embedding=4), sizes)
    assert dict(projected.named_parameters())["project.weight"].shape == (4, 6)
    batch = collate(tiny.rows("language-model"))
    before = LANGUAGE.loss(tied, batch).total
    with torch.no_grad():
        tied.front.vectors.weight[10] += 1  # a token that is predicted, or at least weighed
    assert not torch.allclose(before, LANGUAGE.loss(tied, batch).total)


def test_a_search_goes_on_from_a_prompt() -> None:
    model = tiny.model("language-model")
    prompt, state = [BEGIN, 5, 7], model.start(1)
    for token in prompt[:-1]:
        _, state = model.step(state, torch.tensor([token]))
    begun, limits = begin(state, 1, prompt, torch.device("cpu")), constant(1, 0, 1, torch.device("cpu"))
    plain = Ranking(NORMS["none"](0.0))
    found = beam_search(model.step, begun, limits, plain, Width(beam=11**2, nbest=3))[0]
    best = {}
    for output in [[], *([token] for token in range(4, 11)), [1]]:
        row = {"id": "a", "source": torch.tensor([*prompt, *output]).numpy(), "target": None}
        row["target"] = torch.tensor([*prompt[1:], *output, 3]).numpy()
        (hypothesis,) = LANGUAGE.decode(model, collate([row]), tiny.options("language-model"))[0]
        best[tuple(output)] = sum(hypothesis.output[len(prompt) - 1 :])
    expected = sorted(best.items(), key=lambda item: -item[1])[:3]
    assert [tuple(one.output) for one in found] == [output for output, _ in expected]
    assert [one.log_prob for one in found] == pytest.approx([total for _, total in expected], abs=1e-4)


@pytest.mark.parametrize("window", [Window(0, None, 8), Window(0, None, 5), Window(0, 4, None)])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "mingru"])
def test_where_gradients_are_cut_the_same_is_dropped(cell: str, window: Window) -> None:
    """One draw of recurrent weights and of locked units for a whole batch, into however many parts it is cut."""
    params = {"cell": cell, "layers": 2, "dropout": 0.4, "dropout_kind": "locked"}
    model = tiny.model("language-model", **params, **({} if cell == "mingru" else {"weight_drop": 0.4})).train()
    source = Padded(torch.randint(4, 9, (3, 12)), torch.tensor([12, 12, 12]))
    found = []
    for one in (Window(0, None, None), window):
        torch.manual_seed(1)
        found.append(model(source, None, one)[0])
    torch.testing.assert_close(found[1], found[0])
