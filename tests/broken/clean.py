"""Small corpora of every layout without a fault: 110 examples, so that one that is dropped is less than one in a
hundred."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import soundfile
from PIL import Image

COUNT = 110
RATE = 8000
Files = dict[str, bytes | str]
"""Name → content; a ``str`` is where a link leads."""


def lines(*rows: str) -> bytes:
    """Rows as UTF-8 lines."""
    return "".join(f"{row}\n" for row in rows).encode()


@cache
def sound(at: int = 0, seconds: float = 0.3, rate: int = RATE, kind: str = "PCM_16", channels: int = 1) -> bytes:
    """A WAV file of a tone."""
    time = np.arange(round(seconds * rate)) / rate
    tone = 0.3 * np.sin(2 * np.pi * (200 + 10 * at) * time)
    file = io.BytesIO()
    soundfile.write(file, np.stack([tone] * channels, axis=1), rate, subtype=kind, format="WAV")
    return file.getvalue()


@cache
def picture(at: int = 0, mode: str = "L", form: str = "PNG", size: tuple[int, int] = (24, 12)) -> bytes:
    """A picture with a bar somewhere."""
    image = Image.new("L", size, 255)
    image.paste(0, (at % 20, 0, at % 20 + 3, size[1]))
    file = io.BytesIO()
    image.convert(mode).save(file, format=form)
    return file.getvalue()


def word(at: int) -> str:
    return ("cat", "dog", "cow", "hen", "fox")[at % 5]


def parallel() -> Files:
    return {
        "train.en": lines(*(f"a {word(at)} number {at}" for at in range(COUNT))),
        "train.de": lines(*(f"ein {word(at)} Nummer {at}" for at in range(COUNT))),
    }


def table() -> Files:
    return {"all.tsv": lines("id\ttext\tlabel", *(f"{at}\ta {word(at)} in {at}\t{at % 2}" for at in range(COUNT)))}


def comma_table() -> Files:
    return {"all.csv": lines("text,label", *(f'"a {word(at)}, number {at}",{at % 2}' for at in range(COUNT)))}


def json_table() -> Files:
    rows = (json.dumps({"text": f"a {word(at)} in {at}", "label": str(at % 2)}) for at in range(COUNT))
    return {"all.jsonl": lines(*rows)}


def json_array() -> Files:
    rows = [{"text": f"a {word(at)} in {at}", "label": at % 2} for at in range(COUNT)]
    return {"all.json": json.dumps(rows, indent=1).encode()}


def bare_table() -> Files:
    return {"all.csv": lines(*(f'"{at % 2}","{word(at)}s","a {word(at)}, number {at}"' for at in range(COUNT)))}


def label_lines() -> Files:
    return {"all.txt": lines(*(f"{at % 2} the {word(at)} of {at}" for at in range(COUNT)))}


def text_folders() -> Files:
    return {f"{'good' if at % 2 else 'bad'}/{at}.txt": lines(f"a {word(at)} of {at}") for at in range(COUNT)}


def conll() -> Files:
    blocks = (f"Anna B-PER\nsaw O\n{word(at)}{at} O\n" for at in range(COUNT))
    return {"all.conll": "\n".join(blocks).encode()}


def conllu() -> Files:
    rest = "\t_\t_\t0\troot\t_\t_"
    blocks = (f"# sent_id = s{at}\n1\tthe\tthe\tDET{rest}\n2\t{word(at)}{at}\tx\tNOUN{rest}\n" for at in range(COUNT))
    return {"all.conllu": "\n".join(blocks).encode()}


def plain() -> Files:
    return {"book.txt": lines(*(f"The {word(at)} went to {at}." for at in range(COUNT)))}


def fasta() -> Files:
    letters = np.random.default_rng(1).choice(list("ACGT"), (COUNT, 30))
    return {"genes.fasta": lines(*(f">g{at} label={at % 2}\n{''.join(letters[at])}" for at in range(COUNT)))}


def fastq() -> Files:
    letters = np.random.default_rng(1).choice(list("ACGT"), (COUNT, 30))
    return {"reads.fastq": lines(*(f"@r{at}\n{''.join(letters[at])}\n+\n{'I' * 30}" for at in range(COUNT)))}


def labels_file() -> Files:
    letters = np.random.default_rng(1).choice(list("ACGT"), (COUNT, 30))
    return {"sequences.txt": lines(*map("".join, letters)), "labels.txt": lines(*(str(at % 2) for at in range(COUNT)))}


def pitches() -> Files:
    pieces = [[[60 + at % 7, 64 + step] for step in range(8)] for at in range(COUNT)]
    return {"all.json": json.dumps({"train": pieces, "valid": pieces[:9], "test": pieces[9:20]}).encode()}


def kaldi() -> Files:
    files: Files = {f"wav/u{at}.wav": sound(at) for at in range(COUNT)}
    files["wav.scp"] = lines(*(f"u{at} wav/u{at}.wav" for at in range(COUNT)))
    files["text"] = lines(*(f"u{at} {word(at)}" for at in range(COUNT)))
    files["utt2spk"] = lines(*(f"u{at} s{at % 40}" for at in range(COUNT)))
    return files


def segments() -> Files:
    files = {name: content for name, content in kaldi().items() if not name.startswith("wav/")}
    files["wav/all.wav"], files["wav.scp"] = sound(0, 0.3 * COUNT), lines("all wav/all.wav")
    files["segments"] = lines(*(f"u{at} all {0.3 * at:.2f} {0.3 * at + 0.25:.2f}" for at in range(COUNT)))
    return files


def librispeech() -> Files:
    files: Files = {}
    for at in range(COUNT):
        speaker = 10 + at % 50
        files[f"all/{speaker}/1/{speaker}-1-{at:04}.wav"] = sound(at)
        table = files.setdefault(f"all/{speaker}/1/{speaker}-1.trans.txt", b"")
        files[f"all/{speaker}/1/{speaker}-1.trans.txt"] = table + lines(f"{speaker}-1-{at:04} {word(at)}")
    return files


def common_voice() -> Files:
    files: Files = {f"clips/{at}.wav": sound(at) for at in range(COUNT)}
    rows = (f"voice{at % 60}\t{at}.wav\t{word(at)}" for at in range(COUNT))
    return {**files, "validated.tsv": lines("client_id\tpath\tsentence", *rows)}


def ljspeech() -> Files:
    files: Files = {f"wavs/L{at}.wav": sound(at) for at in range(COUNT)}
    return {**files, "metadata.csv": lines(*(f"L{at}|{word(at)}|{word(at)}" for at in range(COUNT)))}


def manifest() -> Files:
    files: Files = {f"wav/{at}.wav": sound(at) for at in range(COUNT)}
    rows = (json.dumps({"audio_filepath": f"wav/{at}.wav", "text": word(at), "duration": 0.3}) for at in range(COUNT))
    return {**files, "all.json": lines(*rows)}


def listed() -> Files:
    files: Files = {f"wav/{at}.wav": sound(at) for at in range(COUNT)}
    return {**files, "all.csv": lines("file,label", *(f"wav/{at}.wav,{word(at)}" for at in range(COUNT)))}


def sound_folders() -> Files:
    return {f"{word(at)}/{at}.wav": sound(at) for at in range(COUNT)}


def sound_names() -> Files:
    return {f"{word(at)}_voice_{at}.wav": sound(at) for at in range(COUNT)}


def picture_folders() -> Files:
    return {f"{word(at)}/{at}.png": picture(at) for at in range(COUNT)}


def picture_list() -> Files:
    files: Files = {f"img/{at}.png": picture(at) for at in range(COUNT)}
    return {**files, "all.csv": lines("image,label", *(f"img/{at}.png,{word(at)}" for at in range(COUNT)))}


def archive() -> Files:
    values = np.random.default_rng(1).normal(size=(COUNT, 12)).round(3)
    rows = (",".join(map(str, row)) + f":{at % 2}" for at, row in enumerate(values))
    head = ("@problemName Waves", "@univariate true", "@classLabel true 0 1", "@data")
    return {"Waves_TRAIN.ts": lines(*head, *rows)}


def moments() -> list[str]:
    """The hours of some days."""
    return [f"2024-03-{1 + at // 24:02} {at % 24:02}:00:00" for at in range(700)]


def wide() -> Files:
    return {
        "heat.csv": lines("date,a,b", *(f"{time},{at % 24 + at % 7},{at % 5}" for at, time in enumerate(moments())))
    }


def long_series() -> Files:
    rows = (f"{name},{time},{at % 24 + at % 7}" for name in "ab" for at, time in enumerate(moments()))
    return {"m.csv": lines("unique_id,ds,y", *rows)}


def matrix() -> Files:
    return {"rates.txt": lines(*(f"{at % 24 + at % 7},{at % 5}" for at in range(700)))}


class Kind(NamedTuple):
    """A kind of corpus: the layout that it must be taken for, what is in it, and the text that names its examples."""

    layout: str
    files: Callable[[], Files]
    text: str = ""


CLEAN = {
    "parallel": Kind("parallel", parallel, "train.en"),
    "table": Kind("table", table, "all.tsv"),
    "comma_table": Kind("table", comma_table, "all.csv"),
    "json_table": Kind("table", json_table, "all.jsonl"),
    "json_array": Kind("table", json_array, "all.json"),
    "bare_table": Kind("table", bare_table, "all.csv"),
    "label_lines": Kind("label-lines", label_lines, "all.txt"),
    "text_folders": Kind("class-folders", text_folders, "good/1.txt"),
    "conll": Kind("conll", conll, "all.conll"),
    "conllu": Kind("conllu", conllu, "all.conllu"),
    "plain": Kind("plain", plain, "book.txt"),
    "fasta": Kind("fasta", fasta, "genes.fasta"),
    "fastq": Kind("fasta", fastq, "reads.fastq"),
    "labels_file": Kind("labels-file", labels_file, "sequences.txt"),
    "pitches": Kind("pitches", pitches, "all.json"),
    "kaldi": Kind("kaldi", kaldi, "text"),
    "segments": Kind("kaldi", segments, "segments"),
    "librispeech": Kind("librispeech", librispeech, "all/11/1/11-1.trans.txt"),
    "common_voice": Kind("common-voice", common_voice, "validated.tsv"),
    "ljspeech": Kind("ljspeech", ljspeech, "metadata.csv"),
    "manifest": Kind("manifest", manifest, "all.json"),
    "listed": Kind("listed", listed, "all.csv"),
    "sound_folders": Kind("class-folders", sound_folders),
    "sound_names": Kind("file-names", sound_names),
    "picture_folders": Kind("class-folders", picture_folders),
    "picture_list": Kind("listed", picture_list, "all.csv"),
    "archive": Kind("ts-archive", archive, "Waves_TRAIN.ts"),
    "wide": Kind("wide-series", wide, "heat.csv"),
    "long_series": Kind("long-series", long_series, "m.csv"),
    "matrix": Kind("matrix", matrix, "rates.txt"),
}
