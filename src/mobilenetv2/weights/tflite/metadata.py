"""What a TFLite file says about itself: normalisation, licence, author and packed labels.

The metadata is a second FlatBuffer inside the first (metadata_schema.fbs, identifier M001); label
files are a zip archive behind the last byte of the model.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from mobilenetv2.catalog.labels import without_numbers
from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.tflite.flatbuffer import Table, root

NAME = "TFLITE_METADATA"
MAX_LABEL_BYTES = 4_000_000
"""A million labels of four letters; a longer file is taken for an attack."""
_NORMALIZATION = 1
MAX_TEXT_FILES = 16
_LABEL_FILES = (2, 3)
"""The schema's TENSOR_AXIS_LABELS and TENSOR_VALUE_LABELS; 0 is a file it says nothing of."""
_CALIBRATION = re.compile(r"[-+.\d\s,eE]*")
"""A line of scale, slope and offset, by which scores are calibrated: no names."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """Empty or None where the file says nothing."""

    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    """A pixel `v` in 0..255 enters a float file as `(v - mean) / std`."""
    author: str = ""
    license: str = ""
    labels: tuple[str, ...] | None = None


def read_metadata(data: bytes, buffers: Mapping[str, memoryview]) -> Metadata:
    """All that is known; a file without metadata gives an empty one.

    Args:
        data: the whole file.
        buffers: the model's metadata buffers by name.

    Raises:
        CheckpointError: metadata that is corrupt.
    """
    if len(buffers.get(NAME, b"")) < 8:
        return Metadata(labels=_labels(data, {}))
    model = root(memoryview(buffers[NAME]), b"M001", "TFLite metadata buffer")
    mean, std = _normalization(model)
    return Metadata(
        mean=mean,
        std=std,
        author=model.string(4),
        license=model.string(5),
        labels=_labels(data, _listed(model)),
    )


def _normalization(model: Table) -> tuple[tuple[float, ...], tuple[float, ...]]:
    inputs = [tensor for graph in model.tables(3)[:1] for tensor in graph.tables(2)[:1]]
    for unit in (unit for tensor in inputs for unit in tensor.tables(4)[:16]):
        options = unit.table(1)
        if unit.uint8(0) == _NORMALIZATION and options is not None:
            mean, std = options.vector(0, "f4"), options.vector(1, "f4")
            return tuple(mean[:3].tolist()), tuple(std[:3].tolist())
    return (), ()


def _labels(data: bytes, listed: Mapping[str, int]) -> tuple[str, ...] | None:
    """The lines of the text file of labels in the archive at the end; None where there is none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            texts = [item for item in archive.infolist() if item.filename.endswith(".txt")]
            found = [
                lines
                for item in texts[:MAX_TEXT_FILES]
                if (lines := _lines(archive, item, listed.get(item.filename, 0)))
            ]
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, NotImplementedError, OSError,
            RuntimeError):  # fmt: skip
        return None
    return found[0] if len(found) == 1 else None


def _lines(archive: zipfile.ZipFile, item: zipfile.ZipInfo, kind: int) -> tuple[str, ...] | None:
    """Labels; None for a file of something else, as the metadata say or its numbers do."""
    if kind not in (0, *_LABEL_FILES):
        return None
    # The size in the directory may lie, so the stream itself is read with a limit.
    with archive.open(item) as stream:
        text = stream.read(MAX_LABEL_BYTES + 1)
    if len(text) > MAX_LABEL_BYTES:
        raise CheckpointError(f"packed labels must be at most {MAX_LABEL_BYTES} bytes")
    lines = text.decode("utf-8-sig", "replace").splitlines()
    labels = without_numbers(tuple(line.strip() for line in lines if line.strip()))
    return None if not labels or all(map(_CALIBRATION.fullmatch, labels)) else labels


def _listed(model: Table) -> dict[str, int]:
    """What the metadata say of each packed file of the outputs: its type, by its name."""
    outputs = [tensor for graph in model.tables(3)[:1] for tensor in graph.tables(3)[:16]]
    files = [file for tensor in outputs for file in tensor.tables(6)[:16]]
    return {file.string(0): file.uint8(2) for file in files}
