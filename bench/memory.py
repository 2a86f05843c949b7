"""Does the memory of preprocessing grow with the data, and its time faster than the data?

Peak resident memory, that of the process of a second job added, and wall time of ``seqpipe preprocess --jobs 2``, for
1×, 4× and 16× the data: noise of six seconds a file (one file under many names, so that the disk is not what is
measured), and lines of made-up words. With ``--whole`` 100 hours and 5 GB as well, which take most of an hour and 40 GB
of disk.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from timing import goal, table

HOURS, MEGABYTES, TIMES = 0.2, 4, (1, 4, 16)
WHOLE = {"tones": 500, "texts": 1250}  # times as much is 100 hours, and 5 GB
MOST = 1500  # megabytes
PARAMS = """\
pipelines: {tones: audio, texts: text}
tones:
  task: classify
  source: {}
  features: {mels: 80, normalize: corpus}
  model: {}
  train: {}
  decode: {}
texts:
  task: language-model
  source: {}
  features: {source: {vocabulary: 1000}}
  model: {}
  train: {}
  decode: {}
"""
RUN = """\
import resource, sys, time
from seqpipe.commands.preprocess import preprocess
from seqpipe.project import read_pipelines
from seqpipe.report import silent
start = time.perf_counter()
preprocess(read_pipelines()[sys.argv[1]], silent, jobs=2)
most = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(most // 1024, time.perf_counter() - start)
"""


def write_sounds(folder: Path, times: int) -> None:
    """``times`` × ``HOURS`` of recordings."""
    folder.mkdir(parents=True)
    soundfile.write(folder / "noise.wav", np.random.default_rng(1).normal(0, 0.1, 16000 * 6), 16000)
    for split, count in {"train": round(HOURS * 600 * times), "valid": 2, "test": 2}.items():
        names = [f"{split}{at}.wav" for at in range(count)]
        for name in names:
            os.link(folder / "noise.wav", folder / name)
        rows = [{"audio_filepath": name, "text": "ab"[at % 2]} for at, name in enumerate(names)]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_texts(folder: Path, times: int) -> None:
    """``times`` × ``MEGABYTES`` of lines, each block of them with a word of its own before every line."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(2)
    words = ["".join(random.choice(list("abcdefghijklmnop"), random.integers(2, 9))) for _ in range(3000)]
    lines = [" ".join(random.choice(words, 15)) + "\n" for _ in range(MEGABYTES * 10_500)]
    for split, blocks, some in (("train", times, lines), ("valid", 1, lines[:10]), ("test", 1, lines[10:20])):
        with (folder / f"{split}.txt").open("w") as file:
            for block in range(blocks):
                word = words[block % len(words)]
                file.writelines(f"{word} {line}" for line in some)


def measured(name: str, times: int) -> tuple[int, float]:
    """Megabytes at the most, and seconds."""
    write = {"tones": write_sounds, "texts": write_texts}[name]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "params.yaml").write_text(PARAMS)
        write(Path(folder, "data/raw", name), times)
        done = subprocess.run([sys.executable, "-c", RUN, name], cwd=folder, capture_output=True, text=True, check=True)
    most, seconds = done.stdout.split()
    return int(most), float(seconds)


def main(whole: bool) -> None:
    """Print a table and the goals for each kind of data."""
    for name, unit, base in (("tones", "hours", HOURS), ("texts", "megabytes", MEGABYTES)):
        sizes = [*TIMES, WHOLE[name]] if whole else list(TIMES)
        found = {times: measured(name, times) for times in sizes}
        table([{unit: base * times, "peak MB": most, "seconds": time} for times, (most, time) in found.items()])
        last, before = sizes[-1], sizes[-2]
        (most, seconds), (_, less) = found[last], found[before]
        goal(f"{name}: {MOST} MB over the peak at {base * last:g} {unit}", MOST / most, 1)
        goal(
            f"{name}: seconds a unit at {base * before:g} over those at {base * last:g} {unit}",
            less / before / (seconds / last),
            0.9,
        )


if __name__ == "__main__":
    main("--whole" in sys.argv)
