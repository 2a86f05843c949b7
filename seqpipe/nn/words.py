"""Words: a vector of the word itself beside one that is read from its characters (Lample et al. 2016)."""

from __future__ import annotations

from itertools import count

import torch
from torch import Tensor, nn

from seqpipe.features.sizes import Sizes
from seqpipe.nn.embedding import INPUTS
from seqpipe.nn.recurrent import Encoder
from seqpipe.padded import Padded
from seqpipe.params.models import TokenInput
from seqpipe.params.recurrent import RecurrentParams

UNKNOWN = 0
"""The id of every word, and of every character, that the vocabulary does not have."""
WORD, COUNT, FIRST = 0, 1, 2
"""Places in a step of the source: the word's id, the number of its characters, the id of the first of them."""


class WordFront(nn.Module):
    """Steps (B, T, 2 + C) of ids → (B, T, size): a word's own vector, then the last states of a bidirectional GRU.

    The two readers of characters have a quarter of the size each; where a word's own is a unit vector, that is as long
    as the vocabulary. Words of the same letters are read once a batch.
    """

    def __init__(self, sizes: Sizes, size: int, params: TokenInput) -> None:
        super().__init__()
        hidden = _hidden(size)
        self.vectors = INPUTS[params.input](sizes.source, size - 2 * hidden, params)
        self.size = self.vectors.size + 2 * hidden
        self.characters = nn.Embedding(sizes.characters, hidden)
        self.speller = Encoder(hidden, RecurrentParams(cell="gru", hidden=hidden, dropout=0.0), bidirectional=True)

    @staticmethod
    def embedding_for(size: int) -> int:
        """What ``model.embedding`` has to be for a word's own vector of ``size``."""
        return next(whole for whole in count(size) if whole - 2 * _hidden(whole) == size)

    def forward(self, source: Padded) -> Padded:
        """One vector a word; zeros on padding."""
        mask = source.mask()
        own = self.vectors(source.data[:, :, WORD])[mask]  # (N, size - 2 · hidden)
        vectors = torch.cat([own, self.spelled(source.data[mask][:, COUNT:])], dim=-1)
        data = vectors.new_zeros(*mask.shape, vectors.shape[-1]).masked_scatter(mask[:, :, None], vectors)
        return Padded(data, source.lengths)

    def spelled(self, words: Tensor) -> Tensor:
        """Vectors (N, 2 · hidden) of words (N, 1 + C), a number of characters and their ids."""
        words, places = torch.unique(words, dim=0, return_inverse=True)
        lengths = words[:, 0]
        longest = max(1, int(lengths.max())) if len(lengths) else 1
        letters = Padded(self.characters(words[:, 1 : 1 + longest]), lengths)
        return self.speller.summary(self.speller(letters))[places]


def _hidden(size: int) -> int:
    return max(1, size // 4)


def forget(source: Padded, words: float, characters: float) -> Padded:
    """The same with a share of the words, and of the characters, unknown: what training does, so that unknown words
    are nothing new and their letters and neighbours have to speak."""
    drop = torch.full(source.data.shape[-1:], characters, device=source.data.device)
    drop[WORD], drop[COUNT] = words, 0.0
    forgotten = torch.rand(source.data.shape, device=source.data.device) < drop
    return Padded(source.data.masked_fill(forgotten, UNKNOWN), source.lengths)
