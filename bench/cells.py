"""Do our cells cost more than torch's, and what does a cell without recurrent products (minGRU) save?

Forward and backward of one layer, one thread, (B, T, F) = (16, T, 128), 128 units. On a machine with a GPU the minimal
cells are compared with cuDNN's GRU there as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from timing import goal, medians, table
from torch import nn

from seqpipe.nn.cells import CELLS
from seqpipe.params.recurrent import RecurrentParams

BATCH, SIZE = 16, 128
PEERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def run_own(cell: str, inputs: torch.Tensor) -> Callable[[], None]:
    """Forward and backward of our cell."""
    made = CELLS[cell](SIZE, RecurrentParams.model_validate({"cell": cell, "hidden": SIZE}))
    cast(nn.Module, made).to(inputs.device)
    state = made.start(len(inputs))

    def run() -> None:
        made.run(inputs, state)[0].sum().backward()
        if inputs.is_cuda:
            torch.cuda.synchronize()

    return run


def run_torch(cell: str, inputs: torch.Tensor) -> Callable[[], None]:
    """Forward and backward of torch's layer."""
    made = PEERS[cell](SIZE, SIZE, batch_first=True).to(inputs.device)

    def run() -> None:
        made(inputs)[0].sum().backward()
        if inputs.is_cuda:
            torch.cuda.synchronize()

    return run


def main() -> None:
    """Print the table and the goals."""
    torch.set_num_threads(1)
    rows, goals = [], []
    inputs = torch.randn(BATCH, 200, SIZE)
    for cell in PEERS:
        times = medians({"own": run_own(cell, inputs), "torch": run_torch(cell, inputs)}, repeats=15)
        rows.append({"case": f"{cell} T=200", "own ms": 1e3 * times["own"], "torch ms": 1e3 * times["torch"]})
        goals.append((f"own-{cell}", times["torch"] / times["own"], 0.95))
    long = torch.randn(BATCH, 1000, SIZE)
    times = medians({"own": run_own("mingru", long), "torch": run_torch("lstm", long)})
    rows.append({"case": "mingru | LSTM T=1000", "own ms": 1e3 * times["own"], "torch ms": 1e3 * times["torch"]})
    goals.append(("mingru-over-lstm-T1000", times["torch"] / times["own"], 1.4))
    if torch.cuda.is_available():
        longest = torch.randn(BATCH, 4096, SIZE, device="cuda")
        times = medians({"own": run_own("mingru", longest), "torch": run_torch("gru", longest)})
        rows.append(
            {"case": "mingru | cuDNN GRU T=4096", "own ms": 1e3 * times["own"], "torch ms": 1e3 * times["torch"]}
        )
        goals.append(("mingru-over-cudnn-gru-T4096", times["torch"] / times["own"], 10.0))
    table(rows)
    for name, measured, wanted in goals:
        goal(name, measured, wanted)


if __name__ == "__main__":
    main()
