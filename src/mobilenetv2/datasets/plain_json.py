"""JSON that strangers wrote: numbers of any length, names twice, depth without end."""

import json
from pathlib import Path

from mobilenetv2.errors import DatasetError

LONGEST_INTEGER = 20
"""Digits. Longer ones become infinite floats, which every reader refuses in words of its own."""


def read_json(file: Path) -> object:
    """What a JSON file holds; whole numbers of more than `LONGEST_INTEGER` digits are infinite.

    Raises:
        DatasetError: unreadable, no JSON, or nested too deeply.
    """
    try:
        return json.loads(file.read_bytes(), parse_int=_integer)
    except RecursionError as error:
        raise DatasetError(f"{file} cannot be read as JSON: it is nested too deeply") from error
    except (OSError, ValueError) as error:
        raise DatasetError(f"{file} cannot be read as JSON: {error}") from error


def _integer(digits: str) -> int | float:
    if len(digits) <= LONGEST_INTEGER:
        return int(digits)
    return float("-inf") if digits.startswith("-") else float("inf")
