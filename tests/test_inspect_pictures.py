"""Attention over a picture, and the metric that stands for what is written of pictures."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tiny
import torch

from seqpipe.batches import collate
from seqpipe.commands.experiments import _arguments
from seqpipe.commands.panels import word_maps
from seqpipe.commands.plots import save
from seqpipe.inspect.maps import HeatMap, PictureMap, attention_map
from seqpipe.models.baselines import copy_source
from seqpipe.padded import Padded
from seqpipe.report import silent
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.tasks import headline

OUTPUT = [5, 4, 7]


def features(case: str) -> Any:
    return SimpleNamespace(
        sizes=tiny.SIZES[case], tokens=lambda output: [f"▁{token}" for token in output], source_tokens=lambda row: []
    )


def mapped(encoder: str, row: dict[str, Any]) -> tuple[Any, Any]:
    model = tiny.model("seq2seq image", encoder=encoder, attention="additive")
    return model, attention_map(model, collate([row]), Hypothesis(OUTPUT, 0.0, 0.0), features("seq2seq image"), row)


def test_the_map_of_a_word_lies_over_the_picture_as_attention_did() -> None:
    row = tiny.rows("seq2seq image", count=1, shortest=9)[0]
    model, found = mapped("none", row)
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
    pipeline: Any = SimpleNamespace(name="mine", modality=modality, task=task)
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
