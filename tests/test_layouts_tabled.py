"""Tables of texts: which columns are taken, by their names or by what is in them, and what becomes of bad rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from laid_out import both, read, write

from seqpipe.files import SeqpipeError
from seqpipe.readers.layouts.rows import read_rows
from seqpipe.readers.look import look

NSMC = "id\tdocument\tlabel\n" + "".join(f'{100 + at}\t영화 "{at}" 편\t{at % 2}\n' for at in range(9))
NESTED = '{"id": 1, "translation": {"sv": "a", "ja": "b"}}\n{"id": 2, "translation": {"sv": "c", "ja": "d"}}\n'


def test_a_table_with_a_header(tmp_path: Path) -> None:
    found = look(write(tmp_path, {"ratings_train.txt": f"{NSMC}\n7\tnur zwei\n8\t \t1\n", "ratings_test.txt": NSMC}))
    assert (found.layout, found.task) == ("table", "classify")
    assert found.splits == {"train": ["ratings_train.txt"], "test": ["ratings_test.txt"]}
    examples, dropped = read(tmp_path, found, ["ratings_train.txt"])
    assert both(examples)[:2] == [('영화 "0" 편', "0"), ('영화 "1" 편', "1")]
    assert examples[0].id == "ratings_train.txt-100"
    assert [item.reason for item in dropped] == [
        "it has 2 columns, the first line has 3",
        "its document is empty",
    ]


ITEMS = [{"text": "[a", "label": 1}, {"text": "b", "label": 0}, {"text": "c, d]", "label": 1}]
NEWS = "".join(f'"{at % 2}","War","an end, at last, of {at}"\n' for at in range(8))


@pytest.mark.parametrize(
    ("name", "text", "task", "pairs"),
    [
        ("a.csv", 'text,label\n"a, b\nc",x\nd,y\n', "classify", [("a, b c", "x"), ("d", "y")]),
        ("a.csv", "Label;Text\nx;a, b\ny;d\n", "classify", [("a, b", "x"), ("d", "y")]),
        ("a.tsv", "source\ttarget\nhe\ter\nshe\tsie\n", "seq2seq", [("he", "er"), ("she", "sie")]),
        ("a.jsonl", '{"text": "a", "label": 1}\n{"text": "b", "label": 0}\n', "classify", [("a", "1"), ("b", "0")]),
        ("a.jsonl.gz", '{"src": "a", "tgt": "b"}\n{"src": "c", "tgt": "d"}\n', "seq2seq", [("a", "b"), ("c", "d")]),
        ("a.tsv", "he is\ter ist\n" * 6, "seq2seq", [("he is", "er ist")] * 6),
        ("a.tsv", "come in\t입장\tby a\n" * 6, "seq2seq", [("come in", "입장")] * 6),
        ("a.csv", "id,fi,et\n1,yö,öö\n2,jää,jää\n", "seq2seq", [("yö", "öö"), ("jää", "jää")]),
        ("a.csv", "article,highlights,id\na b,a,1\nc d,c,2\n", "seq2seq", [("a b", "a"), ("c d", "c")]),
        ("a.csv", "time,text,label\n2020-01-01,a b,x\n2020-01-02,c,y\n", "classify", [("a b", "x"), ("c", "y")]),
        ("a.jsonl", NESTED, "seq2seq", [("a", "b"), ("c", "d")]),
        ("a.json", json.dumps(ITEMS), "classify", [("[a", "1"), ("b", "0"), ("c, d]", "1")]),
        ("a.json", json.dumps(ITEMS, indent=2), "classify", [("[a", "1"), ("b", "0"), ("c, d]", "1")]),
        ("a.json.gz", f"\n{json.dumps(ITEMS)}\n", "classify", [("[a", "1"), ("b", "0"), ("c, d]", "1")]),
        ("a.csv", NEWS, "classify", [(f"an end, at last, of {at}", str(at % 2)) for at in range(8)]),
    ],
)
def test_tables_of_every_kind(tmp_path: Path, name: str, text: str, task: str, pairs: list[tuple[str, str]]) -> None:
    found = look(write(tmp_path, {name: text}))
    assert (found.layout, found.task) == ("table", task)
    assert both(read(tmp_path, found)[0]) == pairs


@pytest.mark.parametrize(
    ("name", "text", "has"),
    [("a.csv", "sv,ja,fi\na,b,c\nd,e,f\n", "sv, ja, fi"), ("a.jsonl", '{"words": "a", "n": 1}\n' * 3, "words, n")],
)
def test_columns_that_no_one_knows_are_named(tmp_path: Path, name: str, text: str, has: str) -> None:
    with pytest.raises(SeqpipeError, match=f"needs columns such as text and label.* but {name} has {has}; the layouts"):
        look(write(tmp_path, {name: text}))
    with pytest.raises(SeqpipeError, match=f"but {name} has {has}; the layouts"):
        look(tmp_path / name)
    with pytest.raises(SeqpipeError, match="not laid out as kaldi; the layouts"):
        look(tmp_path, "kaldi")


@pytest.mark.parametrize(
    "text",
    [
        "topic,words\n" + "a,b c d\nb,c d e\n" * 6,  # the first row is of names
        "0.1,0.2,0.3\n0.1,0.3,0.4\n" * 6,
        "".join(f"{at},a b c,d\n" for at in range(12)),
        "".join(f"{at},{'small' if at % 3 else 'of middle size'},{at % 2}\n" for at in range(40)),
    ],
)
def test_a_table_without_names_needs_a_column_of_labels_and_one_of_texts(tmp_path: Path, text: str) -> None:
    with pytest.raises(SeqpipeError, match=r"is not laid out as anything|needs columns such as text and label"):
        look(write(tmp_path, {"a.csv": text}))


def test_items_of_an_array_are_named_by_their_number(tmp_path: Path) -> None:
    found = look(write(tmp_path, {"a.json": json.dumps([*ITEMS, 7, {"text": "d", "label": ""}, {"text": "e"}])}))
    examples, dropped = read(tmp_path, found)
    assert [one.id for one in examples] == ["a.json-1", "a.json-2", "a.json-3"]
    assert [item.where for item in dropped] == ["a.json item 4", "a.json item 5", "a.json item 6"]


@given(
    items=st.lists(
        st.dictionaries(st.sampled_from(["text", "label", "x"]), st.text(max_size=9), max_size=3), max_size=6
    ),
    indent=st.sampled_from([None, 0, 3]),
    plain=st.booleans(),
    block=st.sampled_from([1, 30, 1 << 16]),
)
def test_an_array_has_the_rows_of_json_lines(
    tmp_path_factory: pytest.TempPathFactory, items: list[dict[str, str]], indent: int | None, plain: bool, block: int
) -> None:
    folder = tmp_path_factory.getbasetemp() / "arrays"
    folder.mkdir(exist_ok=True)
    text = json.dumps(items, indent=indent, ensure_ascii=plain).encode("utf-8", "ignore").decode()
    write(folder, {"a.json": text, "a.jsonl": "".join(f"{json.dumps(item)}\n" for item in json.loads(text))})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("seqpipe.readers.layouts.rows.BLOCK", block)
        array, rows = ([cells for _, cells in read_rows(folder / f"a.{kind}", kind)] for kind in ("json", "jsonl"))
    assert array == rows
