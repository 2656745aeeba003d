"""What a file of ours says beside its numbers, as texts: in checkpoints and in exported files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from mobilenetv2.errors import CheckpointError, GraphError, SpecError
from mobilenetv2.network.spec import Spec
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.checkpoint import Checkpoint, Metric, Provenance
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
        name: json.dumps(to_plain(getattr(checkpoint, name)), ensure_ascii=False)
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


def parse_json(texts: Mapping[str, str], name: str) -> object:
    """The value of one text.

    Raises:
        CheckpointError: no JSON.
    """
    try:
        value: object = json.loads(texts[name])
        # Half a character can be said in JSON, but never be printed or written again.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"metadata {name!r} is not valid JSON: {error}") from error
    return value


def _parse(kind: type[T], texts: Mapping[str, str], name: str) -> T:
    return from_plain(kind, parse_json(texts, name), name)
