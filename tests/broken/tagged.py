"""Faults in columns of words and labels."""

from __future__ import annotations

from broken.case import Case, add, put, swap

ROW = "\t_\t_\t0\troot\t_\t_\n"
TAGGED = [
    Case("conll", "a column less", swap("esp.train", "saw VB O", "saw O"), "dropped", ("esp.train line 1", "line 2 has 2 columns"), 1),
    Case("conll", "a column more", swap("esp.train", "saw VB O", "saw VB VB O"), "dropped", ("line 2 has 4 columns",), 1),
    Case("conll", "a word alone", add("esp.train", "saw\n"), "dropped", ("esp.train line 17", "1 columns"), 1),
    Case("conll", "tabs among spaces", swap("esp.train", "saw VB O", "saw\tVB O"), "same"),
    Case("conll", "two spaces", swap("esp.train", "saw VB O", "saw  VB\t O "), "same"),
    Case("conll", "no BIO", swap("esp.train", "saw VB O", "saw VB X"), "dropped", ("label 'X', which is not BIO",), 1),
    Case("conll", "a mark without a type", swap("esp.train", "saw VB O", "saw VB B-"), "dropped", ("label 'B-'",), 1),
    Case("conll", "a span that begins inside", swap("esp.train", "Anna NP B-PER", "Anna NP I-PER"), "same"),
    Case("conll", "spaces between sentences", swap("esp.train", "B-LOC\n\n", "B-LOC\n \t\n"), "same"),
    Case("conll", "no blank line at the end", swap("esp.test", "Oslo7 NP B-LOC\n\n", "Oslo7 NP B-LOC"), "same"),
    Case("conll", "a type that train lacks", add("esp.test", "Ev NP B-FOO\n"), "dropped", ("esp.test line 9", "FOO"), 1),
    Case("conll", "documents and no sentence", put("esp.train", "-DOCSTART- -X- O\n\n"), "error", ("esp.train of", "has no example")),
    Case("conllu", "a column less", add("train.conllu", "1\ta\ta\tNOUN\n"), "dropped", ("train.conllu line 17", "10 columns"), 1),
    Case("conllu", "spaces for tabs", add("train.conllu", "1 a a NOUN _ _ 0 root _ _\n"), "dropped", ("line 17", "10 columns"), 1),
    Case("conllu", "no form", add("train.conllu", f"1\t\ta\tNOUN{ROW}"), "dropped", ("line 17", "no form"), 1),
    Case("conllu", "no part of speech", add("train.conllu", f"1\ta\ta\t {ROW}"), "dropped", ("line 17", "no upos"), 1),
    Case("conllu", "an id twice", add("train.conllu", f"# sent_id = s0\n1\ta\ta\tNOUN{ROW}"), "dropped", ("line 18", "its id 's0'"), 1),
    Case("conllu", "a range alone", add("train.conllu", f"1-2\ta\ta\tNOUN{ROW}"), "dropped", ("line 17",), 1),
    Case("conllu", "comments alone", add("train.conllu", "# text = a\n\n"), "same"),
    Case("conllu", "a label that train lacks", add("test.conllu", f"1\ta\ta\tZZZ{ROW}"), "dropped", ("test.conllu line 9", "ZZZ"), 1),
]  # fmt: skip
