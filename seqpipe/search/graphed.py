"""A step as a CUDA graph: all its kernels are launched at once, one by one they take longer to launch than to run.

A graph has fixed shapes and fixed places in memory. So the number of sentences is rounded up to a power of two, tokens
and state are copied to those places, and what comes out is cut to the rows that count. Rows do not depend on each
other: what lies in the others, old rows, does not matter. What a step hands on as it is, as the source, is copied only
when it is another one. What comes out is overwritten by the next call; a search has selected its rows by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, NamedTuple
from weakref import WeakKeyDictionary, WeakMethod

import torch
from torch import Tensor, nn

from seqpipe.search.hypothesis import S, Step

MOST = 64
"""Graphs of a model that are kept; each holds the memory of a step."""
WARM_UP = 3
"""Runs before one is captured: libraries set themselves up at the first."""

Run = Callable[[], list[Tensor]]
Capture = Callable[[Run], tuple[Callable[[], None], list[Tensor]]]
"""From a function over tensors in fixed places to what runs it again, and the places of what it gives."""


def in_cuda_graph(run: Run) -> tuple[Callable[[], None], list[Tensor]]:
    """Capture what ``run`` does on the GPU."""
    stream: Any = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP):
            run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        outputs = run()
    return graph.replay, outputs


class Graph(NamedTuple):
    """A captured step: places of tokens and state, what lies in them, how to run it, and where its outputs are."""

    places: list[Tensor]
    held: list[Tensor | None]
    replay: Callable[[], None]
    outputs: list[Tensor]
    like: Any
    """A state as the step gives it; only its structure counts."""


class Graphed(Generic[S]):
    """``step`` by graphs, one for every shape of its state."""

    def __init__(self, step: Callable[[], Step[S]], capture: Capture = in_cuda_graph) -> None:
        self._step, self._capture = step, capture
        self._graphs: dict[object, Graph] = {}

    def __call__(self, state: S, last: Tensor) -> tuple[Tensor, S]:
        """Log-probabilities (R, V) and the new state, both until the next call."""
        given = [last, *tensors(state)]
        count = min(map(len, given))  # sentences: other parts have equally many rows of each
        size = 1 << (count - 1).bit_length()
        key = (size, *((len(part) // count, *part.shape[1:], part.dtype) for part in given))
        with torch.cuda.device_of(last):  # type: ignore[no-untyped-call]
            if key not in self._graphs:
                if len(self._graphs) >= MOST:
                    self._graphs.clear()
                self._graphs[key] = self._captured(state, given, count, size)
            graph = self._graphs[key]
            for at, (place, part) in enumerate(zip(graph.places, given, strict=True)):
                if graph.held[at] is not part:
                    place[: len(part)].copy_(part)
                    graph.held[at] = part
            graph.replay()
        log_probs, *new = (self._handed_back(graph, given, output, count, size) for output in graph.outputs)
        return log_probs, rebuilt(graph.like, iter(new))

    def _captured(self, state: S, given: list[Tensor], count: int, size: int) -> Graph:
        """A graph for this shape; its places are full of rows that are given."""
        places = [part[torch.arange(len(part) // count * size, device=part.device) % len(part)] for part in given]
        like: list[Any] = []

        def run() -> list[Tensor]:
            log_probs, new = self._step()(rebuilt(state, iter(places[1:])), places[0])
            like[:] = [new]
            return [log_probs, *tensors(new)]

        replay, outputs = self._capture(run)
        return Graph(places, [None] * len(places), replay, outputs, like[0])

    @staticmethod
    def _handed_back(graph: Graph, given: list[Tensor], output: Tensor, count: int, size: int) -> Tensor:
        """The rows of an output that count; what is an input as it was is that input."""
        for place, part in zip(graph.places, given, strict=True):
            if output is place:
                return part
        return output[: len(output) // size * count]


def tensors(value: Any) -> list[Tensor]:
    """All tensors of a state, in order."""
    return [value] if isinstance(value, Tensor) else [tensor for part in value for tensor in tensors(part)]


def rebuilt(like: Any, parts: Iterator[Tensor]) -> Any:
    """A state of the same structure, made of other tensors."""
    if isinstance(like, Tensor):
        return next(parts)
    made = [rebuilt(part, parts) for part in like]
    return type(like)(*made) if hasattr(like, "_fields") else type(like)(made)


_GRAPHED: WeakKeyDictionary[nn.Module, tuple[object, Graphed[Any]]] = WeakKeyDictionary()


def fastest_step(model: Any, device: torch.device) -> Step[Any]:
    """The step of a model: on a GPU as graphs, which are kept as long as the model and its weights stay where they are.

    Under autocast it is the step itself, for that decides anew at every call.
    """
    step: Step[Any] = model.step
    if device.type != "cuda" or torch.is_autocast_enabled("cuda"):
        return step
    where = (model.training, *(weight.data_ptr() for weight in model.parameters()))
    if model not in _GRAPHED or _GRAPHED[model][0] != where:
        method: Any = WeakMethod(model.step)  # a graph must not keep its model alive
        _GRAPHED[model] = where, Graphed(method)
    return _GRAPHED[model][1]
