"""A trained pipeline that hears one recording, block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from seqpipe.commands.trained import Record, Trained
from seqpipe.features.coupled import Coupled
from seqpipe.files import SeqpipeError
from seqpipe.models.ctc import Ctc
from seqpipe.params.pipeline import Pipeline
from seqpipe.search import live

if TYPE_CHECKING:
    from seqpipe.features.audio import Recordings


class Listener:
    """Frames, states and beam of what was heard so far. Call it with each block of samples, then ``end``."""

    def __init__(self, trained: Trained) -> None:
        self.trained = trained
        self.frames = cast("Recordings", cast(Coupled, trained.features).source).live()
        self.model = cast(Ctc, trained.model.eval())
        self.heard = self.model.start()
        self.search = live.start(self.model.output.out_features, trained.pipeline.decode)
        self.search.best(1, ended=False)  # compiled code loads now, not while sound is waiting
        self.rate: int = trained.pipeline.features.rate
        self.samples = 0

    def __call__(self, samples: np.ndarray) -> str:
        """The likeliest text so far, with ``samples``, float32[N] at ``rate`` Hz."""
        self.samples += len(samples)
        self._advance(self.frames(samples), last=False)
        (best,) = self.search.best(1, ended=False)
        return str(self.trained.features.decode(best.output, {}))

    def end(self) -> list[Record]:
        """The hypotheses of the whole recording, which ends here."""
        self._advance(self.frames.end(), last=True)
        found = self.search.best(self.trained.pipeline.decode.nbest, ended=True)
        return [self.trained.readable(one, {}) for one in found]

    @property
    def seconds(self) -> float:
        """How much was heard."""
        return self.samples / self.rate

    @torch.inference_mode()
    def _advance(self, frames: np.ndarray, last: bool) -> None:
        if not len(frames) and not last:
            return
        data = torch.from_numpy(frames)[None].to(self.model.output.weight.device)  # (1, T, F)
        log_probs, self.heard = self.model.advance(self.heard, data, last)
        self.search = live.advance(self.search, log_probs[0])


def refuse_deaf(pipeline: Pipeline) -> None:
    """Refuse a pipeline that cannot hear, or has to hear the end of a recording first."""
    if (pipeline.modality, pipeline.task) != ("audio", "ctc"):
        raise SeqpipeError(
            f"{pipeline.name} is a {pipeline.task} pipeline of {pipeline.modality}; --stream is for ctc pipelines of "
            "audio, so leave it out."
        )
    features, model = pipeline.features, pipeline.model
    hindrances = {
        "features.normalize is utterance": ("features.normalize to corpus", features.normalize == "utterance"),
        f"features.range is {features.range:g}": ("features.range to 0", features.range > 0),
        "model.bidirectional is true": ("model.bidirectional to false", model.bidirectional),
    }
    if found := [(why, remedy) for why, (remedy, hinders) in hindrances.items() if hinders]:
        raise SeqpipeError(
            f"{pipeline.name} cannot stream, because {_listed([why for why, _ in found])}: its first frames depend on "
            f"the end of the recording; set {_listed([remedy for _, remedy in found])}, and run `dvc repro` (or "
            "preprocess and train) again."
        )


def _listed(parts: list[str]) -> str:
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last
