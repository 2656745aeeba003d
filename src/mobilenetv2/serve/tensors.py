"""Tensors of the Open Inference Protocol (KServe V2): in JSON, or as bytes behind it."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.serve.refusals import RefusalError

_KINDS: Mapping[str, str] = {"UINT8": "u1", "INT32": "<i4", "INT64": "<i8", "FP32": "<f4"}
_LENGTH = 4
"""Bytes before each element of kind BYTES, its size as a little-endian number."""


@dataclass(frozen=True, slots=True)
class Given:
    """An input tensor: UINT8 as an array, BYTES as its elements."""

    name: str
    value: npt.NDArray[np.uint8] | tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """An output tensor."""

    name: str
    kind: str
    """UINT8, INT64, FP32 or BYTES."""
    value: npt.NDArray[Any] | Sequence[str]

    @property
    def shape(self) -> list[int]:
        """Of the tensor; that of BYTES is their number."""
        return list(self.value.shape) if isinstance(self.value, np.ndarray) else [len(self.value)]

    def to_json(self) -> dict[str, object]:
        """With the numbers themselves, in one row."""
        data = self.value.ravel().tolist() if isinstance(self.value, np.ndarray) else [*self.value]
        return {"name": self.name, "datatype": self.kind, "shape": self.shape, "data": data}

    def to_bytes(self) -> bytes:
        """As they stand behind the JSON."""
        if isinstance(self.value, np.ndarray):
            return self.value.astype(_KINDS[self.kind], copy=False).tobytes()
        encoded = (text.encode() for text in self.value)
        return b"".join(len(one).to_bytes(_LENGTH, "little") + one for one in encoded)


def split_body(body: bytes, header_length: str | None) -> tuple[dict[str, Any], bytes]:
    """A request's JSON, and the bytes behind it.

    Args:
        body: of the request.
        header_length: how many bytes of it are JSON, as `Inference-Header-Content-Length` says;
            None: all.

    Raises:
        RefusalError: no JSON object, or a length that is none.
    """
    end = len(body)
    if header_length is not None:
        if not header_length.isascii() or not header_length.isdecimal() or len(header_length) > 12:
            raise RefusalError(
                f"Inference-Header-Content-Length is a number, got {header_length!r}"
            )
        end = int(header_length)
        if end > len(body):
            raise RefusalError(f"the JSON should be {end} bytes, the body has {len(body)}")
    try:
        request = json.loads(body[:end])
    except (ValueError, RecursionError) as error:
        raise RefusalError(f"a request begins with a JSON object: {error}") from error
    if not isinstance(request, dict):
        raise RefusalError("a request begins with a JSON object, got another value")
    return request, body[end:]


def read_inputs(request: Mapping[str, Any], binary: bytes) -> Iterator[Given]:
    """The input tensors, those of bytes in the order of their names.

    Raises:
        RefusalError: what is no tensor of this protocol, or does not fit its shape.
    """
    inputs = request.get("inputs")
    if not isinstance(inputs, list) or not inputs or len(inputs) > 1:
        raise RefusalError("inputs must be a list of one tensor, a picture")
    for one in inputs:
        if not isinstance(one, dict):
            raise RefusalError("an input must be an object with name, shape, datatype and data")
        shape = _shape(one.get("shape"))
        parameters = one.get("parameters")
        size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
        kind, name = one.get("datatype"), str(one.get("name", ""))
        if size is None:
            yield Given(name, _from_json(kind, shape, one.get("data")))
        else:
            if not _is_whole(size) or not 0 <= size <= len(binary):
                raise RefusalError(f"binary_data_size is {size!r}, there are {len(binary)} bytes")
            yield Given(name, _from_bytes(kind, shape, binary[:size]))
            binary = binary[size:]


def _shape(value: object) -> list[int]:
    if (
        not isinstance(value, list)
        or not 1 <= len(value) <= 4
        or not all(_is_whole(side) and 0 < side < 2**31 for side in value)
    ):
        raise RefusalError(f"a shape must be a list of one to four positive numbers, got {value!r}")
    return value


def _is_whole(value: object) -> bool:
    """Whether JSON had a whole number there; Python takes its `true` for one."""
    return isinstance(value, int) and not isinstance(value, bool)


def _from_json(
    kind: object, shape: list[int], data: object
) -> npt.NDArray[np.uint8] | tuple[bytes, ...]:
    if not isinstance(data, list):
        raise RefusalError("data must be a list")
    match kind:
        case "BYTES":
            _fits(len(data), shape)
            try:
                return tuple(base64.b64decode(text, validate=True) for text in data)
            except (binascii.Error, TypeError, ValueError) as error:
                raise RefusalError("BYTES in JSON are text in base64") from error
        case "UINT8":
            try:
                values = np.array(data)
            except ValueError as error:
                raise RefusalError(f"data must be numbers: {error}") from error
            if values.dtype.kind not in "iu" or values.size == 0:
                raise RefusalError("data of UINT8 must be whole numbers")
            if values.min() < 0 or values.max() > 255:
                raise RefusalError("data of UINT8 must be in 0..255")
            _fits(values.size, shape)
            return values.astype(np.uint8).reshape(shape)
        case _:
            raise _unknown(kind)


def _from_bytes(
    kind: object, shape: list[int], data: bytes
) -> npt.NDArray[np.uint8] | tuple[bytes, ...]:
    match kind:
        case "UINT8":
            _fits(len(data), shape)
            return np.frombuffer(data, np.uint8).reshape(shape)
        case "BYTES":
            found = tuple(_elements(data))
            _fits(len(found), shape)
            return found
        case _:
            raise _unknown(kind)


def _elements(data: bytes) -> Iterator[bytes]:
    place = 0
    while place < len(data):
        size = int.from_bytes(data[place : place + _LENGTH], "little")
        place += _LENGTH
        if place + size > len(data):
            raise RefusalError("an element of BYTES ends beyond the data")
        yield data[place : place + size]
        place += size


def _fits(count: int, shape: Sequence[int]) -> None:
    if prod(shape) != count:
        raise RefusalError(
            f"a tensor of shape {list(shape)} has {prod(shape)} elements, got {count}"
        )


def _unknown(kind: object) -> RefusalError:
    return RefusalError(
        f"a picture is UINT8 [height, width, 3], or a file's bytes as BYTES [1]; got {kind!r}"
    )
