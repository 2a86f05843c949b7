"""``evaluate --check-invariance``: a table and silence where all is well, one sentence and exit code 1 where not."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from trained_project import edit, refused, remove, seqpipe, tree

from seqpipe.commands.invariance import EXAMPLES, chosen
from seqpipe.files import SeqpipeError
from seqpipe.inspect.invariance import differences
from seqpipe.store import Store
from seqpipe.tasks import TASKS


def test_a_trained_pipeline_is_checked_and_nothing_is_written(project: Path) -> None:
    before = tree(project)
    done = seqpipe("evaluate", "--check-invariance")
    assert done.code == 0, done
    assert tree(project) == before
    for name in ("words", "tones", "waves"):
        assert done.out.count(name) == 3  # in a batch, reordered, behind padding
    assert done.out.count("same") == 9
    assert "words: 7 test examples of " in done.err
    assert len(done.err.splitlines()) == 3


def test_a_leak_is_told_in_one_sentence_with_exit_code_1(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = TASKS["ctc"].loss

    def loss(model: Any, batch: Any, moment: Any = None) -> Any:
        found = plain(model, batch, moment)
        return found._replace(total=found.total + found.total.mean())

    monkeypatch.setitem(TASKS, "ctc", TASKS["ctc"]._replace(loss=loss))
    assert seqpipe("evaluate", "words", "--check-invariance").code == 0
    done = seqpipe("evaluate", "--check-invariance")
    assert done.code == 1
    assert done.out.count("DIFFERS") == 3
    assert all("tones" in line for line in done.out.splitlines() if "DIFFERS" in line)
    last = done.err.splitlines()[-1]
    assert last.startswith("seqpipe: What tones says of an example depends on what else is in its batch")


def test_rounding_that_was_magnified_is_no_leak(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = TASKS["ctc"].loss

    def loss(model: Any, batch: Any, moment: Any = None) -> Any:
        found = plain(model, batch, moment)
        magnified = 1e4 * torch.finfo(found.total.dtype).eps * len(found.total)
        return found._replace(total=found.total * (1 + magnified))

    monkeypatch.setitem(TASKS, "ctc", TASKS["ctc"]._replace(loss=loss))
    done = seqpipe("evaluate", "tones", "--check-invariance")
    assert done.code == 0
    assert done.out.count("same but for rounding") == 3


def test_what_is_missing_or_does_not_fit_is_told(project: Path) -> None:
    edit("params.yaml", "{window: 5,", "{window: 6,")
    for command in (["preprocess", "series", "waves"], ["evaluate", "waves", "--check-invariance"]):
        done = seqpipe(*command)
    assert done.code == 2
    assert "were made with different features; run `seqpipe train waves`" in done.err
    remove("data/models/words")
    assert "train first" in refused("evaluate", "words", "--check-invariance")
    remove("data/features/tones")
    assert "run `seqpipe preprocess audio tones`" in refused("evaluate", "tones", "--check-invariance")


def trained(task: str) -> Any:
    return SimpleNamespace(model=tiny.model(task), pipeline=SimpleNamespace(name="mine", task=task))


@pytest.mark.parametrize("count", [1, 3, 30])
@pytest.mark.parametrize("task", sorted(TASKS))
def test_examples_are_of_all_lengths_and_few_are_halved(tmp_path: Path, task: str, count: int) -> None:
    tiny.write(tmp_path / "test.arrow", task, tiny.rows(task, count=count, shortest=3))
    store, one = Store(tmp_path / "test.arrow"), trained(task)
    rows, lengths = chosen(store, one), store.lengths("source").tolist()
    found = [len(row["source"]) for row in rows]
    assert {min(lengths), max(lengths)} <= {*found}
    assert min(found) < min(lengths) or count > EXAMPLES
    if task != "ctc":  # half the frames may be too few for all labels
        assert len(rows) == EXAMPLES
    assert all(differ.within() for differ in differences(TASKS[task], one.model, rows, tiny.options(task)))


def test_examples_that_cannot_be_compared_are_left_out(tmp_path: Path) -> None:
    rows = tiny.rows("ctc", count=4, shortest=9)
    rows[0]["source"] = rows[0]["source"][:0]
    rows[1] = {**rows[1], "source": rows[1]["source"][:1], "target": np.array([4, 5], np.int32)}  # no alignment
    tiny.write(tmp_path / "test.arrow", "ctc", rows)
    found = chosen(Store(tmp_path / "test.arrow"), trained("ctc"))
    assert {row["id"] for row in found} == {"row-2", "row-3"}
    tiny.write(tmp_path / "none.arrow", "ctc", rows[:2])
    with pytest.raises(SeqpipeError, match="The test split of mine has no example with a source and a finite loss"):
        chosen(Store(tmp_path / "none.arrow"), trained("ctc"))
