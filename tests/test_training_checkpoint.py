"""A state on disk: whole at every moment, readable without running code, and enough to end with the same bits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from tiny_training import Deadly, Killed, flat, section, stores, train

from seqpipe.params.pipeline import Pipeline
from seqpipe.report import Note, silent
from seqpipe.tasks import TASKS
from seqpipe.training import checkpoint
from seqpipe.training.checkpoint import Checkpoint, remove_others
from seqpipe.training.fingerprint import fingerprint

PLACE = Path("tiny-0123456789abcdef")
RICH = {
    "seq2seq": {"average": "exponential"},
    "ctc": {"optimizer": "rmsprop", "momentum": 0.5, "average": "last", "average_epochs": 2},
    "classify": {"accumulate": 2, "schedule": "plateau", "plateau_patience": 1},
    "tag": {"precision": "bf16"},
    "language-model": {"average": "exponential", "accumulate": 3},
    "forecast": {"optimizer": "asgd", "average_start": 0.4, "learning_rate": 0.1},
    "autoencode": {"patience": 1, "learning_rate": 1.0, "schedule": "inverse-sqrt"},
}
"""Something that has a state of its own, for each task."""


@pytest.mark.parametrize("task", sorted(TASKS))
def test_killed_at_any_moment_training_ends_with_the_same_bits(tmp_path: Path, task: str) -> None:
    data, folder = stores(tmp_path, task, train=20), tmp_path / PLACE
    model = {"dropout": 0.3, "layers": 2}
    params = {"epochs": 3, "budget": 80, **RICH[task]}
    whole, history = train(task, data, model=model, **params)
    kills = 0
    for number in range(1, 100):
        deadly = Deadly(folder, 0)
        deadly.number, deadly.at = 1 + number % 3, ("before", "while", "after")[number % 2 + number % 3 // 2]
        torch.manual_seed(number)  # chance comes from the state
        try:
            resumed, again = train(task, data, model=model, checkpoint=deadly, **params)
            break
        except Killed:
            kills += 1
    assert kills >= 5
    assert flat(resumed).numpy().tobytes() == flat(whole).numpy().tobytes()
    assert [epoch[:-1] for epoch in again] == [epoch[:-1] for epoch in history]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name])


def test_a_finished_training_that_is_asked_again_learns_nothing_more(tmp_path: Path) -> None:
    data, kept, notes = stores(tmp_path, "forecast"), Checkpoint(tmp_path / PLACE), []
    model, history = train("forecast", data, checkpoint=kept)
    again, same = train("forecast", data, checkpoint=kept, report=lambda event: notes.append(event))
    assert torch.equal(flat(model), flat(again))
    assert same == history
    assert [event for event in notes if isinstance(event, Note)] == [
        Note(f"tiny: goes on from {tmp_path / PLACE}, after 4 epochs and 0 batches")
    ]
    kept.clear()
    assert not kept.folder.exists()


def test_a_state_is_due_by_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(checkpoint.time, "monotonic", lambda: now)
    kept = Checkpoint(tmp_path / PLACE, 60)
    for now, due in ((159.0, False), (160.0, True)):  # noqa: B007
        assert kept.due() == due
    kept.save({"weight": torch.ones(2)})
    assert not kept.due()
    assert Checkpoint(tmp_path / PLACE, 0).due()
    assert not Checkpoint(None, 0).due()


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "pickle"])
def test_a_damaged_state_is_told_and_removed(tmp_path: Path, damage: str) -> None:
    kept, notes, path = Checkpoint(tmp_path / PLACE), [], tmp_path / PLACE / "state"
    kept.save({"weight": torch.arange(5.0), "texts": ["a", None, 3, 2.5]})
    assert torch.equal(kept.load(silent)["weight"], torch.arange(5.0))
    raw = path.read_bytes()
    if damage == "pickle":  # whole, but with code in it, as another program could have written
        kept.save({"evil": Path("x")})
    else:
        at = len(raw) // 2
        path.write_bytes({"cut": raw[:-1], "changed": raw[:at] + b"\0\1" + raw[at + 2 :], "empty": b""}[damage])
    assert kept.load(notes.append) is None
    assert notes == [Note(f"{path} is damaged; training starts afresh.")]
    assert not path.exists()
    assert kept.load(notes.append) is None
    assert len(notes) == 1


def test_a_state_reaches_the_disk_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: done.append("fsync") or fsync(handle))
    monkeypatch.setattr(os, "replace", lambda *names: done.append("replace") or replace(*names))
    Checkpoint(tmp_path / PLACE).save({})
    assert done == ["fsync", "replace", "fsync"]


def test_states_of_other_parameters_go_and_those_of_other_pipelines_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = [f"a-{'0' * 16}", f"a-{'1' * 16}", f"a-b-{'1' * 16}", f"b-{'1' * 16}", "a-note"]
    for name in names:
        Checkpoint(Path(".seqpipe") / name).save({})
    (tmp_path / ".seqpipe" / names[0] / ".state.7.tmp").write_bytes(b"half")
    notes: list[Note] = []
    remove_others("a", "0" * 16, notes.append)
    assert sorted(path.name for path in Path(".seqpipe").iterdir()) == sorted({*names} - {names[1]})
    assert [path.name for path in (Path(".seqpipe") / names[0]).iterdir()] == ["state"]
    assert len(notes) == 1
    assert "changed since the training that was interrupted; it starts afresh" in notes[0].text


def test_the_fingerprint_is_of_what_the_weights_depend_on(tmp_path: Path) -> None:
    folder = tmp_path / "features"
    (folder / "deep").mkdir(parents=True)
    (folder / "train.arrow").write_bytes(b"rows")
    (folder / "deep" / "words").write_bytes(b"a b")
    params = section("forecast")
    own = {"name": "n", "modality": "series", "task": "forecast"}
    pipeline = Pipeline(**own, features=section("tag"), model=section("tag"), train=params, decode=section("tag"))
    cpu = torch.device("cpu")
    base = fingerprint(pipeline, folder, cpu, 1)

    def changed(**parts: object) -> str:
        return fingerprint(pipeline.model_copy(update=parts), folder, cpu, 1)

    assert len(base) == 16
    assert changed() == changed(name="m") == changed(decode=None) == base
    assert changed(train=section("forecast", checkpoint_seconds=1)) == base
    others = [
        changed(train=section("forecast", seed=2)),
        changed(model=section("tag", seed=2)),
        changed(features=section("tag", seed=2)),
        changed(task="tag"),
        fingerprint(pipeline, folder, torch.device("cuda", 0), 1),
        fingerprint(pipeline, folder, cpu, 2),
    ]
    (folder / "deep" / "words").write_bytes(b"a c")
    others.append(changed())
    (folder / "deep" / "words").rename(folder / "words")
    others.append(changed())
    assert len({base, *others}) == 1 + len(others)
