"""The layers of a Keras configuration in the order they run, models inside models flattened."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.states.side_file import Json

MAX_DEPTH = 8
"""Models inside models; a fine-tuned application has one inside another."""

MAX_LAYERS = 5000

NETWORK = ("Conv2D", "DepthwiseConv2D", "BatchNormalization")
POOLS = ("GlobalAveragePooling2D", "AveragePooling2D")
FLATTENED = "Flatten"
"""Stands for a pooling where the map has one pixel."""
WORDS = (re.compile("(.)([A-Z][a-z0-9]+)"), re.compile("([a-z])([A-Z])"))
"""Where Keras puts a line between the words of a class' name."""


@dataclass(frozen=True, slots=True)
class ConfiguredLayer:
    """One layer as the configuration has it."""

    kind: str
    """Its class: "Conv2D"."""
    settings: Json = field(repr=False)
    inbound: object = field(repr=False, default=None)
    """What it is called with, as Keras 2 or 3 writes it."""
    group: str = ""
    """Where a `.keras` file keeps its arrays: "layers/functional/layers/conv2d_3"."""

    @property
    def name(self) -> str:
        """As the model's author, or Keras, named it."""
        return str(self.settings.get("name", ""))


@dataclass(frozen=True, slots=True)
class Layers:
    """A classifier's layers in three parts; all empty for a file of weights only."""

    before: tuple[ConfiguredLayer, ...]
    """Up to the first convolution: what happens to the picture."""
    network: tuple[ConfiguredLayer, ...]
    """From the first convolution to the last pooling."""
    head: tuple[ConfiguredLayer, ...]
    """Behind it."""

    @property
    def all(self) -> tuple[ConfiguredLayer, ...]:
        """In order."""
        return self.before + self.network + self.head


def configured_layers(config: Json, path: Path) -> Layers:
    """Read a model's configuration.

    Raises:
        CheckpointError: more layers than any such model has.
    """
    listed: list[ConfiguredLayer] = []
    for layer in _walk(config, "", 0):
        listed.append(layer)
        if len(listed) > MAX_LAYERS:
            raise CheckpointError(f"{path}: a model may have {MAX_LAYERS} layers, this has more")
    kinds = [layer.kind for layer in listed]
    first = next((place for place, kind in enumerate(kinds) if kind in NETWORK), len(kinds))
    last = max(first, _behind_the_map(kinds))
    return Layers(tuple(listed[:first]), tuple(listed[first:last]), tuple(listed[last:]))


def _behind_the_map(kinds: list[str]) -> int:
    """The place of the first layer that reads numbers, not a map; the end where none does."""
    pools = [place for place, kind in enumerate(kinds) if kind in POOLS]
    if pools:
        return pools[-1] + 1
    return kinds.index(FLATTENED) + 1 if FLATTENED in kinds else len(kinds)


def _walk(value: Json, group: str, depth: int) -> Iterator[ConfiguredLayer]:
    """Every layer; `config` holds the layers of a nested model."""
    settings = value.get("config")
    if not isinstance(settings, dict) or depth > MAX_DEPTH:
        return
    kind = str(value.get("class_name"))
    yield ConfiguredLayer(kind, settings, value.get("inbound_nodes"), group)
    inner = settings.get("layers")
    numbers: Counter[str] = Counter()
    for layer in inner if isinstance(inner, list) else ():
        if isinstance(layer, dict):
            name = _in_snake_case(str(layer.get("class_name")))
            number = f"_{numbers[name]}" if numbers[name] else ""
            numbers[name] += 1
            place = f"{group}/layers/{name}{number}".removeprefix("/")
            yield from _walk(layer, place, depth + 1)


def _in_snake_case(kind: str) -> str:
    """As Keras calls the first layer of a class inside a model's group: "global_max_pooling2d"."""
    for words in WORDS:
        kind = words.sub(r"\1_\2", kind)
    return kind.lower()
