"""JSON out of files: whole numbers within 64 bits, nesting within reason, and short quotations.

Python's own reader takes an integer of any length, which no float can hold, and a list of any depth
that its stack allows, which can then not be printed.
"""

import json
import reprlib

from mobilenetv2.errors import CheckpointError

LARGEST = 2**63 - 1
_DIGITS = 19
"""Of `LARGEST`."""


def parse_json(text: str | bytes, where: str) -> object:
    """The value that a JSON text stands for.

    Args:
        text: UTF-8 if bytes.
        where: names the text in messages.

    Raises:
        CheckpointError: not JSON, nested too deeply, or a whole number of more than 64 bits.
    """
    try:
        value: object = json.loads(text, parse_int=_whole)
    except RecursionError as error:
        raise CheckpointError(f"{where} is not valid JSON: it is nested too deeply") from error
    except ValueError as error:  # a UnicodeDecodeError is one
        raise CheckpointError(f"{where} is not valid JSON: {error}") from error
    return value


def quoted(value: object) -> str:
    """A value in a message: at most 80 characters of it, however large or deep it is."""
    text = str(value) if isinstance(value, str | int | float) else _BRIEF.repr(value)
    return repr(text[:80])


def _whole(digits: str) -> int:
    # Python refuses to read or print more than 4300 digits, so the text's length comes first.
    number = int(digits) if len(digits) <= _DIGITS + 1 else LARGEST + 1
    if abs(number) > LARGEST:
        raise ValueError(f"a whole number must fit into 64 bits, got {digits[:24]}...")
    return number


def _brief() -> reprlib.Repr:
    brief = reprlib.Repr()
    brief.maxlevel, brief.maxlist, brief.maxdict, brief.maxstring = 3, 8, 8, 60
    return brief


_BRIEF = _brief()
