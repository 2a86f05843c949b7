"""From a ``decode`` section to a ``Transcriber``: language model and hotwords are read once, not for every batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from seqpipe.features.coupled import Coupled
from seqpipe.features.targets import TokenTarget
from seqpipe.features.tokens import Tokenizer
from seqpipe.files import SeqpipeError
from seqpipe.models.ctc import Ctc
from seqpipe.params.decoding import CtcDecode
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import MODEL_DATA
from seqpipe.readers.arpa import read_arpa
from seqpipe.report import Note, Report
from seqpipe.search.fused import fused, level_of
from seqpipe.search.fusion import ROWS, Fusion
from seqpipe.search.hotwords import Hotwords, hotwords, spelled
from seqpipe.search.ngrams import ngrams
from seqpipe.search.remembered import Memories, Remembered, shared_ids
from seqpipe.search.spelling import written
from seqpipe.search.transcriber import Clock, Transcriber

ARPA = (".arpa", ".arpa.gz")
Opener = Callable[[Path], Any]
"""Opens the folder of another trained pipeline: its ``pipeline``, ``features`` and ``model``."""


def transcriber(pipeline: Pipeline, features: Any, model: Ctc, opener: Opener, report: Report) -> Transcriber:
    """Make ready what ``decode`` of a CTC pipeline asks for; what does not fit its tokens is a ``SeqpipeError``."""
    both: Coupled = features
    target = both.target
    assert isinstance(target, TokenTarget)
    options: CtcDecode = pipeline.decode
    pieces, stride = written(target.tokenizer), int(model.front.stride)
    found = Transcriber(options, pieces, Clock(stride, both.unit))
    phrases = spelled(options.hotwords, target.tokenizer)
    longest = max(map(len, pieces))
    marked = hotwords(phrases, options.hotword_weight, longest) if phrases else None
    if not options.lm:
        return found._replace(fusion=fused(pieces, options.word_bonus, marked))
    path = model_path(options.lm)
    if path.is_dir():
        memories = _recurrent(path, pipeline, pieces, opener)
        report(Note(f"{path} is over the same tokens as the targets"))
        return found._replace(fusion=fused(pieces, options.word_bonus, marked, level=ROWS), memories=memories)
    return found._replace(fusion=_counted(path, options, pieces, target.tokenizer, marked, report))


def model_path(name: str) -> Path:
    """The ARPA file or the folder that ``decode.lm`` names."""
    there = [
        path for path in (Path(name), MODEL_DATA / name) if path.is_dir() or (path.exists() and name.endswith(ARPA))
    ]
    if there:
        return next((path for path in there if path.is_file() or (path / "meta.json").exists()), there[0])
    if Path(name).exists():
        raise SeqpipeError(f"decode.lm is {name}, which is no ARPA file by its name (.arpa, .arpa.gz); give one.")
    raise SeqpipeError(
        f"decode.lm is {name}, but there is neither such a file nor {MODEL_DATA / name}; give an ARPA file (.arpa, "
        ".arpa.gz), or the folder or name of a trained language-model pipeline."
    )


def _counted(
    path: Path,
    options: CtcDecode,
    pieces: Sequence[str],
    tokenizer: Tokenizer,
    marked: Hotwords | None,
    report: Report,
) -> Fusion:
    model = ngrams(read_arpa(path))
    level, note = level_of(model, pieces, tokenizer, str(path))
    report(Note(note))
    return fused(pieces, options.word_bonus, marked, model, level, options.lm_weight)


def _recurrent(path: Path, pipeline: Pipeline, pieces: Sequence[str], opener: Opener) -> Memories:
    other = opener(path)
    if other.pipeline.task != "language-model":
        raise SeqpipeError(
            f"decode.lm is {path}, a pipeline of {other.pipeline.task}; give one of language-model, or an ARPA file."
        )
    ours, theirs = pipeline.features.target.level, other.pipeline.features.source.level
    if ours != theirs:
        raise SeqpipeError(
            f"decode.lm is {path}, whose tokens are of level {theirs}, but the targets' are of level {ours}; train it "
            "with features.source like features.target here."
        )
    known = other.features.tokenizer.pieces(range(other.features.tokenizer.size))
    ids = shared_ids(pieces, known, str(path))
    model = other.model.cpu().eval()
    return lambda beam: Remembered(model, ids, pipeline.decode.lm_weight, beam)
