"""Pictures: of the right records, with every character drawn, the same bytes each time."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import image, pyplot

from seqpipe.commands import fonts, plots
from seqpipe.commands.fonts import drawable, written
from seqpipe.commands.pictures import confusion_matrix, heat_map
from seqpipe.commands.plots import draw
from seqpipe.commands.reliability import reliability
from seqpipe.params.pipeline import FEATURES, SCHEMAS, Pipeline

UNKNOWN = "\U000e0001"  # no font draws a language tag


def pipeline(modality: str, task: str) -> Pipeline:
    schema = SCHEMAS[task]
    sections = {"features": FEATURES[modality, task](), "model": schema.model(), "decode": schema.decode()}
    return Pipeline(name="made-up", modality=modality, task=task, **sections)


def with_map(source: str, group: str = "") -> dict[str, Any]:
    shown = {"row_label": "r", "rows": ["a", "$b"], "column_label": "c", "columns": ["d", "e$"], "values": [[0, 1]] * 2}
    return {"source": source, "group": group, "hypotheses": [{"text": "x $y_ $"}], "map": shown}


def labelled(pairs: list[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"group": "", "source": "", "reference": a, "hypotheses": [{"text": b}], "baselines": {}} for a, b in pairs]


def drawn(one: Pipeline, records: list[dict[str, Any]], folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(one, records, folder)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_font_says_what_it_can_draw() -> None:
    assert drawable("Dates — déjà ▁ x₁ → ½", "")
    assert not drawable("fine", f"not{UNKNOWN}")
    assert written(f"a{UNKNOWN}b") == "a\\U000e0001b"
    assert written("tout va bien") == "tout va bien"


def test_a_text_that_only_another_font_writes_is_drawable_if_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "installed", lambda: ["DejaVu Sans"])
    fonts._in_a_font.cache_clear()
    assert not drawable("학교")
    assert written("학교 a") == "\\ud559\\uad50 a"
    fonts._in_a_font.cache_clear()


def test_groups_take_turns_and_what_cannot_be_drawn_is_passed_over(tmp_path: Path) -> None:
    records = [with_map(f"first {at}{UNKNOWN}" if at < 3 else f"first {at}", "a") for at in range(9)]
    records += [with_map(f"second {at}", "b") for at in range(2)] + [{**with_map("none", "c"), "group": "c"}]
    found = drawn(pipeline("text", "seq2seq"), records, tmp_path / "plots")
    assert sorted(found) == [f"map_{number}.png" for number in range(1, 7)]
    alone = drawn(pipeline("text", "seq2seq"), [with_map("first 3", "a")], tmp_path / "alone")
    assert found["map_1.png"] == alone["map_1.png"]
    second = drawn(pipeline("text", "seq2seq"), [with_map("second 0", "b")], tmp_path / "second")
    assert found["map_2.png"] == second["map_1.png"]


def test_nothing_drawable_draws_nothing(tmp_path: Path) -> None:
    assert not drawn(pipeline("text", "seq2seq"), [with_map(UNKNOWN)], tmp_path / "plots")


def test_a_dollar_is_a_dollar() -> None:
    figure, axes = pyplot.subplots()
    heat_map(with_map("$5 or $6"), axes)
    figure.canvas.draw()  # a formula would be an error here
    assert axes.get_title() == "$5 or $6  →  x $y_ $"
    pyplot.close(figure)


def test_of_a_long_text_the_beginning_and_some_tokens_are_written() -> None:
    words = [f"w{at}" for at in range(700)]
    record = with_map(" ".join(words))
    record["map"] |= {"columns": words, "values": [[1 / 700] * 700 for _ in record["map"]["rows"]]}
    figure, axes = pyplot.subplots(figsize=(7.0, 4.2), layout="constrained")
    heat_map(record, axes)
    with warnings.catch_warnings(action="error"):  # of a title that leaves no room for the axes
        figure.canvas.draw()
    title, ticks = axes.get_title(), [tick.get_text() for tick in axes.get_xticklabels()]
    pyplot.close(figure)
    assert title.startswith("w0 w1 w2")
    assert title.endswith("…  →  x $y_ $")
    assert title.count("\n") <= 2
    assert ticks == words[::12]


def test_a_confusion_matrix_says_counts_and_shares_of_rows() -> None:
    records = labelled([("a", "a")] * 3 + [("a", "b")] + [("b", "b")] * 2 + [("b", f"c{UNKNOWN}")])
    figure, axes = pyplot.subplots()
    confusion_matrix(records, axes)
    cells = {(int(text.get_position()[1]), int(text.get_position()[0])): text.get_text() for text in axes.texts}
    names = [label.get_text() for label in axes.get_yticklabels()]
    shares = np.asarray(axes.images[0].get_array())
    pyplot.close(figure)
    assert names == ["a", "b", "c\\U000e0001"]
    assert cells[0, 0] == "3\n75.0%"
    assert cells[0, 1] == "1\n25.0%"
    assert cells[1, 1] == "2\n66.7%"
    assert cells[2, 0] == "0\n0.0%"
    assert shares[:2].sum(axis=1) == pytest.approx([1, 1])
    assert not shares[2].any()  # a label that is never true


@pytest.mark.parametrize("count", [2, 7, 40])
def test_a_confusion_matrix_is_drawn_for_few_labels_and_many(tmp_path: Path, count: int) -> None:
    pairs = [(f"label {at}", f"label {(at + at % 3) % count}") for at in range(count)]
    found = drawn(pipeline("text", "classify"), labelled(pairs), tmp_path / "plots")
    assert list(found) == ["confusion.png"]
    pixels = image.imread(tmp_path / "plots" / "confusion.png")
    assert max(pixels.shape[:2]) < 1600
    assert drawn(pipeline("text", "classify"), labelled(pairs), tmp_path / "again") == found


def test_reliability_is_drawn_where_answers_say_how_sure_they_are(tmp_path: Path) -> None:
    sure = labelled([("a", "a"), ("a", "b"), ("b", "b")])
    for record, confidence in zip(sure, (0.9, 0.6, 1.0), strict=True):
        record["hypotheses"][0]["confidence"] = confidence
    found = drawn(pipeline("text", "classify"), sure, tmp_path / "plots")
    assert list(found) == ["confusion.png", "reliability.png"]
    assert drawn(pipeline("text", "classify"), sure, tmp_path / "again") == found
    timed = [{"word": "a", "start": 0.0, "end": 1.0, "confidence": 0.8}, {"word": "b", "start": 1.0, "end": 2.0}]
    spoken = {"reference": "a b", "group": "", "source": "", "hypotheses": [{"text": "a b", "times": timed}]}
    assert list(drawn(pipeline("audio", "ctc"), [spoken], tmp_path / "words")) == ["reliability.png"]
    del timed[0]["confidence"]
    assert not drawn(pipeline("audio", "ctc"), [spoken], tmp_path / "untold")


def test_a_reliability_diagram_says_shares_sizes_and_both_figures() -> None:
    judged = [(0.95, True), (0.98, False), (0.55, True)]
    figure, axes = pyplot.subplots()
    reliability("labels", judged, axes)
    above, below = figure.axes
    assert [bar.get_height() for bar in above.patches if bar.get_height() > 0] == [1.0, 0.5]
    assert [bar.get_height() for bar in below.patches if bar.get_height()] == [1, 2]
    assert above.get_title().startswith("3 labels: expected calibration error 0.46")
    pyplot.close(figure)


@pytest.mark.parametrize(
    ("count", "shown"), [(1, [0]), (2, [0, 1]), (3, [0, 1, 2]), (7, [1, 3, 5]), (60, [10, 30, 50])]
)
def test_windows_without_a_fault_come_from_all_along_a_series(
    count: int, shown: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[list[str]] = []
    monkeypatch.setattr(plots, "reconstructions", lambda records, axes: found.append([one["id"] for one in records]))
    records = [
        {"id": f"{group}{at}", "group": group, "label": label, "signal": [[0.0]], "hypotheses": []}
        for group in ("pump", "fan")
        for at, label in enumerate([""] * count + ["spike", "phase", "spike"])
    ]
    plots.rebuilt(records, tmp_path)
    assert found == [
        [*(f"{group}{at}" for at in shown), f"{group}{count + 1}", f"{group}{count}"] for group in ("fan", "pump")
    ]
