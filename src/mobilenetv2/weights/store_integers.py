"""The integers of a quantised checkpoint in a safetensors file.

`<conv>.weight` is I8 or U8, `<conv>.scale` F32, `<conv>.zero_point` and `<conv>.bias` I32; what the
maps stand for is in the metadata as JSON: [[node, scale, zero point], ...].
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.graph import Graph
from mobilenetv2.weights.plain import from_plain, to_plain
from mobilenetv2.weights.quantized import Affine, IntegerConv, Quantization

Array = npt.NDArray[Any]
Rows = tuple[tuple[str, float, int], ...]
PARTS = {"weight": ("I8", "U8"), "scale": ("F32",), "zero_point": ("I32",), "bias": ("I32",)}


class Declared(Protocol):
    """A tensor before it is read."""

    def get_dtype(self) -> str:
        """In safetensors' own words: "F32", "I8"."""
        ...

    def get_shape(self) -> list[int]:
        """Outermost first."""
        ...


class OpenFile(Protocol):
    """An open safetensors file; the library itself has no types."""

    def keys(self) -> list[str]:
        """The names of all tensors."""
        ...

    def get_slice(self, name: str) -> Declared:
        """What the file says of a tensor."""
        ...

    def get_tensor(self, name: str) -> Array:
        """Its numbers."""
        ...


def to_tensors(quantization: Quantization) -> dict[str, Array]:
    """Every array of every convolution under its full name."""
    return {
        f"{name}.{part}": np.ascontiguousarray(getattr(integers, part))
        for name, integers in quantization.convs.items()
        for part in PARTS
    }


def to_json(quantization: Quantization) -> str:
    """What the maps stand for, as it goes into the metadata."""
    rows: Rows = tuple(
        (name, affine.scale, affine.zero_point) for name, affine in quantization.activations.items()
    )
    return json.dumps(to_plain(rows), ensure_ascii=False)


def read_integers(file: OpenFile, graph: Graph, plain: object) -> Quantization:
    """The integers of an open file; nothing is allocated before types and shapes are seen to fit.

    Args:
        file: of tensors.
        graph: of the network they belong to, folded.
        plain: what `to_json` wrote, parsed.

    Raises:
        CheckpointError: tensors that are missing, unknown, or of another type or shape; scales or
            zero points out of range; maps that the graph has not.
    """
    rows = from_plain(Rows, plain, "quantization")
    _check_tensors(file, graph)
    activations: dict[str, Affine] = {}
    for name, scale, zero_point in rows:
        if name in activations:
            raise CheckpointError(f"quantization has two entries for the map {name!r}")
        with _naming(f"map {name}"):
            activations[name] = Affine(scale, zero_point)
    convs: dict[str, IntegerConv] = {}
    for conv in graph.convs:
        with _naming(conv.name):
            parts = (file.get_tensor(f"{conv.name}.{part}") for part in PARTS)
            convs[conv.name] = IntegerConv(*parts)
    quantization = Quantization(activations, convs)
    quantization.check(graph)
    return quantization


def _check_tensors(file: OpenFile, graph: Graph) -> None:
    expected: dict[str, tuple[int, ...]] = {}
    for conv in graph.convs:
        channels = conv.weight_shape[:1]
        expected |= {
            f"{conv.name}.weight": conv.weight_shape,
            f"{conv.name}.scale": channels,
            f"{conv.name}.zero_point": channels,
            f"{conv.name}.bias": channels,
        }
    found = file.keys()
    names = set(found)
    missing = [name for name in expected if name not in names]
    strange = [name for name in found if name not in expected]
    if missing or strange:
        raise CheckpointError(
            f"a quantised network's tensors must be those of its convolutions: {len(missing)} are "
            f"missing, first {missing[:3]}; {len(strange)} are unknown, first {strange[:3]}"
        )
    for name, shape in expected.items():
        declared, types = file.get_slice(name), PARTS[name.rpartition(".")[2]]
        if declared.get_dtype() not in types:
            raise CheckpointError(
                f"{name} must be {' or '.join(types)} in a quantised network, got "
                f"{declared.get_dtype()}"
            )
        found_shape = tuple(declared.get_shape())
        if found_shape != shape:
            raise CheckpointError(f"{name}: needs {shape}, file has {found_shape}")


@contextmanager
def _naming(name: str) -> Iterator[None]:
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{name}: {error}") from error
