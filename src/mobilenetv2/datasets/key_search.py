"""Which keys a large JSON file has, without parsing it: enough to tell formats from each other."""

from pathlib import Path

ENDS_BYTES = 65_536
"""Of each end. Most files say there what they are; half a gigabyte in between is left alone."""

_BLOCK_BYTES = 1 << 20
_OVERLAP = 64
"""Bytes that two blocks share: a key of UTF-16, twice as long, may lie on their border."""


def keys_in(file: Path, keys: frozenset[bytes]) -> frozenset[bytes]:
    """Those of the keys that a file holds, such as `b'"images"'`.

    The whole file is looked through only where an end holds one of the keys and not all: a key
    between two long lists, as "categories" of thousands, is at no end.

    Raises:
        OSError: the file cannot be read.
    """
    with file.open("rb") as content:
        first = content.read(ENDS_BYTES)
        content.seek(max(len(first), file.stat().st_size - ENDS_BYTES))
        found = _among(keys, first + content.read())
        if not found or found == keys:
            return found
        content.seek(0)
        before = b""
        while found != keys and (block := content.read(_BLOCK_BYTES)):
            found |= _among(keys, before + block)
            before = block[-_OVERLAP:]
    return found


def _among(keys: frozenset[bytes], content: bytes) -> frozenset[bytes]:
    # In UTF-16 each letter of a key has a zero beside it.
    plain = content.replace(b"\0", b"")
    return frozenset(key for key in keys if key in plain)
