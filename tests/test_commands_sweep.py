"""``seqpipe evaluate --sweep-beam``: each beam as ``decode`` and ``evaluate`` have it, in a table and a picture."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from matplotlib import image, pyplot
from scratch_project import commit, dvc, run, use_own_tools
from trained_project import edit, refused, seqpipe, tree

from seqpipe.commands.sweep import BEAMS, Run, Sweep, by_beam, sweep_beam
from seqpipe.files import read_json
from seqpipe.project import read_pipeline
from seqpipe.report import silent

ROOT = Path(__file__).parent.parent


def table(name: str) -> list[dict[str, str]]:
    with Path(f"data/sweeps/{name}/sweep.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "split"), [("words", "test"), ("tones", "valid")])
def test_each_beam_scores_what_decode_and_evaluate_say(project: Path, name: str, split: str) -> None:
    done = seqpipe("evaluate", name, "--sweep-beam", "--split", split)
    assert done.code == 0
    rows = table(name)
    assert [int(row["beam"]) for row in rows] == [*BEAMS] == [1, 3, 5, 10]
    features = project / "data/features" / name
    (features / "test.arrow").write_bytes((features / f"{split}.arrow").read_bytes())
    for row in rows:
        assert seqpipe("decode", name, "--beam", row["beam"]).code == 0
        assert seqpipe("evaluate", name).code == 0
        scores = read_json(Path(f"data/metrics/{name}.json"))[name]
        metrics = [key for key in row if key not in ("beam", "seconds", "inputs_a_second")]
        assert {key: float(row[key]) for key in metrics} == {key: scores[key] for key in metrics}
        assert float(row["seconds"]) > 0
        examples = {"words": {"test": 6}, "tones": {"valid": 3}}[name][split]
        assert float(row["inputs_a_second"]) == pytest.approx(examples / float(row["seconds"]), rel=1e-4)
        assert f"{float(row[metrics[0]]):.4f}" in done.out


def test_the_headline_comes_first_and_greedy_is_named_once(project: Path) -> None:
    out = seqpipe("evaluate", "tones", "--sweep-beam").out
    assert list(table("tones")[0])[:2] == ["beam", "wer"]
    assert out.count("1 (greedy)") == 1
    assert "beam 1 is greedy search" in out
    assert "5 test examples" in out


def test_other_searches_of_the_section_do_not_count(project: Path) -> None:
    edit("params.yaml", "{beam: 2, max_length: 4}", "{beam: 2, nbest: 2, max_length: 1}")
    found = sweep_beam(read_pipeline("words"), "test", silent)
    assert [one.beam for one in found.runs] == [*BEAMS], "nbest 2 is no error at beam 1"
    edit("params.yaml", "nbest: 2, max_length: 1", "max_length: 1")
    again = sweep_beam(read_pipeline("words"), "test", silent)
    assert [one.scores for one in again.runs] == [one.scores for one in found.runs]


def test_greedy_search_goes_without_what_only_a_beam_can_use(project: Path) -> None:
    assert seqpipe("evaluate", "tones", "--sweep-beam").code == 0
    plain = table("tones")
    edit("params.yaml", "threads: 1}\n  decode: {beam: 2}", "threads: 1}\n  decode: {beam: 2, word_bonus: 30.0}")
    done = seqpipe("evaluate", "tones", "--sweep-beam")
    assert done.code == 0
    assert "tones: greedy search goes without word_bonus" in done.err
    assert [int(row["beam"]) for row in table("tones")] == [*BEAMS]
    assert table("tones")[0]["wer"] == plain[0]["wer"]


def test_without_a_name_those_that_search_are_swept(project: Path) -> None:
    assert seqpipe("evaluate", "--sweep-beam").code == 0
    assert sorted(path.name for path in Path("data/sweeps").iterdir()) == ["tones", "words"]


def test_nothing_else_is_written(project: Path) -> None:
    before = tree(project)
    assert seqpipe("evaluate", "words", "--sweep-beam").code == 0
    after = tree(project)
    new = {path for path in after if path not in before}
    files = {"dvc.yaml", "sweep.csv", "sweep.png"}
    assert {Path(path).name for path in new} == {"sweeps", "words", *files}
    assert {path: after[path] for path in before} == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["waves", "--sweep-beam"], r"--sweep-beam is for pipelines of seq2seq and ctc, but waves is a pipeline of fo"),
        (["words", "--split", "valid"], r"--split is for --sweep-beam, as evaluate scores the test split"),
        (["words", "--sweep-beam", "--check-invariance"], r"--check-invariance and --sweep-beam are two questions"),
    ],
)
def test_refusals(project: Path, arguments: list[str], sentence: str) -> None:
    assert re.match(sentence, refused("evaluate", *arguments))


def made_up() -> Sweep:
    runs = [Run(beam, {"wer": 0.5 / beam}, beam / 2, 100 / beam) for beam in BEAMS]
    return Sweep("mine", "test", 50, "wer", higher_is_better=False, runs=runs, folder=Path("data/sweeps/mine"))


def test_the_picture_has_score_and_speed_over_beam() -> None:
    figure, axes = pyplot.subplots()
    by_beam(made_up(), axes)
    above, below = figure.axes
    (scores,), (rates,) = above.lines, below.lines
    assert [*scores.get_xdata()] == [*rates.get_xdata()] == [*BEAMS]
    assert [*scores.get_ydata()] == [0.5 / beam for beam in BEAMS]
    assert [*rates.get_ydata()] == [100 / beam for beam in BEAMS]
    assert above.get_ylabel() == "wer (lower is better)"
    assert below.get_ylim()[0] == 0
    pyplot.close(figure)


@pytest.mark.slow
def test_both_curves_are_plots_of_dvc(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the losses, with nothing to complain about, also against an older state."""
    use_own_tools(monkeypatch, tmp_path / "home")
    for name in ("dvc.yaml", ".dvcignore", ".gitignore"):
        (project / name).write_bytes((ROOT / name).read_bytes())
    run("git", "init", "--quiet", cwd=project)
    dvc("init", "--quiet", cwd=project)
    assert seqpipe("evaluate", "words", "--sweep-beam").code == 0
    assert seqpipe("evaluate", "tones", "--sweep-beam").code == 0
    commit(project)
    assert seqpipe("evaluate", "words", "--sweep-beam").code == 0
    for command in (["show"], ["diff", "HEAD"]):
        shown = json.loads(dvc("plots", *command, "--json", cwd=project))
        assert not shown.get("errors"), shown["errors"]
        plots = {name: json.dumps(plot) for name, plot in shown["data"].items()}
        for name, metric in (("words", "exact"), ("tones", "wer")):
            for column in (metric, "inputs_a_second"):
                (plot,) = (plot for title, plot in plots.items() if title.endswith(f"{name}: {column} by beam"))
                assert f'"field": "{column}"' in plot
                assert '"field": "beam"' in plot
            assert f"data/sweeps/{name}/sweep.png" in plots
        assert any("history.csv" in title for title in plots)
    assert image.imread("data/sweeps/words/sweep.png").ndim == 3
