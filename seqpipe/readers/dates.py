"""What a date means: ISO 8601, or year, month and day in this order, whatever stands between them.

Dates that begin with the day or the month are none: ``01/02/2001`` has two readings, and no row tells which is meant.
"""

from __future__ import annotations

import re
from datetime import datetime

MONTH = re.compile(r"(\d{4})-(\d{1,2})")  # 2001/02 may be a season
DAY = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[ T]\s*(\S+))?")
FORMS = "2001-03-31, 2001/3/31, 2001-03 or 2001-03-31T12:00"


def moment(text: str) -> datetime:
    """The time that a date tells: the first of the day, month or year (``2001``) where it tells no more.

    Raises ``ValueError`` for anything else.
    """
    if match := DAY.fullmatch(text):
        year, _, month, day, hour = match.groups("00:00")
        return datetime.fromisoformat(f"{year}-{month:0>2}-{day:0>2}T{hour if hour[1:2] != ':' else f'0{hour}'}")
    if match := MONTH.fullmatch(text):
        text = f"{match[1]}-{match[2]:0>2}-01"
    elif len(text) == 4 and text.isdigit():
        text = f"{text}-01-01"
    return datetime.fromisoformat(text)
