"""The seqpipe worker of bench/beam.py: a trained pipeline, from texts to translations, in seconds."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import torch
from turns import answer_questions

from seqpipe import load


def main() -> None:
    """Answer questions: a range of test sentences and the number that are translated together."""
    torch.set_num_threads(1)
    folder, source, options = (
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        {"beam": int(sys.argv[3]), "max_length": int(sys.argv[4])},
    )
    trained = load(str(folder), **options)
    texts = source.read_text(encoding="utf-8").splitlines()

    def translate(question: dict[str, int]) -> dict[str, Any]:
        decode = trained.pipeline.decode.model_copy(update={"batch_size": question["batch"]})
        reading = trained._replace(pipeline=trained.pipeline.model_copy(update={"decode": decode}))
        began = time.process_time()
        rows = map(reading.features.encode, reading.features.given(texts[question["start"] : question["end"]]))
        found = reading.read_out(list(rows))
        return {"seconds": time.process_time() - began, "texts": [best["text"] for best, *_ in found]}

    answer_questions(translate)


if __name__ == "__main__":
    main()
