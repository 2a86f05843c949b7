"""The metric that chooses the best epoch: the validation split, read out and scored."""

from __future__ import annotations

from torch import nn

from seqpipe.commands.saved import ready
from seqpipe.commands.trained import Trained
from seqpipe.files import SeqpipeError
from seqpipe.metrics.directions import LOWER_IS_BETTER
from seqpipe.params.pipeline import SCHEMAS
from seqpipe.project import place
from seqpipe.report import silent
from seqpipe.store import Row, Store
from seqpipe.training.distributed import ALONE, Group, group
from seqpipe.training.loop import Metric

FEW = 2  # rows that show which metrics there are


def metric_of(trained: Trained, valid: Store) -> Metric | None:
    """What ``train.watch`` names; None for the validation loss. A metric the task has not is a ``SeqpipeError``.

    The split is read out as the task's default ``decode`` section says, but where the model is, and each process reads
    its share.
    """
    pipeline = trained.pipeline
    watch = pipeline.train.watch
    if watch == "loss":
        return None
    default = SCHEMAS[pipeline.task].decode()
    trained = ready(trained._replace(pipeline=pipeline.model_copy(update={"decode": default})), silent)
    rows = [valid[index] for index in range(len(valid))]
    names = [name for name in _scores(trained, rows[:FEW]) if name in LOWER_IS_BETTER]
    if watch not in names:
        raise SeqpipeError(
            f"{place(pipeline.name, 'train', 'watch')} is '{watch}', but must be loss or a metric of {pipeline.task}: "
            f"{', '.join(names)}."
        )

    def figure(model: nn.Module) -> float:
        trained.task().finish(model, valid, pipeline.train)  # as after training, before anything is scored
        scores = _scores(trained._replace(model=model), rows, group())
        if watch not in scores:
            raise SeqpipeError(
                f"What {pipeline.name} reads out of the validation split has no {watch}, which train.watch names (of "
                "empty outputs there is none); watch another metric."
            )
        return float(scores[watch])

    return Metric(figure, LOWER_IS_BETTER[watch])


def _scores(trained: Trained, rows: list[Row], everyone: Group = ALONE) -> dict[str, float]:
    own = range(everyone.rank, len(rows), everyone.size)
    answers = dict(zip(own, (found[0] for found in trained.read_out([rows[at] for at in own])), strict=True))
    for part in everyone.gather(answers):
        answers.update(part)
    return trained.score(rows, [answers[at] for at in range(len(rows))])
