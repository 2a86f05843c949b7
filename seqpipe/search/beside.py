"""A state with something more to remember beside it: what a rule or a penalty has to know of each hypothesis."""

from __future__ import annotations

from typing import Generic, NamedTuple

from torch import Tensor

from seqpipe.search.hypothesis import S


class Beside(NamedTuple, Generic[S]):
    """``state`` and a tensor (R, …) with something for each of its rows."""

    state: S
    known: Tensor

    def select(self, rows: Tensor, sentences: Tensor | None = None) -> Beside[S]:
        """Both, for ``rows`` of ``sentences``."""
        return Beside(self.state.select(rows, sentences), self.known.index_select(0, rows))
