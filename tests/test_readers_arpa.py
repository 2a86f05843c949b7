"""ARPA files: values by hand, by a dictionary of n-grams, and what is wrong in one sentence with its line."""

import gzip
from math import log
from pathlib import Path

import arpa_oracle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.files import SeqpipeError
from seqpipe.readers.arpa import read_arpa
from seqpipe.search.fused import fused
from seqpipe.search.fusion import WORDS
from seqpipe.search.fusion_kernel import counted
from seqpipe.search.ngrams import ngrams

MODEL = r"""
\data\
ngram 1=5
ngram 2=4
ngram 3=1

\1-grams:
-1.5	<unk>
-99	<s>	-0.25
-0.8	</s>
-0.6	yes	-0.5
-0.9	no	0.125

\2-grams:
-0.2	<s> yes	-0.75
-0.3	yes </s>
-0.7	yes yes
-0.4	no no

\3-grams:
-0.1	<s> yes no

\end\
"""


def scored(path: Path, text: str) -> float:
    """log₁₀ p of a text and its end, step by step in the kernel."""
    model = ngrams(read_arpa(path))
    fusion = tuple(fused(["", "▁", "a"], model=model, level=WORDS, weight=1.0))
    number = {word: at for at, word in enumerate(model.words)}
    total, state = 0.0, model.start
    for word in [*text.split(), "</s>"]:
        gain, state = counted(state, number.get(word, model.unknown), fusion)
        total += gain
    return total / log(10)


@pytest.mark.parametrize(
    ("text", "log10"),
    [
        ("", -0.25 - 0.8),  # <s> has no bigram with the end
        ("yes", -0.2 + (-0.75 - 0.3)),  # "<s> yes </s>" is none: its context's back-off, then "yes </s>"
        ("yes no", -0.2 - 0.1 + (0.125 - 0.8)),
        ("yes yes", -0.2 + (-0.75 - 0.7) - 0.3),  # "yes yes" is a context without back-off
        ("no no no", (-0.25 - 0.9) - 0.4 - 0.4 + (0.125 - 0.8)),
        ("maybe yes", (-0.25 - 1.5) - 0.6 - 0.3),  # the unknown word is a context that knows nothing
        ("yes maybe", -0.2 + (-0.75 - 0.5 - 1.5) - 0.8),
    ],
)
def test_values_are_those_computed_by_hand(tmp_path, text, log10):
    path = tmp_path / "lm.arpa"
    path.write_text(MODEL)
    assert scored(path, text) == pytest.approx(log10)
    packed = tmp_path / "lm.arpa.gz"
    packed.write_bytes(gzip.compress(MODEL.replace("\t", " ").replace("\n", "\r\n").encode()))
    assert scored(packed, text) == pytest.approx(log10)


def test_another_spelling_of_the_unknown_word(tmp_path):
    for name, spelling in (("a.arpa", "<unk>"), ("b.arpa", "<UNK>")):
        (tmp_path / name).write_text(MODEL.replace("<unk>", spelling), encoding="utf-8")
    assert read_arpa(tmp_path / "b.arpa").words == read_arpa(tmp_path / "a.arpa").words
    assert scored(tmp_path / "b.arpa", "maybe yes") == scored(tmp_path / "a.arpa", "maybe yes")


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), order=st.integers(1, 4), share=st.floats(0.1, 1))
def test_back_off_is_that_of_a_dictionary(tmp_path_factory, seed, order, share):
    model = arpa_oracle.random_model(seed, ["a", "b", "c"], order, share)
    path = arpa_oracle.write(tmp_path_factory.mktemp("arpa") / "lm.arpa", model)
    rng = np.random.default_rng(seed)
    for _ in range(5):
        words = [str(word) for word in rng.choice(["a", "b", "c", "zzz"], rng.integers(0, 7))]
        expected = arpa_oracle.log_p(model, words, ended=True) / log(10)
        assert scored(path, " ".join(words)) == pytest.approx(expected, abs=1e-6)


def test_an_unknown_word_in_a_file_without_one_is_all_but_impossible(tmp_path):
    path = tmp_path / "lm.arpa"
    path.write_text(MODEL.replace("-1.5\t<unk>\n", "").replace("ngram 1=5", "ngram 1=4"))
    assert scored(path, "maybe") == pytest.approx(-0.25 - 100 - 0.8)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (r"\data" + "\\", "data", r"has no line '\\data\\', so it is no ARPA file"),
        ("ngram 2=4", "ngram 2=many", "line 4 is 'ngram 2=many', but must be 'ngram 2=' and a number"),
        ("ngram 1=5\nngram 2=4\nngram 3=1\n", "", r"line 4 is '\\1-grams:', but must be 'ngram 1=' and a number"),
        ("ngram 2=4", "ngram 2=5", "promises 5 n-grams of order 2, but has 4"),
        (r"\2-grams:", r"\4-grams:", r"line 14 is '\\4-grams:', but must be '\\2-grams:'"),
        (
            "-0.7\tyes yes",
            "-0.7\tyes yes no ok",
            "line 17 has 5 fields, but an n-gram of order 2 has its log₁₀ p, 2 words",
        ),
        ("-0.1\t<s> yes no", "-0.1\t<s> yes no 0", "line 21 has 5 fields, but an n-gram of order 3 has"),
        ("-0.7\tyes yes", "-0.7\tyes perhaps", "line 17 has 'perhaps', which is not among the unigrams"),
        ("-0.7\tyes yes", "x\tyes yes", "line 17 has 'x' for the logarithm of a probability"),
        ("-0.7\tyes yes", "0.7\tyes yes", "line 17 has '0.7' for the logarithm of a probability"),
        ("-0.7\tyes yes", "nan\tyes yes", "line 17 has 'nan' for the logarithm of a probability"),
        ("yes\t-0.5", "yes\t-inf", "line 11 has '-inf' for a number"),
        ("-0.9\tno", "-0.9\tyes", "line 12 has 'yes', which stands before"),
        ("-0.4\tno no", "-0.4\tyes yes", "line 18 is an n-gram that stands before"),
        ("<s> yes no", "no yes no", "line 21 is an n-gram whose first 2 words are none"),
        (r"\end" + "\\", "", r"ends before '\\end\\', so it is not a whole ARPA file"),
        (r"\end" + "\\", r"\done", r"line 23 is '\\done', but must be '\\end\\'"),
        ("</s>", "</t>", "has no </s> among its unigrams"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(tmp_path, old, new, says):
    path = tmp_path / "lm.arpa"
    assert old in MODEL
    path.write_text(MODEL.replace(old, new))
    with pytest.raises(SeqpipeError, match=says) as error:
        ngrams(read_arpa(path))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_are_none(tmp_path):
    with pytest.raises(SeqpipeError, match="is missing"):
        read_arpa(tmp_path / "none.arpa")
    cut = tmp_path / "cut.arpa.gz"
    cut.write_bytes(gzip.compress(MODEL.encode())[:60])
    with pytest.raises(SeqpipeError, match="is not a whole gzip file"):
        read_arpa(cut)
    latin = tmp_path / "latin.arpa"
    latin.write_bytes(MODEL.replace("yes", "oué").encode("latin-1"))
    with pytest.raises(SeqpipeError, match="line 11 is not UTF-8 text"):
        read_arpa(latin)
