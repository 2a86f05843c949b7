"""A word's vector is its own beside what its letters say; neither padding nor other words have a part in it."""

import pytest
import torch

from seqpipe.features import tagged
from seqpipe.features.sizes import Sizes
from seqpipe.nn import words
from seqpipe.nn.words import WordFront, forget
from seqpipe.padded import Padded
from seqpipe.params.models import TokenInput

SIZES = Sizes("words", 7, 3, characters=9)


@pytest.fixture
def front():
    torch.manual_seed(3)
    return WordFront(SIZES, 13, TokenInput())


def by_hand(front, word, letters):
    """One word, one letter at a time in either direction, by the GRU's equations."""
    ends = []
    for cell, order in [(front.speller.forward_cells[0], letters), (front.speller.backward_cells[0], letters[::-1])]:
        h = torch.zeros(3)
        for letter in order:
            (x_r, x_z, x_n), (u_r, u_z, u_n) = (
                (cell.W @ front.characters.weight[letter] + cell.b).split(3),
                (cell.U @ h).split(3),
            )
            r, z = torch.sigmoid(x_r + u_r), torch.sigmoid(x_z + u_z)
            h = (1 - z) * torch.tanh(x_n + r * (u_n + cell.b_n)) + z * h
        ends.append(h)
    return torch.cat([front.vectors.weight[word], *ends])


def test_each_word_is_read_letter_by_letter_whatever_lies_behind(front):
    sentences = [[(3, [1, 5, 8]), (0, [2]), (3, [1, 5, 8])], [(6, [4, 4, 4, 4])]]
    source = torch.full((2, 5, 2 + 4), 2)  # padding holds what could be a word
    for row, sentence in enumerate(sentences):
        for at, (word, letters) in enumerate(sentence):
            source[row, at] = torch.tensor([word, len(letters), *letters, *[7] * (4 - len(letters))])
    found = front(Padded(source, torch.tensor([3, 1])))
    assert found.data.shape == (2, 5, 13)
    for row, sentence in enumerate(sentences):
        for at, (word, letters) in enumerate(sentence):
            torch.testing.assert_close(found.data[row, at], by_hand(front, word, letters))
    assert not found.data[0, 3:].any()
    assert not found.data[1, 1:].any()
    torch.testing.assert_close(found.data[0, 0], found.data[0, 2])


def test_a_batch_without_words_has_no_vectors(front):
    assert not front(Padded(torch.zeros(2, 1, 6, dtype=torch.int64), torch.zeros(2, dtype=torch.int64))).data.any()


def test_letters_learn_from_every_place_of_a_word(front):
    once = torch.tensor([[[1, 2, 3, 4], [0, 1, 5, 0]]])
    twice = torch.cat([once, once[:, :1]], dim=1)
    gradients = []
    for source in (once, twice):
        first = front(Padded(source, torch.tensor([source.shape[1]]))).data[0, [0, -1]].sum(dim=0)
        gradients.append(torch.autograd.grad(first.sum(), front.characters.weight)[0])
    torch.testing.assert_close(gradients[1][3], 2 * gradients[0][3])


def test_what_is_forgotten_is_unknown_and_nothing_else_changes():
    torch.manual_seed(1)
    source = Padded(torch.full((40, 50, 5), 3), torch.full((40,), 50))
    found = forget(source, 0.3, 0.1).data
    assert set(found.unique().tolist()) == {words.UNKNOWN, 3}
    assert (found[:, :, words.COUNT] == 3).all()
    gone = (found == words.UNKNOWN).double().mean(dim=(0, 1))
    assert float(gone[words.WORD]) == pytest.approx(0.3, abs=0.03)
    assert gone[words.FIRST :].tolist() == pytest.approx([0.1] * 3, abs=0.03)
    assert torch.equal(forget(source, 0.0, 0.0).data, source.data)


def test_unit_vectors_stand_beside_what_the_characters_say():
    front = WordFront(SIZES, 13, TokenInput(input="one-hot"))
    assert front.size == 7 + 2 * 3
    source = torch.tensor([[[4, 1, 2], [0, 1, 2]]])
    found = front(Padded(source, torch.tensor([2]))).data[0]
    assert found[:, :7].tolist() == torch.eye(7)[[4, 0]].tolist()
    torch.testing.assert_close(found[0, 7:], found[1, 7:])


@pytest.mark.parametrize("size", range(2, 30))
def test_a_word_has_vectors_of_the_size_asked_for(size):
    whole = WordFront.embedding_for(size)
    assert WordFront(SIZES, whole, TokenInput()).vectors.size == size


def test_features_and_front_agree_on_the_unknown():
    assert tagged.UNKNOWN == words.UNKNOWN
