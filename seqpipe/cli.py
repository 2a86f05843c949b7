"""The command line. A command is a few lines: read flags, call ``commands``, let the console show what came."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seqpipe import console
from seqpipe.files import SeqpipeError

if TYPE_CHECKING:
    from seqpipe.params.pipeline import Pipeline

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
preprocess_app = typer.Typer(no_args_is_help=True, help="Turn raw data into features, by modality.")
app.add_typer(preprocess_app, name="preprocess")

Name = Annotated[str | None, typer.Argument(help="A pipeline of params.yaml; all of them without it.")]
Strict = Annotated[bool, typer.Option("--strict", help="End at the first example that cannot be used.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen, and how long it would take.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Threads; as many as there are cores without it.")]
ClusterAddress = Annotated[str | None, typer.Option(help="A Dask scheduler whose workers prepare: tcp://HOST:8786.")]
OneName = Annotated[str, typer.Argument(help="A pipeline of params.yaml.")]


def _version(asked: bool) -> None:
    if asked:
        import seqpipe

        console.line(f"seqpipe {seqpipe.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Sequence modelling from raw data to comparable experiments.

    A pipeline is a section of params.yaml; `dvc repro` runs source, preprocess, train, decode and evaluate for all.
    """


@app.command()
def source(name: Name = None) -> None:
    """Make or import raw data with the recipe stages/NAME.py."""
    from seqpipe.commands.source import source as run

    _each(name, lambda pipeline, report: run(pipeline, report))


@preprocess_app.command("text")
def preprocess_text(name: Name = None, strict: Strict = False, dry_run: DryRun = False, jobs: Jobs = None) -> None:
    """Tokenize text with sentencepiece."""
    _preprocess("text", name, strict, dry_run, jobs)


@preprocess_app.command("audio")
def preprocess_audio(
    name: Name = None,
    strict: Strict = False,
    dry_run: DryRun = False,
    jobs: Jobs = None,
    cluster: ClusterAddress = None,
) -> None:
    """Turn recordings into log-mel, MFCC or spectrogram frames."""
    _preprocess("audio", name, strict, dry_run, jobs, cluster)


@preprocess_app.command("frames")
def preprocess_frames(
    name: Name = None,
    strict: Strict = False,
    dry_run: DryRun = False,
    jobs: Jobs = None,
    cluster: ClusterAddress = None,
) -> None:
    """Turn pictures and videos into columns or frames of pixels."""
    _preprocess("frames", name, strict, dry_run, jobs, cluster)


@preprocess_app.command("series")
def preprocess_series(name: Name = None, strict: Strict = False, dry_run: DryRun = False) -> None:
    """Cut time series into differenced, scaled windows."""
    _preprocess("series", name, strict, dry_run)


@app.command()
def train(name: Name = None) -> None:
    """Fit the model of a pipeline."""
    from seqpipe.commands.train import train as run
    from seqpipe.training.distributed import together

    with together():
        _each(name, run)


@app.command()
def decode(
    name: Name = None,
    inputs: Annotated[list[str] | None, typer.Argument(help="New raw input: files, or - for standard input.")] = None,
    beam: Annotated[int | None, typer.Option(help="Hypotheses kept at every step; 1 is greedy.")] = None,
    nbest: Annotated[int | None, typer.Option(help="Hypotheses reported for every input.")] = None,
    temperature: Annotated[float | None, typer.Option(help="Draw at random: below 1 bolder, 0 the likeliest.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Draw among the k likeliest tokens; 0 among all.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Draw among the likeliest that hold this probability.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.")] = None,
    length_penalty: Annotated[float | None, typer.Option(help="Exponent of the length normalisation.")] = None,
    max_length: Annotated[int | None, typer.Option(help="Longest output in tokens.")] = None,
    lm: Annotated[str | None, typer.Option(help="Language model to search with: an ARPA file, or a pipeline.")] = None,
    lm_weight: Annotated[float | None, typer.Option(help="What the language model's log-probability counts.")] = None,
    hotword: Annotated[list[str] | None, typer.Option(help="A phrase that is likely to come; may be repeated.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Inputs read together.")] = None,
    device: Annotated[str | None, typer.Option(help="Where the model runs: auto, cpu or cuda.")] = None,
    form: Annotated[
        Literal["text", "jsonl"] | None,
        typer.Option("--format", help="Of new input: the best output a line, or JSON lines, which piping gives."),
    ] = None,
    stream: Annotated[bool, typer.Option("--stream", help="Read one recording out while it comes.")] = False,
    chunk: Annotated[float | None, typer.Option(help="Seconds that --stream reads at a time (0.2).")] = None,
) -> None:
    """Read a trained pipeline out: its test split, or new raw input.

    Flags override the decode section of params.yaml; one that a pipeline's task does not know is an error. New input
    gives one result an input, in order, on standard output.
    """
    search = {"beam": beam, "nbest": nbest, "length_penalty": length_penalty, "max_length": max_length}
    draws = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "seed": seed}
    fusion = {"lm": lm, "lm_weight": lm_weight, "hotwords": hotword or None}
    reading = {"batch_size": batch_size, "device": device}
    given = {**search, **draws, **fusion, **reading}
    flags = {key: value for key, value in given.items() if value is not None}
    if stream or chunk is not None:
        _stream(name, inputs or [], flags, form, stream, chunk)
    else:
        _decode(name, inputs or [], flags, form)


@app.command()
def score(
    name: OneName,
    inputs: Annotated[list[str], typer.Argument(help="Text, a line each: files, or - for standard input.")],
) -> None:
    """Tell how likely a language model holds each line: log-probability, bits per character and perplexity."""
    from seqpipe.commands.score import score as run

    with console.reporting() as report:
        console.scores(run(name, inputs, report))


@app.command()
def complete(
    name: OneName,
    prompt: Annotated[str, typer.Argument(help="How the text begins.")],
    n: Annotated[int, typer.Option("--n", help="Completions.")] = 5,
    beam: Annotated[int | None, typer.Option(help="Hypotheses kept at every step; at least --n are.")] = None,
    length_penalty: Annotated[float | None, typer.Option(help="Exponent of the length normalisation.")] = None,
    max_length: Annotated[int | None, typer.Option(help="Longest completion in tokens.")] = None,
    min_length: Annotated[int | None, typer.Option(help="Shortest completion in tokens.")] = None,
    no_repeat: Annotated[int | None, typer.Option(help="No run of so many tokens comes twice; 0 allows it.")] = None,
    forbid: Annotated[list[str] | None, typer.Option(help="A token that is never written; may be repeated.")] = None,
    groups: Annotated[int | None, typer.Option(help="Parts of the beam that --diversity keeps apart.")] = None,
    diversity: Annotated[float | None, typer.Option(help="What a token costs where another group has it.")] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Draw at random instead of searching.")] = False,
    temperature: Annotated[float | None, typer.Option(help="Of the draws: below 1 bolder, 0 the likeliest.")] = None,
    top_k: Annotated[int | None, typer.Option(help="Draw among the k likeliest tokens; 0 among all.")] = None,
    top_p: Annotated[float | None, typer.Option(help="Draw among the likeliest that hold this probability.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.")] = None,
) -> None:
    """Go on from a prompt with a language model, by beam search or by drawing at random."""
    from seqpipe.commands.complete import complete as run

    search = {"beam": beam, "groups": groups, "diversity": diversity, "length_penalty": length_penalty}
    rules = {"max_length": max_length, "min_length": min_length, "no_repeat": no_repeat, "forbidden": forbid or None}
    draws = {"temperature": temperature, "top_k": top_k, "top_p": top_p, "seed": seed}
    flags = {flag: value for flag, value in {**search, **rules, **draws}.items() if value is not None}
    with console.reporting() as report:
        console.records([run(name, prompt, {"nbest": n, "sample": sample, **flags}, report)])


@app.command()
def evaluate(
    name: Name = None,
    check_invariance: Annotated[
        bool, typer.Option("--check-invariance", help="Only check that results do not depend on the batch.")
    ] = False,
    sweep_beam: Annotated[
        bool, typer.Option("--sweep-beam", help="Only compare greedy search and wider beams: score and speed.")
    ] = False,
    split: Annotated[
        Literal["valid", "test"] | None, typer.Option(help="What --sweep-beam reads: the test split, or valid.")
    ] = None,
) -> None:
    """Score what was decoded: metrics, baselines and plots."""
    if split is not None and not sweep_beam:
        raise SeqpipeError("--split is for --sweep-beam, as evaluate scores the test split that was decoded; add it.")
    if check_invariance and sweep_beam:
        raise SeqpipeError("--check-invariance and --sweep-beam are two questions; ask one at a time.")
    if check_invariance:
        _check_invariance(name)
        return
    if sweep_beam:
        _sweep_beam(name, split or "test")
        return
    from seqpipe.commands.evaluate import evaluate as run

    _each(name, run)


@app.command()
def inspect(name: Name = None) -> None:
    """Look inside a trained model: gradients by time lag, gates, singular values, memory and time."""
    from seqpipe.commands.inspect import inspect as run

    with console.reporting() as report:
        found = [run(pipeline, report) for pipeline in _pipelines(name)]
    for one in found:
        console.inspection(one)


@app.command()
def results(name: Name = None) -> None:
    """Show metrics beside their baselines, and where the files are."""
    from seqpipe.commands.results import places
    from seqpipe.commands.results import results as read

    pipelines = _pipelines(name)
    console.results(read(pipelines), [(pipeline.name, places(pipeline)) for pipeline in pipelines])


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="The new project's folder.")],
    recipe: Annotated[str | None, typer.Option(help="The recipe it starts with; translate, if none is named.")] = None,
    data: Annotated[Path | None, typer.Option(help="Your corpus, which is read where it lies.")] = None,
    layout: Annotated[str | None, typer.Option(help="How the corpus is laid out, if not as it looks.")] = None,
    task: Annotated[str | None, typer.Option(help="What to do with it, if not what it looks made for.")] = None,
) -> None:
    """Make a new project that `dvc repro` runs: of a recipe, or for a corpus of yours."""
    if data is None and (layout or task):
        raise SeqpipeError("--layout and --task tell how to read a corpus; name its folder with --data.")
    if data is not None and recipe is not None:
        raise SeqpipeError("--recipe makes its own data; leave it or --data out.")
    with console.reporting() as report:
        if data is None:
            from seqpipe.commands.init import init as run

            run(folder, recipe or "translate", report)
        else:
            from seqpipe.commands.corpus import init_corpus

            init_corpus(folder, data, report, layout or "", task or "")


@app.command()
def add(name: Annotated[str, typer.Argument(help="A recipe; `seqpipe list` shows them.")]) -> None:
    """Add a recipe to the project in this folder."""
    from seqpipe.commands.add import add as run

    with console.reporting() as report:
        run(name, report)


@app.command("list")
def list_() -> None:
    """Show pipelines with their state, and recipes."""
    from seqpipe.commands.listing import listing

    with console.reporting() as report:
        rows = listing(report)
    console.listing(rows)


@app.command()
def experiments(name: OneName) -> None:
    """Compare the experiments of one pipeline (the readable part of `dvc exp show`)."""
    from seqpipe.commands.experiments import experiments as run

    console.experiments(run(name))


def _pipelines(name: str | None, modality: str | None = None) -> list[Pipeline]:
    from seqpipe.project import read_pipeline, read_pipelines

    if name is None:
        found = [one for one in read_pipelines().values() if modality in (None, one.modality)]
        if not found:
            raise SeqpipeError(f"params.yaml has no {modality} pipeline; add one under 'pipelines'.")
        return found
    pipeline = read_pipeline(name)
    if modality not in (None, pipeline.modality):
        raise SeqpipeError(
            f"{name} is a pipeline of {pipeline.modality}; run `seqpipe preprocess {pipeline.modality} {name}`."
        )
    return [pipeline]


def _each(name: str | None, run: Callable[..., Any], modality: str | None = None) -> None:
    pipelines = _pipelines(name, modality)
    with console.reporting() as report:
        for pipeline in pipelines:
            run(pipeline, report)


def _check_invariance(name: str | None) -> None:
    from seqpipe.commands.invariance import LEAKS
    from seqpipe.commands.invariance import check_invariance as run

    with console.reporting() as report:
        found = [run(pipeline, report) for pipeline in _pipelines(name)]
    console.invariance(found)
    if leaking := [one.name for one in found if LEAKS in one.verdicts]:
        console.error(
            f"What {', '.join(leaking)} says of an example depends on what else is in its batch by more than rounding; "
            "look at the variants above that differ."
        )
        raise typer.Exit(1)


def _sweep_beam(name: str | None, split: str) -> None:
    from seqpipe.commands.flags import those_with
    from seqpipe.commands.sweep import sweep_beam as run

    searching = those_with("beam", _pipelines(name), "--sweep-beam")
    with console.reporting() as report:
        found = [run(pipeline, split, report) for pipeline in searching]
    for one in found:
        console.sweep(one)


def _preprocess(
    modality: str, name: str | None, strict: bool, dry_run: bool, jobs: int | None = None, cluster: str | None = None
) -> None:
    if dry_run:
        from seqpipe.commands.dry_run import dry_run as plan

        with console.reporting() as report:
            planned = [plan(pipeline, report, jobs) for pipeline in _pipelines(name, modality)]
        console.planned(planned)
        return
    from seqpipe.commands.preprocess import preprocess

    with console.reporting() as report:
        found = [preprocess(pipeline, report, strict, jobs, cluster) for pipeline in _pipelines(name, modality)]
    for one in found:
        console.preprocessed(one)


def _decode(name: str | None, inputs: list[str], flags: dict[str, Any], form: str | None) -> None:
    from seqpipe.commands.decode import decode_inputs, decode_test
    from seqpipe.commands.flags import with_flags

    if name is not None and inputs:
        with console.reporting() as report:
            console.records(decode_inputs(name, inputs, flags, report), form)
        return
    if form is not None:
        raise SeqpipeError("--format is for new input, but none is given; the test split always becomes JSON lines.")
    with console.reporting() as report:
        found = [decode_test(pipeline, report) for pipeline in with_flags(_pipelines(name), flags)]
    for one in found:
        console.decoded(one)


def _stream(
    name: str | None, inputs: list[str], flags: dict[str, Any], form: str | None, asked: bool, chunk: float | None
) -> None:
    from seqpipe.commands.stream import CHUNK, stream

    if not asked:
        raise SeqpipeError("--chunk has no effect without --stream; leave it out.")
    if name is None or len(inputs) != 1:
        raise SeqpipeError("--stream reads one recording: `seqpipe decode NAME --stream FILE`, - for standard input.")
    with console.reporting(only_lines=True) as report:
        console.live(stream(name, inputs[0], flags, CHUNK if chunk is None else chunk, report), form)


def main() -> None:
    """Run; a user's mistake ends in one sentence and exit code 2."""
    console.use_utf8()
    try:
        app()
    except SeqpipeError as mistake:
        console.error(str(mistake))
        sys.exit(2)
    except OSError as failure:  # a full disk, a folder that may not be written; Typer ends quietly at a broken pipe
        place = f"{failure.filename}: " if failure.filename else ""
        console.error(f"{place}{failure.strerror or failure}; check the path, its permissions and the free space.")
        sys.exit(2)
