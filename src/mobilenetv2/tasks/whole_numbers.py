"""Whole numbers that strangers wrote: bounded, so that neither digits nor exponents overflow."""

import re
from math import isfinite

_DECIMAL_COMMA = re.compile(r"\s*[-+]?\d{1,13},(?:\d{1,2}|\d{4,20})\s*", re.ASCII)

LARGEST = 10**12
"""No id, side, coordinate or area of a real data set is as large."""


def whole_number(value: object) -> int | None:
    """A whole number from 0 to `LARGEST`: 3, 3.0, "3" or "3.0"; None for anything else.

    Python's own `int` refuses text of 5,000 digits with words about itself, and `float` makes
    infinity of "1e400".
    """
    match value:
        case bool():
            return None
        case int():
            return value if 0 <= value <= LARGEST else None
        case float():
            return (
                int(value)
                if isfinite(value) and value == int(value) and 0 <= value <= LARGEST
                else None
            )
        case str():
            found = re.fullmatch(r"\s*\+?(\d{1,13})(?:\.0{0,6})?\s*", value, re.ASCII)
            return whole_number(int(found[1])) if found else None
        case _:
            return None


def finite_number(value: object) -> float | None:
    """A number, or text that is one, as a finite float no larger than `LARGEST`; else None.

    "10,5" is 10.5, as half of Europe writes it; "10,500" may be ten thousand and is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and len(value) > 40:
        return None
    if isinstance(value, int) and abs(value) > LARGEST:
        return None
    if isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value):
        value = value.replace(",", ".")
    try:
        number = float(value)
    except ValueError:
        return None
    return number if isfinite(number) and abs(number) <= LARGEST else None
