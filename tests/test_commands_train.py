"""``seqpipe train``: what it watches, keeps, refuses and leaves behind."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from safetensors.torch import load_file
from trained_project import edit, refused, seqpipe

from seqpipe.commands import watched
from seqpipe.commands.decode import decode_test
from seqpipe.commands.evaluate import evaluate
from seqpipe.commands.train import train
from seqpipe.commands.trained import Trained
from seqpipe.files import SeqpipeError, read_json
from seqpipe.metrics.directions import LOWER_IS_BETTER
from seqpipe.params.pipeline import OWN_HEADLINES, SCHEMAS
from seqpipe.project import read_pipeline
from seqpipe.report import Note, silent
from seqpipe.training.checkpoint import STATES, Checkpoint
from seqpipe.training.lock import only_one


def history(name: str) -> list[dict[str, str]]:
    with Path(f"data/plots/{name}/history.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def train_words(**params: object) -> list[dict[str, str]]:
    pipeline = read_pipeline("words")
    schema = SCHEMAS["seq2seq"].train
    train(pipeline.model_copy(update={"train": schema.model_validate(params)}), silent)
    return history("words")


def test_the_history_has_a_column_for_the_metric_that_is_watched(project: Path) -> None:
    plain = ["epoch", "train_loss", "valid_loss", "gradient_norm", "clipped", "learning_rate"]
    assert list(train_words(epochs=2)[0]) == plain
    rows = train_words(epochs=2, watch="cer")
    assert list(rows[0]) == [*plain[:3], "cer", *plain[3:]]


def test_the_watched_metric_is_that_of_the_validation_split_read_out_by_the_default_decode(project: Path) -> None:
    rows = train_words(epochs=3, learning_rate=0.05, watch="chrf")
    best = max(float(row["chrf"]) for row in rows)
    (project / "data/features/words/test.arrow").write_bytes((project / "data/features/words/valid.arrow").read_bytes())
    pipeline = read_pipeline("words")
    pipeline = pipeline.model_copy(update={"decode": SCHEMAS["seq2seq"].decode()})
    decode_test(pipeline, silent)
    evaluate(pipeline, silent)
    assert read_json(Path("data/metrics/words.json"))["words"]["chrf"] == pytest.approx(best, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "before", "known"),
    [
        (
            "words",
            "model: {cell: gru, hidden: 6, embedding: 5}\n  train: {epochs: 1",
            "seq2seq: exact, cer, bleu, chrf, calibration_error, brier",
        ),
        (
            "tones",
            "model: {hidden: 6}\n  train: {epochs: 1, threads: 1}\n  decode: {beam: 2",
            "ctc: wer, cer, exact, calibration_error, brier",
        ),
    ],
)
def test_a_metric_the_task_has_not_is_refused_with_those_it_has(
    project: Path, name: str, before: str, known: str
) -> None:
    edit("params.yaml", before, before.replace("epochs: 1", "watch: accuracy, epochs: 1"))
    line = next(at for at, text in enumerate(Path("params.yaml").read_text().splitlines(), 1) if "watch" in text)
    assert refused("train", name) == (
        f"params.yaml line {line}: {name}.train.watch is 'accuracy', but must be loss or a metric of {known}."
    )


def test_what_is_called_strange_is_told_by_the_weights_that_are_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The threshold of an autoencoder is fitted anew at every epoch, before its flags are scored."""
    monkeypatch.chdir(tmp_path)
    for split, texts in (("train", "a b\nb a\nb b a\n"), ("valid", "a a\nb b a\na b\n"), ("test", "a\n")):
        path = tmp_path / f"data/raw/mine/{split}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts, encoding="utf-8")
    section = "task: autoencode, features: {source: {level: char}}, model: {hidden: 4}"
    Path("params.yaml").write_text(
        f"pipelines: {{mine: text}}\nmine: {{{section}, train: {{epochs: 3, watch: f1, threads: 1}}}}\n",
        encoding="utf-8",
    )
    assert seqpipe("preprocess", "text").code == 0
    seen: list[float] = []

    def told(trained: Trained, *_: object) -> dict[str, float]:
        seen.append(trained.model.threshold.item())
        return {"f1": len(seen) / 10}  # the last epoch is the best

    monkeypatch.setattr(watched, "_scores", told)
    train(read_pipeline("mine"), silent)
    assert len(set(seen[1:])) == 3
    assert seen[-1] == load_file("data/models/mine/model.safetensors")["threshold"].item()


def test_a_metric_that_is_gone_ends_training_with_the_reason(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of words there are confidences only while there are words."""
    told = iter([{"calibration_error": 0.5, "wer": 1.0}, {"wer": 1.0}])
    monkeypatch.setattr(watched, "_scores", lambda *_: next(told))
    edit(
        "params.yaml", "threads: 1}\n  decode: {beam: 2}", "threads: 1, watch: calibration_error}\n  decode: {beam: 2}"
    )
    said = "What tones reads out of the validation split has no calibration_error, which train.watch names"
    assert said in seqpipe("train", "tones").err


def test_nothing_of_the_state_is_left_and_a_stale_one_goes(project: Path) -> None:
    stale = Checkpoint(STATES / f"waves-{'0' * 16}")
    stale.save({})
    done = seqpipe("train", "waves")
    assert done.code == 0
    assert "it starts afresh and .seqpipe/waves-0000000000000000 is removed" in done.err
    assert not list(STATES.glob("*-*"))  # prepared sounds are in NAME.prepared


def test_a_training_that_fails_leaves_no_state(project: Path) -> None:
    pipeline = read_pipeline("words")
    options = pipeline.train.model_copy(update={"learning_rate": 1e30, "epochs": 5, "checkpoint_seconds": 0.0})
    with pytest.raises(SeqpipeError, match="is not finite"):
        train(pipeline.model_copy(update={"train": options}), silent)
    assert not list(STATES.glob("*-*"))  # prepared sounds are in NAME.prepared


def test_it_goes_on_and_says_where(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    save = Checkpoint.save
    pipeline = read_pipeline("waves")
    options = pipeline.train.model_copy(update={"epochs": 3})
    pipeline = pipeline.model_copy(update={"train": options})
    train(pipeline, silent)
    expected = Path("data/models/waves/model.safetensors").read_bytes(), history("waves")

    def deadly(self: Checkpoint, state: dict[str, object]) -> None:
        save(self, state)
        raise Killed

    monkeypatch.setattr(Checkpoint, "save", deadly)
    with pytest.raises(Killed):
        train(pipeline, silent)
    monkeypatch.setattr(Checkpoint, "save", save)
    (state,) = STATES.glob("*-*")
    notes: list[object] = []
    train(pipeline, notes.append)
    assert Note(f"waves: goes on from {state}, after 1 epochs and 0 batches") in notes
    assert (Path("data/models/waves/model.safetensors").read_bytes(), history("waves")) == expected
    assert not list(STATES.glob("*-*"))  # prepared sounds are in NAME.prepared


def test_all_headlines_can_be_watched() -> None:
    headlines = [(schema.headline, schema.higher_is_better) for schema in SCHEMAS.values()]
    for metric, higher_is_better in [*headlines, *OWN_HEADLINES.values()]:
        assert LOWER_IS_BETTER[metric] is not higher_is_better


def test_one_training_of_a_pipeline_at_a_time(project: Path) -> None:
    with only_one(Path("data/features/waves"), "waves"):
        assert refused("train", "waves") == (
            "waves is being trained by another process; wait until it has ended, or end it."
        )
        assert seqpipe("train", "words").code == 0
    assert seqpipe("train", "waves").code == 0
