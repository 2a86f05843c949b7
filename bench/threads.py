"""From how many weights on does a second CPU thread pay?

Updates a second of recurrent language models of growing size, one after the other with one thread and with two, on the
same batches. The size from which two are faster is what ``LARGE`` in ``seqpipe/training/threads.py`` should be. The
machine must be quiet: two threads that have to wait for each other are slower than one.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from timing import medians, table

from seqpipe.batches import Batch
from seqpipe.features.sizes import Sizes
from seqpipe.losses import Moment, language
from seqpipe.models.language import Language
from seqpipe.padded import pad
from seqpipe.params.models import LanguageModel
from seqpipe.params.training import StreamTrain
from seqpipe.training.threads import LARGE

HIDDEN = (96, 192, 384, 640, 960)
VOCABULARY, STREAMS, SPAN, UPDATES = 100, 32, 64, 3


def main() -> None:
    """Print the table."""
    rows: list[dict[str, object]] = []
    rng, params = np.random.default_rng(1), StreamTrain()
    ids = [rng.integers(3, VOCABULARY, SPAN + 1) for _ in range(STREAMS)]
    batch = Batch([""] * STREAMS, pad([one[:-1] for one in ids]), pad([one[1:] for one in ids]))
    for hidden in HIDDEN:
        model = Language(LanguageModel(hidden=hidden, embedding=hidden), Sizes("tokens", VOCABULARY, VOCABULARY))
        optimizer = torch.optim.AdamW(model.parameters())

        def updates(threads: int, model: Language = model, optimizer: torch.optim.Optimizer = optimizer) -> None:
            torch.set_num_threads(threads)
            for _ in range(UPDATES):
                optimizer.zero_grad()
                language(model, batch, Moment(0, 1, params)).mean().backward()
                optimizer.step()

        seconds = medians({"one": partial(updates, 1), "two": partial(updates, 2)}, repeats=3)
        weights = sum(weight.numel() for weight in model.parameters())
        speeds = {f"{threads} thread, updates/s": UPDATES / time for threads, time in seconds.items()}
        rows.append({"weights": weights, **speeds, "two / one": seconds["one"] / seconds["two"]})
    table(rows)
    print(f"two threads from {LARGE} weights on")


if __name__ == "__main__":
    main()
