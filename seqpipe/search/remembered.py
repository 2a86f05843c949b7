"""A recurrent language model in CTC search: its states, and α log p of what may come next, one row a prefix.

Prefixes that have just come into the beam are stepped together, once each; the others keep their rows. Nothing of
another recording is in the batch, so that what comes out does not depend on others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from seqpipe.features.tokens import BEGIN, END
from seqpipe.files import SeqpipeError, some
from seqpipe.models.language import Language, Written

SHOWN = 5  # tokens that an error lists


def shared_ids(pieces: Sequence[str], known: Sequence[str], name: str) -> np.ndarray:
    """The language model's id of each label, int64 (V): of the end for its own place, −1 for the others that no output
    has. ``known`` are the tokens of the model called ``name``; one that it lacks is a ``SeqpipeError``."""
    place = {piece: at for at, piece in enumerate(known) if at > END}
    missing = [piece for piece in pieces if piece and piece not in place]
    if missing:
        raise SeqpipeError(
            f"{name} cannot score the targets' tokens, for it lacks {len(missing)} of them ({some(missing, SHOWN)}); "
            "train it with features like those of the targets, on texts that have all of their tokens."
        )
    return np.array([END if at == END else place.get(piece, -1) for at, piece in enumerate(pieces)], np.int64)


class Remembered:
    """What the model remembers of up to K prefixes: ``table`` float64 (K, V), −∞ for labels that no output has."""

    def __init__(self, model: Language, ids: np.ndarray, weight: float, beam: int) -> None:
        self.model, self.weight = model, weight
        self._labels = np.flatnonzero(ids >= 0)
        self._ids = torch.from_numpy(ids)
        self.table = np.full((beam, len(ids)), -np.inf)
        with torch.inference_mode():
            layers = model.start(beam).layers  # in which a tensor may stand twice
            self.states = Written([tuple(part.clone() for part in layer) for layer in layers])
            self._fill(model.start(1), torch.tensor([BEGIN]), np.array([0]))

    @torch.inference_mode()
    def step(self, parents: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> None:
        """Fill ``rows`` with prefixes that are ``labels`` after those of the rows ``parents``."""
        before = self.states.select(torch.from_numpy(parents))
        self._fill(before, self._ids[torch.from_numpy(labels)], rows)

    def _fill(self, before: Written, tokens: torch.Tensor, rows: np.ndarray) -> None:
        log_probs, after = self.model.step(before, tokens)
        places = torch.from_numpy(rows)
        for layer, new in zip(self.states.layers, after.layers, strict=True):
            for part, value in zip(layer, new, strict=True):
                part.index_copy_(0, places, value)
        scores = log_probs.double()[:, self._ids[self._labels]].numpy()
        self.table[np.ix_(rows, self._labels)] = self.weight * scores


Memories = Callable[[int], Remembered]
"""A new memory for a beam."""
