"""The documents are true: commands parse, paths and links exist, examples run, both READMEs say the same."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from dvc.cli.parser import get_main_parser
from ruamel.yaml import YAML
from test_floors import FLOORS, PACKAGE

from seqpipe.cli import app
from seqpipe.commands.preprocess import preprocess
from seqpipe.commands.results import results
from seqpipe.commands.source import source
from seqpipe.features import features_of
from seqpipe.files import SeqpipeError
from seqpipe.params.pipeline import FEATURES, SCHEMAS
from seqpipe.project import (
    DECODED,
    FEATURE_DATA,
    METRICS,
    MODEL_DATA,
    PARAMS,
    PLOTS,
    RAW,
    SWEEPS,
    read_pipeline,
    read_pipelines,
)
from seqpipe.readers.recordings import Clip
from seqpipe.readers.sound import read_audio
from seqpipe.report import silent

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "README.ko.md"]
NAMES = [*READMES, "CONTRIBUTING.md", "CHANGELOG.md", "stages/README.md"]
NAMES += ["docs/formats.md", "docs/log.md", "docs/memory.md"]
DOCS = {name: (ROOT / name).read_text(encoding="utf-8") for name in [*NAMES, "seqpipe/template/README.md.txt"]}
MADE = {path.as_posix() for path in (RAW, FEATURE_DATA, MODEL_DATA, DECODED, METRICS, PLOTS, SWEEPS)}
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:[A-Z_]+=\S+ )?(seqpipe|dvc|make|python -m seqpipe) \S")
TREE_LINE = re.compile(r"( *)(\S+(?: \S+)*?) {2,}\S.*")

every_document = pytest.mark.parametrize("name", DOCS)


def blocks(name: str, language: str) -> list[str]:
    """Code blocks of one language."""
    return [code for tag, code in FENCE.findall(DOCS[name]) if tag == language]


def spans(name: str) -> list[str]:
    """Code within sentences and tables."""
    lines = FENCE.sub("", DOCS[name]).splitlines()
    assert [line for line in lines if line.count("`") % 2] == [], "code must end on the line it begins on"
    return [span for line in lines for span in in_code(line)]


def rows(name: str, head: str) -> list[list[str]]:
    """Cells of the table whose first heading is ``head``."""
    table = re.search(rf"^\| {head} \|.*\n\|[-|]+\|\n((?:\|.*\n?)+)", DOCS[name], re.MULTILINE)
    assert table, f"{name} has no table of {head}"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]


def in_code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def commands(name: str) -> Iterator[list[str]]:
    """Words of every command shown, in blocks and in sentences, without what stands for ``seqpipe``."""
    lines = [line for block in blocks(name, "sh") for line in block.splitlines()]
    for line in [*lines, *(span for span in spans(name) if COMMAND.match(span))]:
        words = shlex.shlex(line, posix=True, punctuation_chars=True)
        words.whitespace_split = True
        command: list[str] = []
        for word in [*words, "|"]:
            if word not in ("|", "&&", ";"):
                command.append(word)
                continue
            while command and re.fullmatch(r"[A-Z_]+=.*", command[0]):
                command = command[1:]
            yield command[2:] if command[:2] == ["python", "-m"] else command
            command = []


def leaves() -> set[str]:
    """Every command of seqpipe, ``preprocess text`` for example."""
    found, groups = set(), [("", typer.main.get_command(app))]
    while groups:
        prefix, group = groups.pop()
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                groups.append((f"{prefix}{name} ", command))
            else:
                found.add(prefix + name)
    return found


def parse_seqpipe(arguments: list[str]) -> None:
    command = typer.main.get_command(app)
    while hasattr(command, "commands") and arguments and not arguments[0].startswith("-"):
        assert arguments[0] in command.commands, f"seqpipe has no command '{arguments[0]}'"
        command, arguments = command.commands[arguments[0]], arguments[1:]
    if arguments and arguments != ["--help"]:
        command.make_context("seqpipe", list(arguments))


@every_document
def test_commands_parse(name: str) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for words in commands(name):
        if words[:1] == ["seqpipe"]:
            parse_seqpipe(words[1:])
        elif words[:1] == ["dvc"]:
            get_main_parser().parse_args(words[1:])
        elif words[:1] == ["make"]:
            assert {word for word in words[1:] if "=" not in word} <= set(targets)


@pytest.mark.parametrize("name", READMES)
def test_every_command_is_documented(name: str) -> None:
    table = rows(name, "command" if name == "README.md" else "명령")
    assert {in_code(row[0])[0] for row in table} == leaves()
    for command, example, about in table:
        assert f"{in_code(example)[0]} ".startswith(f"seqpipe {in_code(command)[0]} ")
        assert about
    (phony,) = re.findall(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for target in {*phony.split()} - {"lint"}:
        assert f"make {target}" in DOCS[name]


@every_document
def test_values_that_are_set_exist(name: str, tmp_path: Path) -> None:
    for words in commands(name):
        for at, word in enumerate(words[:-1]):
            if word != "-S" or words[at + 1].startswith("PIPELINE"):
                continue
            key, _, values = words[at + 1].partition("=")
            *place, last = key.removeprefix("+").split(".")
            for value in values.split(","):
                own = ROOT / "stages" / f"{place[0]}.yaml"
                document = YAML().load(own if own.exists() else ROOT / PARAMS)
                section = document
                for part in place:
                    section = section.setdefault(part, {}) if key.startswith("+") else section[part]
                assert (last in section) != key.startswith("+"), (
                    f"{key} needs a plus where params.yaml does not name it"
                )
                section[last] = YAML(typ="safe").load(value)
                YAML().dump(document, tmp_path / PARAMS)
                read_pipelines(tmp_path / PARAMS)


@pytest.mark.parametrize("name", READMES)
def test_keys_exist(name: str) -> None:
    sections = [read_pipelines(path) for path in [*ROOT.glob("stages/*.yaml"), ROOT / PARAMS]]
    pipelines = {name: pipeline for section in sections for name, pipeline in section.items()}
    keys = [span.split(".") for span in spans(name) if re.fullmatch(r"\w+(\.\w+)+", span)]
    checked = [key for key in keys if key[0] in pipelines and key[1] in ("features", "model", "train", "decode")]
    assert checked
    for first, *rest in checked:
        value = pipelines[first]
        for part in rest:
            value = getattr(value, part)


@every_document
def test_links_lead_somewhere(name: str) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", DOCS[name])):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        headings = re.findall(r"^#+ (.*)", FENCE.sub("", target.read_text(encoding="utf-8")), re.MULTILINE)
        assert not anchor or anchor in {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in headings}


@every_document
def test_paths_exist(name: str) -> None:
    for span in spans(name):
        first, _, rest = span.partition("/")
        if first == "data" and rest:
            assert any(f"{span}/".startswith(f"{made}/") for made in MADE), f"no stage writes {span}"
        elif (
            first in ("seqpipe", "stages", "tests", "docs", ".ci") and rest and not re.search("NAME|<name>|mine", rest)
        ):
            assert (ROOT / span).exists(), span
        elif re.fullmatch(r"\w+\.py", span) and span != "NAME.py":
            assert list(PACKAGE.rglob(span)), span


def tree(name: str) -> list[str]:
    """Paths of the one block that is a map."""
    (found,) = (lines for block in blocks(name, "text") if all(map(TREE_LINE.fullmatch, lines := block.splitlines())))
    paths, folder = [], ""
    for line in found:
        indent, entries = TREE_LINE.fullmatch(line).groups()
        paths += [(folder if indent else "") + entry for entry in entries.split()]
        folder = folder if indent else entries
    return paths


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md"])
def test_the_map_shows_what_is_there(name: str) -> None:
    assert [path for path in tree(name) if path != "data/" and not (ROOT / path).exists()] == []


def test_the_map_shows_every_room_and_floor() -> None:
    there = {path.name + "/" * path.is_dir() for path in PACKAGE.iterdir()} - {"__pycache__/", "py.typed"}
    shown = [path.removeprefix("seqpipe/") for path in tree("CONTRIBUTING.md") if path.startswith("seqpipe/")]
    assert sorted(set(shown) - {""}) == sorted(there)
    assert FLOORS in [[line.split() for line in block.splitlines()] for block in blocks("CONTRIBUTING.md", "text")]


def test_every_task_and_modality_is_documented() -> None:
    assert {in_code(row[0])[0] for row in rows("CONTRIBUTING.md", "task")} == set(SCHEMAS)
    metrics = {in_code(task)[0]: in_code(metrics)[0] for task, metrics, _ in rows("docs/formats.md", "task")}
    assert metrics == {task: schema.headline for task, schema in SCHEMAS.items()}
    raw_data = DOCS["docs/formats.md"].partition("\n## Raw data\n")[2].partition("\n## ")[0]
    assert set(re.findall("^### ([a-z]+)$", raw_data, re.MULTILINE)) == {modality for modality, _ in FEATURES}


def test_every_recipe_is_documented() -> None:
    made = {path.stem: read_pipelines(path)[path.stem] for path in ROOT.glob("stages/*.yaml")}
    listed = {in_code(name)[0]: (modality, task) for name, modality, task, *_ in rows("stages/README.md", "recipe")}
    assert listed == {name: (pipeline.modality, pipeline.task) for name, pipeline in made.items()}
    for readme, head in zip(READMES, ("task", "태스크"), strict=True):
        shown = {in_code(task)[0]: set(in_code(recipes)) for task, *_, recipes in rows(readme, head)}
        assert shown == {task: {name for name, one in made.items() if one.task == task} for task in SCHEMAS}


def test_both_readmes_say_the_same() -> None:
    def outline(name: str) -> dict[str, object]:
        text = FENCE.sub("", DOCS[name])
        code = [re.sub(r" *#.*", "", block) for language in ("sh", "python") for block in blocks(name, language)]
        return {
            "headings": [len(level) for level in re.findall("^(#+) ", text, re.MULTILINE)],
            "code": code,
            "tables": [block for block in blocks(name, "text") if "━" in block],
            "map": tree(name),
            "spans": set(spans(name)),
            "links": set(re.findall(r"\]\(([^)\s]+)\)", text)) - {*READMES},
            "figures": sorted(re.findall(r"\d+(?:\.\d+)+|\d{2,}", text)),
        }

    english, korean = map(outline, READMES)
    for part in english:
        assert english[part] == korean[part], part


@every_document
def test_no_machine_is_named(name: str) -> None:
    assert not re.search(r"(?<![\w.])/(work|tmp|home|root|Users|mnt|opt|usr)/|[A-Z]:\\|localhost", DOCS[name])


@every_document
def test_python_examples_import_what_exists(name: str) -> None:
    for block in blocks(name, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("seqpipe"):
                assert all(hasattr(importlib.import_module(node.module), alias.name) for alias in node.names)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project of docs/formats.md, with its recipe and a few rows of text."""
    (recipe,), (params,) = blocks("docs/formats.md", "python"), blocks("docs/formats.md", "yaml")
    for folder in ("stages", "my-data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "stages/mine.py").write_text(recipe, encoding="utf-8")
    (tmp_path / PARAMS).write_text(params, encoding="utf-8")
    (layout,) = (block for block in blocks("docs/formats.md", "text") if block.startswith("source\ttarget\tgroup\n"))
    for split in ("train", "valid", "test"):
        (tmp_path / f"my-data/{split}.tsv").write_text(layout, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_recipe_for_own_data_runs(own: Path) -> None:
    source(read_pipeline("mine"), silent)
    folder = preprocess(read_pipeline("mine"), silent).folder
    assert {path.name for path in folder.iterdir()} >= {"train.arrow", "valid.arrow", "test.arrow", "meta.json"}


def said(run: Callable[[], object]) -> str:
    with pytest.raises(SeqpipeError) as mistake:
        run()
    return f"seqpipe: {mistake.value}"


def test_errors_read_as_documented(own: Path) -> None:
    raw = Path("data/raw/mine")
    raw.mkdir(parents=True)
    (raw / "series.json").write_text("{}")

    def fit(modality: str, task: str, name: str, content: str) -> str:
        (raw / name).write_text(content, encoding="utf-8")
        return said(lambda: features_of(modality, task).fit(FEATURES[modality, task](), raw, silent))

    def hear(samples: bytes) -> str:
        with wave.open("my.wav", "wb") as file:
            file.setparams((1, 2, 16000, 0, "NONE", ""))
            file.writeframes(samples)
        return said(lambda: read_audio(Clip(Path("my.wav")), 16000))

    def forecast(content: str) -> str:
        Path("my.csv").write_text(content, encoding="utf-8")
        features = features_of("series", "forecast").load(FEATURES["series", "forecast"](), raw, silent)
        return said(lambda: list(features.inputs(["my.csv"])))

    PARAMS.write_text(PARAMS.read_text(encoding="utf-8").replace("train:", "trian:"), encoding="utf-8")
    shown = next(block for block in blocks("docs/formats.md", "text") if block.startswith("seqpipe: "))
    assert shown.splitlines() == [
        said(read_pipelines),
        fit("text", "seq2seq", "train.tsv", "src\ttarget\na\tb\n"),
        fit("text", "seq2seq", "train.tsv", "source\ttarget\na\tb\tc\n"),
        fit("audio", "ctc", "train.jsonl", '{"audio_filepath": "a.wav"}\n'),
        hear(b""),
        hear(bytes(3200)),
        forecast("ds,y\n2001-01,1\n2001-02,nan\n"),
        forecast("ds,y\n2001-01,1\n2001-03,2\n2001-02,3\n"),
    ]


@pytest.mark.parametrize("name", READMES)
def test_the_table_is_what_the_metrics_say(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    table = next(block for block in blocks(name, "text") if "seqpipe results" in block)
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in table.splitlines() if line.startswith("│")]
    shown = [(part, metric.split()[0], float(ours.split()[0])) for _, _, part, metric, ours, _ in cells]
    found = [(line.part, line.metric, round(line.ours, 3)) for line in results(list(read_pipelines().values()))]
    assert shown == found
