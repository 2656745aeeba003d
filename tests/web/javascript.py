"""Functions of the JavaScript package, called from tests with bytes and arrays of numpy."""

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Self

import numpy as np

import mobilenetv2

PACKAGE = Path(mobilenetv2.__file__).parent / "web" / "package"

_KINDS = {
    np.dtype(np.uint8): "Uint8Array",
    np.dtype(np.int32): "Int32Array",
    np.dtype(np.float32): "Float32Array",
    np.dtype(np.float64): "Float64Array",
}
_TYPES = {name: kind for kind, name in _KINDS.items()} | {
    "Uint8ClampedArray": np.dtype(np.uint8),
    "Uint32Array": np.dtype(np.uint32),
}


class JavaScriptError(Exception):
    """What a function threw: "Name: message"."""


class JavaScript:
    """One node process for all calls."""

    def __init__(self, node: str) -> None:
        bridge = Path(__file__).with_name("bridge.mjs")
        self._node = subprocess.Popen(
            [node, str(bridge)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._node.stdin
        self._node.stdin.close()
        self._node.wait(10)

    def call(self, file: str, name: str, *given: object) -> Any:
        """What the exported function `name` of a file of the package returns.

        Raises:
            JavaScriptError: what it threw.
        """
        assert self._node.stdin
        assert self._node.stdout
        question = {"file": str(PACKAGE / file), "name": name, "given": given}
        self._node.stdin.write(json.dumps(question, default=_pack) + "\n")
        self._node.stdin.flush()
        answer = json.loads(self._node.stdout.readline(), object_hook=_unpack)
        if "error" in answer:
            raise JavaScriptError(f"{answer['error']['name']}: {answer['error']['message']}")
        return answer["result"]


def find_node() -> str | None:
    """Node's program, where it is installed."""
    return shutil.which("node") or shutil.which("nodejs")


def _pack(value: object) -> object:
    if isinstance(value, np.ndarray | bytes):
        kind = "ArrayBuffer" if isinstance(value, bytes) else _KINDS[value.dtype]
        return {"kind": kind, "base64": base64.b64encode(bytes(value)).decode()}
    raise TypeError(f"{type(value).__name__} does not become JSON")


def _unpack(value: dict[str, Any]) -> Any:
    if "base64" not in value:
        return value
    return np.frombuffer(base64.b64decode(value["base64"]), _TYPES[value["kind"]])
