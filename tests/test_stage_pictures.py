"""The recipes of pictures and videos: activity, caption, ocr."""

import csv
import importlib.util
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence
from pydantic import ValidationError

from seqpipe.files import SeqpipeError
from seqpipe.report import silent

STAGES = Path(__file__).resolve().parents[1] / "stages"
COUNTS = {"train": 60, "valid": 10, "test": 40}
SPLITS = {"activity": "videos", "caption": "scenes", "ocr": "strings"}


def recipe(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"{name}_recipe", STAGES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def settings(name: str, **changes: Any) -> Any:
    return recipe(name).Source.model_validate({SPLITS[name]: COUNTS, **changes})


def made(folder: Path, name: str, **changes: Any) -> Path:
    folder.mkdir(parents=True)
    recipe(name).make(folder, settings(name, **changes), silent)
    return folder


def rows(folder: Path, split: str) -> list[dict[str, str]]:
    with (folder / f"{split}.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: made(tmp_path_factory.mktemp(name) / "raw", name) for name in SPLITS}


@pytest.mark.parametrize("name", SPLITS)
def test_every_row_is_a_picture_and_every_picture_a_row(folders: dict[str, Path], name: str) -> None:
    for split, count in COUNTS.items():
        found = rows(folders[name], split)
        assert len(found) == count
        files = {path.relative_to(folders[name]).as_posix() for path in (folders[name] / split).iterdir()}
        assert {row["source"] for row in found} == files
        assert all(row["target"] and row["group"] for row in found)
    assert len({row["group"] for row in rows(folders[name], "train")}) == 1
    assert len({row["group"] for row in rows(folders[name], "test")}) == 2


@pytest.mark.parametrize("name", SPLITS)
def test_two_runs_are_equal_bit_by_bit_and_another_seed_is_not(
    folders: dict[str, Path], name: str, tmp_path: Path
) -> None:
    def contents(folder: Path) -> dict[str, bytes]:
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    first, other = contents(folders[name]), contents(made(tmp_path / "other", name, seed=2))
    assert contents(made(tmp_path / "again", name)) == first
    assert all(other[key] != first.get(key) for key in other if not key.endswith(".tsv"))


def centres(path: Path) -> np.ndarray:
    """Where the brightness above the noise is, frame by frame: float[T, 2], x and y."""
    found = []
    for frame in ImageSequence.Iterator(Image.open(path)):
        light = np.clip(np.asarray(frame.convert("L"), np.float64) - 70, 0, None)
        down, across = np.indices(light.shape)
        found.append([(light * across).sum() / light.sum(), (light * down).sum() / light.sum()])
    return np.array(found)


def test_a_digit_moves_as_its_label_says(folders: dict[str, Path]) -> None:
    module = recipe("activity")
    seen = set()
    for row in rows(folders["activity"], "train"):
        path, label = centres(folders["activity"] / row["source"]), row["target"]
        seen.add(label)
        assert 8 <= len(path) <= 12
        if label in module.ROUND:
            sides = path[1:-1] - path[:-2], path[2:] - path[1:-1]
            turns = sides[0][:, 0] * sides[1][:, 1] - sides[0][:, 1] * sides[1][:, 0]
            assert np.sign(turns.sum()) == module.ROUND[label], row  # y grows downwards: clockwise turns are positive
        else:
            moved = path[-1] - path[0]
            wanted = np.array(module.STRAIGHT[label])
            cosine = moved @ wanted / np.linalg.norm(moved) / np.linalg.norm(wanted)
            assert cosine > math.cos(math.radians(22.5)), row
    assert seen == set(module.LABELS)


def test_new_digits_move_in_the_test_split_alone_and_no_scan_in_two() -> None:
    module = recipe("activity")
    scans = module._scans(settings("activity"))
    digits = {split: {scan.digit for scan in part} for split, part in scans.items()}
    assert digits["train"] == digits["valid"] == set(range(10)) - {4, 9}
    assert digits["test"] == set(range(10))
    keys = [scan.pixels.tobytes() for part in scans.values() for scan in part]
    assert len(set(keys)) == len(keys)


def shape(module: Any, words: str, x: float, y: float) -> Any:
    return module.Shape(*words.split(), x, y, 4.0)


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ([("big red circle", 5, 5)], "there is a big red circle at the top left"),
        ([("big red circle", 16, 28)], "there is a big red circle at the bottom"),
        ([("big red circle", 16, 16)], "there is a big red circle in the middle"),
        ([("big red circle", 5, 16), ("small blue bar", 25, 18)], "a big red circle is left of a small blue bar"),
        ([("small blue bar", 5, 16), ("big red circle", 25, 18)], "a big red circle is right of a small blue bar"),
        ([("small blue bar", 15, 5), ("big red circle", 16, 25)], "a big red circle is below a small blue bar"),
        ([("big blue bar", 15, 25), ("big red circle", 16, 5)], "a big red circle is above a big blue bar"),
        ([("big blue bar", 25, 15), ("big red circle", 5, 16)], "a big red circle is left of a big blue bar"),
        ([("big blue bar", 25, 15), ("big blue bar", 5, 16)], "two big blue bars side by side"),
        ([("big blue bar", 15, 25), ("big blue bar", 16, 5)], "two big blue bars one above the other"),
    ],
)
def test_a_caption_is_true_and_the_only_one(shapes: list[tuple[str, float, float]], said: str) -> None:
    module = recipe("caption")
    placed = [shape(module, *one) for one in shapes]
    assert module.caption(placed, 32) == module.caption(placed[::-1], 32) == said


def test_held_out_pairs_are_in_every_new_scene_and_in_no_other(folders: dict[str, Path]) -> None:
    held_out = {"train": [], **settings("caption").held_out.model_dump()}
    assert not set(held_out["valid"]) & set(held_out["test"])
    every = {pair for pairs in held_out.values() for pair in pairs}
    for split, own in held_out.items():
        groups = set()
        for row in rows(folders["caption"], split):
            said = row["target"].replace("s side", " side").replace("s one", " one")
            found = {pair for pair in every if pair in said}
            assert found <= set(own), row
            assert bool(found) == (row["group"] == "new-pairs")
            groups.add(row["group"])
        assert groups == ({"known-pairs", "new-pairs"} if own else {"known-pairs"})
    words = " ".join(row["target"] for row in rows(folders["caption"], "train")).split()
    assert {word for pair in every for word in pair.split()} <= set(words)  # each half is known by itself


def test_a_shape_has_its_colour_where_the_caption_says(folders: dict[str, Path]) -> None:
    module, checked = recipe("caption"), 0
    for row in rows(folders["caption"], "train"):
        if not row["target"].startswith("there is"):
            continue
        words = row["target"].split()
        pixels = np.asarray(Image.open(folders["caption"] / row["source"]), np.float64)
        far = np.abs(pixels - np.array(module.COLOURS[words[4]])).max(axis=2)
        down, across = (axis[far < 50].mean() for axis in np.indices(far.shape))
        where = " ".join(words[6:])
        assert ("left" in where) == (across < 32 / 3), row
        assert ("right" in where) == (across > 64 / 3), row
        assert ("top" in where) == (down < 32 / 3), row
        assert ("bottom" in where) == (down > 64 / 3), row
        checked += 1
    assert checked > 5


def test_strings_are_new_and_their_neighbours_as_the_group_says(folders: dict[str, Path]) -> None:
    module = recipe("ocr")
    held_out = module._held_out(settings("ocr"))
    assert len(held_out) == round(0.1 * 36 * 36)
    texts = [(row["target"], row["group"]) for split in COUNTS for row in rows(folders["ocr"], split)]
    assert len({text for text, _ in texts}) == len(texts)
    for text, group in texts:
        assert 4 <= len(text) <= 8
        assert set(text) <= set(module.CHARACTERS)
        assert any(text[at : at + 2] in held_out for at in range(len(text) - 1)) == (group == "new-pairs")


@pytest.mark.parametrize("slant", [-0.5, 0.0, 0.5])
def test_a_slanted_string_leans_as_asked_and_nothing_of_it_is_cut(slant: float) -> None:
    module = recipe("ocr")
    source = settings("ocr", slant=(slant, slant), noise=(0, 0), blur=(0, 0), font=(40, 40), contrast=(200, 200))
    for seed in range(5):
        pixels = np.asarray(module._picture("llll", source, np.random.default_rng(seed)), np.float64)
        ink = pixels.max() - pixels
        assert not ink[:, 0].any()
        assert not ink[:, -1].any()
        down, across = np.indices(ink.shape)
        rows_with_ink = ink.sum(axis=1) > 0.5 * ink.sum(axis=1).max()
        centre = (ink * across).sum(axis=1)[rows_with_ink] / ink.sum(axis=1)[rows_with_ink]
        lean = -np.polyfit(down[rows_with_ink, 0], centre, 1)[0]  # to the right for each pixel up
        assert lean == pytest.approx(slant, abs=0.05)


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("activity", {"canvas": 14}, "distance that leads out of a canvas of 14"),
        ("activity", {"frames": (9, 8)}, "frames .9, 8., but the lowest must come first"),
        ("activity", {"new_digits": list(range(10))}, "leaves none to train on"),
        ("caption", {"held_out": {"test": ["pink circle"]}}, "not 'pink circle'"),
        ("caption", {"held_out": {"valid": []}}, "at least 1 item"),
        ("caption", {"held_out": {"valid": ["red triangle"]}}, "'red triangle' under valid and under test"),
        ("ocr", {"length": (8, 4)}, "length .8, 4., but the lowest must come first"),
        ("ocr", {"contrast": (0, 300)}, "less than or equal to 255"),
    ],
)
def test_parameters_that_cannot_be_are_refused(name: str, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        settings(name, **changes)


def test_all_pairs_of_a_colour_cannot_be_held_out() -> None:
    pairs = [f"red {form}" for form in recipe("caption").SHAPES]
    with pytest.raises(ValidationError, match="leaves no pair of the colour red"):
        settings("caption", held_out={"valid": pairs[:2], "test": pairs[2:]})


def test_more_strings_than_there_are_is_said(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match="No new string is left to draw"):
        made(tmp_path / "raw", "ocr", strings={"train": 1300, "valid": 10, "test": 10}, length=(2, 2))
