"""Faults in pairs of files, lines, plain text, records and pieces."""

from __future__ import annotations

import json

from broken.case import Case, add, put, swap

TEXTS = [
    Case("parallel", "one line more", add("train.en", "dog\n"), "error", ("train.de has fewer lines than train.en",)),
    Case("parallel", "one line less", swap("train.en", "cat 0\n", ""), "error", ("train.en has fewer lines",)),
    Case("parallel", "no partner", lambda at: (at / "train.de").unlink(), "error", ("train.de beside it; put it",)),
    Case("parallel", "an empty source", swap("train.en", "cat 1", " "), "dropped", ("train.en line 2", "source is"), 1),
    Case("parallel", "an empty target", swap("train.de", "Katze 1", ""), "dropped", ("train.en line 2", "target is"), 1),
    Case("parallel", "separators of Unicode are no ends of lines", swap("train.en", "cat 1", "cat\u20281"), "same"),
    Case("parallel", "half a character", swap("train.de", "Katze 1", "\ud800"), "error", ("train.de line 2 is not UTF-8",)),
    Case("label-lines", "a label without text", swap("x.train", "0 film 0 seen", "0"), "dropped", ("line 1", "no text"), 1),
    Case("label-lines", "a label that train lacks", add("x.test", "7 film 99 seen\n"), "dropped",
         ("x.test line 21 has the label '7', which the training split lacks", "add"), 1),
    Case("labels-file", "a label less", swap("labels.txt", "0\n", ""), "error", ("labels.txt has fewer lines",)),
    Case("labels-file", "a sequence less", swap("sequences.txt", "ACGTA\n", ""), "error", ("sequences.txt has fewer",)),
    Case("labels-file", "an empty label", swap("labels.txt", "0\n", "\n"), "dropped", ("line 1", "label is empty"), 1),
    Case("fasta", "no letters", add("train.fa", ">e label=a\n"), "dropped", ("train.fa line 13", "it has no letters"), 1),
    Case("fasta", "figures for letters", add("train.fa", ">e label=a\nAC9T\n"), "dropped", ("line 13", "other signs"), 1),
    Case("fasta", "a space in a sequence", add("train.fa", ">e label=a\nAC T\n"), "dropped", ("line 13", "other"), 1),
    Case("fasta", "no label", add("train.fa", ">e\nACT\n"), "dropped", ("train.fa line 13", "has no label"), 1),
    Case("fasta", "one header twice", add("train.fa", ">s0 label=a\nACT\n"), "dropped", ("train.fa line 13", "'train.fa-s0'", "before"), 1),
    Case("fasta", "a label that train lacks", add("test.fa", ">e label=z\nACT\n"), "dropped", ("test.fa line 7 has the label 'z'",), 1),
    Case("fasta", "letters before the first header", put("train.fa", "ACGT\n>s label=a\nACGT\n>t label=b\nAC\n"), "dropped", ("train.fa line 1",), 1),
    Case("pitches", "a pitch too high", swap("jsb.json", "[60, 0]", "[60, 128]"), "dropped", ("jsb.json#train piece 1", "0 to 127"), 1),
    Case("pitches", "an infinite pitch", swap("jsb.json", "[60, 0]", "[1e999]"), "dropped", ("train piece 1", "0 to 127"), 1),
    Case("pitches", "no number", swap("jsb.json", "[60, 0]", "[NaN]"), "dropped", ("train piece 1", "0 to 127"), 1),
    Case("pitches", "half a pitch", swap("jsb.json", "[60, 0]", "[60.5]"), "dropped", ("train piece 1", "0 to 127"), 1),
    Case("pitches", "a word", swap("jsb.json", "[60, 0]", '["C"]'), "dropped", ("train piece 1", "0 to 127"), 1),
    Case("pitches", "true", swap("jsb.json", "[60, 0]", "[true]"), "dropped", ("train piece 1", "0 to 127"), 1),
    Case("pitches", "a number of 5000 figures", swap("jsb.json", "[60, 0]", f"[{'9' * 5000}]"), "error", ("jsb.json is no JSON",)),
    Case("pitches", "lists too deep", put("jsb.json", "[" * 9999), "error", ("jsb.json is no JSON",)),
    Case("pitches", "cut off", put("jsb.json", '{"train": [[[60], [6'), "error", ("jsb.json is no JSON",)),
    Case("pitches", "no split of train", put("jsb.json", json.dumps({"valid": [[[1]]], "test": [[[1]]]})), "error", ("jsb.json has no part 'train'",)),
    Case("plain", "no test text", put("test.txt", "\n"), "error", ("test.txt of", "has no example")),
    Case("plain", "a test split that is missing", lambda at: (at / "test.txt").unlink(), "error", ("test.txt is missing",)),
    Case("plain", "vertical tabs and separators", swap("train.txt", "line 1 of", "line\v1\u2029of"), "same"),
    Case("class-folders of text", "an empty document", put("train/a/x.txt", " \n"), "dropped", ("train/a/x.txt has no text; remove it",), 1),
    Case("class-folders of text", "a document that is not UTF-8", put("train/a/x.txt", b"\xff"), "dropped", ("train/a/x.txt", "is not UTF-8"), 1),
    Case("class-folders of text", "a document with a zero", put("train/a/x.txt", "a\0"), "dropped", ("train/a/x.txt", "byte of zero"), 1),
    Case("class-folders of text", "a class that train lacks", put("test/z/x.txt", "a b\n"), "dropped", ("test/z/x.txt has the label 'z'",), 1),
]  # fmt: skip
