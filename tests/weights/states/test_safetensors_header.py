"""safetensors files whose header says what is not so."""

import json
import struct

import pytest

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.states.torch_file import read_torch_file


def safetensors_bytes(header: bytes, body: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + body


def entry(shape, begin, end, kind="F32"):
    return {"a": {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}}


@pytest.mark.parametrize(
    "content",
    [
        safetensors_bytes(b"{not json at all}"),
        safetensors_bytes(b"{}"),
        struct.pack("<Q", 2**62) + b'{"a":1}',
        struct.pack("<Q", 90_000_000) + b'{"a":1}',
        safetensors_bytes(json.dumps(entry([2**30, 2**30], 0, 2**62)).encode(), b"abcd"),
        safetensors_bytes(json.dumps(entry([2**60], 0, 4)).encode(), b"abcd"),
        safetensors_bytes(json.dumps(entry([2**63, 2], 0, 0)).encode()),
        safetensors_bytes(json.dumps(entry([2], 0, 8)).encode(), b"abcd"),
        safetensors_bytes(json.dumps(entry([1], 8, 4)).encode(), b"abcdefgh"),
        safetensors_bytes(json.dumps(entry([2**31], 0, 4, "BF16")).encode(), b"abcd"),
        safetensors_bytes(json.dumps(entry([4], 0, 4, "U8")).encode(), b"abcd"),
        safetensors_bytes(b"[" * 5000),
        safetensors_bytes(b'{"a":' * 5000),
    ],
)
def test_a_safetensors_header_that_lies_is_refused(tmp_path, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError):
        read_torch_file(path)
