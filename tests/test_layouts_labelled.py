"""Labels in paths: folders of classes and patterns of names, of sounds and pictures alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from seqpipe.files import SeqpipeError
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.labelled import CLASSES, NAMES
from seqpipe.readers.recordings import Clip


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_a_folder_per_class(tmp_path: Path) -> None:
    touch(tmp_path, "cat/1.png", "dog/1.JPG", "dog/2.png", "dog/notes.txt", "odd.png")
    (tmp_path / "cat/back").symlink_to(tmp_path)
    (tmp_path / "odd.png").rename(tmp_path / "dog/3.png")
    found = CLASSES.look(tmp_path)
    assert found is not None
    assert (found.modality, found.task, found.splits) == ("frames", "classify", {})
    first, *others = CLASSES.read(tmp_path, found.options, [])
    assert first == Example("cat/1.png", tmp_path / "cat/1.png", "cat", "cat/1.png")
    assert [item.target for item in others if isinstance(item, Example)] == ["dog"] * 3


def test_classes_below_splits(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{split}/{label}/{at}.wav" for split in ("train", "test") for label in "ab" for at in "12345"))
    touch(tmp_path, "test/stray.wav")
    found = CLASSES.look(tmp_path)
    assert found is not None
    assert found.splits == {"train": ["train/*", "train/*/*"], "test": ["test/*", "test/*/*"]}
    items = list(CLASSES.read(tmp_path, found.options, found.splits["test"]))
    assert [item for item in items if isinstance(item, Dropped)] == [
        Dropped("test/stray.wav", "it lies in no folder of a class")
    ]
    read = [item for item in items if isinstance(item, Example)]
    assert [(item.source, item.target) for item in read[:1]] == [(Clip(tmp_path / "test/a/1.wav"), "a")]
    assert [item.id for item in read] == [f"test/{label}/{at}.wav" for label in "ab" for at in "12345"]


def test_spoken_digits_have_a_test_of_their_own(tmp_path: Path) -> None:
    touch(tmp_path, *(f"recordings/{digit}_ann_{at}.wav" for digit in "07" for at in (0, 4, 5, 12, 40, 900)))
    found = NAMES.look(tmp_path)
    assert found is not None
    assert (found.modality, found.task) == ("audio", "classify")
    parts = {split: list(NAMES.read(tmp_path, found.options, names)) for split, names in found.splits.items()}
    assert {split: len(part) for split, part in parts.items()} == {"train": 8, "test": 4}
    name = "recordings/0_ann_0.wav"
    assert parts["test"][0] == Example(name, Clip(tmp_path / name), "0", name, "ann")


def test_texts_in_names_but_no_numbering(tmp_path: Path) -> None:
    touch(tmp_path / "texts", "2b3c.png", "xyw4.png", "77ab.png")
    touch(tmp_path / "numbers", "img1.png", "img2.png", "img3.png")
    found = NAMES.look(tmp_path / "texts")
    assert found is not None
    assert (found.modality, found.task) == ("frames", "ctc")
    assert [item.target for item in NAMES.read(tmp_path / "texts", found.options, []) if isinstance(item, Example)] == [
        "2b3c",
        "77ab",
        "xyw4",
    ]
    assert NAMES.look(tmp_path / "numbers") is None


def test_mistakes(tmp_path: Path) -> None:
    touch(tmp_path, "a_b.png", "c.png")
    items = list(NAMES.read(tmp_path, {"modality": "frames", "pattern": "{label}_{unit}"}, []))
    assert items == [
        Example("a_b.png", tmp_path / "a_b.png", "a", "a_b.png", unit="b"),
        Dropped("c.png", "its name is not of the pattern {label}_{unit}"),
    ]
    with pytest.raises(SeqpipeError, match=r"needs the field \{label\}"):
        list(NAMES.read(tmp_path, {"modality": "frames", "pattern": "{unit}"}, []))
