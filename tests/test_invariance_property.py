"""For all models that ``params.yaml`` can describe: an example alone = in a batch = reordered = behind more padding.

Every key of every ``model`` section is drawn, so a new key is tested as soon as it is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest
import tiny
import torch
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from seqpipe.inspect.invariance import differences
from seqpipe.params.pipeline import SCHEMAS
from seqpipe.params.section import Section
from seqpipe.tasks import TASKS

LIMITS = ("gt", "ge", "lt", "le")
SIZES = {"hidden": range(3, 6)}  # to normalise one number or two is to magnify rounding
OPTIONS = {"seq2seq": {"max_length": 5}}  # a model that knows nothing writes on and on
Params = dict[str, Any]


def choices(kind: Any) -> tuple[Any, ...]:
    """The values of a key that has a few; None is among them if it may be left out."""
    if kind is bool:
        return (False, True)
    if get_origin(kind) is Literal:
        return get_args(kind)
    parts = [choices(part) for part in get_args(kind) if part is not type(None)]
    return (None, *parts[0]) if parts and parts[0] else ()


def values(field: FieldInfo, sizes: range | None = None) -> st.SearchStrategy[Any]:
    """What a key may be: one of ``sizes``; whole numbers small, shares in between; of another kind, its default."""
    kind = field.annotation
    if sizes:
        return st.sampled_from(sizes)
    if isinstance(kind, type) and issubclass(kind, Section):
        return sections(kind)
    if choices(kind):
        return st.sampled_from(choices(kind))
    limits = {name: getattr(limit, name) for limit in field.metadata for name in LIMITS if hasattr(limit, name)}
    if kind is int:
        least = limits.get("ge", limits.get("gt", 0) + 1)
        return st.integers(least, min(least + 2, limits.get("le", least + 2)))
    if kind is float:
        low, high = limits.get("ge", limits.get("gt", 0.0)), limits.get("le", limits.get("lt", 1.0))
        return st.sampled_from([field.default, *(low + share * (high - low) for share in (0.25, 0.75))])
    return st.just(field.get_default(call_default_factory=True))


@st.composite
def sections(draw: st.DrawFn, schema: type[Section]) -> Params:
    """Values for the keys of a section; those that do not go with the others keep their defaults."""
    names = draw(st.permutations(sorted(schema.model_fields)))
    drawn: Params = {name: draw(values(schema.model_fields[name], SIZES.get(name))) for name in names}
    params: Params = {}
    for name in [*names, *names]:  # again, as some go only with later ones
        try:
            schema.model_validate({**params, name: drawn[name]})
        except ValidationError:
            continue
        params[name] = drawn[name]
    return params


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, Params]:
    """A task with a kind of source, and a ``model`` section that it takes."""
    case = draw(st.sampled_from(sorted(tiny.SIZES)))
    return case, draw(sections(SCHEMAS[tiny.task_of(case)].model))


def holds(case: str, params: Params, seed: int) -> None:
    """In float64 next to nothing; in float32 up to rounding, which normalising a layer of few units may magnify a
    thousandfold."""
    task, rows, model = tiny.task_of(case), tiny.rows(case, seed=seed), tiny.model(case, **params)
    options = tiny.options(case, **OPTIONS.get(task, {}))
    found = differences(TASKS[task], model, rows, options)
    if not params.get("layer_norm") and "layernorm" not in str(params.get("cell")):
        assert [one for one in found if not one._replace(gradient=0.0).within()] == []
    exact = differences(TASKS[task], model.double(), rows, options)
    assert [one for one in exact if not one.exact()] == []


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """On a busy machine a second one makes steps as small as these a hundred times slower.

    Sequences as short as these are cut as well, where padding is left out.
    """
    monkeypatch.setattr("seqpipe.nn.ragged.SHORTEST", 1)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


together = given(cases(), st.integers(0, 99))
unhurried = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None)


@pytest.mark.slow
@settings(unhurried, max_examples=40)
@together
def test_no_model_lets_examples_leak(case: tuple[str, Params], seed: int) -> None:
    holds(*case, seed)


@pytest.mark.slow
@settings(unhurried, max_examples=120)
@together
def test_no_model_of_many_lets_examples_leak(case: tuple[str, Params], seed: int) -> None:
    holds(*case, seed)


@pytest.mark.slow
@pytest.mark.parametrize("task", sorted(TASKS))
def test_every_choice_can_be_drawn(task: str) -> None:
    schema = SCHEMAS[task].model
    search = settings(unhurried, max_examples=2000, phases=[Phase.generate])
    for name, field in schema.model_fields.items():
        for value in choices(field.annotation):
            find(sections(schema), lambda params, one=(name, value): one in params.items(), settings=search)
