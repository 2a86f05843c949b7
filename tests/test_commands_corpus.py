"""``seqpipe init --data`` makes a project that `dvc repro` runs, and that notices new data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from scratch_project import dvc, use_own_tools
from typer.testing import CliRunner

from seqpipe.cli import app
from seqpipe.commands.corpus import init_corpus, watching
from seqpipe.commands.fitting import FITTED, INSTEAD, tokens
from seqpipe.commands.preprocess import preprocess
from seqpipe.commands.source import source
from seqpipe.commands.surveyed import Survey, Texts
from seqpipe.features import features_of
from seqpipe.files import SeqpipeError
from seqpipe.params.pipeline import FEATURES
from seqpipe.params.training import StreamTrain
from seqpipe.project import read_pipelines
from seqpipe.readers.example import Example
from seqpipe.report import Note, Progress, silent

LINES = [f"{at % 2} film number {at} was {'good' if at % 2 else 'bad'} in the end" for at in range(80)]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_own_tools(monkeypatch, tmp_path / "home")
    folder = tmp_path / "my films"
    folder.mkdir()
    (folder / "all.txt").write_text("\n".join(LINES), encoding="utf-8")
    (folder / "SOURCE").write_text("told")
    return folder


def test_a_corpus_becomes_a_project_and_its_features(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Note | Progress] = []
    project = init_corpus(tmp_path / "new", data, said.append)
    assert said[0] == Note("my films: Lines of a label and a text: all.txt; 2 labels (0, 1)")
    monkeypatch.chdir(project)
    (pipeline,) = read_pipelines().values()
    assert (pipeline.name, pipeline.modality, pipeline.task) == ("my-films", "text", "classify")
    raw = source(pipeline, silent)
    assert [path.name for path in raw.iterdir()] == ["corpus.json"]
    preprocess(pipeline, silent)
    meta = json.loads(Path("data/features/my-films/meta.json").read_text(encoding="utf-8"))
    assert sum(meta["counts"].values()) == len(LINES)


@pytest.mark.parametrize("name", ["reviews.txt", "heat.csv", "tunes.json"])
def test_a_file_is_a_corpus_by_itself(tmp_path: Path, data: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"2024-01-{1 + at // 24:02} {at % 24:02}:00:00,{at % 24 + at % 7},{at}" for at in range(500)]
    (data / "reviews.txt").write_text("\n".join(LINES[::-1]), encoding="utf-8")
    (data / "heat.csv").write_text("\n".join(["date,a,b", *rows]), encoding="utf-8")
    tunes = {
        split: [[[60 + at], [at, 72]] for at in range(size)]
        for split, size in (("train", 9), ("valid", 2), ("test", 3))
    }
    (data / "tunes.json").write_text(json.dumps(tunes), encoding="utf-8")
    (tmp_path / "alone").mkdir()
    shutil.copy(data / name, tmp_path / "alone")
    found = {}
    for path in (data / name, tmp_path / "alone"):  # a file among others, and a folder that has no other
        monkeypatch.chdir(init_corpus(tmp_path / f"project {path.name}", path, silent))
        (pipeline,) = read_pipelines().values()
        assert pipeline.name == path.stem
        source(pipeline, silent)
        folder = preprocess(pipeline, silent).folder
        found[path] = [(folder / f"{split}.arrow").read_bytes() for split in ("train", "valid", "test")]
    file, folder = found.values()
    assert file == folder


@pytest.mark.slow
def test_dvc_repro_runs_it_and_sees_new_data(tmp_path: Path, data: Path) -> None:
    project = init_corpus(tmp_path / "new", data, silent)
    yaml = YAML()
    document = yaml.load(project / "params.yaml")
    document["my-films"]["train"]["epochs"] = 1
    document["my-films"]["model"] |= {"hidden": 4, "embedding": 4}
    yaml.dump(document, project / "params.yaml")
    dvc("repro", cwd=project)
    assert (project / "data/metrics/my-films.json").is_file()
    assert "up to date" in dvc("repro", cwd=project)
    (data / "more.txt").write_text("\n".join(LINES), encoding="utf-8")
    assert "source" in dvc("status", cwd=project)


@pytest.mark.parametrize("name", ["plain", "with space", "with ${dollar} and 'quotes'", 'a"b', "한글"])
def test_dvc_yaml_names_the_corpus(tmp_path: Path, name: str) -> None:
    text = YAML(typ="safe").load(watching(tmp_path / name))
    assert text["stages"]["source"]["do"]["deps"] == [
        "stages/${key}.py",
        str(tmp_path / name).replace("${", "\\${"),
    ]


def test_what_does_not_go_together_is_told(tmp_path: Path, data: Path) -> None:
    with pytest.raises(SeqpipeError, match="The task 'forecast' does not go with label-lines, whose examples are for"):
        init_corpus(tmp_path / "new", data, silent, task="forecast")
    with pytest.raises(SeqpipeError, match="not laid out as kaldi; the layouts are kaldi, "):
        init_corpus(tmp_path / "new", data, silent, layout="kaldi")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SeqpipeError, match="empty has no file, which is not laid out as anything"):
        init_corpus(tmp_path / "new", tmp_path / "empty", silent)
    assert not (tmp_path / "new").exists()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "x").touch()
    with pytest.raises(SeqpipeError, match="is not empty; name a new folder"):
        init_corpus(tmp_path / "taken", data, silent)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--task", "classify"], "name its folder with --data"),
        (["--layout", "plain"], "name its folder with --data"),
        (["--data", ".", "--recipe", "translate"], "leave it or --data out"),
    ],
)
def test_flags_without_effect_are_refused(tmp_path: Path, words: list[str], message: str) -> None:
    done = CliRunner().invoke(app, ["init", str(tmp_path / "new"), *words])
    assert isinstance(done.exception, SeqpipeError)
    assert message in str(done.exception)


def test_another_task_and_layout_can_be_asked_for(tmp_path: Path, data: Path) -> None:
    project = init_corpus(tmp_path / "new", data, silent, "plain", "autoencode")
    (pipeline,) = read_pipelines(project / "params.yaml").values()
    assert (pipeline.task, pipeline.source["layout"]) == ("autoencode", "plain")


def test_every_task_that_can_be_asked_for_has_features_and_figures() -> None:
    for (modality, task), others in INSTEAD.items():
        for one in (task, *others):
            assert (modality, one) in FITTED
            assert (modality, one) in FEATURES
            assert features_of(modality, one)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (Texts(100_000, 4, 0.0, 0.0), {"level": "char", "vocabulary": 16, "normalization": "identity"}),
        (Texts(100_000, 900, 0.7, 0.2), {"level": "syllable", "vocabulary": 900}),
        (Texts(9_000_000, 900, 0.7, 0.2), {"level": "unigram", "vocabulary": 8000}),
        (Texts(1_000_000, 60, 0.0, 0.2), {"level": "unigram", "vocabulary": 2500}),
        (Texts(1_000, 60, 0.0, 0.2), {"level": "unigram", "vocabulary": 200}),
    ],
)
def test_levels_fit_the_script(texts: Texts, expected: dict[str, Any]) -> None:
    assert tokens(texts) == expected


@pytest.mark.parametrize(("count", "epochs"), [(2999, 20), (3000, 15), (20_000, 6)])
def test_some_thousand_texts_are_regularised_more(count: int, epochs: int) -> None:
    texts = Texts(characters=100 * count, signs=60, hangul=0.0, spaces=0.2)
    first = Example("1", "a text", "good", "a.txt line 1")
    fitted = FITTED["text", "classify"](Survey(count, first, texts, texts, [], [], []), {})
    assert fitted.train["epochs"] == epochs
    assert ("embedding_dropout" in fitted.model) is (epochs == 15)
    assert fitted.train["budget"] == (1024 if epochs == 15 else 4096)


@pytest.mark.parametrize(("characters", "tokens"), [(100_000, 8 * 32), (1_000_000, 16 * 64), (10_000_000, 32 * 64)])
def test_short_texts_are_read_in_fewer_streams(characters: int, tokens: int) -> None:
    texts = Texts(characters=characters, signs=60, hangul=0.0, spaces=0.2)
    first = Example("1", "a text", None, "a.txt line 1")
    fitted = FITTED["text", "language-model"](Survey(500, first, texts, texts, [], [], []), {})
    train = StreamTrain(**fitted.train)
    assert train.streams * train.span == tokens
