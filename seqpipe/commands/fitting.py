"""Parameters that fit a corpus: a start to work from, by modality and task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import soundfile
from PIL import Image

from seqpipe.commands import forecasting
from seqpipe.commands.surveyed import Survey, Texts
from seqpipe.files import SeqpipeError
from seqpipe.readers.videos import VIDEOS

Values = dict[str, Any]
FEW, MANY = 3000, 20_000  # examples
STEPS = 3  # of a picture for each letter in it, at least


class Fitted(NamedTuple):
    """Sections of a pipeline; what is not named keeps its default."""

    features: Values
    model: Values
    train: Values
    decode: Values


def tokens(texts: Texts, written: bool = False) -> Values:
    """Letters of symbols; of Korean syllables, or pieces where there is much; of other languages pieces, as many as
    some hundreds of characters can teach one. What is ``written`` must hold every character."""
    if texts.symbols:
        return {"level": "char", "vocabulary": max(16, texts.signs + 8), "normalization": "identity"}
    if texts.hangul > 0.3 and texts.characters < 2_000_000 and not written:
        return {"level": "syllable", "vocabulary": min(2000, max(64, texts.signs))}
    size = min(8000, max(200, texts.characters // 400 // 100 * 100))
    return {"level": "unigram", "vocabulary": max(size, 2 * texts.signs + 16)}


def width(count: int) -> int:
    """Units of a layer for so many examples."""
    return 64 if count < FEW else 128 if count < MANY else 192


def epochs(count: int) -> int:
    """Passes over so many examples."""
    return 20 if count < FEW else 10 if count < MANY else 6


def _training(survey: Survey, budget: int, rate: float) -> Values:
    return {"epochs": epochs(survey.examples), "budget": budget, "learning_rate": rate}


def _pairs(survey: Survey, said: Values) -> Fitted:
    features = {"source": tokens(survey.source), "target": tokens(survey.target, written=True)}
    mean = survey.target.characters // max(1, survey.examples)
    return Fitted(
        features,
        {"hidden": width(survey.examples), "embedding": 96, "dropout": 0.2},
        _training(survey, 4096, 2e-3),
        {"beam": 4, "max_length": max(32, 2 * mean)},
    )


def _labelled(survey: Survey, said: Values) -> Fitted:
    features = {"source": tokens(survey.source)}
    model: Values = {"hidden": width(survey.examples), "embedding": 64, "dropout": 0.3}
    if survey.source.symbols:
        model["pooling"] = "max"
    if survey.source.symbols or not FEW <= survey.examples < MANY:
        return Fitted(features, model, _training(survey, 4096, 2e-3), {})
    model |= {"embedding": 128, "embedding_dropout": 0.2, "dropout": 0.5}  # these are soon known by heart
    size = survey.source.characters // survey.examples // 4  # of a text, in pieces
    training = {"epochs": 15, "budget": min(8192, max(1024, 32 * size)), "learning_rate": 2e-3}
    return Fitted(features, model, training, {})


def _tagged(survey: Survey, said: Values) -> Fitted:
    features = {"labels": said.get("labels", "plain")}
    return Fitted(features, {"hidden": width(survey.examples), "dropout": 0.3}, _training(survey, 2048, 3e-3), {})


def _plain(survey: Survey, said: Values) -> Fitted:
    chosen = {**tokens(survey.source), "normalization": "identity"}
    if not {"file", "steps"}.isdisjoint(said):  # words of pitches
        chosen = {"level": "word", "vocabulary": 8000, "normalization": "identity"}
    size = 2 * width(survey.examples)
    model = {"hidden": size, "embedding": size, "dropout": 0.3}  # of one size, as they are tied
    training = {"epochs": epochs(survey.examples), **_streams(survey.source.characters), "learning_rate": 3e-3}
    return Fitted({"source": chosen}, model, training, {})


def _streams(characters: int) -> Values:
    """So many side by side that an epoch of a short text has enough updates."""
    return {"streams": 8, "span": 32} if characters < 500_000 else {"streams": 16} if characters < 5_000_000 else {}


def _copied(survey: Survey, said: Values) -> Fitted:
    return Fitted({"source": tokens(survey.source, written=True)}, {}, _training(survey, 4096, 2e-3), {})


def _rate(survey: Survey) -> int:
    try:
        return min(16000, int(soundfile.info(survey.first.source.path).samplerate))
    except (soundfile.LibsndfileError, OSError):
        raise SeqpipeError(f"{survey.first.source.path} is not sound that can be read; remove or mend it.") from None


def _heard(survey: Survey, said: Values) -> Fitted:
    features = {"rate": _rate(survey), "target": _letters(survey.target)}
    return Fitted(features, {"hidden": width(survey.examples)}, _training(survey, 4096, 3e-3), {})


def _sounds(survey: Survey, said: Values) -> Fitted:
    return Fitted(
        {"rate": _rate(survey)}, {"hidden": 64, "pooling": "mean"}, _training(survey, 4096, 3e-3), {}
    )  # fmt: skip


def _letters(texts: Texts) -> Values:
    """Characters, or jamo where there are too many syllables to learn each."""
    level = "jamo" if texts.hangul > 0.3 else "char"
    return {"level": level, "vocabulary": max(64, texts.signs + 80 if level == "jamo" else texts.signs + 8)}


def _picture(survey: Survey) -> Values:
    """How the pictures of a corpus are to be seen: the frames of a video, or the columns of a picture."""
    path = survey.first.source
    if path.suffix.lower() in VIDEOS:
        return {"kind": "video", "height": 32, "width": 32, "rate": 10}
    try:
        with Image.open(path) as picture:
            if getattr(picture, "n_frames", 1) > 1:
                return {"kind": "video", "height": 32, "width": 32}
            return {"kind": "image", "height": int(min(32, max(8, picture.height)))}
    except Exception:  # Pillow's decoders raise nearly any kind at a broken file
        raise SeqpipeError(f"{path} is no picture that can be read; remove or mend it.") from None


def _joined(survey: Survey, height: int) -> int:
    """Columns of a picture that become one step: the more, the sooner CTC learns, as long as every letter has room."""
    with Image.open(survey.first.source) as picture:
        columns = picture.width * height / picture.height
    letters = survey.target.characters / max(1, survey.examples)
    return next((joined for joined in (4, 2) if columns / joined >= STEPS * letters), 1)


def _seen(survey: Survey, said: Values) -> Fitted:
    features = {**_picture(survey), "normalize": "picture", "target": _letters(survey.target)}
    model: Values = {"hidden": max(128, width(survey.examples)), "layers": 2, "dropout": 0.25}
    if features["kind"] == "image":
        model["stack"] = _joined(survey, features["height"])
    training = {**_training(survey, 2048, 1e-3), "epochs": 2 * epochs(survey.examples)}  # CTC begins slowly
    return Fitted(features, model, training, {})


def _told(survey: Survey, said: Values) -> Fitted:
    features = {**_picture(survey), "target": tokens(survey.target, written=True)}
    return Fitted(features, {"hidden": width(survey.examples)}, _training(survey, 4096, 2e-3), {"beam": 4})


def _pictures(survey: Survey, said: Values) -> Fitted:
    return Fitted(_picture(survey), {"hidden": 64, "pooling": "max"}, _training(survey, 4096, 3e-3), {})


def _forecast(survey: Survey, said: Values) -> Fitted:
    features = forecasting.windows(survey)
    return Fitted(features, {"hidden": 64}, forecasting.training(survey, features), {"arima": False})


def _signals(survey: Survey, said: Values) -> Fitted:
    return Fitted({}, {"hidden": 64, "pooling": "max"}, {"epochs": 30, "budget": 2048, "learning_rate": 3e-3}, {})


FITTED: dict[tuple[str, str], Callable[[Survey, Values], Fitted]] = {
    ("text", "seq2seq"): _pairs,
    ("text", "classify"): _labelled,
    ("text", "tag"): _tagged,
    ("text", "language-model"): _plain,
    ("text", "autoencode"): _copied,
    ("audio", "ctc"): _heard,
    ("audio", "classify"): _sounds,
    ("frames", "ctc"): _seen,
    ("frames", "seq2seq"): _told,
    ("frames", "classify"): _pictures,
    ("series", "forecast"): _forecast,
    ("series", "classify"): _signals,
}
INSTEAD: dict[tuple[str, str], tuple[str, ...]] = {
    ("text", "classify"): ("seq2seq", "language-model", "autoencode"),
    ("text", "seq2seq"): ("classify", "language-model", "autoencode"),
    ("text", "language-model"): ("autoencode",),
    ("audio", "classify"): ("ctc",),
    ("audio", "ctc"): ("classify",),
    ("frames", "classify"): ("ctc", "seq2seq"),
    ("frames", "ctc"): ("classify", "seq2seq"),
}
"""Other tasks that a corpus found to be for one will do for."""
