"""What a file of ours says beside its numbers, as texts: in checkpoints and in exported files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from mobilenetv2.errors import CheckpointError, GraphError, SpecError
from mobilenetv2.network.spec import Spec
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.checkpoint import Checkpoint, Metric, Provenance
from mobilenetv2.weights.json_text import parse_json
from mobilenetv2.weights.plain import from_plain, to_plain

STRUCTURED = ("spec", "preprocessing", "labels", "metrics", "provenance")
"""Those that are JSON."""
MAX_BYTES = 4_000_000
"""Far more than any honest file: 1000 labels and a recipe take about 30 kB."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Description:
    """A checkpoint without its numbers."""

    spec: Spec
    preprocessing: Preprocessing
    labels: tuple[str, ...] = field(repr=False)
    metrics: tuple[Metric, ...]
    provenance: Provenance
    license: str
    recipe: str


def to_texts(checkpoint: Checkpoint) -> dict[str, str]:
    """What `read_description` reads, one text a name."""
    structured = {
        name: _in_utf_8(json.dumps(to_plain(getattr(checkpoint, name)), ensure_ascii=False))
        for name in STRUCTURED
    }
    return structured | {"license": checkpoint.license, "recipe": checkpoint.recipe}


def read_description(texts: Mapping[str, str]) -> Description:
    """The description that `to_texts` wrote; texts of other names are ignored.

    Raises:
        CheckpointError: a text is missing, too long, no JSON, or says what cannot be.
    """
    missing = [name for name in (*STRUCTURED, "license", "recipe") if name not in texts]
    if missing:
        raise CheckpointError(f"metadata lacks {', '.join(missing)}")
    if sum(map(len, texts.values())) > MAX_BYTES:
        raise CheckpointError(f"metadata must be at most {MAX_BYTES} bytes")
    try:
        return Description(
            spec=_parse(Spec, texts, "spec"),
            preprocessing=_parse(Preprocessing, texts, "preprocessing"),
            labels=_parse(tuple[str, ...], texts, "labels"),
            metrics=_parse(tuple[Metric, ...], texts, "metrics"),
            provenance=_parse(Provenance, texts, "provenance"),
            license=texts["license"],
            recipe=texts["recipe"],
        )
    except (SpecError, GraphError) as error:
        raise CheckpointError(f"describes a network that cannot be built: {error}") from error


def parse_text(texts: Mapping[str, str], name: str) -> object:
    """The value of one text.

    Raises:
        CheckpointError: no JSON.
    """
    return parse_json(texts[name], f"metadata {name!r}")


def _parse(kind: type[T], texts: Mapping[str, str], name: str) -> T:
    return from_plain(kind, parse_text(texts, name), name)


def _in_utf_8(text: str) -> str:
    r"""A JSON text as UTF-8 has it.

    The name of a file or folder may be any bytes. Python hands one that is not UTF-8 out with lone
    surrogates, and so it comes into labels and provenance; within JSON, `\udce9` is the same.
    """
    return text.encode("utf-8", "backslashreplace").decode()
