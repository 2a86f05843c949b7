"""Parameters of recurrent layers, whatever the task."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from seqpipe.params.section import NUMBER, Positive, Section, Share

Start = Literal["xavier", "orthogonal", "normal", "uniform"]


class Initial(Section):
    """How the weights of recurrent layers start."""

    input: Start = "xavier"
    """Input weights W."""
    recurrent: Literal["xavier", "orthogonal", "normal", "uniform", "identity"] | None = None
    """Recurrent weights U, gate by gate; without it ``orthogonal``, and ``identity`` for irnn."""
    forget_bias: Annotated[float, NUMBER, Field(ge=-1000, le=1000)] | None = None
    """Bias of the gate that keeps the old state: the forget gate of lstm and minlstm (1 without it), the update gate of
    gru, of mingru with the other sign (0 without it)."""
    chrono: Annotated[int, NUMBER, Field(ge=2, le=2**40)] | None = None
    """Instead: the longest dependency T, in steps. The bias is log u, u drawn for each unit from 1 to T − 1, so that
    there are units that remember for all times up to T; the input gate of lstm and minlstm has the opposite (Tallec &
    Ollivier 2018)."""

    @model_validator(mode="after")
    def _one_bias(self) -> Initial:
        if self.chrono is not None and self.forget_bias is not None:
            raise ValueError("'forget_bias' and 'chrono' set the same bias; remove one")
        return self


class RecurrentParams(Section):
    """A stack of recurrent layers."""

    cell: Literal["rnn", "irnn", "lstm", "gru", "mingru", "minlstm", "layernorm-lstm", "layernorm-gru"] = "gru"
    """Recurrent cell."""
    activation: Literal["tanh", "relu", "leaky-relu"] = "tanh"
    """Of cell rnn; the others have theirs."""
    hidden: Positive = 128
    """Units a direction and layer."""
    layers: Positive = 1
    """Layers, each reading the outputs of the one below."""
    layer_norm: bool = False
    """Whether the outputs of every layer are normalised on their way up."""
    residual: bool = False
    """Whether a layer's inputs are added to its outputs, where both have the same size."""
    dropout: Share = 0.1
    """Share of activations dropped between layers, never between time steps."""
    dropout_kind: Literal["plain", "locked"] = "plain"
    """Whether each step drops other units, or a sequence the same ones at all its steps (variational dropout)."""
    weight_drop: Share = 0.0
    """Share of the recurrent weights U dropped, once for a whole sequence (AWD)."""
    initial: Initial = Initial()
    """How the weights start."""

    @model_validator(mode="after")
    def _applies(self) -> RecurrentParams:
        """No key may be without effect."""
        minimal, cell = self.cell.startswith("min"), self.cell
        if self.activation != "tanh" and cell != "rnn":
            raise ValueError(f"'activation: {self.activation}' is for cell rnn, but the cell is {cell}; remove it")
        if minimal and self.weight_drop:
            raise ValueError(f"'weight_drop' needs recurrent weights, and {cell} has none; remove it")
        if minimal and self.initial.recurrent:
            raise ValueError(f"'initial.recurrent' needs recurrent weights, and {cell} has none; remove it")
        for key in ("forget_bias", "chrono"):
            if cell in ("rnn", "irnn") and getattr(self.initial, key) is not None:
                raise ValueError(f"'initial.{key}' needs a gate, and {cell} has none; remove it")
        if self.dropout_kind != "plain" and not self.dropout:
            raise ValueError(f"'dropout_kind: {self.dropout_kind}' says how to drop units, but dropout is 0; remove it")
        return self
