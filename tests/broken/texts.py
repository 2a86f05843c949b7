"""Faults of texts: pairs, tables, labelled lines, folders, tagged words, sequences, music."""

from __future__ import annotations

import gzip

from broken.cases import Case, Kept, cut, drop, error, packed, put, swap, turned, without
from broken.clean import Files, lines

LONG = b"x" * (17 << 20)


def strange(files: Files) -> None:
    files["a.bin"] = files.pop("book.txt")


def rest_in_test(files: Files) -> None:
    """Own splits, and a label in test that train lacks."""
    rows = files.pop("all.tsv").splitlines(keepends=True)
    files["train.tsv"] = b"".join(rows[:-20])
    files["test.tsv"] = rows[0] + b"".join(rows[-20:-1]) + b"999\ta new one\t9\n"


PAIRS = [
    Case(
        "unequal lines", "parallel", turned("train.de", lambda it: it + b"x\n"), error("train.en has fewer lines than")
    ),
    Case("a blank line", "parallel", swap("train.de", "ein cow Nummer 7\n", "\n"), drop("train.en line 8", "target")),
    Case("no partner", "parallel", without("train.de"), error("is not laid out as anything")),
    Case("packed", "parallel", packed("train.en", bytes), Kept()),
    Case("cut while packed", "parallel", packed("train.en", cut), error("train.en.gz is not a whole gzip file")),
    Case("no gzip", "parallel", packed("train.en", lambda it: b"text\n" * 9), error("train.en.gz is not a whole gzip")),
    Case("gzip with a tail", "parallel", packed("train.en", lambda it: it + b"tail"), error("is not a whole gzip")),
    Case("bomb", "parallel", packed("train.en", lambda it: gzip.compress(b"a b\n" * (2 << 20))), error("grows more")),
    Case(
        "bomb of one line", "parallel", packed("train.en", lambda it: gzip.compress(bytes(64 << 20))), error("16 MiB")
    ),
    Case(
        "an endless line", "parallel", turned("train.en", lambda it: it + LONG), error("train.en has a line of 16 MiB")
    ),
]
TABLES = [
    Case("too few columns", "table", swap("all.tsv", "\t1\n", "\n"), drop("all.tsv line 3", "2 columns")),
    Case("too many columns", "table", swap("all.tsv", "\t1\n", "\t1\t1\n"), drop("all.tsv line 3", "4 columns")),
    Case("no label", "table", swap("all.tsv", "\t1\n", "\t\n"), drop("all.tsv line 3", "its label is empty")),
    Case("no text", "table", swap("all.tsv", "a dog in 1\t", " \t"), drop("all.tsv line 3", "its text is empty")),
    Case("an id twice", "table", swap("all.tsv", "\n1\t", "\n0\t"), drop("all.tsv line 3", "id")),
    Case("a column twice", "table", swap("all.tsv", "id\t", "label\t"), error("two columns of one name")),
    Case("a label that train lacks", "table", rest_in_test, drop("test.tsv line 21", "'9'")),
    Case("an open quote", "comma_table", swap("all.csv", 'number 7"', "number 7"), error("all.csv line", "quotes")),
    Case("a quote inside", "comma_table", swap("all.csv", "number 7", 'num"ber 7'), error("all.csv line", "quotes")),
    Case("a line end in quotes", "comma_table", swap("all.csv", "number 7", "number\n7"), Kept()),
    Case("too few cells", "comma_table", swap("all.csv", '7",1', '7"'), drop("all.csv line 9", "1 columns")),
    Case("half a line", "json_table", turned("all.jsonl", lambda it: it[:-9]), drop("line 110", "no JSON object")),
    Case("a list", "json_table", swap("all.jsonl", '{"text": "a fox in 4"', '[{"text": "a fox in 4"'), drop("line 5")),
    Case("no key", "json_table", swap("all.jsonl", '"text": "a fox in 4"', '"t": 4'), drop("line 5", "no 'text'")),
    Case("null", "json_table", swap("all.jsonl", '"a fox in 4"', "null"), drop("line 5", "no 'text'")),
    Case("deep", "json_table", swap("all.jsonl", '"a fox in 4"', "[" * 99999), drop("line 5", "no JSON object")),
    Case("half a pair", "json_table", swap("all.jsonl", "a fox in 4", "\\ud800"), Kept()),
    Case("half an array", "json_array", turned("all.json", lambda it: it[:-9]), error("all.json", "after item 109 ")),
    Case("a broken item", "json_array", swap("all.json", '"a fox in 4"', '"a fox'), error("all.json", "after item 4 ")),
    Case("a deep item", "json_array", swap("all.json", '"a fox in 4"', "[" * 99999), error("after item 4 ")),
    Case(
        "an item that is a list", "json_array", swap("all.json", "[\n", "[\n [1],\n"), drop("item 1", "no JSON object")
    ),
    Case("an item without a key", "json_array", swap("all.json", '"text": "a fox in 4"', '"t": 4'), drop("item 5")),
    Case("a blank line behind", "json_array", turned("all.json", lambda it: it + b"\n\n"), Kept()),
    Case("two arrays", "json_array", turned("all.json", lambda it: it + b"\n[]\n"), error("goes on after its")),
    Case("behind the array", "json_array", turned("all.json", lambda it: it + b"{}"), error("goes on after its")),
    Case("too few bare cells", "bare_table", swap("all.csv", '","a dog, number 1"', '"'), drop("line 2", "2 columns")),
    Case("no bare label", "bare_table", swap("all.csv", '"1","dogs"', '"","dogs"'), drop("line 2", "its 0 is empty")),
    Case("no colon", "json_table", swap("all.jsonl", '"text": "a fox', '"text" "a fox'), drop("line 5", "no JSON")),
]
LABELLED = [
    Case("a label alone", "label_lines", swap("all.txt", "1 the dog of 1\n", "1\n"), drop("all.txt line 2", "no text")),
    Case("a huge text", "text_folders", put("good/1.txt", b"a b c d\n" * 200_000), drop("good/1.txt", "characters")),
    Case("hidden files", "text_folders", put("good/.DS_Store", b"\0\1\2"), Kept()),
    Case("a cycle of links", "text_folders", put("good/again", ".."), Kept()),
    Case("a link to itself", "text_folders", put("good/x.txt", "x.txt"), drop("good/x.txt", "cannot be read")),
    Case("a name of two lines", "text_folders", put("good/x\ny.txt", b"a b\n"), error("a file named 'good/x\\ny.txt'")),
    Case("a name of bytes", "text_folders", put("good/\udcff.txt", b"a b\n"), error("a file named", "is not UTF-8")),
    Case("a link to nothing", "text_folders", put("good/x.txt", "nowhere.txt"), drop("good/x.txt", "missing")),
    Case("outside of classes", "text_folders", put("x.txt", b"a b\n"), drop("x.txt", "no folder of a class")),
    Case("unequal labels", "labels_file", turned("labels.txt", lambda it: it[2:]), error("labels.txt has fewer lines")),
    Case("no label", "labels_file", turned("labels.txt", lambda it: b"\n" + it[2:]), drop("line 1", "label is empty")),
]
TAGGED = [
    Case("tabs and spaces", "conll", swap("all.conll", "Anna B-PER\nsaw O", "Anna\tB-PER\nsaw \t O"), Kept()),
    Case("a column less", "conll", swap("all.conll", "saw O", "saw"), drop("all.conll line 1", "line 2 has 1 columns")),
    Case("a column more", "conll", swap("all.conll", "saw O", "saw V O"), drop("all.conll line 1", "has 3 columns")),
    Case(
        "a word of two", "conll", swap("all.conll", "Anna B-PER", "Anna K B-PER"), drop("all.conll line 1", "columns")
    ),
    Case("no BIO", "conll", swap("all.conll", "B-PER", "B_PER"), drop("all.conll line 1", "'B_PER', which is not BIO")),
    Case("spaces between", "conll", swap("all.conll", "\n\nAnna", "\n \t\nAnna"), Kept()),
    Case("blank lines", "conll", swap("all.conll", "\n\nAnna", "\n\n\n\n\nAnna"), Kept()),
    Case("nine columns", "conllu", swap("all.conllu", "\troot\t_\t_", "\troot\t_"), drop("line 2", "10 columns")),
    Case("no form", "conllu", swap("all.conllu", "1\tthe", "1\t"), drop("line 2", "no form")),
    Case("spaces for tabs", "conllu", swap("all.conllu", "1\tthe\t", "1 the "), drop("line 2", "10 columns")),
    Case("an id twice", "conllu", swap("all.conllu", "sent_id = s1\n", "sent_id = s0\n"), drop("id 's0'")),
]
SEQUENCES = [
    Case(
        "no letters", "fasta", swap("genes.fasta", ">g1 label", ">g label=1\n>g1 label"), drop("line 3", "no letters")
    ),
    Case("digits", "fasta", turned("genes.fasta", lambda it: it + lines(">x label=1", "AC6T")), drop("other signs")),
    Case("no label", "fasta", swap("genes.fasta", ">g1 label=1", ">g1"), drop("line 3", "no label=")),
    Case("a header twice", "fasta", swap("genes.fasta", ">g1 ", ">g0 "), drop("line 3", "id")),
    Case("lower case", "fasta", turned("genes.fasta", lambda it: it.replace(b"A", b"a")), Kept()),
    Case("unequal quality", "fastq", swap("reads.fastq", "I" * 30, "I" * 29), drop("reads.fastq line 1", "qualities")),
    Case("cut", "fastq", turned("reads.fastq", lambda it: it[:-40]), drop("line 437", "four lines")),
    Case("no @", "fastq", swap("reads.fastq", "@r1\n", "r1\n"), drop("reads.fastq line 5", "FASTQ record")),
]
MUSIC = [
    Case("pitch 200", "pitches", swap("all.json", "[60, 64]", "[200, 64]"), drop("piece 1", "from 0 to 127")),
    Case("half a pitch", "pitches", swap("all.json", "[60, 64]", "[60.5, 64]"), drop("piece 1", "pitches")),
    Case("a word", "pitches", swap("all.json", "[60, 64]", '["C", 64]'), drop("piece 1", "pitches")),
    Case("NaN", "pitches", swap("all.json", "[60, 64]", "[NaN, 64]"), drop("piece 1", "pitches")),
    Case("infinite", "pitches", swap("all.json", "[60, 64]", "[Infinity, 64]"), drop("piece 1", "pitches")),
    Case("cut", "pitches", turned("all.json", cut), error("not laid out")),
    Case("no list", "pitches", put("all.json", b'{"train": 7}'), error("not laid out")),
]
PLAIN = [
    Case("an endless line", "plain", turned("book.txt", lambda it: it + LONG), error("book.txt has a line of 16 MiB")),
    Case("cut while packed", "plain", packed("book.txt", cut), error("book.txt.gz is not a whole gzip file")),
    Case("line separators", "plain", swap("book.txt", "cat went", "cat\u2028\x85went"), Kept()),
    Case("nothing at all", "plain", without("book.txt"), error("has no file")),
    Case(
        "a strange file",
        "plain",
        strange,
        error("files of .bin"),
    ),
]
CASES = PAIRS + TABLES + LABELLED + TAGGED + SEQUENCES + MUSIC + PLAIN
