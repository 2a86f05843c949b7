"""Is beam search faster than JoeyNMT's, over the very same weights, and does a bigger batch never cost more a sentence?

One model is trained as in bench/translation.py (or found in the folder that ``--project`` names), and JoeyNMT 2.3 gets
its weights, exactly: see beam_joeynmt.py. Both go from texts to texts with a beam of 5, Wu et al.'s normalisation with
α = 1 and at most 80 tokens, on one thread, each with its own tokenizer, batches and search. Chunks of the test set of
2016 are translated in turns; the seconds of a chunk are the median over rounds, for each contestant at the best of its
batch sizes. They are seconds of the processor, which on an idle machine are those of the clock. sacrebleu scores the
plain text; as the weights are the same, it compares the searches.

On a GPU our own step is timed as a CUDA graph and kernel by kernel.

JoeyNMT wants an environment of its own, as in bench/translation.py.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from sacrebleu.metrics.bleu import BLEU
from safetensors.torch import load_file
from timing import goal, medians, table
from translation import BEAM, LONGEST, NAME, SEQPIPE, VOCABULARY, prepare
from turns import Runner

from seqpipe.features.sizes import Sizes
from seqpipe.models.seq2seq import Seq2Seq
from seqpipe.padded import Padded
from seqpipe.params.models import Seq2SeqModel
from seqpipe.search.graphed import fastest_step

HERE = Path(__file__).parent
CHUNK, ROUNDS, SIZES = 250, 3, (64, 125, 250)
"""Sentences of a turn, turns of each chunk, batch sizes that contestants choose from."""
LADDER, RUNGS = (1, 8, 32, 64, 128, 256), 256
"""Batch sizes whose time a sentence should fall, and the sentences it is measured on."""
STEPS = 50
"""Steps of one measurement on a GPU."""


def project(folder: Path, data: Path, languages: tuple[str, str]) -> None:
    """Train in ``folder``, if that has not been done, and write what JoeyNMT needs."""
    model = folder / f"data/models/{NAME}"
    if not model.exists():
        prepare(data, languages, folder, input_feeding=False)
        subprocess.run([sys.executable, "-m", "seqpipe", "train"], cwd=folder, check=True)
    pieces = [(folder / f"{side}.pieces").read_text(encoding="utf-8").split("\n")[:-1] for side in ("source", "target")]
    torch.save({"weights": load_file(model / "model.safetensors"), "pieces": pieces}, folder / "weights.pt")


def duel(runners: dict[str, Runner], sentences: int) -> dict[str, dict[int, tuple[float, list[str]]]]:
    """By contestant and batch size, seconds of the whole test set, and its translations."""
    starts = range(0, sentences, CHUNK)
    seconds: dict[tuple[str, int, int], list[float]] = {}
    texts: dict[tuple[str, int, int], list[str]] = {}
    for _ in range(ROUNDS):
        for start in starts:
            for size in SIZES:
                for who, runner in runners.items():
                    answer = runner.ask({"start": start, "end": min(start + CHUNK, sentences), "batch": size})
                    seconds.setdefault((who, size, start), []).append(answer["seconds"])
                    texts[who, size, start] = answer["texts"]
    return {
        who: {
            size: (
                sum(statistics.median(seconds[who, size, start]) for start in starts),
                [text for start in starts for text in texts[who, size, start]],
            )
            for size in SIZES
        }
        for who in runners
    }


def ladder(ours: Runner) -> dict[int, float]:
    """Milliseconds a sentence by batch size; sizes take turns."""
    seconds: dict[int, list[float]] = {size: [] for size in LADDER}
    for _ in range(ROUNDS):
        for size in LADDER:
            seconds[size].append(ours.ask({"start": 0, "end": RUNGS, "batch": size})["seconds"])
    return {size: 1000 * statistics.median(times) / RUNGS for size, times in seconds.items()}


def compare(folder: Path, joeynmt: str, languages: tuple[str, str]) -> None:
    """Print both tables and the goals."""
    source, references = (
        (folder / f"plain/test.{language}").read_text(encoding="utf-8").splitlines() for language in languages
    )
    ours = [str(folder / f"data/models/{NAME}"), str(folder / f"plain/test.{languages[0]}"), str(BEAM), str(LONGEST)]
    theirs = [str(folder / "joeynmt.yaml"), str(folder / "weights.pt")]
    commands = {
        "seqpipe": [sys.executable, str(HERE / "beam_seqpipe.py"), *ours],
        "JoeyNMT": [joeynmt, str(HERE / "beam_joeynmt.py"), *theirs],
    }
    runners = {who: Runner(command, folder / f"beam-{who}.log") for who, command in commands.items()}
    try:
        for runner in runners.values():
            runner.ask({"start": 0, "end": max(SIZES), "batch": max(SIZES)})  # warms up
        found, rungs = duel(runners, len(source)), ladder(runners["seqpipe"])
    finally:
        for runner in runners.values():
            runner.stop()
    rows: list[dict[str, Any]] = []
    for who, by_size in found.items():
        for size, (seconds, texts) in by_size.items():
            bleu = BLEU().corpus_score(texts, [references]).score
            rows.append({"": who, "batch": size, "sentences a second": len(source) / seconds, "BLEU": bleu})
    table(rows)
    table([{"batch": size, "milliseconds a sentence": cost} for size, cost in rungs.items()])
    best = {
        who: max((row for row in rows if row[""] == who), key=lambda row: row["sentences a second"]) for who in found
    }
    speeds, scores = ({who: float(row[key]) for who, row in best.items()} for key in ("sentences a second", "BLEU"))
    costs = list(rungs.values())
    goal("beam-speed", speeds["seqpipe"] / speeds["JoeyNMT"], 5)
    goal("beam-bleu", scores["seqpipe"] - scores["JoeyNMT"], -0.2)
    goal("beam-batches", min(small / large for small, large in pairwise(costs)), 1)


def graphs() -> None:
    """On a GPU, time one step for 64 sentences of 16 tokens as a CUDA graph and kernel by kernel."""
    if not torch.cuda.is_available():
        print("no GPU")
        return
    params = Seq2SeqModel.model_validate(SEQPIPE["model"])
    model = Seq2Seq(params, Sizes("tokens", VOCABULARY, VOCABULARY)).cuda().eval()
    source = Padded(torch.full((64, 16), 5), torch.full((64,), 16)).to("cuda")
    with torch.inference_mode():
        rows = torch.arange(64, device="cuda").repeat_interleave(BEAM)
        state, last = model.start(source).select(rows), torch.full((64 * BEAM,), 5, device="cuda")

        def steps(step: Callable[..., object]) -> Callable[[], None]:
            def run() -> None:
                for _ in range(STEPS):
                    step(state, last)
                torch.cuda.synchronize()

            return run

        times = medians({"eager": steps(model.step), "graph": steps(fastest_step(model, last.device))})
    table([{"": who, "microseconds a step": 1e6 * seconds / STEPS} for who, seconds in times.items()])
    goal("beam-graph", times["eager"] / times["graph"], 4)


def main() -> None:
    """Print the tables and the goals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--joeynmt", required=True, metavar="PYTHON", help="an interpreter that has JoeyNMT")
    parser.add_argument("--data", type=Path, required=True, help="a folder with Multi30k's train.en.gz, train.de.gz, …")
    parser.add_argument("--source", default="en", help="language to translate from")
    parser.add_argument("--target", default="de", help="language to translate to")
    parser.add_argument("--project", type=Path, help="a folder that keeps the trained model for the next run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.project or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        project(folder, options.data, (options.source, options.target))
        compare(folder, options.joeynmt, (options.source, options.target))
    graphs()


if __name__ == "__main__":
    main()
