"""A step in fixed shapes and places is the step itself; on a CPU what captures it only remembers it."""

from __future__ import annotations

import copy
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import tiny
import torch
from torch import Tensor

from seqpipe.batches import collate
from seqpipe.params.decoding import Completion, Seq2SeqDecode
from seqpipe.search import graphed
from seqpipe.search.graphed import Graphed, Run, fastest_step
from seqpipe.search.hypothesis import Hypothesis, begin
from seqpipe.search.limits import constant
from seqpipe.search.readout import seq2seq
from seqpipe.search.tokens import search_tokens

OPTIONS: list[dict[str, Any]] = [
    {"beam": 1},
    {"beam": 3, "nbest": 3},
    {"beam": 3, "coverage_penalty": 0.3, "no_repeat": 2},
    {"beam": 4, "groups": 2, "diversity": 1.0, "nbest": 2},
    {"sample": True, "nbest": 3},
]


class Captured:
    """Stands in for a CUDA graph: outputs have fixed places, and running again writes there."""

    def __init__(self) -> None:
        self.captured, self.replayed = 0, 0

    def __call__(self, run: Run) -> tuple[Callable[[], None], list[Tensor]]:
        self.captured += 1
        places = run()

        def replay() -> None:
            self.replayed += 1
            for place, new in zip(places, run(), strict=True):
                if new is not place:
                    place.fill_(1).copy_(new)

        return replay, places


def same(found: list[list[Hypothesis]], expected: list[list[Hypothesis]]) -> None:
    for mine, own in zip(found, expected, strict=True):
        assert [one.output for one in mine] == [one.output for one in own]
        assert [one.score for one in mine] == pytest.approx([one.score for one in own], abs=1e-5)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize(("attention", "feeding"), [("dot", False), ("location", True), ("none", False)])
def test_a_search_by_graphs_finds_the_same(
    options: dict[str, Any], attention: str, feeding: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if attention == "none":
        options = {key: value for key, value in options.items() if key != "coverage_penalty"}
    model = tiny.model("seq2seq", attention=attention, input_feeding=feeding, cell="lstm", layers=2)
    section, capture = Seq2SeqDecode(max_length=9, **options), Captured()
    batches = [collate(tiny.rows("seq2seq", count=count, seed=count)) for count in (7, 1, 5)]
    expected = [seq2seq(model, batch, section) for batch in batches]
    step: Graphed[Any] = Graphed(lambda: model.step, capture)
    monkeypatch.setattr("seqpipe.search.readout.fastest_step", lambda *_: step)
    for batch, own in zip(batches, expected, strict=True):
        same(seq2seq(model, batch, section), own)
    assert 0 < capture.captured < capture.replayed
    before = capture.captured
    same(seq2seq(model, batches[0], section), expected[0])
    assert capture.captured == before  # a shape that was seen is not captured again


def test_completions_by_graphs_are_the_same() -> None:
    model, capture = tiny.model("language-model"), Captured()
    begun = begin(model.start(1), 1, [2], torch.device("cpu"))
    options = Completion(beam=5)
    limits = constant(1, 5, 12, torch.device("cpu"))
    plain = search_tokens(model.step, begun, limits, options, [], [])
    with torch.inference_mode():
        same(search_tokens(Graphed(lambda: model.step, capture), begun, limits, options, [], []), plain)
    assert capture.captured == 2  # a row, then a beam


def test_rows_are_rounded_up_and_the_source_is_copied_when_it_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    model, seen = tiny.model("seq2seq"), []
    batch = collate(tiny.rows("seq2seq", count=5))

    def watched(state: Any, last: Tensor) -> tuple[Tensor, Any]:
        seen.append((len(state.memory.values), len(last)))
        return model.step(state, last)

    step: Graphed[Any] = Graphed(lambda: watched, Captured())
    with torch.inference_mode():
        first, last = model.start(batch.source), torch.tensor([4, 5, 6, 7, 8])
        log_probs, after = step(first, last)
        torch.testing.assert_close(log_probs, model.step(first, last)[0])
        assert after.memory.values is first.memory.values
        rows = torch.arange(5).repeat_interleave(3)
        state, last = after.select(rows), last[rows]
        step(state, last)
        (graph,) = (graph for key, graph in step._graphs.items() if len(graph.places[0]) == 24)
        assert [graph.held[at] for at in (2, 3, 4)] == [
            *first.memory
        ]  # after the tokens and a layer: keys, values, mask
        graph.places[3].zero_()  # the same source is not copied again: what lies there is what the step reads
        assert not torch.equal(step(state, last)[0], model.step(state, last)[0])
        kept = torch.tensor([0, 2, 3, 4, 1])
        other = state.select(torch.arange(15).view(5, 3)[kept].flatten(), kept)
        torch.testing.assert_close(step(other, last)[0], model.step(other, last)[0])  # another order is another source
    assert {*seen} == {(8, 8), (8, 24)}


def test_graphs_are_not_kept_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphed, "MOST", 2)
    model = tiny.model("seq2seq")
    step: Graphed[Any] = Graphed(lambda: model.step, Captured())
    with torch.inference_mode():
        for count in (1, 2, 3, 5, 9):
            state = model.start(collate(tiny.rows("seq2seq", count=count)).source)
            last = torch.full((count,), 4)
            torch.testing.assert_close(step(state, last)[0], model.step(state, last)[0])
            assert len(step._graphs) <= 2


def test_on_a_cpu_a_step_is_the_step() -> None:
    model = tiny.model("seq2seq")
    assert fastest_step(model, torch.device("cpu")) == model.step


def test_graphs_live_as_long_as_their_model_and_its_weights() -> None:
    """No GPU is needed to choose: nothing is captured before the first step."""
    model, place = tiny.model("seq2seq"), torch.device("cuda")
    step = fastest_step(model, place)
    assert isinstance(step, Graphed)
    assert fastest_step(model, place) is step
    assert fastest_step(copy.deepcopy(model), place) is not step
    model.decoder.readout.weight.data = model.decoder.readout.weight.data.clone()
    assert fastest_step(model, place) is not step
    watched = weakref.ref(model)
    del model
    gc.collect()
    assert watched() is None


@pytest.mark.parametrize("attention", ["dot", "location"])
def test_a_wider_source_changes_nothing(attention: str) -> None:
    model, rows = tiny.model("seq2seq", attention=attention), tiny.rows("seq2seq")
    source, tokens = collate(rows).source, torch.full((7,), 5)
    state = model.start(source)
    wide = state.widened(32)
    for _ in range(3):
        (expected, state), (log_probs, wide) = model.step(state, tokens), model.step(wide, tokens)
        torch.testing.assert_close(log_probs, expected)
    assert wide.memory.values.shape[1] == wide.alpha.shape[1] == 32


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("cell", ["gru", "lstm", "mingru", "layernorm-lstm"])
@pytest.mark.parametrize(("attention", "feeding"), [("dot", False), ("additive", True), ("location", False)])
def test_on_a_gpu_graphs_find_what_single_kernels_find(
    options: dict[str, Any], cell: str, attention: str, feeding: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny.model("seq2seq", attention=attention, input_feeding=feeding, cell=cell).to("cuda")
    section = Seq2SeqDecode(max_length=9, **options)
    batches = [collate(tiny.rows("seq2seq", count=count, seed=count)).to("cuda") for count in (7, 1, 5)]
    by_graphs = [seq2seq(model, batch, section) for batch in batches]
    monkeypatch.setattr("seqpipe.search.readout.fastest_step", lambda model, device: model.step)
    for batch, found in zip(batches, by_graphs, strict=True):
        same(found, seq2seq(model, batch, section))
