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
from seqpipe.search.scores import labels_only
from seqpipe.search.transcriber import Transcriber

if TYPE_CHECKING:
    from seqpipe.features.audio import Recordings


class Listener:
    """Frames, states and beam of what was heard so far. Call it with each block of samples, then ``end``."""

    def __init__(self, trained: Trained) -> None:
        self.trained = trained
        self.rate: int = trained.pipeline.features.rate
        self.samples = self.frames = 0  # heard so far
        self.labels: list[int] = []
        self.text = ""
        self._frames = cast("Recordings", cast(Coupled, trained.features).source).live()
        self._model = cast(Ctc, trained.model.eval())
        self._transcriber: Transcriber = trained.prepared
        self._heard, self._search = self._model.start(), self._transcriber.start()
        self._transcriber.so_far(self._search)  # compiled code loads now, not while sound is waiting

    def __call__(self, samples: np.ndarray) -> str:
        """The likeliest text so far, with ``samples``, float32[N] at ``rate`` Hz."""
        self.samples += len(samples)
        self._advance(self._frames(samples), last=False)
        labels = self._transcriber.so_far(self._search)
        if labels != self.labels:
            self.labels, self.text = labels, str(self.trained.features.decode(labels, {}))
        return self.text

    def end(self) -> list[Record]:
        """The hypotheses of the whole recording, which ends here."""
        self._advance(self._frames.end(), last=True)
        return [self.trained.readable(one, {}) for one in self._transcriber.best(self._search, self.frames)]

    @property
    def seconds(self) -> float:
        """How much was heard."""
        return self.samples / self.rate

    @torch.inference_mode()
    def _advance(self, frames: np.ndarray, last: bool) -> None:
        if not len(frames) and not last:
            return
        self.frames += len(frames)
        data = torch.from_numpy(frames)[None].to(self._model.output.weight.device)  # (1, T, F)
        log_probs, self._heard = self._model.advance(self._heard, data, last)
        self._search = self._transcriber.advance(self._search, labels_only(log_probs[0]).cpu().numpy())


def refuse_deaf(pipeline: Pipeline) -> None:
    """Refuse a pipeline that cannot hear, or has to hear the end of a recording first."""
    if (pipeline.modality, pipeline.task) != ("audio", "ctc"):
        raise SeqpipeError(
            f"{pipeline.name} is a {pipeline.task} pipeline of {pipeline.modality}; --stream is for ctc pipelines of "
            "audio, so leave it out."
        )
    features, model = pipeline.features, pipeline.model
    hindrances = {
        "features.normalize is utterance": ("features.normalize to running", features.normalize == "utterance"),
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
