"""Tokens' vectors: unit vectors make a matrix a lookup, dropout takes whole kinds of tokens, pretrained ones stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from torch import nn

from seqpipe.batches import collate
from seqpipe.files import SeqpipeError
from seqpipe.nn.embedding import INPUTS, Learned, OneHot, TokenVectors
from seqpipe.params.models import LanguageModel, TokenInput
from seqpipe.project import check, read_pipelines
from seqpipe.tasks import TASKS

IDS = torch.tensor([[3, 1, 3, 0, 6], [6, 6, 2, 3, 3]])


def vectors(**params: Any) -> TokenVectors:
    torch.manual_seed(2)
    chosen = TokenInput.model_validate(params)
    return INPUTS[chosen.input](7, 5, chosen)


def test_learned_vectors_are_torchs() -> None:
    mine = vectors()
    torch.manual_seed(2)
    theirs = nn.Embedding(7, 5)
    assert isinstance(mine, Learned)
    assert torch.equal(mine.weight, theirs.weight)  # the same start from the same seed
    assert torch.equal(mine(IDS), theirs(IDS))
    assert torch.equal(mine.lookup(IDS[:, 0]), theirs(IDS[:, 0]))


def test_a_matrix_above_unit_vectors_is_a_table_of_vectors() -> None:
    units = vectors(input="one-hot")
    assert isinstance(units, OneHot)
    assert units.size == 7
    W = torch.randn(5, 7)
    torch.testing.assert_close(units(IDS) @ W.mT, W.mT[IDS])
    torch.testing.assert_close(units.lookup(IDS[:, 1]) @ W.mT, W.mT[IDS[:, 1]])
    assert units.double()(IDS).dtype == torch.float64
    assert list(units.state_dict()) == list(units.parameters()) == []


@pytest.mark.parametrize("kind", ["learned", "one-hot"])
def test_dropout_takes_a_kind_of_token_throughout_a_sequence_and_in_no_other(kind: str) -> None:
    share, count = 0.3, 4000
    model = vectors(input=kind, embedding_dropout=share).train()
    ids = IDS[:1].expand(count, -1)
    with torch.no_grad():
        factors = model(ids) / model.lookup(ids).where(model.lookup(ids) != 0, 1.0)
    kept = factors.abs().amax(dim=2)  # (count, T): 0, or 1 / (1 − share)
    assert sorted(kept.unique().tolist()) == pytest.approx([0, 1 / (1 - share)])
    assert torch.equal(kept[:, 0], kept[:, 2])  # token 3 both
    alive = kept[:, [0, 1, 3, 4]] > 0
    assert alive.double().mean(dim=0).tolist() == pytest.approx([1 - share] * 4, abs=0.03)
    both = (alive[:, 0] & alive[:, 1]).double().mean().item()
    assert both == pytest.approx((1 - share) ** 2, abs=0.03)  # kinds, and rows, fall independently
    assert torch.equal(model.eval()(ids), model.lookup(ids))


def test_without_a_share_nothing_is_drawn() -> None:
    model = vectors().train()
    before = torch.get_rng_state()
    model(IDS)
    assert torch.equal(torch.get_rng_state(), before)


def test_found_vectors_stand_and_the_others_are_scaled_alike() -> None:
    model = vectors()
    assert isinstance(model, Learned)
    start, given = model.weight.detach().clone(), 20 * torch.randn(3, 5, dtype=torch.float64)
    model.start_from(torch.tensor([6, 0, 2]), given)
    assert torch.equal(model.weight[[6, 0, 2]], given.float())
    others = model.weight[[1, 3, 4, 5]] / start[[1, 3, 4, 5]]
    expected = given.square().mean().sqrt() / start.double().square().mean().sqrt()
    torch.testing.assert_close(others.double(), expected.expand_as(others), atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("task", ["seq2seq", "classify", "tag", "language-model"])
def test_frozen_vectors_stay_while_the_rest_learns(task: str) -> None:
    model = tiny.model(task, frozen=True, embedding=6, **({"tied": True} if task == "language-model" else {})).train()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.5)
    TASKS[task].loss(model, collate(tiny.rows(task))).mean().backward()
    optimizer.step()
    after = model.state_dict()
    still = {name for name in before if torch.equal(before[name], after[name])}
    assert still == {"front.vectors.weight"} | ({"crf.mask"} & set(before))


@pytest.mark.parametrize("task", ["seq2seq", "classify", "tag", "language-model"])
def test_one_hot_models_are_learned_ones_whose_table_is_in_the_first_matrix(task: str) -> None:
    """W (E e_w) = (W E) e_w: the same outputs, with the table multiplied into the first weights."""
    params: dict[str, Any] = {"cell": "rnn", **({"tied": False} if task == "language-model" else {})}
    learned = tiny.model(task, embedding=6, **params)
    units = tiny.model(task, input="one-hot", **params, **({} if task == "classify" else {"embedding": 6}))
    own = learned.front.vectors.size  # of words, the characters' part comes after it
    table, weights = learned.front.vectors.weight.detach(), learned.state_dict()
    changed = {}
    for name, weight in units.state_dict().items():
        if weight.shape != weights[name].shape:
            mine = weights[name]
            changed[name] = torch.cat([mine[:, :own] @ table.mT, mine[:, own:]], dim=1)
    assert changed
    units.load_state_dict(
        {name: weight for name, weight in weights.items() if name != "front.vectors.weight"} | changed
    )
    batch = collate(tiny.rows(task))
    torch.testing.assert_close(TASKS[task].loss(units, batch).total, TASKS[task].loss(learned, batch).total)


def test_a_key_without_effect_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match=r"'frozen' keeps vectors that could learn, but 'input: one-hot' has none"):
        check(TokenInput, {"input": "one-hot", "frozen": True}, "model")
    with pytest.raises(
        SeqpipeError, match=r"'tied' shares learned vectors, but 'input: one-hot' has none; set tied to"
    ):
        check(LanguageModel, {"input": "one-hot"}, "model")
    for modality, task, key in [
        ("audio", "classify", "embedding_dropout: 0.1"),
        ("audio", "classify", "frozen: true"),
        ("frames", "seq2seq", "input: one-hot"),
        ("frames", "ctc", "front: convolution"),
        ("text", "autoencode", "front: convolution"),
    ]:
        text = f"pipelines: {{a: {modality}}}\na:\n  task: {task}\n  model:\n    {key}\n"
        (tmp_path / "params.yaml").write_text(text)
        with pytest.raises(
            SeqpipeError, match=rf"line 5: a\.model\.{key.split(':')[0]} is for \w.*is '{modality}'; rem"
        ):
            read_pipelines(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("pipelines: {a: text}\na: {task: language-model, model: {input: onehot}}\n")
    with pytest.raises(SeqpipeError, match=r"line 2: a\.model\.input is 'onehot'.*did you mean 'one-hot'"):
        read_pipelines(tmp_path / "params.yaml")
