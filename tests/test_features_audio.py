"""Spectral features against the textbook's sums and against librosa; recordings from manifest to store and back."""

import json
import math
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.features import SPLITS, features_of
from seqpipe.features.scale import Scale
from seqpipe.features.sizes import Sizes
from seqpipe.features.spectra import Spectra
from seqpipe.files import SeqpipeError
from seqpipe.params.features import AudioFeatures, SpeechFeatures, Tokens
from seqpipe.report import Note, Progress, silent
from seqpipe.store import Store, Writer

SPEECH = features_of("audio", "ctc")
SMALL = {"rate": 1000, "window": 0.025, "hop": 0.007, "mels": 5, "coefficients": 3}


def signal(length: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (random.normal(size=length) * np.exp(-np.arange(length) / 2000) * 0.1).astype(np.float32)


# ------------------------------------------------------------------------------------------------ the definition
def textbook_power(samples: np.ndarray, length: int, hop: int, size: int) -> np.ndarray:
    """|Σ_n w_n x_n e^{−2πikn/N}|² by the sums themselves: float64[T, size / 2 + 1]."""
    left = (size - length) // 2
    rows = []
    for centre in range(0, len(samples) + 1, hop):
        row = []
        for k in range(size // 2 + 1):
            total = 0j
            for n in range(length):
                at = centre - size // 2 + left + n
                value = samples[at] if 0 <= at < len(samples) else 0.0
                weight = math.sin(math.pi * n / length) ** 2
                total += weight * value * np.exp(-2j * math.pi * k * (left + n) / size)
            row.append(abs(total) ** 2)
        rows.append(row)
    return np.array(rows)


def textbook_filters(rate: int, size: int, mels: int) -> np.ndarray:
    """Slaney's filters: triangles of area 1 between points evenly apart on his mel scale."""

    def mel(hertz: float) -> float:
        return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * math.log(hertz / 1000) / math.log(6.4)

    def hertz(mel: float) -> float:
        return mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)

    edges = [hertz(mel(rate / 2) * m / (mels + 1)) for m in range(mels + 2)]
    filters = np.zeros((size // 2 + 1, mels))
    for k in range(size // 2 + 1):
        f = k * rate / size
        for m in range(mels):
            low, middle, high = edges[m : m + 3]
            rise, fall = (f - low) / (middle - low), (high - f) / (high - middle)
            filters[k, m] = max(0.0, min(rise, fall)) * 2 / (high - low)
    return filters


def textbook_decibels(power: np.ndarray) -> np.ndarray:
    level = 10 * np.log10(np.maximum(power, 1e-10))
    return np.maximum(level, level.max() - 80)


@pytest.mark.parametrize("length", [1, 6, 7, 31, 100])
def test_frames_are_the_textbook_sums(length: int) -> None:
    samples = signal(length)
    power = textbook_power(samples, 25, 7, 32)
    spectrogram = textbook_decibels(power)
    logmel = textbook_decibels(power @ textbook_filters(1000, 32, 5))
    cosines = np.array([[math.cos(math.pi * k * (2 * m + 1) / 10) for m in range(5)] for k in range(3)])
    mfcc = logmel @ cosines.T * np.sqrt([1 / 5, 2 / 5, 2 / 5])
    for kind, expected in {"spectrogram": spectrogram, "logmel": logmel, "mfcc": mfcc}.items():
        spectra = Spectra(AudioFeatures(kind=kind, **SMALL))
        frames = spectra(samples)
        assert (frames.dtype, frames.shape) == (np.float32, (1 + length // 7, spectra.size))
        np.testing.assert_allclose(frames, expected, atol=1e-4, rtol=1e-6)


def test_deltas_are_slopes_and_curvatures_of_a_regression_over_nine_frames() -> None:
    samples = signal(700)
    static, velocity, acceleration = np.split(Spectra(AudioFeatures(deltas=2, **SMALL))(samples), 3, axis=1)
    np.testing.assert_array_equal(static, Spectra(AudioFeatures(**SMALL))(samples))
    steps = np.arange(-4, 5)
    for t in range(4, len(static) - 4):
        for f in range(5):
            np.testing.assert_allclose(velocity[t, f], np.polyfit(steps, static[t - 4 : t + 5, f], 1)[0], atol=1e-4)
            curve = 2 * np.polyfit(steps, static[t - 4 : t + 5, f], 2)[0]
            np.testing.assert_allclose(acceleration[t, f], curve, atol=1e-4)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 3000), st.integers(1, 3000), st.sampled_from(["logmel", "mfcc", "spectrogram"]), st.integers(0, 2)
)
def test_any_clip_has_finite_frames_and_chunks_do_not_show(length: int, more: int, kind: Any, deltas: int) -> None:
    spectra = Spectra(AudioFeatures(kind=kind, deltas=deltas, **{**SMALL, "hop": 0.003}))
    samples = signal(length)
    frames = spectra(samples)
    assert frames.shape == (1 + length // 3, spectra.size)
    assert np.isfinite(frames).all()
    if deltas == 0 and kind != "mfcc":  # later sound changes no earlier frame, but for the common floor
        longer = spectra(np.concatenate([samples, signal(more, seed=1)]))
        untouched = max(0, (length - 16) // 3)
        floor = max(frames.max(), longer.max()) - 80
        np.testing.assert_allclose(
            np.maximum(longer[:untouched], floor), np.maximum(frames[:untouched], floor), atol=1e-4
        )


@pytest.mark.slow  # importing librosa's own features compiles for a quarter of a minute in a fresh environment
@pytest.mark.parametrize("kind", ["logmel", "mfcc", "spectrogram"])
@pytest.mark.parametrize(
    ("rate", "window", "hop", "mels", "coefficients"),
    [
        (16000, 0.025, 0.01, 40, 13),
        (16000, 0.025, 0.0125, 80, 20),
        (8000, 0.032, 0.016, 23, 23),
        (22050, 0.02, 0.0077, 26, 12),
    ],
)
@pytest.mark.filterwarnings("ignore:n_fft")
def test_librosa_says_the_same(kind: Any, rate: int, window: float, hop: float, mels: int, coefficients: int) -> None:
    import librosa

    spectra = Spectra(
        AudioFeatures(kind=kind, rate=rate, window=window, hop=hop, mels=mels, coefficients=coefficients, deltas=2)
    )
    sizes = {"n_fft": spectra.fft, "hop_length": spectra.hop, "win_length": round(window * rate)}
    for length in (1, 7, 399, 401, 1023, 5000, 30000):
        y = signal(length)
        if kind == "spectrogram":
            expected = librosa.power_to_db(np.abs(librosa.stft(y, **sizes)) ** 2)
        elif kind == "logmel":
            expected = librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=rate, n_mels=mels, **sizes))
        else:
            expected = librosa.feature.mfcc(y=y, sr=rate, n_mfcc=coefficients, n_mels=mels, **sizes)
        mode = "interp" if expected.shape[1] >= 9 else "nearest"
        deltas = [librosa.feature.delta(expected, order=order, mode=mode) for order in (1, 2)]
        np.testing.assert_allclose(spectra(y), np.vstack([expected, *deltas]).T, atol=1e-4, rtol=1e-6)


@pytest.mark.slow
def test_librosa_resamples_the_same() -> None:
    import librosa

    from seqpipe.readers.mixing import resampled

    for length, old, new in [(22050, 22050, 16000), (801, 8000, 16000), (5, 44100, 16000)]:
        expected = librosa.resample(signal(length), orig_sr=old, target_sr=new)
        found = np.concatenate(list(resampled([signal(length)], old, new)))
        np.testing.assert_allclose(found, expected, atol=1e-7)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"kind": "mfcc", "coefficients": 41}, "features.coefficients is 41, but features.mels is 40"),
        ({"mels": 300}, "features.mels is 300"),
        ({"window": 0.00005}, "they need at least 2 and 1"),
        ({"hop": 0.00001}, "they need at least 2 and 1"),
    ],
)
def test_sizes_that_cannot_be_are_refused(params: Any, said: str) -> None:
    with pytest.raises(SeqpipeError, match=said):
        Spectra(AudioFeatures(**params))


# ------------------------------------------------------------------------------------------------ the modality
@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "raw"
    folder.mkdir()
    for number, split in enumerate(SPLITS):
        rows = []
        for index, text in enumerate(["one two", "셋 넷", "five"]):
            name = f"{split}-{index}.wav"
            soundfile.write(folder / name, signal(900 + 100 * index, seed=10 * number + index), 1000, subtype="FLOAT")
            rows.append({"audio_filepath": name, "text": text, "group": "ko" if index == 1 else "en"})
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def params(**more: Any) -> SpeechFeatures:
    return SpeechFeatures(**{**SMALL, "target": Tokens(level="char", vocabulary=50), **more})


def test_rows_go_to_the_store_and_back(raw: Path, tmp_path: Path) -> None:
    features = SPEECH.fit(params(deltas=1), raw, silent)
    with Writer(tmp_path / "test.arrow", features.columns) as writer:
        for example in features.examples(raw, "test"):
            writer.add(features.encode(example))
    store = Store(tmp_path / "test.arrow")
    assert [store[index]["group"] for index in range(3)] == ["en", "ko", "en"]
    row = store[1]
    assert row["source"].shape == (1 + 1000 // 7, 10)
    assert features.sizes == Sizes("frames", 10, features.target.size)
    assert features.decode(row["target"], row) == "셋 넷"
    assert features.record(row) == {"source": str(raw / "test-1.wav"), "reference": "셋 넷"}


def test_an_utterance_is_normalised_by_itself(raw: Path) -> None:
    features = SPEECH.fit(params(), raw, silent)
    for example in features.examples(raw, "test"):
        frames = features.encode(example)["source"]
        np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(frames.std(axis=0), 1, atol=1e-4)


def test_one_frame_and_flat_dimensions_become_zeros() -> None:
    flat = np.full((7, 3), -80.1, np.float32)
    np.testing.assert_allclose(Scale(flat.mean(axis=0), flat.std(axis=0))(flat), 0, atol=1e-2)


def test_a_corpus_is_normalised_by_its_training_part(raw: Path) -> None:
    plain = SPEECH.fit(params(normalize="none"), raw, silent)
    scaled = SPEECH.fit(params(normalize="corpus"), raw, silent)

    def rows(features: Any, split: str) -> np.ndarray:
        return np.vstack([features.encode(example)["source"] for example in features.examples(raw, split)])

    train, test = rows(plain, "train"), rows(plain, "test")
    np.testing.assert_allclose(rows(scaled, "test"), (test - train.mean(axis=0)) / train.std(axis=0), atol=1e-4)


@pytest.mark.parametrize("normalize", ["utterance", "running", "corpus", "none"])
def test_what_is_saved_answers_the_same(raw: Path, tmp_path: Path, normalize: Any) -> None:
    fitted = SPEECH.fit(params(normalize=normalize), raw, silent)
    fitted.save(tmp_path)
    loaded = SPEECH.load(params(normalize=normalize), tmp_path, silent)
    assert (loaded.sizes, loaded.columns) == (fitted.sizes, fitted.columns)
    for example in fitted.examples(raw, "test"):
        one, other = fitted.encode(example), loaded.encode(example)
        np.testing.assert_array_equal(one["source"], other["source"])
        np.testing.assert_array_equal(one["target"], other["target"])


def test_broken_statistics_are_refused(raw: Path, tmp_path: Path) -> None:
    SPEECH.fit(params(normalize="corpus"), raw, silent).save(tmp_path)
    with pytest.raises(SeqpipeError, match="does not hold the statistics of 10 features"):
        SPEECH.load(params(normalize="corpus", deltas=1), tmp_path, silent)
    for broken in ("[]", '{"mean": ["x"], "deviation": [1]}', '{"mean": 1}'):
        (tmp_path / "statistics.json").write_text(broken)
        with pytest.raises(SeqpipeError, match=r"statistics\.json does not hold"):
            SPEECH.load(params(normalize="corpus"), tmp_path, silent)
    (tmp_path / "statistics.json").unlink()
    with pytest.raises(SeqpipeError, match=r"statistics\.json is missing"):
        SPEECH.load(params(normalize="corpus"), tmp_path, silent)


def test_new_input_has_an_empty_target_and_every_change_is_told(raw: Path, tmp_path: Path) -> None:
    said: list[Note | Progress] = []
    features = SPEECH.fit(params(), raw, said.append)
    stereo = str(tmp_path / "stereo.wav")
    soundfile.write(stereo, np.stack([signal(3000), signal(3000, 1)], axis=1), 2000)
    rows = [features.encode(example) for example in features.inputs([stereo, str(raw / "test-0.wav")])]
    assert said == [
        Note(f"{stereo}: mixed down from 2 channels to one"),
        Note(f"{stereo}: resampled from 2000 to 1000 Hz"),
    ]
    assert [len(row["target"]) for row in rows] == [0, 0]
    assert features.record(rows[0]) == {"source": stereo, "reference": ""}


def test_changes_to_a_corpus_are_kept_with_what_was_prepared(raw: Path) -> None:
    soundfile.write(raw / "train-0.wav", signal(3000), 2000)
    features = SPEECH.fit(params(), raw, silent)
    first, second, _ = [features.source.prepare(example) for example in features.examples(raw, "train")]
    assert (first.source.remarks, first.source.rate) == (("resampled from 2000 to 1000 Hz",), 2000)
    assert (second.source.remarks, second.source.rate) == ((), 1000)
    assert first.source.origin == next(features.examples(raw, "train")).source
    np.testing.assert_array_equal(
        features.encode(first)["source"], features.encode(next(features.examples(raw, "train")))["source"]
    )


def test_a_broken_recording_of_a_corpus_is_named_with_its_line(raw: Path) -> None:
    soundfile.write(raw / "valid-1.wav", np.zeros(100), 1000)
    features = SPEECH.fit(params(), raw, silent)
    with pytest.raises(SeqpipeError, match=r"^valid\.jsonl line 2: .*valid-1\.wav is silent"):
        [features.encode(example) for example in features.examples(raw, "valid")]
    soundfile.write(raw / "train-1.wav", np.zeros(100), 1000)
    with pytest.raises(SeqpipeError, match=r"^train\.jsonl line 2: .*train-1\.wav is silent"):
        SPEECH.fit(params(normalize="corpus"), raw, silent)


def test_korean_written_in_parts_is_korean(raw: Path) -> None:
    features = SPEECH.fit(params(), raw, silent)
    parts = unicodedata.normalize("NFD", "셋 넷")
    assert parts != "셋 넷"
    assert features.decode(features.target.encode(parts, "here"), {}) == "셋 넷"


def test_nothing_but_our_own_kernel_is_compiled_and_no_torch_is_loaded(raw: Path, tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from seqpipe.features import features_of
from seqpipe.params.features import SpeechFeatures
from seqpipe.report import silent
target = dict(level="char", vocabulary=50)
params = SpeechFeatures(kind="mfcc", rate=1000, deltas=2, mels=5, coefficients=3, target=target)
features = features_of("audio", "ctc").fit(params, Path({str(raw)!r}), silent)
for example in features.examples(Path({str(raw)!r}), "train"):
    features.encode(example)
loaded = {{"torch", "librosa.feature", "librosa.core.audio"}} & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={"NUMBA_CACHE_DIR": str(tmp_path / "compiled")})
    compiled = {path.name.split(".")[0] for path in tmp_path.glob("compiled/**/*.nb?")}
    assert compiled == {"band_kernel"}
