"""Spoken digits and commands in English and Korean, synthesised by eSpeak NG: wav files and manifests.

No voice speaks in two splits, while texts may recur. Every utterance has its own voice, accent, speed, pitch,
loudness, background noise and silence around it. The engine (GPL-3, extra ``recipes``) runs in a process of its own,
where one seed and one order of calls make two runs equal bit by bit.
"""

import ctypes
import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import soundfile
import soxr
from pydantic import Field

from seqpipe.files import SeqpipeError, write_json
from seqpipe.lines import write_jsonl
from seqpipe.params import NUMBER, Count, Positive, Section
from seqpipe.report import Note, Progress, Report

SPOKEN, RATE = 22050, 16000  # Hz: what the engine makes, and what is written
DIGITS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "ko": ["영", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"],
}
COMMANDS = {
    "en": [
        "stop",
        "go on",
        "play music",
        "next song",
        "volume up",
        "volume down",
        "lights on",
        "lights off",
        "open the door",
    ],
    "ko": ["멈춰", "계속 해", "음악 틀어", "다음 노래", "소리 키워", "소리 줄여", "불 켜", "불 꺼", "문 열어"],
}
EVERY = 200  # utterances between two reports of progress
LONGEST_FOLDER = 120  # characters; the engine silently cuts longer paths of its data
QUIET = 0.01  # of an utterance's peak: below it, its ends are silence
SILENCE = 0.1  # seconds at most before and after an utterance

Times = Annotated[int, NUMBER, Field(ge=1, le=20)]
Speed = Annotated[int, NUMBER, Field(ge=80, le=450)]
Pitch = Annotated[int, NUMBER, Field(ge=0, le=99)]
Decibels = Annotated[float, NUMBER, Field(ge=-60, le=90)]
Level = Annotated[float, NUMBER, Field(ge=-60, le=0)]
Names = Annotated[list[str], Field(min_length=1)]


class Utterances(Section):
    """How many utterances a split has."""

    train: Positive = 3000
    valid: Positive = 200
    test: Positive = 300


class Voices(Section):
    """Who speaks in a split: names of eSpeak NG's voice variants."""

    train: Names
    valid: Names
    test: Names


class Accents(Section):
    """eSpeak NG's voices of a language."""

    en: Names
    ko: Names


class Source(Section):
    """Parameters of this recipe. A pair is the lowest and the highest of a range, drawn from evenly."""

    seed: Count = 1
    """Seed of texts, voices and noise."""
    utterances: Utterances = Utterances()
    voices: Voices
    accents: Accents = Accents(en=["en-us", "en-gb-x-rp", "en-gb-scotland"], ko=["ko"])
    digits: tuple[Times, Times] = (1, 5)
    """Length of a digit string."""
    commands: Annotated[float, NUMBER, Field(ge=0, le=1)] = 0.25
    """Share of utterances that are commands, not digits."""
    speed: tuple[Speed, Speed] = (150, 230)
    """Words a minute."""
    pitch: tuple[Pitch, Pitch] = (25, 75)
    """Pitch around the voice's own, 50."""
    level: tuple[Level, Level] = (-20, -1)
    """Peak in decibels of full scale."""
    noise: tuple[Decibels, Decibels] = (10, 35)
    """Signal-to-noise ratio in decibels; half of the noise is white, half pink."""


class Utterance(NamedTuple):
    """One line of the plan, everything random already drawn."""

    file: str
    language: str
    accent: str
    voice: str
    text: str
    speed: int
    pitch: int
    level: float
    snr: float
    colour: str
    before: int
    after: int


def make(folder: Path, source: Source, report: Report) -> None:
    """Fill ``folder`` with ``{train,valid,test}.jsonl`` and a folder of wav files each."""
    _check(source)
    plans = {split: list(_plan(source, number, split)) for number, split in enumerate(Utterances.model_fields)}
    every = [utterance for plan in plans.values() for utterance in plan]
    for split in plans:
        (folder / split).mkdir()
    # every split has noise of its own
    noises = {split: _noises(np.random.default_rng([source.seed, 1, number])) for number, split in enumerate(plans)}
    for done, (utterance, spoken) in enumerate(zip(every, _speak(every), strict=True)):
        if done % EVERY == 0:
            report(Progress("synthesise speech", done, len(every)))
        recorded = _recorded(utterance, spoken, noises[Path(utterance.file).parts[0]], done)
        soundfile.write(folder / utterance.file, recorded, RATE, subtype="PCM_16")
    for split, plan in plans.items():
        write_jsonl(folder / f"{split}.jsonl", (_row(folder, utterance) for utterance in plan))
    valid, test = ", ".join(source.voices.valid), ", ".join(source.voices.test)
    report(Note(f"voices that training never hears: {valid} (valid), {test} (test)"))


def _check(source: Source) -> None:
    for one, other in combinations(Voices.model_fields, 2):
        if both := sorted(set(getattr(source.voices, one)) & set(getattr(source.voices, other))):
            raise SeqpipeError(
                f"source.voices: '{both[0]}' is in {one} and in {other}; a voice may be in one split only."
            )
    for key in ("digits", "speed", "pitch", "level", "noise"):
        low, high = getattr(source, key)
        if low > high:
            raise SeqpipeError(f"source.{key} is [{low:g}, {high:g}], but the lowest must come first.")
    known = sorted(path.name for path in (_engine() / "voices" / "!v").iterdir())
    for voice in [*source.voices.train, *source.voices.valid, *source.voices.test]:
        if voice not in known:
            raise SeqpipeError(f"source.voices: the engine has no voice '{voice}'; it has {', '.join(known)}.")


def _engine() -> Path:
    """Folder of the engine's data."""
    try:
        import espeakng_loader
    except ImportError:
        raise SeqpipeError(
            "The speech recipe needs eSpeak NG; install it with `pip install 'seqpipe[recipes]'`."
        ) from None
    return Path(espeakng_loader.get_data_path())


def _plan(source: Source, number: int, split: str) -> Iterator[Utterance]:
    random = np.random.default_rng([source.seed, number])
    for index in range(getattr(source.utterances, split)):
        language = ("en", "ko")[index % 2]
        if random.random() < source.commands:
            text = str(random.choice(COMMANDS[language]))
        else:
            text = " ".join(random.choice(DIGITS[language], random.integers(*source.digits, endpoint=True)))
        before, after = (int(number) for number in random.integers(0, int(SILENCE * RATE), 2))
        yield Utterance(
            file=f"{split}/{language}-{index:05d}.wav",
            language=language,
            accent=str(random.choice(getattr(source.accents, language))),
            voice=str(random.choice(getattr(source.voices, split))),
            text=text,
            speed=int(random.integers(*source.speed, endpoint=True)),
            pitch=int(random.integers(*source.pitch, endpoint=True)),
            level=random.uniform(*source.level),
            snr=random.uniform(*source.noise),
            colour=str(random.choice(["white", "pink"])),
            before=before,
            after=after,
        )


def _noises(random: np.random.Generator) -> dict[str, np.ndarray]:
    """A minute of white and of pink noise (power ∝ 1 / frequency), of unit power."""
    white = random.standard_normal(1 << 20)
    spectrum = np.fft.rfft(white) / np.sqrt(np.maximum(np.arange((1 << 19) + 1), 1))
    pink = np.fft.irfft(spectrum)
    return {"white": white, "pink": pink / pink.std()}


def _recorded(utterance: Utterance, spoken: np.ndarray, noises: dict[str, np.ndarray], number: int) -> np.ndarray:
    """The utterance at its level with its noise: int16 samples at ``RATE``, from int16 samples at ``SPOKEN``."""
    height = np.abs(spoken.astype(np.float64))
    if not height.any():
        raise SeqpipeError(f"The engine says nothing for '{utterance.text}' by {utterance.voice}; take the voice out.")
    loud = np.flatnonzero(height > QUIET * height.max())
    speech = soxr.resample(spoken[loud[0] : loud[-1] + 1] / 32768, SPOKEN, RATE)
    speech *= 10 ** (utterance.level / 20) / np.abs(speech).max()
    signal = np.pad(speech, (utterance.before, utterance.after))
    start = number * 7919 % ((1 << 20) - len(signal))  # a prime step: neighbours hear different noise
    noise = noises[utterance.colour][start : start + len(signal)]
    power = np.mean(speech**2) / 10 ** (utterance.snr / 10)  # SNR = 10 log₁₀ P_speech / P_noise
    signal = signal + np.sqrt(power) * noise
    rounded: np.ndarray = np.round(np.clip(signal, -1, 1) * 32767)
    return rounded.astype(np.int16)


def _row(folder: Path, utterance: Utterance) -> dict[str, Any]:
    return {
        "audio_filepath": utterance.file,
        "text": utterance.text,
        "duration": soundfile.info(folder / utterance.file).duration,
        "group": utterance.language,
        "speaker": utterance.voice,
    }


def _speak(plan: list[Utterance]) -> Iterator[np.ndarray]:
    """Samples, int16 at ``SPOKEN``, of each utterance in turn, from a process that runs this file as a script."""
    with tempfile.TemporaryDirectory() as temporary:
        if len(temporary) > LONGEST_FOLDER:
            raise SeqpipeError(
                f"The temporary folder {temporary} has too long a path for the engine; set TMPDIR to a shorter one."
            )
        work = Path(temporary)
        (work / "espeak-ng-data").symlink_to(_engine(), target_is_directory=True)
        write_json(work / "plan.json", [(f"{u.accent}+{u.voice}", u.text, u.speed, u.pitch) for u in plan])
        command = [sys.executable, "-P", str(Path(__file__).resolve()), temporary]
        same = {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
        with (work / "errors").open("w") as errors:
            worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=same)
        with worker:
            try:
                for _ in plan:
                    yield np.frombuffer(_received(worker, work), np.int16)
            finally:
                worker.kill()


def _received(worker: subprocess.Popen[bytes], work: Path) -> bytes:
    pipe = worker.stdout
    assert pipe is not None
    header = pipe.read(4)
    if len(header) == 4:
        (size,) = struct.unpack("<I", header)
        samples = pipe.read(size)
        if len(samples) == size:
            return samples
    worker.wait()  # its last words come after its last sample
    said = (work / "errors").read_text(errors="replace").strip().splitlines() or ["no message"]
    raise SeqpipeError(f"eSpeak NG stopped: {said[-1]}")


def _worker(work: Path) -> None:
    """Speak ``plan.json``; for each line write the number of bytes and the samples to standard output."""
    import espeakng_loader

    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the engine prints goes to the errors
    engine = ctypes.CDLL(espeakng_loader.get_library_path())
    heard = bytearray()

    def hear(samples: int | None, count: int, events: int | None) -> int:
        if samples:
            heard.extend(ctypes.string_at(samples, 2 * count))
        return 0

    synchronous, utf8, speed, pitch = 2, 1, 1, 3  # of espeak_AUDIO_OUTPUT, the flags, and espeak_PARAMETER
    if engine.espeak_Initialize(synchronous, 0, str(work).encode(), 0) != SPOKEN:
        sys.exit("the engine does not start")
    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(hear)
    engine.espeak_SetSynthCallback(callback)
    engine.espeak_ng_SetRandSeed(ctypes.c_long(1))  # else the clock seeds the noise of breathy voices
    for voice, text, *prosody in json.loads((work / "plan.json").read_text(encoding="utf-8")):
        heard.clear()
        if engine.espeak_SetVoiceByName(voice.encode()):
            sys.exit(f"there is no voice '{voice}'; mend source.accents")
        for parameter, value in zip((speed, pitch), prosody, strict=True):
            engine.espeak_SetParameter(parameter, value, 0)
        letters = text.encode()
        engine.espeak_Synth(letters, ctypes.c_size_t(len(letters) + 1), 0, 1, 0, utf8, None, None)
        out.write(struct.pack("<I", len(heard)) + heard)
    out.close()


if __name__ == "__main__":
    _worker(Path(sys.argv[1]))
