"""Does the memory of preprocessing grow with the data?

Peak resident memory of ``seqpipe preprocess`` in a process of its own, for 1×, 4× and 16× the data: noise of six
seconds a file (one file under many names, so that the disk is not what is measured), and lines of made-up words.
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
import resource, sys
from seqpipe.commands.preprocess import preprocess
from seqpipe.project import read_pipelines
from seqpipe.report import silent
preprocess(read_pipelines()[sys.argv[1]], silent, jobs=2)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
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
    """``times`` × ``MEGABYTES`` of lines."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(2)
    words = ["".join(random.choice(list("abcdefghijklmnop"), random.integers(2, 9))) for _ in range(3000)]
    for split, size in {"train": MEGABYTES * 1_000_000 * times, "valid": 1000, "test": 1000}.items():
        with (folder / f"{split}.txt").open("w") as file:
            while file.tell() < size:
                file.write("".join(" ".join(random.choice(words, 15)) + "\n" for _ in range(100)))


def peak(name: str, times: int) -> int:
    """Megabytes at the most."""
    write = {"tones": write_sounds, "texts": write_texts}[name]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "params.yaml").write_text(PARAMS)
        write(Path(folder, "data/raw", name), times)
        done = subprocess.run([sys.executable, "-c", RUN, name], cwd=folder, capture_output=True, text=True, check=True)
    return int(done.stdout)


def main() -> None:
    """Print a table and a goal for each kind of data."""
    for name, unit, base in (("tones", "hours", HOURS), ("texts", "megabytes", MEGABYTES)):
        found = {times: peak(name, times) for times in TIMES}
        table([{unit: base * times, "peak MB": size} for times, size in found.items()])
        slope = (found[TIMES[-1]] - found[TIMES[-2]]) / (base * (TIMES[-1] - TIMES[-2]))
        target = 100 if name == "tones" else 5000
        foretold = found[TIMES[-1]] + slope * (target - base * TIMES[-1])
        print(f"{name}: {foretold:.0f} MB at {target} {unit}, if it goes on so")
        goal(f"{name}: {MOST} MB over the peak at {base * TIMES[-1]:g} {unit}", MOST / found[TIMES[-1]], 1)


if __name__ == "__main__":
    main()
