"""Attention over a picture, and the metric that stands for what is written of pictures."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tiny
import torch
from matplotlib import pyplot

from seqpipe.batches import collate
from seqpipe.commands.experiments import _arguments
from seqpipe.commands.panels import word_maps
from seqpipe.commands.pictures import heat_map
from seqpipe.commands.plots import save
from seqpipe.inspect.maps import HeatMap, PictureMap, attention_map, posterior_map
from seqpipe.models.baselines import copy_source
from seqpipe.nn.attention import SCORES
from seqpipe.padded import Padded
from seqpipe.params.pipeline import headline
from seqpipe.report import silent
from seqpipe.search.hypothesis import Hypothesis

OUTPUT = [5, 4, 7]


def features(case: str) -> Any:
    return SimpleNamespace(
        sizes=tiny.SIZES[case], tokens=lambda output: [f"▁{token}" for token in output], source_tokens=lambda row: []
    )


def mapped(encoder: str, row: dict[str, Any], **params: Any) -> tuple[Any, Any]:
    model = tiny.model("seq2seq image", encoder=encoder, **{"attention": "additive", **params})
    return model, attention_map(model, collate([row]), Hypothesis(OUTPUT, 0.0, 0.0), features("seq2seq image"), row)


@pytest.mark.parametrize("feeding", [False, True])
@pytest.mark.parametrize("attention", sorted(SCORES))
def test_the_map_of_a_word_lies_over_the_picture_as_attention_did(attention: str, feeding: bool) -> None:
    row = tiny.rows("seq2seq image", count=1, shortest=9)[0]
    model, found = mapped("none", row, attention=attention, input_feeding=feeding)
    assert isinstance(found, PictureMap)
    assert found.rows == ["▁5", "▁4", "▁7", "end"]
    maps = np.array(found.maps)
    assert maps.shape == (4, 2, 3)  # 5 rows of pixels become 2, 9 columns 3
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), 1, atol=1e-3)
    with torch.inference_mode():
        alpha = model.attention(collate([row]).source, Padded(torch.tensor([OUTPUT]), torch.tensor([3])))[0]
    for x in range(3):
        for y in range(2):
            np.testing.assert_allclose(maps[:, y, x], alpha[:, 2 * x + y], atol=1e-4)


@pytest.mark.parametrize("encoder", ["none", "recurrent"])
@pytest.mark.parametrize("feeding", [False, True])
def test_without_attention_there_is_no_map(encoder: str, feeding: bool) -> None:
    row = tiny.rows("seq2seq image", count=1)[0]
    assert mapped(encoder, row, attention="none", input_feeding=feeding)[1] is None


@pytest.mark.parametrize("feeding", [False, True])
@pytest.mark.parametrize("attention", sorted(SCORES))
def test_the_map_of_a_text_has_a_column_for_each_token(attention: str, feeding: bool) -> None:
    row = tiny.rows("seq2seq", count=1, shortest=5)[0]
    model = tiny.model("seq2seq", attention=attention, input_feeding=feeding)
    source = [f"▁{token}" for token in row["source"]]
    given: Any = SimpleNamespace(
        tokens=lambda output: [str(token) for token in output], source_tokens=lambda row: source
    )
    found: Any = attention_map(model, collate([row]), Hypothesis(OUTPUT, 0.0, 0.0), given, row)
    assert (found.rows, found.columns) == (["5", "4", "7", "end"], source)
    np.testing.assert_allclose(np.array(found.values).sum(axis=1), 1, atol=1e-3)
    tokens = torch.tensor([OUTPUT])
    with torch.inference_mode():
        alpha = model.attention(collate([row]).source, Padded(tokens, torch.tensor([3])))[0]
    np.testing.assert_allclose(found.values, alpha, atol=1e-4)


def test_the_picture_below_is_the_one_that_was_read() -> None:
    row = tiny.rows("seq2seq image", count=1, shortest=9)[0]
    picture = np.array(mapped("none", row)[1].picture)
    assert picture.shape == (5, 9, 3)
    assert (picture.min(), picture.max()) == (0, 255)
    pixels = row["source"].reshape(9, 5, 3).swapaxes(0, 1)
    assert np.corrcoef(picture.ravel(), pixels.ravel())[0, 1] > 0.999


def test_a_recurrent_encoder_over_columns_has_a_map_of_steps() -> None:
    row = tiny.rows("seq2seq image", count=1, shortest=9)[0]
    _, found = mapped("recurrent", row)
    assert isinstance(found, HeatMap)
    assert np.array(found.values).shape == (4, 5)
    assert np.array(found.above).shape == (5, 10, 3)  # 9 columns, of which the last is a step by itself


@pytest.mark.parametrize("stack", [1, 2, 4])
@pytest.mark.parametrize("width", [8, 9, 128, 131, 256])
def test_posteriors_stand_under_the_columns_that_they_read(width: int, stack: int) -> None:
    sizes = tiny.SIZES["ctc image"]
    source = np.zeros((width, sizes.source), np.float32)
    source[:, :3] = np.linspace(0, 1, width)[:, None]  # the uppermost row brightens to the right
    model = tiny.model("ctc image", stack=stack)
    batch = collate([{**tiny.rows("ctc image", count=1)[0], "source": source}])
    found = posterior_map(model, batch, Hypothesis([4, 5, 4], 0.0, 0.0), features("ctc image"), {"source": source})
    values, above = np.array(found.values), np.array(found.above)
    steps = -(-width // stack)
    assert found.rows == ["▁4", "▁5", "blank"]
    assert values.shape == (3, steps)
    shown = -(
        -stack * steps // -(-stack * steps // 128)
    )  # every column, or every second where they are too many to keep
    assert above.shape[1] == shown
    for step in range(steps):
        shade = above[0, step * shown // steps, 0]
        assert shade == pytest.approx(255 * stack * step / (width - 1), abs=2.5)


def test_other_posteriors_have_no_picture_above() -> None:
    row = tiny.rows("ctc", count=1)[0]
    found = posterior_map(tiny.model("ctc"), collate([row]), Hypothesis([4], 0.0, 0.0), features("ctc"), row)
    assert found.above == []


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("columns", [14, 7])
def test_the_picture_is_drawn_above_its_map_over_the_same_steps(channels: int, columns: int) -> None:
    values = [[0.0] * 7, [1.0] * 7, [0.5] * 7]
    above = np.arange(4 * columns * channels).reshape(4, columns, channels).tolist()
    shown = {"row_label": "label", "rows": ["a", "b", "blank"], "column_label": "step", "columns": [], "values": values}
    record = {"source": "a.png", "hypotheses": [{"text": "ab"}], "map": {**shown, "above": above}}
    figure, axes = pyplot.subplots()
    heat_map(record, axes)
    figure.canvas.draw()
    lower, upper = axes.get_images()
    ticks = list(axes.get_yticks())
    left, right, bottom, top = upper.get_extent()
    limits = axes.get_xlim(), axes.get_ylim()
    pyplot.close(figure)
    assert tuple(lower.get_extent()[:2]) == (left, right) == limits[0] == (-0.5, 6.5)
    assert limits[1] == (2.5, top)
    assert top < bottom == -0.5  # rows are numbered from 0 downwards
    assert np.asarray(upper.get_array()).reshape(4, columns, channels).tolist() == above
    assert ticks == [0, 1, 2]


@pytest.mark.parametrize("shape", [(12, 9, 3), (9, 40, 1)])
def test_panels_show_a_word_each_brightest_where_attention_was(tmp_path: Path, shape: tuple[int, ...]) -> None:
    from matplotlib import image

    maps = np.zeros((8, 3, 4))
    maps[:, 2, 3] = 1
    rows = [f"▁word{number}" for number in range(7)] + ["end"]
    shown = {"rows": rows, "maps": maps.tolist(), "picture": np.full(shape, 128).tolist()}
    record = {"source": "a.png", "hypotheses": [{"text": "words"}], "map": shown}
    found: list[Any] = []

    def paint(axes: Any) -> None:
        word_maps(record, axes)
        found.extend(axes.get_images())
        assert [text.get_text() for text in axes.texts] == ["picture", *(f"word{n}" for n in range(7)), "end"]

    save(tmp_path / "a.png", paint, (7.0, 4.2))
    assert len(found) == 1 + 2 * 8
    for overlay in found[2::2]:
        left, right, bottom, top = overlay.get_extent()
        assert overlay.get_array().argmax() == 11  # the lower right corner, drawn from the top down
        assert overlay.origin == "upper"
        assert right > left
        assert top > bottom
    assert image.imread(tmp_path / "a.png").std() > 0.05


@pytest.mark.parametrize(
    ("modality", "task", "expected"),
    [
        ("frames", "seq2seq", ("bleu", True)),
        ("text", "seq2seq", ("exact", True)),
        ("frames", "ctc", ("exact", True)),
        ("audio", "ctc", ("wer", False)),
        ("frames", "classify", ("accuracy", True)),
    ],
)
def test_the_headline_depends_on_what_is_written_of_what(modality: str, task: str, expected: tuple[str, bool]) -> None:
    pipeline: Any = SimpleNamespace(name="mine", modality=modality, task=task, features=None)
    assert headline(pipeline) == expected
    order = "desc" if expected[1] else "asc"
    assert _arguments(pipeline)[-4:] == ["--sort-by", f"mine.{expected[0]}", "--sort-order", order]


def test_the_baseline_of_a_picture_is_the_commonest_caption_as_there_is_no_text_to_copy() -> None:
    train: Any = [{"reference": "a cat"}, {"reference": "a dog"}, {"reference": "a dog"}]
    rows: Any = [{"shown": "a.png"}, {"shown": "b.png"}]
    pipeline: Any = SimpleNamespace(modality="frames")
    assert copy_source(train, rows, pipeline, silent) == {"commonest": [{"text": "a dog"}] * 2}
    pipeline.modality = "text"
    assert copy_source(train, rows, pipeline, silent) == {"copy": [{"text": "a.png"}, {"text": "b.png"}]}
