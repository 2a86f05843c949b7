"""Does an attention encoder–decoder train faster than JoeyNMT's, and translate as well after as many epochs?

The peer is JoeyNMT 2.3 with its own reader, trainer and beam search, in an interpreter of its own; ours is
``seqpipe preprocess``, ``train`` and ``decode``. Both get the same Multi30k sentences and sentencepiece models, a
bidirectional GRU encoder, a GRU decoder, Luong's attention, the same sizes, optimiser and clipping, about as many
target tokens an update, one thread, and as many epochs. They take turns of a few updates until both are
through; speed is target tokens a second, median over turns, of the whole loop, its reading of data included, without
validation. Then both translate the test set of 2016 with the same beam, and sacrebleu scores the plain text.

JoeyNMT wants an environment of its own: ``pip install torch joeynmt importlib_metadata "sentencepiece<0.2.1"``.
Version 2.3.0 needs the third and does not name it, and calls what newer sentencepiece has under another name; it runs
with torch 2.13 and numpy 2.4 on Python 3.11.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from sacrebleu.metrics.bleu import BLEU
from timing import goal, table
from turns import Runner, Turn

from seqpipe.features.tokens import Tokenizer

HERE = Path(__file__).parent
NAME = "translation"
SPLITS = {"train": "train", "valid": "val", "test": "test_2016_flickr"}

EPOCHS, UPDATES_A_TURN, SEED = 4, 20, 1
VOCABULARY, EMBEDDING, HIDDEN = 2000, 128, 128
CLIP, BEAM, LONGEST = 1.0, 5, 80
RATE, DROPOUT = 3e-3, 0.1
PEER_RATE, PEER_DROPOUT = 2e-3, 0.2
"""The best for each of what was tried on the validation split; our dropout stands in five places, theirs in three."""
BUDGET = 2560
"""Ours: padded source and target steps of a batch of similar lengths."""
JOEYNMT_TOKENS = 2770
"""JoeyNMT's: padded steps of the longer side, batches of random lengths; as many tokens an update as ours."""
DECAY = 0.7
"""JoeyNMT's step size is multiplied by it every epoch; ours falls in a cosine after a warm-up."""
UPDATES_AN_EPOCH = 420
"""After so many JoeyNMT validates; about an epoch."""

SEQPIPE: dict[str, Any] = {
    "task": "seq2seq",
    "features": {
        side: {"level": "unigram", "vocabulary": VOCABULARY, "normalization": "nfkc"} for side in ("source", "target")
    },
    "model": {
        "cell": "gru",
        "hidden": HIDDEN,
        "embedding": EMBEDDING,
        "layers": 1,
        "dropout": DROPOUT,
        "dropout_kind": "locked",
        "bidirectional": True,
        "attention": "dot",  # with the encoder's outputs mapped to H: JoeyNMT's "luong", one matrix between h and m
    },
    "train": {
        "epochs": EPOCHS,
        "budget": BUDGET,
        "learning_rate": RATE,
        "schedule": "cosine",
        "clip": CLIP,
        "seed": SEED,
        "threads": 1,
    },
    "decode": {"beam": BEAM, "length_penalty": 1.0, "max_length": LONGEST},
}


def joeynmt_config(folder: Path, languages: tuple[str, str], input_feeding: bool) -> dict[str, Any]:
    """The same for JoeyNMT; where it has no equal (initial weights, schedule), what its own recipes do."""
    sides = {}
    for side, ours, language in zip(("src", "trg"), ("source", "target"), languages, strict=True):
        sides[side] = {
            "lang": language,
            "level": "bpe",  # its word for sentencepiece
            "voc_file": str(folder / f"{ours}.pieces"),
            "tokenizer_type": "sentencepiece",
            "tokenizer_cfg": {"model_file": str(folder / f"data/features/{NAME}/{ours}.model")},
        }
    plain = folder / "plain"
    recurrent = {
        "type": "recurrent",
        "rnn_type": "gru",
        "embeddings": {"embedding_dim": EMBEDDING, "dropout": PEER_DROPOUT},
        "hidden_size": HIDDEN,
        "num_layers": 1,
    }
    decoder = {
        "attention": "luong",
        "hidden_dropout": PEER_DROPOUT,
        "init_hidden": "bridge",
        "input_feeding": input_feeding,
    }
    return {
        "name": NAME,
        "model_dir": str(folder / "joeynmt"),
        "use_cuda": False,
        "random_seed": SEED,
        "data": {**{split: str(plain / split) for split in ("train", "dev", "test")}, "dataset_type": "plain", **sides},
        "model": {
            "initializer": "xavier_uniform",
            "embed_initializer": "normal",
            "embed_init_weight": 0.1,
            "bias_initializer": "zeros",
            "init_rnn_orthogonal": True,
            "encoder": {**recurrent, "bidirectional": True},
            "decoder": {**recurrent, **decoder},
        },
        "training": {
            "epochs": EPOCHS,
            "optimizer": "adamw",
            "learning_rate": PEER_RATE / DECAY,  # it is multiplied before the first epoch, too
            "scheduling": "exponential",
            "decrease_factor": DECAY,
            "clip_grad_norm": CLIP,
            "normalization": "tokens",
            "batch_size": JOEYNMT_TOKENS,
            "batch_type": "token",
            "validation_freq": UPDATES_AN_EPOCH,
            "logging_freq": UPDATES_AN_EPOCH // 3,
            "early_stopping_metric": "ppl",
            "keep_best_ckpts": 1,
            "print_valid_sents": [],
        },
        "testing": {"batch_size": 64, "max_output_length": LONGEST, "beam_size": BEAM, "beam_alpha": 1.0},
    }


def prepare(data: Path, languages: tuple[str, str], folder: Path, input_feeding: bool) -> list[str]:
    """Write both sides' data and parameters; the references of the test split."""
    texts = {
        split: [gzip.decompress((data / f"{stem}.{language}.gz").read_bytes()).decode() for language in languages]
        for split, stem in SPLITS.items()
    }
    raw, plain = folder / "data/raw" / NAME, folder / "plain"
    raw.mkdir(parents=True)
    plain.mkdir()
    pairs: list[tuple[str, str]] = []
    for split, sides in texts.items():
        lines = [[" ".join(line.split()) for line in side.strip("\n").split("\n")] for side in sides]
        pairs = [pair for pair in zip(*lines, strict=True) if all(pair)]
        rows = "".join(f"{source}\t{target}\n" for source, target in pairs)
        (raw / f"{split}.tsv").write_text(f"source\ttarget\n{rows}", encoding="utf-8")
        for language, written in zip(languages, zip(*pairs, strict=True), strict=True):
            name = split.replace("valid", "dev")
            (plain / f"{name}.{language}").write_text("".join(f"{line}\n" for line in written), encoding="utf-8")
    YAML().dump({"pipelines": {NAME: "text"}, NAME: SEQPIPE}, folder / "params.yaml")
    subprocess.run([sys.executable, "-m", "seqpipe", "preprocess", "text"], cwd=folder, check=True)
    for side in ("source", "target"):
        tokenizer = Tokenizer.load(folder / f"data/features/{NAME}/{side}.model")
        pieces = "".join(f"{piece}\n" for piece in tokenizer.pieces(range(tokenizer.size)))
        (folder / f"{side}.pieces").write_text(pieces, encoding="utf-8")
    YAML().dump(joeynmt_config(folder, languages, input_feeding), folder / "joeynmt.yaml")
    return [target for _, target in pairs]


def compete(ours: Runner, theirs: Runner) -> dict[str, list[Turn]]:
    """Turns of both until both have trained for all their epochs."""
    runners = {"seqpipe": ours, "JoeyNMT": theirs}
    turns: dict[str, list[Turn]] = {name: [] for name in runners}
    while not all(made and made[-1].over for made in turns.values()):
        for name, runner in runners.items():
            if not (turns[name] and turns[name][-1].over):
                turns[name].append(runner.turn(UPDATES_A_TURN))
    return turns


def speed(turns: list[Turn], rounds: int, clock: str) -> float:
    """Median target tokens a second of the turns that both made, without the first, in which everything warms up."""
    return statistics.median(turn.tokens / getattr(turn, clock) for turn in turns[1:rounds])


def main() -> None:
    """Print the table and the goals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--joeynmt", required=True, metavar="PYTHON", help="an interpreter that has JoeyNMT")
    parser.add_argument("--data", type=Path, required=True, help="a folder with Multi30k's train.en.gz, train.de.gz, …")
    parser.add_argument("--source", default="en", help="language to translate from")
    parser.add_argument("--target", default="de", help="language to translate to")
    parser.add_argument("--input-feeding", action="store_true", help="let JoeyNMT's decoder read its last context, too")
    options = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        references = prepare(options.data, (options.source, options.target), folder, options.input_feeding)
        workers = {
            "seqpipe": [sys.executable, str(HERE / "translation_seqpipe.py"), name],
            "JoeyNMT": [options.joeynmt, str(HERE / "translation_joeynmt.py"), f"{name}/joeynmt.yaml"],
        }
        runners = {who: Runner(command, folder / f"{who}.log") for who, command in workers.items()}
        try:
            turns = compete(runners["seqpipe"], runners["JoeyNMT"])
            translations = {who: runner.ask("translate") for who, runner in runners.items()}
        finally:
            for runner in runners.values():
                runner.stop()
    rounds = min(map(len, turns.values())) - 1  # the last is shorter
    speeds = {who: speed(made, rounds, "seconds") for who, made in turns.items()}
    scores = {who: BLEU().corpus_score(texts, [references]).score for who, texts in translations.items()}
    rows: list[dict[str, object]] = []
    for who, made in turns.items():
        updates, tokens = sum(turn.updates for turn in made), sum(turn.tokens for turn in made)
        row: dict[str, object] = {
            "": who,
            "epochs": EPOCHS,
            "updates": updates,
            "target tokens an update": tokens / updates,
        }
        row |= {"tokens a second": speeds[who], "of the processor": speed(made, rounds, "processor")}
        rows.append({**row, "BLEU": scores[who]})
    table(rows)
    print(f"{options.source}–{options.target}, {time.perf_counter() - began:.0f} s in all")
    goal("translation-speed", speeds["seqpipe"] / speeds["JoeyNMT"], 3)
    goal("translation-bleu", scores["seqpipe"] - scores["JoeyNMT"], 0)


if __name__ == "__main__":
    main()
