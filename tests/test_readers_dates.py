"""Dates are read in one way or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.readers.dates import moment

DAYS = st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9999, 12, 31)).map(
    lambda time: time.replace(second=0, microsecond=0)
)


@given(time=DAYS, between=st.sampled_from("-/."), padded=st.booleans(), join=st.sampled_from([" ", "T", "  "]))
def test_year_month_and_day_in_this_order(time: datetime, between: str, padded: bool, join: str) -> None:
    wide = "02" if padded else "d"
    day = f"{time.year}{between}{time.month:{wide}}{between}{time.day:{wide}}"
    assert moment(day) == datetime(time.year, time.month, time.day)
    assert moment(f"{day}{join}{time.hour:{wide}}:{time.minute:02}") == time


@given(time=DAYS)
def test_all_that_iso_8601_writes_is_read_as_python_reads_it(time: datetime) -> None:
    zoned = time.replace(tzinfo=timezone(timedelta(hours=9)))
    for text in (time.isoformat(), time.isoformat(" "), zoned.isoformat(), f"{time:%Y%m%d}", f"{time:%Y%m%dT%H%M}"):
        assert moment(text) == datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "first"),
    [("2001", (2001, 1)), ("2001-03", (2001, 3)), ("2001-3", (2001, 3)), ("2001-12", (2001, 12)), ("0999", (999, 1))],
)
def test_a_month_or_a_year_is_its_first_day(text: str, first: tuple[int, int]) -> None:
    assert moment(text) == datetime(*first, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2001.3",  # a number
        "2001.03",
        "2001/02",  # a season, or a month
        "01/02/2001",
        "31.12.2001",
        "2001-13",
        "2001/02/30",
        "2001-03/31",
        "01-02-03",
        "2001-3-31 noon",
        "2001-03-31 24:30",
        "2001-03-31 9:5",
        "200-1-1",
        "20011-01-01",
    ],
)
def test_what_is_no_date_or_has_two_readings(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        moment(text)
