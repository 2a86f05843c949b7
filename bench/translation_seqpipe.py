"""The seqpipe worker of bench/translation.py: the commands of the toolkit, run in the project folder it is given."""

from __future__ import annotations

import os
import sys

from turns import take_turns

from seqpipe import tasks
from seqpipe.batches import Batch
from seqpipe.commands.decode import decode_test
from seqpipe.commands.train import train
from seqpipe.lines import read_jsonl
from seqpipe.losses import Losses
from seqpipe.project import read_pipeline
from seqpipe.report import Note, Progress

NAME = "translation"


def log(message: Note | Progress) -> None:
    """Notes go to the log."""
    if isinstance(message, Note):
        print(message.text, file=sys.stderr, flush=True)


def main() -> None:
    """Train in turns, then translate the test split."""
    os.chdir(sys.argv[1])
    learned = 0
    seq2seq = tasks.TASKS["seq2seq"]

    def counted(model: object, batch: Batch, moment: object = None) -> Losses:
        nonlocal learned
        losses = seq2seq.loss(model, batch, moment)
        if moment is not None:
            learned += int(losses.terms.sum())
        return losses

    tasks.TASKS["seq2seq"] = seq2seq._replace(loss=counted)
    pipeline = read_pipeline(NAME)
    over, answer = take_turns(lambda: learned)
    train(pipeline, log)
    over()
    decoded = decode_test(pipeline, log)
    answer([record["hypotheses"][0]["text"] for _, record in read_jsonl(decoded.path)])


if __name__ == "__main__":
    main()
