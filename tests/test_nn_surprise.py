"""The cross entropy of an output layer is torch's, with its gradients, however many rows are held at a time."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from seqpipe.nn import surprise as module
from seqpipe.nn.surprise import surprise, surprise_on_data
from seqpipe.padded import Padded


def case(rows: int, hidden: int, vocabulary: int) -> tuple[list[Tensor], Tensor]:
    generator = torch.Generator().manual_seed(rows * 100 + vocabulary)
    shapes = [(rows, hidden), (vocabulary, hidden), (vocabulary,)]
    leaves = [torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_() for shape in shapes]
    return leaves, torch.randint(vocabulary, (rows,), generator=generator)


def oracle(leaves: list[Tensor], labels: Tensor, smoothing: float) -> Tensor:
    """−Σ_v q_v log p_v, written out."""
    inputs, weight, bias = leaves
    log_p = (inputs @ weight.t() + bias).log_softmax(dim=1)
    q = (1 - smoothing) * functional.one_hot(labels, len(weight)) + smoothing / len(weight)
    return -(q * log_p).sum(dim=1)


@pytest.mark.parametrize("weights", ["equal", "of their own", "some zero"])
@settings(deadline=None)
@given(
    rows=st.integers(0, 7),
    hidden=st.integers(1, 3),
    vocabulary=st.integers(1, 5),
    held=st.integers(0, 40),
    fewest=st.integers(1, 3),
    smoothing=st.sampled_from([0.0, 0.1, 0.9]),
)
def test_it_is_the_cross_entropy_and_has_its_gradients(
    weights: str, rows: int, hidden: int, vocabulary: int, held: int, fewest: int, smoothing: float
) -> None:
    leaves, labels = case(rows, hidden, vocabulary)
    share = {
        "equal": torch.full((rows,), 0.3, dtype=torch.float64),
        "of their own": torch.arange(rows, dtype=torch.float64) - 2.5,
        "some zero": (torch.arange(rows) % 2).double(),
    }[weights]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CACHED", held)
        patch.setattr(module, "FEWEST", fewest)
        losses = surprise(*leaves, labels, smoothing)
        gradients = torch.autograd.grad(losses @ share, leaves)
    expected = oracle(leaves, labels, smoothing)
    torch.testing.assert_close(losses, expected)
    for gradient, wanted in zip(gradients, torch.autograd.grad(expected @ share, leaves), strict=True):
        torch.testing.assert_close(gradient, wanted)


@pytest.fixture
def by_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing fits into the cache."""
    monkeypatch.setattr(module, "CACHED", 0)
    monkeypatch.setattr(module, "FEWEST", 2)


@pytest.mark.usefixtures("by_rows")
def test_large_logits_do_not_overflow() -> None:
    losses = surprise(torch.tensor([[1e4], [1e4]]), torch.tensor([[1.0], [-1.0]]), torch.zeros(2), torch.tensor([0, 1]))
    assert losses.tolist() == [0.0, 2e4]


@pytest.mark.usefixtures("by_rows")
def test_without_gradients_it_is_the_same() -> None:
    leaves, labels = case(5, 3, 4)
    with torch.inference_mode():
        losses = surprise(*leaves, labels)
    torch.testing.assert_close(losses, oracle(leaves, labels, 0.0).detach())


@pytest.mark.usefixtures("by_rows")
def test_gradients_flow_where_only_some_are_wanted() -> None:
    (inputs, weight, bias), labels = case(5, 3, 4)
    surprise(inputs, weight.detach(), bias, labels).sum().backward()  # type: ignore[no-untyped-call]
    wanted = torch.autograd.grad(oracle([inputs, weight, bias], labels, 0.0).sum(), [inputs, bias])
    torch.testing.assert_close([inputs.grad, bias.grad], list(wanted))
    assert weight.grad is None


@pytest.mark.usefixtures("by_rows")
def test_in_mixed_precision_it_is_what_torch_does() -> None:
    leaves, labels = case(5, 3, 4)
    single = [leaf.detach().float().requires_grad_() for leaf in leaves]
    with torch.autocast("cpu", torch.bfloat16):
        losses = surprise(*single, labels)
        wanted = functional.cross_entropy(functional.linear(*single), labels, reduction="none")
    assert torch.equal(losses, wanted)
    losses.mean().backward()  # type: ignore[no-untyped-call]
    assert all(leaf.grad is not None for leaf in single)


@pytest.mark.usefixtures("by_rows")
def test_padding_adds_nothing_and_hears_nothing() -> None:
    (inputs, weight, bias), labels = case(15, 3, 4)
    padded = Padded(labels.view(3, 5), torch.tensor([5, 0, 2]))
    losses = surprise_on_data(inputs.view(3, 5, 3), weight, bias, padded, 0.1)
    wanted = oracle([inputs, weight, bias], labels, 0.1).view(3, 5) * padded.mask()
    torch.testing.assert_close(losses, wanted)
    gradients = (torch.autograd.grad(each.mean(), [inputs, weight, bias]) for each in (losses, wanted))
    for gradient, right in zip(*gradients, strict=True):
        torch.testing.assert_close(gradient, right)
