"""Two monthly series from nature: carbon dioxide over Mauna Loa, and sea surface temperature of the El Niño region.

Both are public data that come with statsmodels: weekly means of a continuous analyser on Mauna Loa, 1958 to 2001
(Keeling & Whorf 2004, *Atmospheric CO2 concentrations derived from flask air samples at sites in the SIO network*,
CDIAC), and monthly temperatures of the Niño 1+2 region, 1950 to 2010 (NOAA, ERSST.V3B).
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from seqpipe.files import SeqpipeError, whole_file
from seqpipe.params import Section
from seqpipe.report import Note, Report

FILE = "series.csv"


class Source(Section):
    """Which series."""

    series: list[Literal["co2", "elnino"]] = Field(["co2", "elnino"], min_length=1)
    """``co2`` in parts per million, ``elnino`` in degrees Celsius."""


def make(folder: Path, source: Source, report: Report) -> None:
    """Write ``series.csv`` with columns ``unique_id``, ``ds`` (year and month) and ``y``."""
    with whole_file(folder / FILE) as path, path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["unique_id", "ds", "y"])
        for name in dict.fromkeys(source.series):
            rows = list(SERIES[name]())
            writer.writerows((name, month, f"{value:.10g}") for month, value in rows)
            report(Note(f"forecast: {name}, {len(rows)} months from {rows[0][0]} to {rows[-1][0]}"))


def carbon_dioxide() -> Iterator[tuple[str, float]]:
    """Monthly means of the weeks that were measured; a month without any lies on the line between its neighbours."""
    weeks = _datasets().co2.load_pandas().data["co2"]
    months = weeks.resample("MS").mean().interpolate("linear")
    for month, value in months.items():
        yield f"{month:%Y-%m}", float(value)


def el_nino() -> Iterator[tuple[str, float]]:
    """Monthly means as they are published: a row a year, a column a month."""
    for _, year in _datasets().elnino.load_pandas().data.iterrows():
        for month, value in enumerate(year.iloc[1:], start=1):
            yield f"{int(year.iloc[0])}-{month:02}", float(value)


def _datasets() -> Any:
    try:
        from statsmodels import datasets
    except ImportError:
        raise SeqpipeError(
            "The recipe forecast takes its data from statsmodels, which is missing; `pip install 'seqpipe[recipes]'`."
        ) from None
    return datasets


SERIES = {"co2": carbon_dioxide, "elnino": el_nino}
