"""Text that others wrote, made fit for a terminal: labels, names of files, words of errors."""

import re

_COMMANDS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""What moves the cursor, changes colors or directions, or is no letter of any encoding."""

_NO_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def safe(text: str) -> str:
    r"""The same with commands to a terminal spelled out, as `\\x1b`, and line ends as they are.

    Names of files that are no UTF-8 show their bytes: `\\xff`.
    """
    return _COMMANDS.sub(_spelled, text)


def safe_json(text: str) -> str:
    r"""JSON that means the same, with such letters as `\\u009b`; half letters can be encoded so."""
    return _NO_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _spelled(found: re.Match[str]) -> str:
    code = ord(found[0])
    # Python keeps a byte of a file's name that is no UTF-8 as half a letter.
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
