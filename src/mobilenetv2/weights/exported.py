"""What a file that we exported says of itself: texts in ONNX's and in TFLite's metadata."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.description import MAX_BYTES, Description, read_description, to_texts
from mobilenetv2.weights.marks import EXPORT

VERSION = "1"
BUFFER = "mobilenetv2"
"""The name of the texts among a TFLite file's metadata, where they are one JSON object."""
FIRST_RELEASE = ("spec", "preprocessing", "labels", "provenance", "license")
"""All that our ONNX files said before they had a mark."""
YES, NO = "true", "false"


@dataclass(frozen=True, slots=True)
class Exported:
    """The description of the checkpoint that a file was made from."""

    description: Description
    in_integers: bool | None
    """Whether that checkpoint was in integers; None where the file is too old to say."""


def exported_texts(checkpoint: Checkpoint) -> dict[str, str]:
    """What `read_exported` reads, one text a name."""
    texts = to_texts(checkpoint) | {
        "format": EXPORT,
        "version": VERSION,
        "integers": NO if checkpoint.quantization is None else YES,
    }
    return dict(sorted(texts.items()))


def exported_json(checkpoint: Checkpoint) -> bytes:
    """The same as one JSON object, UTF-8."""
    return json.dumps(exported_texts(checkpoint), ensure_ascii=False).encode()


def read_exported(texts: Mapping[str, str]) -> Exported | None:
    """What a file says of itself; None for a file that is not ours.

    Raises:
        CheckpointError: it says that it is ours, and what it says cannot be.
    """
    mark = texts.get("format")
    if mark is None and all(name in texts for name in FIRST_RELEASE):
        older = {"metrics": "[]", "recipe": ""} | dict(texts)
        return Exported(read_description(older), None)
    if mark != EXPORT:
        return None
    version, integers = texts.get("version"), texts.get("integers")
    if version != VERSION:
        raise CheckpointError(
            f"this release reads exported files of version {VERSION}, got {str(version)[:20]!r}; "
            "a newer mobilenetv2 may read it"
        )
    if integers not in (YES, NO):
        raise CheckpointError(
            f"metadata 'integers' must be {YES} or {NO}, got {str(integers)[:20]!r}"
        )
    return Exported(read_description(texts), integers == YES)


def read_exported_json(data: memoryview) -> Exported | None:
    """The same from what `exported_json` wrote; None where there are no bytes.

    Raises:
        CheckpointError: as `read_exported`, or no JSON object of texts.
    """
    if not len(data):
        return None
    if len(data) > 4 * MAX_BYTES:
        raise CheckpointError(f"metadata must be at most {MAX_BYTES} characters")
    try:
        texts: object = json.loads(bytes(data))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"metadata {BUFFER!r} is not valid JSON: {error}") from error
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise CheckpointError(f"metadata {BUFFER!r} must be a JSON object of texts")
    return read_exported(texts)
