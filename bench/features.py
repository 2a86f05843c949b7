"""What do features cost, from sound files on disk to Arrow on disk, and what does tokenising cost?

seqpipe's own preprocessing, with nothing kept from before, beside a loop over ``librosa.feature`` that writes the same
frames; two jobs beside one, on hours of sound (a second job is a process that has to start first), and beside two
processes that share nothing, which is all that this machine's second core can give; the transform alone beside
kaldi-native-fbank and python_speech_features, one core each; and sentencepiece's batches as seqpipe has them beside a
bare ``encode(list, num_threads)``.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import multiprocessing
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from timing import goal, medians, table

from seqpipe.commands.drops import ABREAST, GROUP
from seqpipe.commands.preprocess import preprocess
from seqpipe.features.spectra import Spectra
from seqpipe.features.tokens import Tokenizer
from seqpipe.params.features import AudioFeatures, Tokens
from seqpipe.project import read_pipelines
from seqpipe.report import silent
from seqpipe.store import Writer
from seqpipe.workers import at_most, gc_frozen

RATE, SECONDS, FILES, MELS = 16000, 6, 200, 80
MANY = 12000  # files for two jobs: as many names of the same
PARAMS = f"""\
pipelines: {{tones: audio}}
tones:
  task: classify
  source: {{}}
  features: {{rate: {RATE}, mels: {MELS}, normalize: none}}
  model: {{}}
  train: {{}}
  decode: {{}}
"""


def write_corpus(folder: Path, count: int) -> dict[str, list[Path]]:
    """Noise that swells and fades, ``count`` files of which some hundred differ; ``params.yaml`` beside ``data``."""
    random, splits = np.random.default_rng(1), {"train": count - 4, "valid": 2, "test": 2}
    folder.mkdir(parents=True)
    (folder.parents[2] / "params.yaml").write_text(PARAMS)
    files: dict[str, list[Path]] = {}
    for split, size in splits.items():
        files[split] = [folder / f"{split}{at}.wav" for at in range(size)]
        for at, path in enumerate(files[split]):
            if at < FILES:
                swell = np.abs(np.sin(np.linspace(0, 9, RATE * SECONDS)))
                soundfile.write(path, random.normal(0, 0.1, RATE * SECONDS) * swell, RATE)
            else:
                os.link(files[split][at % FILES], path)
        rows = [{"audio_filepath": path.name, "text": "ab"[at % 2]} for at, path in enumerate(files[split])]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return files


def librosa_loop(files: dict[str, list[Path]], spectra: Spectra, out: Path) -> None:
    """The same frames by librosa, into the same kind of file."""
    import librosa

    sizes: dict[str, Any] = {"n_fft": spectra.fft, "hop_length": spectra.hop, "win_length": round(0.025 * RATE)}
    out.mkdir(exist_ok=True)
    for split, paths in files.items():
        with Writer(out / f"{split}.arrow", {"source": f"frames:{MELS}"}) as writer:
            for path in paths:
                samples, _ = librosa.load(path, sr=RATE)
                mel = librosa.feature.melspectrogram(y=samples, sr=RATE, n_mels=MELS, **sizes)
                writer.add({"source": librosa.power_to_db(mel).T})


def seqpipe_run(jobs: int) -> None:
    """Preprocess in this folder."""
    preprocess(read_pipelines()["tones"], silent, jobs=jobs)


def clear(*projects: Path) -> None:
    """Keep nothing from before."""
    for project in projects:
        for folder in (project / ".seqpipe", project / "data/features", project / "librosa"):
            shutil.rmtree(folder, ignore_errors=True)


def run_in(project: Path) -> None:
    """One job in a process of its own."""
    os.chdir(project)
    seqpipe_run(1)


def transforms(samples: np.ndarray, spectra: Spectra) -> dict[str, Callable[[], object]]:
    """Log-mel frames of one recording by every library that is here."""
    found: dict[str, Callable[[], object]] = {"seqpipe": lambda: spectra(samples)}
    if importlib.util.find_spec("kaldi_native_fbank"):
        import kaldi_native_fbank

        options = kaldi_native_fbank.FbankOptions()
        options.frame_opts.samp_freq, options.frame_opts.dither, options.mel_opts.num_bins = RATE, 0.0, MELS

        def kaldi() -> object:
            bank = kaldi_native_fbank.OnlineFbank(options)
            bank.accept_waveform(RATE, (samples * 32768).tolist())
            bank.input_finished()
            return np.stack([bank.get_frame(frame) for frame in range(bank.num_frames_ready)])

        found["kaldi-native-fbank"] = kaldi
    if importlib.util.find_spec("python_speech_features"):
        import python_speech_features

        found["python_speech_features"] = lambda: python_speech_features.logfbank(samples, RATE, nfilt=MELS, nfft=512)
    return found


def tokenizers() -> dict[str, Callable[[], object]]:
    """seqpipe's batches and bare sentencepiece on the same lines, threads and model."""
    random = np.random.default_rng(2)
    words = ["".join(random.choice(list("abcdefghijklmnop"), random.integers(2, 9))) for _ in range(3000)]
    lines = [" ".join(random.choice(words, random.integers(5, 30))) for _ in range(20000)] * 5
    ours = Tokenizer.train(lines[:5000], Tokens(vocabulary=1000), "made-up words")
    threads = len(os.sched_getaffinity(0))
    bare = ours._processor

    def in_groups() -> None:
        """As ``preprocess`` does it."""
        with gc_frozen(), at_most(int(threads > 1), ABREAST) as who:
            groups = (lines[at : at + GROUP] for at in range(0, len(lines), GROUP))
            deque(who.ordered(who.submit(ours.encode_many, group, threads) for group in groups), maxlen=0)

    def at_once() -> None:
        """With the same rest from the garbage collector."""
        with gc_frozen():
            bare.encode(lines, num_threads=threads)

    return {"bare": at_once, "seqpipe": in_groups}


def beside_librosa(spectra: Spectra) -> dict[str, float]:
    """Seconds of one job and of librosa."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        files = write_corpus(Path(folder, "data/raw/tones"), FILES)
        return medians(
            {
                "librosa": lambda: librosa_loop(files, spectra, Path("librosa")),
                "seqpipe, 1 job": lambda: seqpipe_run(1),
            },
            repeats=9,
            before=lambda: clear(Path(folder)),
        )


def by_two() -> dict[str, float]:
    """Seconds of one job, of two, and of two processes that do half each and know nothing of each other."""
    with tempfile.TemporaryDirectory() as folder, multiprocessing.get_context("spawn").Pool(2) as pool:
        halves = [Path(folder, name) for name in ("half", "other half")]
        projects = [Path(folder, "all"), *halves]
        for project in projects:
            write_corpus(project / "data/raw/tones", MANY // (1 + (project in halves)))
        with contextlib.chdir(projects[0]):
            return medians(
                {
                    "seqpipe, 1 job": lambda: seqpipe_run(1),
                    "seqpipe, 2 jobs": lambda: seqpipe_run(2),
                    "two processes, half each": lambda: pool.map(run_in, halves, chunksize=1),
                },
                repeats=5,
                before=lambda: clear(*projects),
            )


def main() -> None:
    """Print the tables and goals."""
    spectra = Spectra(AudioFeatures(rate=RATE, mels=MELS, normalize="none"))
    alone, two = beside_librosa(spectra), by_two()
    for files, seconds in ((FILES, alone), (MANY, two)):
        table([{f"{files} files to Arrow": name, "× real time": files * SECONDS / s} for name, s in seconds.items()])
    samples = np.random.default_rng(3).normal(0, 0.1, RATE * 30).astype(np.float32)
    transform = medians(transforms(samples, spectra), repeats=5)
    table([{"transform": name, "× real time": 30 / time} for name, time in transform.items()])
    tokens = medians(tokenizers(), repeats=9)
    table([{"tokenising": name, "seconds": time} for name, time in tokens.items()])
    goal("librosa / one job", alone["librosa"] / alone["seqpipe, 1 job"], 2)
    one = two["seqpipe, 1 job"]
    print(f"one job / two processes that share nothing: {one / two['two processes, half each']:.2f}")
    goal("one job / two jobs", one / two["seqpipe, 2 jobs"], 1.8)
    for name, time in transform.items():
        if name != "seqpipe":
            goal(f"{name} / seqpipe", time / transform["seqpipe"], 2)
    goal("bare sentencepiece / seqpipe", tokens["bare"] / tokens["seqpipe"], 0.95)


if __name__ == "__main__":
    main()
