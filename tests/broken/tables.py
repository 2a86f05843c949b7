"""Faults in TSV, CSV and JSON lines."""

from __future__ import annotations

from broken.case import Case, add, put, swap

T, C, J = "table", "table of csv", "table of jsonl"
BAD_JSON = "it is no JSON object"
TABLES = [
    Case(T, "a column less", add("train.tsv", "alone\n"), "dropped", ("train.tsv line 6", "1 columns, the first line has 2"), 1),
    Case(T, "a column more", add("train.tsv", "a\ta\tb\n"), "dropped", ("train.tsv line 6", "3 columns"), 1),
    Case(T, "an empty text", add("train.tsv", " \ta\n"), "dropped", ("train.tsv line 6", "text is empty"), 1),
    Case(T, "an empty label", add("train.tsv", "a b\t\n"), "dropped", ("train.tsv line 6", "label is empty"), 1),
    Case(T, "a label that train lacks", add("test.tsv", "a\tz\n"), "dropped", ("test.tsv line 4 has the label 'z'", "lacks"), 1),
    Case(T, "one label", put("train.tsv", "text\tlabel\na b\ta\nb\ta\n"), "error", ("only the label 'a'", "two or more")),
    Case(T, "another header", swap("train.tsv", "text\t", "texts\t"), "error", ("train.tsv has no column 'text'", "it has texts, label")),
    Case(T, "a header that repeats itself", swap("train.tsv", "text\tlabel", "text\tlabel\tlabel"), "error", ("train.tsv has two columns of one name", "rename")),
    Case(T, "a header alone", put("train.tsv", "text\tlabel\n"), "error", ("train.tsv of", "has no example")),
    Case(T, "no header", swap("train.tsv", "text\tlabel\n", ""), "error", ("train.tsv has no column 'text'",)),
    Case(T, "spaces for tabs", put("train.tsv", "text label\na a\nb b\n"), "error", ("train.tsv has no column 'text'",)),
    Case(T, "quotes are signs like others", add("valid.tsv", '"a\tb\nb"\ta\n'), "more"),
    Case(T, "old ends of lines of Macs", put("train.tsv", "text\tlabel\ra\tb\r"), "error", ("train.tsv",)),
    Case(T, "a control character", swap("train.tsv", "word 1", "word\x0b1"), "same"),
    Case(C, "an open quote", add("train.csv", '9,"open,a\n'), "error", ("train.csv line 6 is not CSV", "look at its quotes")),
    Case(C, "text after a quote", add("train.csv", '9,"a"b,a\n'), "error", ("train.csv line 6 is not CSV", "look at its quotes")),
    Case(C, "a column less", add("train.csv", "9,a\n"), "dropped", ("train.csv line 6", "2 columns"), 1),
    Case(C, "an id twice", add("train.csv", "0,again,a\n"), "dropped", ("train.csv line 6", "'train.csv-0'", "give it another"), 1),
    Case(C, "semicolons", put("train.csv", "id;text;label\n1;a;b\n"), "error", ("train.csv has no column 'text'",)),
    Case(C, "an absurd cell", add("train.csv", f'9,"{"x" * (1 << 17)}",a\n'), "error", ("train.csv", "has a line of")),
    Case(J, "no JSON", add("train.jsonl", "{'text': 'a'}\n"), "dropped", ("train.jsonl line 5", BAD_JSON), 1),
    Case(J, "cut off", add("train.jsonl", '{"text": "a", "la'), "dropped", ("train.jsonl line 5", BAD_JSON), 1),
    Case(J, "a list", add("train.jsonl", '["a", 1]\n'), "dropped", ("train.jsonl line 5", BAD_JSON), 1),
    Case(J, "a number of 5000 figures", add("train.jsonl", f'{{"text": "a", "label": {"9" * 5000}}}\n'), "dropped", ("line 5", BAD_JSON), 1),
    Case(J, "lists too deep", add("train.jsonl", "[" * 9999 + "\n"), "dropped", ("line 5", BAD_JSON), 1),
    Case(J, "no label", add("train.jsonl", '{"text": "a"}\n'), "dropped", ("line 5", "it has no 'label'"), 1),
    Case(J, "null for a label", add("train.jsonl", '{"text": "a", "label": null}\n'), "dropped", ("line 5", "it has no 'label'"), 1),
    Case(J, "a list for a text", add("train.jsonl", '{"text": ["a"], "label": 1}\n'), "dropped", ("line 5", "it has no 'text'"), 1),
    Case(J, "half a character", add("valid.jsonl", '{"text": "a\\ud800", "label": 1}\n'), "more"),
    Case(J, "a line end in a text", add("valid.jsonl", '{"text": "a\\nb", "label": 1}\n'), "more"),
]  # fmt: skip
