"""Opens a weight file of any format that the package reads, recognised by content."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Literal

from mobilenetv2.errors import CheckpointError
from mobilenetv2.reading import reading, require_file
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.folder import is_folder, model_file, no_model_inside
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.marks import CHECKPOINT, PROGRAM
from mobilenetv2.weights.other_formats import (
    archive_names,
    named_archive,
    named_format,
    plain_name,
)

NCNN = b"7767517"
"""How its .param files begin; the .bin beside it has no mark."""

ForeignFormat = Literal["tflite", "onnx", "keras", "state_dict"]
HEAD_BYTES = 512
"""Enough for the word that tells one JSON file from another."""

Format = ForeignFormat | Literal["mobilenetv2"]


def detect(path: Path) -> Format:
    """Which reader a file needs, from its first bytes; the suffix decides only for ONNX.

    Raises:
        CheckpointError: missing, empty, or none of the formats.
    """
    head = _head(path)
    if head[4:8] == b"TFL3":
        return "tflite"
    if head[:8] == b"\x89HDF\r\n\x1a\n":
        return "keras"
    if head[:4] == b"PK\x03\x04":
        return _archive(path)
    known = named_format(path, head)
    if known:
        raise CheckpointError(f"{path} is {known}")
    # A safetensors file begins with the length of its JSON header, which opens with a brace.
    if head[8:9] == b"{":
        mark = store.read_mark(path)
        if mark == PROGRAM:
            raise CheckpointError(
                f"{path} is a compiled program and holds no weights to look at or to change: label "
                f"pictures with it (mobilenetv2 predict --model {path} PICTURE, or "
                "mobilenetv2.CompiledModel or CompiledClassifier), and do the rest with the model "
                "that it was made from"
            )
        return "mobilenetv2" if mark == CHECKPOINT else "state_dict"
    _refuse_ncnn(path, head)
    # A protobuf has no magic number: ONNX begins with field 1 (ir_version) as a varint.
    if path.suffix.lower() == ".onnx" or head[:1] == b"\x08":
        return "onnx"
    # Before torch 1.6 weights were a row of pickles of protocol 2.
    if head[:2] == b"\x80\x02" or path.suffix.lower() in (".pth", ".pt", ".bin", ".safetensors"):
        return "state_dict"
    raise CheckpointError(
        f"{path} is in no format that can be read (safetensors, TFLite, ONNX, Keras .h5/.keras, "
        f"torch .pth); it begins with {head[:8]!r}"
    )


def read_foreign(path: Path, labels: tuple[str, ...] | None = None) -> Foreign:
    """Import a file of another project.

    Args:
        path: the file, or the folder of transformers' or timm's `save_pretrained`.
        labels: one a class, with or without a background in front; None takes the file's own or
            well-known names.

    Raises:
        CheckpointError: it is no such file, is broken, or does not hold a MobileNetV2.
        MissingDependencyError: its format needs a library that is not installed.
    """
    with reading(path):
        return _read_file(path, labels)


def _read_file(path: Path, labels: tuple[str, ...] | None) -> Foreign:
    path = model_file(path)
    if is_folder(path):
        raise CheckpointError(no_model_inside(path))
    kind = detect(path)
    # Our own files say all that the catalogue could; a small program starts without it.
    if kind == "mobilenetv2":
        return Foreign(store.load(path), "mobilenetv2 checkpoint")
    foreign = _read(path, kind, labels)
    return replace(foreign, checkpoint=_as_published(foreign.checkpoint, labels is None))


def _as_published(checkpoint: Checkpoint, unnamed: bool) -> Checkpoint:
    """With the catalogue's license and labels, if the file is one of its own to the last byte."""
    from mobilenetv2.catalog.entries import CATALOG, PublicWeights
    from mobilenetv2.catalog.labels import open_images_labels

    for entry in CATALOG:
        if isinstance(entry, PublicWeights) and entry.sha256 == checkpoint.provenance.sha256:
            if checkpoint.license == "unknown":
                checkpoint = replace(checkpoint, license=entry.license)
            if unnamed and entry.labels == "background + open images":
                checkpoint = replace(checkpoint, labels=open_images_labels())
    return checkpoint


def _read(path: Path, kind: ForeignFormat, labels: tuple[str, ...] | None) -> Foreign:
    match kind:
        case "tflite":
            from mobilenetv2.weights.tflite.importer import read_tflite

            return read_tflite(path, labels)
        case "onnx":
            from mobilenetv2.weights.onnx.importer import read_onnx

            return read_onnx(path, labels)
        case "keras":
            from mobilenetv2.weights.keras.importer import read_keras

            return read_keras(path, labels)
        case "state_dict":
            from mobilenetv2.weights.states.importer import read_state_dict

            return read_state_dict(path, labels)


def _refuse_ncnn(path: Path, head: bytes) -> None:
    """Of ncnn's two files neither says what the network's answers mean."""
    text = path.with_suffix(".param")
    is_second = path.suffix.lower() == ".bin" and os.path.isfile(text)  # noqa: PTH113
    if head.startswith(NCNN) or (is_second and _head(text).startswith(NCNN)):
        raise CheckpointError(
            f"{path} is one of ncnn's two files of a network, which hold no labels, no anchors and "
            "no preprocessing, and are written here but not read; use the checkpoint they were "
            "made from, or export it as .onnx or .tflite, which come back whole"
        )


def _head(path: Path) -> bytes:
    require_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise CheckpointError(f"cannot read {path}: {error.strerror or error}") from error
    if len(head) < 16:
        raise CheckpointError(f"{path} is too short for a weight file: {len(head)} bytes")
    return head


def _archive(path: Path) -> ForeignFormat:
    names = archive_names(path)
    if "config.json" in [plain_name(name) for name in names]:
        return "keras"
    known = named_archive(names)
    if known:
        raise CheckpointError(f"{path} is {known}")
    return "state_dict"
