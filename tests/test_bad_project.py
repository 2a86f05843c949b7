"""Mistakes in params, the order of stages, broken files and wrong usage: one sentence, exit code 2, nothing written."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from trained_project import MODALITIES, edit, folder_instead, refused, remove, seqpipe, tree

from seqpipe import files

WORDS, TONES, WAVES = (Path("data/raw") / name for name in MODALITIES)
CSV = WAVES / "waves.csv"
INPUTS = {"words": WORDS / "test.tsv", "tones": TONES / "test0.wav", "waves": CSV}
WRODS = "params.yaml has no pipeline 'wrods' (did you mean 'words'?); it has words, tones, waves."
Prepare = Callable[[], object]


# -------------------------------------------------------------------------------------------------------- params.yaml
@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("beam: 2, max", "baem: 2, max", r"line 11: unknown key 'words\.decode\.baem' \(did you mean 'beam'\?\)"),
        ("mels: 5", "melz: 5", r"line 16: unknown key 'tones\.features\.melz' \(did you mean 'mels'\?\)"),
        ("cell: gru", "cell: gur", r"line 9: words\.model\.cell is 'gur', but must be .* \(did you mean 'gru'\?\)\."),
        ("task: ctc", "task: cct", r"line 14: tones\.task is 'cct', but must be one of .* \(did you mean 'ctc'\?\)\."),
        ("tones: audio", "tones: adio", r"line 1: pipelines\.tones is 'adio', but must be .*did you mean 'audio'\?\)"),
        ("tones:\n", "tonse:\n", r"line 13: section 'tonse' is not in 'pipelines' \(did you mean 'tones'\?\)"),
        ("rate: 8000", "rate: high", r"line 16: tones\.features\.rate is 'high', but must be a valid integer"),
        ("window: 5", "window: 5.5", r"line 24: waves\.features\.window is 5\.5, but must be a valid integer"),
        ("window: 5", "window: -5", r"line 24: waves\.features\.window is -5, but must be greater than 0\."),
        (
            "threads: 1}\n  decode: {beam: 2}",
            "threads: 9999}\n  decode: {beam: 2}",
            r"line \d+: tones\.train\.threads is 9999, but must be .* 1024\.",
        ),
        (
            "beam: 2, max",
            f"beam: {10**20}, max",
            r"line 11: words\.decode\.beam is 1\d+, but must be less than or equal",
        ),
        ("max_length: 4", "length_penalty: 500", r"words\.decode\.length_penalty is 500, but must be .* 10\."),
        ("arima: false", "arima: maybe", r"line 27: waves\.decode\.arima is 'maybe', but must be a valid boolean"),
        ("rate: 8000", "rate: 8000, rate: 9000", r"line 16 is not valid YAML: found duplicate key"),
        ("words: text,", "words: text,,", r"line \d+ is not valid YAML"),
        ("pipelines: {", "pipelines: {{", r"line \d+ is not valid YAML"),
        ("task: seq2seq", "task: forecast", r"line 4: words\.task is 'forecast', .* pipelines\.words is 'text'"),
    ],
)
def test_a_mistake_in_params_names_line_and_key(project: Path, before: str, after: str, sentence: str) -> None:
    edit("params.yaml", before, after)
    found = refused("train", "words")
    assert found.startswith("params.yaml line ")
    assert re.search(sentence, found)


@pytest.mark.parametrize(
    "command", ["preprocess text", "decode words -", "evaluate tones", "results", "list", "add speech"]
)
def test_every_command_reads_params_whole(project: Path, command: str) -> None:
    edit("params.yaml", "difference: 1", "diference: 1")
    assert "unknown key 'waves.features.diference' (did you mean 'difference'?)" in refused(*command.split())


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda: remove("params.yaml"), r"params\.yaml is missing here; run inside a project, or make one with `seqpi"),
        (lambda: Path("params.yaml").write_bytes(b""), r"params\.yaml must be a mapping with the key 'pipelines'"),
        (lambda: Path("params.yaml").write_bytes(b"a text"), r"params\.yaml must be a mapping with the key 'pipeline"),
        (lambda: Path("params.yaml").write_bytes(b"\xb3\xaf"), r"params\.yaml is not valid YAML: .*can't decode"),
        (lambda: Path("params.yaml").write_bytes(b"a: \x00"), r"params\.yaml is not valid YAML"),
        (lambda: folder_instead("params.yaml"), r"params\.yaml: Is a directory; check the path"),
    ],
)
def test_params_that_are_none(project: Path, prepare: Prepare, sentence: str) -> None:
    prepare()
    for command in (
        ["source"],
        ["preprocess", "series"],
        ["train"],
        ["decode"],
        ["evaluate"],
        ["experiments", "words"],
    ):
        assert re.search(sentence, refused(*command))


@pytest.mark.parametrize(
    "command",
    [["source"], ["train"], ["decode"], ["evaluate"], ["results"], ["experiments"], ["preprocess", "text"]],
    ids=" ".join,
)
def test_an_unknown_pipeline(project: Path, command: list[str]) -> None:
    assert refused(*command, "wrods") == WRODS


def test_new_input_for_an_unknown_pipeline(project: Path) -> None:
    assert "has no pipeline 'wrods' (did you mean 'words'?)" in refused("decode", "wrods", "-", stdin=b"abc\n")


def test_preprocess_of_another_modality(project: Path) -> None:
    assert (
        refused("preprocess", "text", "tones") == "tones is a pipeline of audio; run `seqpipe preprocess audio tones`."
    )
    edit("params.yaml", "pipelines: {words: text, tones: audio, waves: series}", "pipelines: {waves: series}")
    text = Path("params.yaml").read_text(encoding="utf-8")
    waves = text[text.index("waves:\n") :]
    Path("params.yaml").write_text(f"pipelines: {{waves: series}}\n{waves}", encoding="utf-8")
    assert "params.yaml has no audio pipeline; add one under 'pipelines'" in refused("preprocess", "audio")


# ------------------------------------------------------------------------------------------------------ stages in order
@pytest.mark.parametrize(
    ("missing", "command", "sentence"),
    [
        ("data/raw/words", "preprocess text words", r"data/raw/words is missing; make it with `seqpipe source words`"),
        ("data/raw/tones", "preprocess audio", r"data/raw/tones is missing; .*or put your data there\."),
        ("data/raw/waves", "preprocess series", r"data/raw/waves is missing; .*`seqpipe source waves`"),
        ("data/features/words", "train words", r"data/features/words is missing; run `seqpipe preprocess text words`"),
        ("data/features/words/valid.arrow", "train words", r"words/valid\.arrow is missing; run `seqpipe preprocess`"),
        ("data/features/words/meta.json", "train words", r"data/features/words/meta\.json is missing; make it again"),
        ("data/features/tones", "decode tones", r"features/tones is missing; run `seqpipe preprocess audio tones`"),
        ("data/features/tones/test.arrow", "decode tones", r"tones/test\.arrow is missing; run `seqpipe preprocess`"),
        ("data/models/waves", "decode waves", r"data/models/waves is missing; train first, with `seqpipe train waves`"),
        ("data/models/words", "decode words -", r"models/words is missing; train first, with `seqpipe train words`"),
        ("data/decoded/words.jsonl", "evaluate", r"words\.jsonl is missing; run `seqpipe decode words` \(or `dvc repr"),
        ("data/metrics/waves.json", "results", r"waves\.json is missing; run `dvc repro` \(or `seqpipe evaluate waves"),
    ],
)
def test_what_comes_before_is_missing(project: Path, missing: str, command: str, sentence: str) -> None:
    remove(missing)
    assert re.search(sentence, refused(*command.split(), stdin=b"abc\n"))


@pytest.mark.parametrize(
    ("before", "after", "command"),
    [
        ("horizon: 3", "horizon: 4", "train waves"),
        ("window: 5", "window: 6", "train waves"),
        ("mels: 5", "mels: 6", "train tones"),
        ("source: {level: char", "source: {level: word", "train words"),
    ],
)
def test_features_of_other_params_are_not_trained_on(project: Path, before: str, after: str, command: str) -> None:
    edit("params.yaml", before, after)
    name = command.split()[1]
    sentence = refused(*command.split())
    assert sentence.startswith(f"data/features/{name} was made with another task or other features than {name} has")
    assert f"run `seqpipe preprocess {MODALITIES[name]} {name}`" in sentence
    assert seqpipe("preprocess", MODALITIES[name], name).code == 0
    assert "run `seqpipe train" in refused("decode", name)
    for stage in ("train", "decode"):
        assert seqpipe(stage, name).code == 0


def test_every_stage_before_train_in_a_new_project(project: Path) -> None:
    remove("data")
    assert "data/raw/words is missing" in refused("preprocess", "text", "words")
    assert "data/features/words is missing" in refused("train", "words")
    assert "data/models/words is missing; train first" in refused("decode", "words")
    assert "run `seqpipe decode words`" in refused("evaluate", "words")
    assert "seqpipe evaluate words" in refused("results", "words")
    assert "stages/words.py is missing; `seqpipe add words` brings the recipe" in refused("source", "words")


# --------------------------------------------------------------------------------------------------- broken artefacts
@pytest.mark.parametrize("name", MODALITIES)
def test_a_model_folder_with_a_file_missing_or_broken(project: Path, name: str) -> None:
    folder = Path("data/models") / name
    for path in sorted(folder.iterdir()):
        raw = path.read_bytes()
        path.unlink()
        sentence = refused("decode", name, INPUTS[name])
        assert f"{folder} has no {path.name}, so it is not a whole model; train again with `seqpipe train" in sentence
        for part in (b"", raw[: len(raw) // 2], raw[:-9]):
            path.write_bytes(part)
            assert str(path) in refused("decode", name, INPUTS[name])
        path.write_bytes(raw)
    assert seqpipe("decode", name, INPUTS[name]).code == 0


@pytest.mark.parametrize(
    ("meta", "sentence"),
    [
        ('{"format": 999, "files": []}', r"data/models/words was written by a newer seqpipe \(format 999.*\); upgrade"),
        ('{"format": 999}', r"data/models/words was written by a newer seqpipe \(format 999.*\); upgrade seqpipe\."),
        ("[]", r"data/models/words/meta\.json does not describe a model; train again"),
        ('{"format": "1"}', r"data/models/words/meta\.json does not describe a model; train again"),
        ('{"format": 1}', r"data/models/words/meta\.json does not describe a model; train again"),
    ],
)
def test_a_model_folder_from_a_newer_version_or_none(project: Path, meta: str, sentence: str) -> None:
    Path("data/models/words/meta.json").write_text(meta, encoding="utf-8")
    assert re.match(sentence, refused("decode", "words", "-", stdin=b"abc\n"))
    assert re.match(sentence, refused("decode", "words"))


def test_weights_of_another_model(project: Path) -> None:
    shutil.copy("data/models/tones/model.safetensors", "data/models/words/model.safetensors")
    sentence = refused("decode", "words", "-", stdin=b"abc\n")
    assert sentence.startswith("data/models/words/model.safetensors does not fit this pipeline")
    assert sentence.endswith("train again.")


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_a_broken_feature_store(project: Path, split: str) -> None:
    path = Path(f"data/features/words/{split}.arrow")
    raw = path.read_bytes()
    middle = bytearray(raw)
    middle[8 : len(raw) // 2] = b"\xff" * (len(raw) // 2 - 8)
    stage = "decode" if split == "test" else "train"
    for part in (b"", b"no Arrow file", raw[: len(raw) // 2], raw[:-9], bytes(middle)):
        path.write_bytes(part)
        assert f"{path} is not a whole Arrow file; run `seqpipe preprocess` again." == refused(stage, "words")


@pytest.mark.parametrize(
    ("path", "command", "raw", "sentence"),
    [
        ("data/decoded/words.jsonl", "evaluate", b"", r"words\.jsonl is empty; run `seqpipe decode words` \(or"),
        ("data/decoded/words.jsonl", "evaluate", b"{", r"words\.jsonl line 1 is not valid JSON .*; mend it\."),
        (
            "data/decoded/words.jsonl",
            "evaluate",
            b"[1]\n",
            r"words\.jsonl line 1 is no decoded record; run `seqpipe deco",
        ),
        (
            "data/decoded/words.jsonl",
            "evaluate",
            b'{"id": "a"}\n',
            r"words\.jsonl line 1 is no decoded record; run `seqp",
        ),
        ("data/metrics/words.json", "results", b"{", r"words\.json is not valid JSON .*; make it again\."),
        ("data/metrics/words.json", "results", b"{}", r"words\.json has no figures of a seq2seq pipeline 'words'; run"),
        ("data/features/words/meta.json", "train", b"[]", r"data/features/words was made with another task or other"),
        ("data/features/words/source.model", "train", b"no", r"words/source\.model is missing or broken; run `seqpipe"),
    ],
)
def test_other_broken_files(project: Path, path: str, command: str, raw: bytes, sentence: str) -> None:
    Path(path).write_bytes(raw)
    assert re.search(sentence, refused(command, "words"))


# ------------------------------------------------------------------------------------------------- recipes, projects
@pytest.mark.parametrize(
    ("recipe", "sentence"),
    [
        ("class Source", r"stages/words\.py line 1 is not valid Python \(.*\); mend it first\."),
        ("import no_such_package", r"stages/words\.py needs the package 'no_such_package', which is missing; install"),
        ("make = print", r"stages/words\.py has no `Source`; a recipe needs a class Source and a function make\."),
        (
            "from seqpipe.params import Section as Source\ndef make(folder, source, report): pass",
            r"stages/words\.py made nothing; its function make must fill the folder it is given\.",
        ),
    ],
)
def test_recipes(project: Path, recipe: str, sentence: str) -> None:
    Path("stages").mkdir()
    Path("stages/words.py").write_text(recipe, encoding="utf-8")
    assert re.match(sentence, refused("source", "words"))


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("add nothing", r"There is no recipe 'nothing'; there are "),
        ("init new --recipe translat", r"There is no recipe 'translat' \(did you mean 'translate'\?\); there are "),
        ("init data", r".*data is not empty; name a new folder, or run `seqpipe add translate` inside a project\."),
        ("init params.yaml", r".*params\.yaml is a file; name a folder that is new or empty\."),
    ],
)
def test_projects(project: Path, command: str, sentence: str) -> None:
    assert re.match(sentence, refused(*command.split()))


# --------------------------------------------------------------------------------------------------------- the system
COMMANDS = ["preprocess text words", "train words", "decode words", "evaluate words"]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOSPC], ids=errno.errorcode.get)
def test_a_disk_that_takes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch, number: int, command: str) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number), str(target))

    monkeypatch.setattr(files.os, "replace", refuse)
    sentence = refused(*command.split())
    assert re.match(
        rf".*words\S*: {os.strerror(number)}; check the path, its permissions and the free space\.", sentence
    )


@pytest.mark.parametrize("layers", [1, 2])
def test_a_model_that_no_memory_holds(project: Path, layers: int) -> None:
    edit("params.yaml", "cell: gru, hidden: 6", f"cell: gru, layers: {layers}, hidden: 6000000")
    assert refused("train", "words").startswith("There is not enough memory; lower train.budget")


@pytest.mark.parametrize(
    ("folder", "command"), [*zip(["data/features", "data/models", "data/decoded", "data/plots"], COMMANDS, strict=True)]
)
def test_a_file_in_the_place_of_a_folder(project: Path, folder: str, command: str) -> None:
    remove(folder)
    Path(folder).touch()
    assert re.match(rf"The folder {folder}\S* cannot be made: a file stands in its way", refused(*command.split()))


# ------------------------------------------------------------------------------------------------------- wrong usage
@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("trian", "No such command 'trian'. Did you mean 'train'?"),
        ("preprocess txt", "No such command 'txt'. Did you mean 'text'?"),
        ("init", "Missing argument 'folder'"),
        ("add", "Missing argument 'name'"),
        ("experiments", "Missing argument 'name'"),
        ("train words tones", "Got unexpected extra argument(s) (tones)"),
        ("decode words --beam two", "Invalid value for '--beam': must be a valid integer"),
        ("decode words - --format xml", "Invalid value for '--format': 'xml' is not one of 'text', 'jsonl'"),
        ("decode words --baem 2", "No such option: --baem"),
        ("decode words --beam", "Option '--beam' requires an argument"),
    ],
)
def test_wrong_usage(project: Path, command: str, sentence: str) -> None:
    before = tree(project)
    done = seqpipe(*command.split())
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert re.fullmatch(rf"seqpipe: {re.escape(sentence)}.*\(see `seqpipe .*--help`\)\.\n", done.err)
    assert tree(project) == before


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("--beam 0", r".*beam is 0, but must be greater than 0\."),
        ("--nbest -1", r".*nbest is -1, but must be greater than 0\."),
        ("--length-penalty -1", r".*length_penalty is -1\.0, but must be greater than or equal to 0\."),
        ("--length-penalty nan", r".*length_penalty is nan, but must be "),
    ],
)
def test_flags_out_of_range(project: Path, flags: str, sentence: str) -> None:
    assert re.match(sentence, refused("decode", "words", *flags.split()))
    assert re.match(sentence, refused("decode", "words", "-", *flags.split(), stdin=b"abc\n"))


# --------------------------------------------------------------------------------------------------- in its own process
@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("preprocess text wrods", WRODS),
        ("preprocess series", "data/raw/waves/waves.csv is empty; it needs a header line and at least one row."),
    ],
)
def test_a_process_ends_the_same_way(project: Path, command: str, sentence: str) -> None:
    CSV.write_bytes(b"")
    before = tree(project)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    line = [sys.executable, "-m", "seqpipe", *command.split()]
    done = subprocess.run(line, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"seqpipe: {sentence}\n")
    assert tree(project) == before
