"""Our own checkpoint: one safetensors file that explains itself.

Tensors are float16 or float32 under their nodes' names; the metadata holds format, version,
spec, preprocessing, labels, metrics, provenance, licence and recipe as JSON. A quantised network
is stored in its integers instead (`store_integers`), in files of version 2; a classifier with a
hidden layer makes it version 3, one of several labels a picture version 4, features without
classes version 5.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from safetensors import SafetensorError, safe_open

from mobilenetv2.errors import CheckpointError, GraphError, SpecError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Embedding, Spec
from mobilenetv2.reading import NO_FILE, never_ends, reading
from mobilenetv2.weights.checkpoint import Array, Checkpoint, Weights, check_fit
from mobilenetv2.weights.description import (
    Description,
    parse_text,
    read_description,
    to_texts,
)
from mobilenetv2.weights.marks import CHECKPOINT
from mobilenetv2.weights.place_to_write import check_place
from mobilenetv2.weights.quantized import DequantizedWeights, Quantization
from mobilenetv2.weights.store_integers import (
    OpenFile,
    read_integers,
    to_json,
    to_tensors,
)
from mobilenetv2.weights.to_float import to_float
from mobilenetv2.weights.write import write_tensors

VERSION = "1"
QUANTIZED_VERSION = "2"
"""Of files in integers, so that releases that know only floats refuse them by their version."""
HIDDEN_VERSION = "3"
"""Of classifiers with a hidden layer, in floats or in integers, for the same reason."""
MULTI_LABEL_VERSION = "4"
"""Of classifiers of several labels a picture, with a hidden layer or without, likewise."""
EMBEDDING_VERSION = "5"
"""Of feature extractors, in floats or in integers."""
VERSIONS = (
    VERSION, QUANTIZED_VERSION, HIDDEN_VERSION, MULTI_LABEL_VERSION, EMBEDDING_VERSION,
)  # fmt: skip

OTHERS_SUFFIXES = (".onnx", ".tflite", ".param", ".h5", ".keras", ".pt", ".pth")
"""Of formats that no checkpoint of ours is in."""

Precision = Literal["float16", "float32"]


def save(checkpoint: Checkpoint, path: str | Path, precision: Precision | None = None) -> None:
    """Write a checkpoint so that `path` is either the old file or the whole new one.

    Args:
        checkpoint: what to write.
        path: the file.
        precision: of the weights; None keeps the integers of a quantised network and stores any
            other in float32.

    Raises:
        CheckpointError: a value that float16 cannot hold, or a disk that refuses.
    """
    path = Path(path)
    check_target(path)
    if checkpoint.quantization is not None and precision is None:
        write_tensors(path, to_tensors(checkpoint.quantization), _metadata(checkpoint))
        return
    _save_floats(to_float(checkpoint), path, precision or "float32")


def check_target(path: Path) -> None:
    """Refuse before any work what `save` could not write after it.

    Raises:
        CheckpointError: the name is of another format, or the place cannot take a file.
    """
    if path.suffix.lower() in OTHERS_SUFFIXES:
        raise CheckpointError(
            f"a checkpoint is a safetensors file, {path} would say that it is another: name it "
            "NAME.safetensors, or write another format with mobilenetv2 export"
        )
    try:
        check_place(path)
    except OSError as error:
        raise CheckpointError(
            f"cannot write {path}: {error.strerror or error}; name another file or folder"
        ) from error


def _save_floats(checkpoint: Checkpoint, path: Path, precision: Precision) -> None:
    with np.errstate(over="ignore"):  # an overflow is reported below, by name
        tensors = {
            name: np.ascontiguousarray(array, dtype=precision)
            for name, array in checkpoint.weights.items()
        }
    for name, array in tensors.items():
        if not np.isfinite(array).all():
            raise CheckpointError(
                f"{name} holds values that are not finite in {precision}; save as float32, "
                "or find out where the infinity or NaN comes from"
            )
    write_tensors(path, tensors, _metadata(checkpoint))


def load(path: str | Path) -> Checkpoint:
    """Read and check a checkpoint; weights come back as float32, or in integers as they are.

    Nothing is executed and nothing larger than the file itself is allocated.

    Raises:
        CheckpointError: not a checkpoint of ours, corrupt, truncated, or it contradicts itself.
    """
    path = Path(path)
    if never_ends(path):
        raise CheckpointError(f"{path} {NO_FILE}")
    with reading(path):
        return _load(path)


def _load(path: Path) -> Checkpoint:
    quantization: Quantization | None = None
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = _read_metadata(file.metadata() or {}, path)
            description = _read_description(metadata, path)
            spec = description.spec
            weights: Weights
            if _in_integers(metadata):
                quantization = _load_integers(file, spec, metadata, path)
                weights = DequantizedWeights(build(spec), quantization)
            else:
                weights = _load_floats(file, spec, path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a readable safetensors file: {error}") from error
    except (SpecError, GraphError) as error:
        raise CheckpointError(
            f"{path} describes a network that cannot be built: {error}"
        ) from error
    return Checkpoint(
        spec=spec,
        weights=weights,
        preprocessing=description.preprocessing,
        labels=description.labels,
        metrics=description.metrics,
        provenance=description.provenance,
        license=description.license,
        recipe=description.recipe,
        quantization=quantization,
    )


def _load_floats(file: OpenFile, spec: Spec, path: Path) -> dict[str, Array]:
    shapes = {}
    for name in file.keys():  # noqa: SIM118 - not a mapping
        part = file.get_slice(name)
        _require(part.get_dtype() in ("F16", "F32"), path, f"{name} must be F16 or F32")
        shapes[name] = tuple(part.get_shape())
    check_fit(spec, shapes)
    weights: dict[str, Array] = {}
    for name in shapes:
        weights[name] = file.get_tensor(name).astype(np.float32)
        finite = bool(np.isfinite(weights[name]).all())
        _require(finite, path, f"{name} must hold finite numbers only")
    return weights


def _load_integers(
    file: OpenFile, spec: Spec, metadata: Mapping[str, str], path: Path
) -> Quantization:
    try:
        return read_integers(file, build(spec), parse_text(metadata, "quantization"))
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error


def read_mark(path: str | Path) -> str:
    """What a safetensors file says its format is; empty for one that says nothing, or is broken."""
    try:
        with safe_open(Path(path), framework="numpy") as file:
            mark: str = (file.metadata() or {}).get("format", "")
            return mark
    except (SafetensorError, OSError):
        return ""


def _metadata(checkpoint: Checkpoint) -> dict[str, str]:
    metadata = to_texts(checkpoint) | {"format": CHECKPOINT, "version": _version(checkpoint)}
    if checkpoint.quantization is None:
        return metadata
    return metadata | {"quantization": to_json(checkpoint.quantization)}


def _version(checkpoint: Checkpoint) -> str:
    """The first that knows all that is in the file, so that older releases read what they can."""
    head = checkpoint.spec.head
    if isinstance(head, Embedding):
        return EMBEDDING_VERSION
    if isinstance(head, Classifier) and head.multi_label:
        return MULTI_LABEL_VERSION
    if isinstance(head, Classifier) and head.hidden is not None:
        return HIDDEN_VERSION
    return VERSION if checkpoint.quantization is None else QUANTIZED_VERSION


def _read_description(metadata: Mapping[str, str], path: Path) -> Description:
    try:
        return read_description(metadata)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error


def _read_metadata(metadata: Mapping[str, str], path: Path) -> Mapping[str, str]:
    _require(
        metadata.get("format") == CHECKPOINT,
        path,
        f"a checkpoint's metadata says format {CHECKPOINT!r}, got {metadata.get('format')!r}; "
        "import other formats with: mobilenetv2 convert",
    )
    _require(
        metadata.get("version") in VERSIONS,
        path,
        f"this release reads version {VERSION}, in integers {QUANTIZED_VERSION}, with a hidden "
        f"layer {HIDDEN_VERSION}, of several labels a picture {MULTI_LABEL_VERSION}, of features "
        f"{EMBEDDING_VERSION}, got {metadata.get('version')!r}; a newer mobilenetv2 may read it",
    )
    _require(
        metadata["version"] != QUANTIZED_VERSION or "quantization" in metadata,
        path,
        "metadata lacks quantization",
    )
    return metadata


def _in_integers(metadata: Mapping[str, str]) -> bool:
    return metadata["version"] != VERSION and "quantization" in metadata


def _require(condition: bool, path: Path, rule: str) -> None:
    if not condition:
        raise CheckpointError(f"{path}: {rule}")
