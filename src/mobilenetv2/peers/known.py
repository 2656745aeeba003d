"""The runtimes that can run our exported files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, assert_never

import numpy.typing as npt

from mobilenetv2.errors import MissingDependencyError

Run = Callable[[npt.NDArray[Any]], dict[str, npt.NDArray[Any]]]
"""From a file's input tensor to its outputs by name."""

PeerName = Literal["onnxruntime", "openvino", "litert", "ncnn"]


@dataclass(frozen=True, slots=True)
class Peer:
    """A runtime, and where to get it."""

    name: PeerName
    title: str
    """As its makers write it."""
    distribution: str
    """The package to install."""
    suffix: str
    """Of the files that it runs."""

    @property
    def file(self) -> Path:
        """The Python file with its `open_file`, which stands alone."""
        return Path(__file__).with_name(f"{self.name}.py")


ONNXRUNTIME = Peer("onnxruntime", "onnxruntime", "onnxruntime", ".onnx")
OPENVINO = Peer("openvino", "OpenVINO", "openvino", ".onnx")
LITERT = Peer("litert", "LiteRT", "ai-edge-litert", ".tflite")
NCNN = Peer("ncnn", "ncnn", "ncnn", ".param")
PEERS = (ONNXRUNTIME, OPENVINO, LITERT, NCNN)


def open_peer(peer: Peer, path: Path, threads: int) -> Run:
    """Open a file in a runtime, in this process.

    Raises:
        MissingDependencyError: the runtime is not installed.
    """
    try:
        match peer.name:
            case "onnxruntime":
                from mobilenetv2.peers.onnxruntime import open_file as open_onnxruntime

                return open_onnxruntime(str(path), threads)
            case "openvino":
                from mobilenetv2.peers.openvino import open_file as open_openvino

                return open_openvino(str(path), threads)
            case "litert":
                from mobilenetv2.peers.litert import open_file as open_litert

                return open_litert(str(path), threads)
            case "ncnn":
                from mobilenetv2.peers.ncnn import open_file as open_ncnn

                return open_ncnn(str(path), threads)
            case never:
                assert_never(never)
    except ImportError as error:
        raise MissingDependencyError(peer.distribution, "bench", f"running {path.name}") from error
