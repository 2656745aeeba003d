"""The options of TFLite's custom operators: a FlexBuffer, of which a map of numbers is read.

A FlexBuffer is read from its end: the root's width, its type, then the root itself, from where
offsets point back. Format: https://flatbuffers.dev/internals (schema-less binaries)
"""

import struct

from mobilenetv2.errors import CheckpointError

MAX_ENTRIES = 64
MAX_KEY_BYTES = 64
_MAP = 9
_SIGNED, _UNSIGNED, _FLOAT, _BOOL = 1, 2, 3, 26
_LAYOUTS = {
    _SIGNED: {1: "<b", 2: "<h", 4: "<i", 8: "<q"},
    _UNSIGNED: {1: "<B", 2: "<H", 4: "<I", 8: "<Q"},
    _BOOL: {1: "<B", 2: "<H", 4: "<I", 8: "<Q"},
    _FLOAT: {2: "<e", 4: "<f", 8: "<d"},
}


def read_numbers(data: memoryview) -> dict[str, float]:
    """The numbers of a map by their keys; entries of other kinds are left out.

    Raises:
        CheckpointError: no map, or one that points outside its bytes.
    """
    if len(data) < 3:
        raise CheckpointError(f"the options of a custom operator have {len(data)} bytes only")
    kind, width = data[-2] >> 2, data[-1]
    place = len(data) - 2 - width
    if kind != _MAP or width not in (1, 2, 4, 8):
        raise CheckpointError("the options of a custom operator must be a map of numbers")
    inner = 1 << (data[-2] & 3)
    start = _back(data, place, width)
    size = _unsigned(data, start - inner, inner)
    if size > MAX_ENTRIES:
        raise CheckpointError(f"a custom operator has up to {MAX_ENTRIES} options, got {size}")
    keys = _back(data, start - 3 * inner, inner)
    key_width = _unsigned(data, start - 2 * inner, inner)
    found: dict[str, float] = {}
    for index in range(size):
        key = _text(data, _back(data, keys + index * key_width, key_width))
        layout = _LAYOUTS.get(_byte(data, start + size * inner + index) >> 2, {}).get(inner)
        if layout is not None:
            found[key] = float(_unpack(data, start + index * inner, layout))
    return found


def _back(data: memoryview, place: int, width: int) -> int:
    """Where an offset points, which counts backwards from its own place."""
    return place - _unsigned(data, place, width)


def _unsigned(data: memoryview, place: int, width: int) -> int:
    if width not in _LAYOUTS[_UNSIGNED]:
        raise CheckpointError(f"the options of a custom operator have numbers of {width} bytes")
    return int(_unpack(data, place, _LAYOUTS[_UNSIGNED][width]))


def _byte(data: memoryview, place: int) -> int:
    return int(_unpack(data, place, "<B"))


def _text(data: memoryview, place: int) -> str:
    if not 0 <= place < len(data):
        raise CheckpointError("a custom operator's options point outside their bytes")
    return bytes(data[place : place + MAX_KEY_BYTES]).partition(b"\0")[0].decode("utf-8", "replace")


def _unpack(data: memoryview, place: int, layout: str) -> float:
    if not 0 <= place <= len(data) - struct.calcsize(layout):
        raise CheckpointError("a custom operator's options point outside their bytes")
    value: float = struct.unpack_from(layout, data, place)[0]
    return value
