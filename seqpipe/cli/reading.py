"""Reading trained models out: decode, score, complete."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from seqpipe import console
from seqpipe.cli.pipelines import Name, OneName, pipelines_of
from seqpipe.files import SeqpipeError


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


def score(
    name: OneName,
    inputs: Annotated[list[str], typer.Argument(help="Text, a line each: files, or - for standard input.")],
) -> None:
    """Tell how likely a language model holds each line: log-probability, bits per character and perplexity."""
    from seqpipe.commands.score import score as run

    with console.reporting() as report:
        console.scores(run(name, inputs, report))


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
        found = [decode_test(pipeline, report) for pipeline in with_flags(pipelines_of(name), flags)]
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
