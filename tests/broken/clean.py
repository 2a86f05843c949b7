"""A clean corpus of every layout, as small as its splits allow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

RATE = 8000
SPLITS = {"train": 4, "valid": 2, "test": 2}


def wave(seed: int, count: int = 1600) -> np.ndarray:
    """Some sound, float64[T]."""
    return 0.4 * np.sin(np.arange(count) / (3 + seed % 7)) + 0.01 * np.random.default_rng(seed).normal(size=count)


def sound(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, wave(seed), RATE)


def picture(path: Path, seed: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (12, 60), np.uint8)).save(path)


def text(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


def each_split(write: Callable[[str, int, list[int]], None]) -> None:
    """Call ``write`` with a split's name, its first number and its numbers."""
    begun = 0
    for split, count in SPLITS.items():
        write(split, begun, list(range(begun, begun + count)))
        begun += count


def kaldi(corpus: Path) -> None:
    def write(split: str, _: int, ats: list[int]) -> None:
        for at in ats:
            sound(corpus / f"wavs/{at}.wav", at)
        text(corpus / split / "wav.scp", "".join(f"r{at} wavs/{at}.wav\n" for at in ats))
        text(corpus / split / "text", "".join(f"u{at} a b\n" for at in ats))
        text(corpus / split / "segments", "".join(f"u{at} r{at} 0.0 0.2\n" for at in ats))

    each_split(write)


def librispeech(corpus: Path) -> None:
    def write(split: str, begun: int, ats: list[int]) -> None:
        folder = corpus / {"valid": "dev-x"}.get(split, f"{split}-x") / f"{begun}" / "1"
        for at in ats:
            sound(folder / f"{begun}-1-{at}.wav", at)
        text(folder / f"{begun}-1.trans.txt", "".join(f"{begun}-1-{at} A B\n" for at in ats))

    each_split(write)


def common_voice(corpus: Path) -> None:
    def write(split: str, begun: int, ats: list[int]) -> None:
        for at in ats:
            sound(corpus / f"clips/{at}.wav", at)
        rows = "".join(f"v{begun}\t{at}.wav\ta b\n" for at in ats)
        text(corpus / f"{ {'valid': 'dev'}.get(split, split)}.tsv", f"client_id\tpath\tsentence\n{rows}")

    each_split(write)


def ljspeech(corpus: Path) -> None:
    for at in range(24):
        sound(corpus / f"wavs/L{at}.wav", at)
    text(corpus / "metadata.csv", "".join(f"L{at}|a b|a b\n" for at in range(24)))


def manifest(corpus: Path) -> None:
    def write(split: str, _: int, ats: list[int]) -> None:
        for at in ats:
            sound(corpus / f"wavs/{at}.wav", at)
        rows = [{"audio_filepath": f"wavs/{at}.wav", "text": "a b", "duration": 0.2} for at in ats]
        text(corpus / f"{split}.json", "".join(f"{json.dumps(row)}\n" for row in rows))

    each_split(write)


def listed(corpus: Path) -> None:
    def write(split: str, _: int, ats: list[int]) -> None:
        for at in ats:
            picture(corpus / f"pictures/{at}.png", at)
        rows = "".join(f"pictures/{at}.png,{'ab'[at % 2]}\n" for at in ats)
        text(corpus / f"{split}.csv", f"file,label\n{rows}")

    each_split(write)


def class_folders(corpus: Path) -> None:
    def write(split: str, _: int, ats: list[int]) -> None:
        for at in ats:
            sound(corpus / split / f"{'ab'[at % 2]}" / f"{at}.wav", at)

    each_split(write)


def class_texts(corpus: Path) -> None:
    def write(split: str, _: int, ats: list[int]) -> None:
        for at in [*ats, *(at + 10 for at in ats), *(at + 20 for at in ats)]:
            text(corpus / split / f"{'ab'[at % 2]}" / f"{at}.txt", f"text {at} is\nlong\n")

    each_split(write)


def file_names(corpus: Path) -> None:
    for at in range(24):
        picture(corpus / f"{'abcdefgh'[at % 8]}{'xyz'[at % 3]}q.png", at)


def ts_archive(corpus: Path) -> None:
    for part, count in (("TRAIN", 24), ("TEST", 4)):
        cases = "".join(f"{at},1,2,{at % 3}:{'xy'[at % 2]}\n" for at in range(count))
        text(corpus / f"P_{part}.ts", f"@problemName P\n@classLabel true x y\n@data\n{cases}")


def parallel(corpus: Path) -> None:
    def write(split: str, _: int, ats: list[int]) -> None:
        text(corpus / f"{split}.en", "".join(f"cat {at}\n" for at in ats))
        text(corpus / f"{split}.de", "".join(f"Katze {at}\n" for at in ats))

    each_split(write)


def conllu(corpus: Path) -> None:
    def write(split: str, _: int, ats: list[int]) -> None:
        rest = "_\t_\t0\troot\t_\t_"
        one = "# sent_id = s{0}\n1\tdog\tdog\tNOUN\t{1}\n2\truns{0}\trun\tVERB\t{1}\n\n"
        text(corpus / f"{split}.conllu", "".join(one.format(at, rest) for at in ats))

    each_split(write)


def conll(corpus: Path) -> None:
    def write(split: str, _: int, ats: list[int]) -> None:
        text(corpus / f"esp.{split}", "".join(f"Anna NP B-PER\nsaw VB O\nOslo{at} NP B-LOC\n\n" for at in ats))

    each_split(write)


def fasta(corpus: Path) -> None:
    def write(split: str, _: int, ats: list[int]) -> None:
        text(corpus / f"{split}.fa", "".join(f">s{at} label={'ab'[at % 2]}\nACGT\n{'ACGT'[at % 4]}\n" for at in ats))

    each_split(write)


def pitches(corpus: Path) -> None:
    pieces = {split: [[[60, 64], [62], [60, at]] for at in range(count)] for split, count in SPLITS.items()}
    text(corpus / "jsb.json", json.dumps(pieces))


def labels_file(corpus: Path) -> None:
    text(corpus / "sequences.txt", "".join(f"ACGT{'ACGT'[at % 4]}\n" for at in range(40)))
    text(corpus / "labels.txt", "".join(f"{at % 2}\n" for at in range(40)))


def long_series(corpus: Path) -> None:
    rows = [f"{name},{1900 + at},{at * at % 13}\n" for name in "AB" for at in range(90)]
    text(corpus / "m.csv", f"unique_id,ds,y\n{''.join(rows)}")


def wide_series(corpus: Path) -> None:
    rows = "".join(f"2016-10-{1 + at // 24:02} {at % 24:02}:00:00,{at * at % 13},{at % 7}\n" for at in range(96))
    text(corpus / "h.csv", f"date,a,b\n{rows}")


def matrix(corpus: Path) -> None:
    text(corpus / "rate.txt", "".join(f"{at * at % 13},{at % 7}.5\n" for at in range(90)))


def table(corpus: Path) -> None:
    def write(split: str, _: int, ats: list[int]) -> None:
        text(corpus / f"{split}.tsv", "text\tlabel\n" + "".join(f"word {at}\t{'ab'[at % 2]}\n" for at in ats))

    each_split(write)


def table_csv(corpus: Path) -> None:
    def write(split: str, _: int, ats: list[int]) -> None:
        text(corpus / f"{split}.csv", "id,text,label\n" + "".join(f'{at},"word {at}",{"ab"[at % 2]}\n' for at in ats))

    each_split(write)


def table_jsonl(corpus: Path) -> None:
    def write(split: str, _: int, ats: list[int]) -> None:
        rows = ({"text": f"word {at}", "label": at % 2} for at in ats)
        text(corpus / f"{split}.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))

    each_split(write)


def label_lines(corpus: Path) -> None:
    for split, count in (("train", 20), ("valid", 20), ("test", 20)):
        text(corpus / f"x.{split}", "".join(f"{at % 2} film {at} seen\n" for at in range(count)))


def plain(corpus: Path) -> None:
    for split, count in SPLITS.items():
        text(corpus / f"{split}.txt", "".join(f"line {at} of text\n" for at in range(count)))


CLEAN: dict[str, Callable[[Path], None]] = {
    "kaldi": kaldi,
    "librispeech": librispeech,
    "common-voice": common_voice,
    "ljspeech": ljspeech,
    "manifest": manifest,
    "listed": listed,
    "class-folders": class_folders,
    "class-folders of text": class_texts,
    "file-names": file_names,
    "ts-archive": ts_archive,
    "parallel": parallel,
    "conllu": conllu,
    "conll": conll,
    "fasta": fasta,
    "pitches": pitches,
    "labels-file": labels_file,
    "long-series": long_series,
    "wide-series": wide_series,
    "matrix": matrix,
    "table": table,
    "table of csv": table_csv,
    "table of jsonl": table_jsonl,
    "label-lines": label_lines,
    "plain": plain,
}
"""What writes a clean corpus of each layout, of some layouts more than one kind."""
