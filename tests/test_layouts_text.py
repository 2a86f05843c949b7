"""Layouts of texts: each is recognised, read in place, and told of its bad rows; any bytes end in items or an error."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from laid_out import both, read, write

from seqpipe.files import SeqpipeError
from seqpipe.readers.conll import Sentence
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.look import LAYOUTS, look

SST = "\n".join(f"{at % 2} film number {at} was seen" for at in range(40))
CONLL = "Anna NP B-PER\nflew VB O\nto IN O\nOslo NP B-LOC\n. . O\n\nBo NP B-PER\nsat VB O\n\n"
CONLLU = """# newdoc id = d
# sent_id = d-1
# text = Don't go
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\tVB\t_\t3\taux\t_\t_
2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t_\t_
3\tgo\tgo\tVERB\tVB\t_\t0\troot\t_\t_
3.1\tgone\tgo\tVERB\tVB\t_\t_\t_\t_\t_

# sent_id = d-2
1\tNo\tno\tINTJ\tUH\t_\t0\troot\t_\t_

"""


def test_parallel_files(tmp_path: Path) -> None:
    files = {"train.en.gz": "a cat\n\na dog\n", "train.de.gz": "eine Katze\nleer\nein Hund\n", "val.en": "x\n"}
    found = look(write(tmp_path, {**files, "val.de": "y\n", "test_2016.en.gz": "x\n", "test_2016.de.gz": "y\n"}))
    assert (found.layout, found.task, found.said.partition(":")[0]) == ("parallel", "seq2seq", "Parallel files")
    assert found.splits == {"train": ["train.en.gz"], "valid": ["val.en"], "test": ["test_2016.en.gz"]}
    examples, dropped = read(tmp_path, found, found.splits["train"])
    assert both(examples) == [("a cat", "eine Katze"), ("a dog", "ein Hund")]
    assert [example.id for example in examples] == ["train.en.gz-1", "train.en.gz-3"]
    assert dropped == [Dropped("train.en.gz line 2", "its source is empty")]
    (tmp_path / "val.de").write_text("y\nz\n")
    with pytest.raises(SeqpipeError, match=r"val\.en has fewer lines than val\.de"):
        read(tmp_path, found, ["val.en"])
    (tmp_path / "val.de").unlink()
    with pytest.raises(SeqpipeError, match=r"has no partner val\.de beside it"):
        read(tmp_path, found, ["val.en"])


def test_lines_that_begin_with_a_label(tmp_path: Path) -> None:
    found = look(write(tmp_path, {"stsa.train": SST, "stsa.dev": SST, "stsa.test": SST}))
    assert (found.layout, sorted(found.splits)) == ("label-lines", ["test", "train", "valid"])
    examples, _ = read(tmp_path, found, ["stsa.dev"])
    assert both(examples)[:2] == [("film number 0 was seen", "0"), ("film number 1 was seen", "1")]


def test_fasttext_lines(tmp_path: Path) -> None:
    text = "\n".join(f"__label__{'ab'[at % 2]} text {at}" for at in range(6))
    found = look(write(tmp_path, {"x.txt": text}))
    assert found.layout == "label-lines"
    assert both(read(tmp_path, found)[0])[0] == ("text 0", "a")


def test_a_folder_per_class(tmp_path: Path) -> None:
    places = [(split, label, at) for split in ("train", "test") for label in ("pos", "neg") for at in range(6)]
    files = {f"{split}/{label}/{at}.txt": f"{label}\n\n{at}\n" for split, label, at in places}
    found = look(write(tmp_path, {**files, "train/pos/empty.txt": " \n"}))
    assert (found.layout, found.modality, found.task) == ("class-folders", "text", "classify")
    examples, dropped = read(tmp_path, found, found.splits["train"])
    assert ("neg 3", "neg") in both(examples)
    assert len(examples) == 12
    assert dropped == [Dropped("train/pos/empty.txt", "has no text; remove it")]


def test_conll_columns(tmp_path: Path) -> None:
    text = f"-DOCSTART- -X- O\n\n{CONLL}bad line\n\nEve NP S-PER\nand CC O\nBo NP I-PER\nB NP E-PER\n"
    found = look(write(tmp_path, {"esp.train": CONLL * 2, "esp.testa": CONLL, "esp.testb": CONLL}))
    assert (found.layout, found.options["labels"], sorted(found.splits)) == ("conll", "bio", ["test", "train", "valid"])
    (tmp_path / "esp.train").write_text(text)
    examples, dropped = read(tmp_path, found, ["esp.train"])
    words = ["Anna", "flew", "to", "Oslo", "."]
    assert both(examples)[0] == (Sentence("Anna flew to Oslo .", words), ["B-PER", "O", "O", "B-LOC", "O"])
    assert examples[2].target == ["B-PER", "O", "B-PER", "I-PER"]
    assert {example.unit for example in examples} == {"esp.train-1"}
    assert dropped == [Dropped("esp.train line 12", "it has the label 'line', which is not BIO")]
    with_tags = look(write(tmp_path / "pos", {"a.txt": "a DT\ncat NN\nsat VB\n\nthe DT\ndog NN\nran VB\n\n" * 3}))
    assert (with_tags.layout, with_tags.options["labels"]) == ("conll", "plain")


def test_conll_u(tmp_path: Path) -> None:
    found = look(write(tmp_path, {"en-train.conllu.gz": CONLLU, "en-dev.conllu": CONLLU}))
    assert (found.layout, found.task) == ("conllu", "tag")
    (first, second), _ = read(tmp_path, found, found.splits["train"])
    assert first == Example("d-1", Sentence("Don't go", ["Do", "n't", "go"]), ["AUX", "PART", "VERB"],
                            "en-train.conllu.gz line 4", unit="d")  # fmt: skip
    assert (second.id, second.target, second.unit) == ("d-2", ["INTJ"], "d")
    (tmp_path / "en-dev.conllu").write_text("1\ta\n\n" + CONLLU)
    _, dropped = read(tmp_path, found, ["en-dev.conllu"])
    assert [item.where for item in dropped] == ["en-dev.conllu line 1"]
    found.options["column"] = "xpos"
    assert read(tmp_path, found, found.splits["train"])[0][1].target == ["UH"]


def test_plain_text(tmp_path: Path) -> None:
    found = look(write(tmp_path, {"input.txt": "One:\nline.\n\nTwo:\n" * 9}))
    assert (found.layout, found.options["unit"]) == ("plain", "paragraph")
    examples, _ = read(tmp_path, found)
    assert [example.unit for example in examples[:4]] == ["input.txt-1", "input.txt-1", "input.txt-4", "input.txt-4"]
    found = look(write(tmp_path / "lines", {"train.txt": "One.\nTwo.\n" * 9, "valid.txt": "x\n"}))
    assert (found.options["unit"], sorted(found.splits)) == ("line", ["train", "valid"])
    found = look(write(tmp_path / "files", {f"{at}.txt": f"Text of {at}.\nIt ends.\n" for at in range(12)}))
    assert found.options["unit"] == "file"
    assert len({example.unit for example in read(tmp_path / "files", found)[0]}) == 12


def test_sequences_with_a_file_of_labels(tmp_path: Path) -> None:
    found = look(write(tmp_path, {"sequences.txt": "ACGT\nTTTT\nCCCC\nGGGG\n", "labels.txt": "0\n1\n0\n1\n"}))
    assert (found.layout, found.task) == ("labels-file", "classify")
    assert both(read(tmp_path, found)[0])[:2] == [("ACGT", "0"), ("TTTT", "1")]
    (tmp_path / "labels.txt").write_text("0\n")
    with pytest.raises(SeqpipeError, match=r"labels\.txt has fewer lines than sequences\.txt"):
        read(tmp_path, found)


def test_fasta_and_fastq(tmp_path: Path) -> None:
    fasta = ">one label=a\nACg\nTT\n>two label=b\nGG\n>three label=a\n\n>four\nA1\n"
    found = look(write(tmp_path, {"x.fa.gz": fasta.replace(">four\nA1\n", "")}))
    assert (found.layout, found.task) == ("fasta", "classify")
    write(tmp_path, {"x.fa.gz": fasta})
    examples, dropped = read(tmp_path, found)
    assert [(one.id, one.source, one.target) for one in examples] == [
        ("x.fa.gz-one", "ACGTT", "a"),
        ("x.fa.gz-two", "GG", "b"),
    ]
    assert [item.where for item in dropped] == ["x.fa.gz line 6", "x.fa.gz line 8"]
    found = look(write(tmp_path / "q", {"x.fastq": "@one\nACGT\n+\nIIII\n@two\nAC\n+\nI\n"}))
    assert found.task == "language-model"
    examples, dropped = read(tmp_path / "q", found)
    assert [one.source for one in examples] == ["ACGT"]
    assert [item.where for item in dropped] == ["x.fastq line 5"]


def test_pitches(tmp_path: Path) -> None:
    pieces = {"train": [[[72, 60], [], [-1, 64]], [[200]]], "valid": [[[1]]], "test": [[[2.0]]]}
    found = look(write(tmp_path, {"jsb.json": json.dumps(pieces)}))
    assert (found.layout, found.task) == ("pitches", "language-model")
    examples, dropped = read(tmp_path, found, found.splits["train"])
    assert [(one.id, one.source) for one in examples] == [("train-1", "60-72 R 64")]
    assert [item.where for item in dropped] == ["jsb.json#train piece 2"]


NAMES = ["train.en", "x.tsv", "x.csv", "x.jsonl", "x.txt", "x.conllu", "x.train", "x.fa", "x.fq", "x.json", "x.gz"]
OPTIONS: dict[str, dict[str, Any]] = {
    "parallel": {"source": "en", "target": "de", "files": ["x.en"]},
    "conllu": {"column": "upos", "files": ["x.en"]},
    "conll": {"labels": "bio", "files": ["x.en"]},
    "fasta": {"labelled": False, "files": ["x.en", "x.fq"]},
    "pitches": {"file": "x.en"},
    "labels-file": {"sequences": "x.en", "labels": "x.de"},
    "label-lines": {"files": ["x.en"]},
    "plain": {"unit": "paragraph", "files": ["x.en"]},
}
OPTIONS |= {f"table {kind}": {"kind": kind, "source": "text", "target": "label", "files": ["x.en"]}
            for kind in ("tsv", "csv", "jsonl", "json", "semicolons")}  # fmt: skip
OPTIONS["table bare-csv"] = {"kind": "bare-csv", "source": "1", "target": "0", "files": ["x.en"]}
PIECES = st.sampled_from(
    [
        *(
            "\n",
            "\n\n",
            "\t",
            " ",
            "O",
            "B-X",
            "I-",
            "S-X",
            "#",
            "# text = ",
            ">",
            "@",
            "+",
            '"',
            "{",
            "}",
            "[[1]]",
            ",",
        ),
        *(
            "text",
            "label",
            "text,label\n",
            "text\tlabel\n",
            '{"text": "a", "label": 1}',
            "[",
            "]",
            '{"train": [[[1',
            "\ufeff",
            "_",
        ),
        *("1", "1-2", "3.1", "-DOCSTART-", "한", "\u1112\u1161", "\r", "\u2028", "\ud800", "1e999", "NaN", "\0"),
    ]
)


@pytest.mark.parametrize("layout", OPTIONS)
@given(texts=st.tuples(*[st.one_of(st.lists(PIECES, max_size=30).map("".join), st.binary(max_size=80))] * 2))
def test_any_bytes_give_items_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, layout: str, texts: tuple[str | bytes, str | bytes]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "fuzz-text"
    folder.mkdir(exist_ok=True)
    for name, text in zip(("x.en", "x.de"), texts, strict=True):
        raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        (folder / name).write_bytes(raw)
        (folder / "x.fq").write_bytes(raw)
    with suppress(SeqpipeError):
        for item in LAYOUTS[layout.partition(" ")[0]].read(folder, OPTIONS[layout], []):
            assert isinstance(item, Example | Dropped)
            if isinstance(item, Example) and isinstance(item.source, str):
                assert item.source.strip()
                item.source.encode()
                assert len(item.source.splitlines()) == 1


@given(name=st.sampled_from(NAMES), raw=st.one_of(st.lists(PIECES, max_size=30).map("".join), st.binary(max_size=60)))
def test_looking_at_any_bytes_finds_something_or_says_so(
    tmp_path_factory: pytest.TempPathFactory, name: str, raw: str | bytes
) -> None:
    folder = tmp_path_factory.getbasetemp() / "fuzz-look"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / name).write_bytes(raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass"))
    with suppress(SeqpipeError):
        assert look(folder).layout in LAYOUTS
