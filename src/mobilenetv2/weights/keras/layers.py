"""The layers of a Keras configuration in the order they run, models inside models flattened."""

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


@dataclass(frozen=True, slots=True)
class ConfiguredLayer:
    """One layer as the configuration has it."""

    kind: str
    """Its class: "Conv2D"."""
    settings: Json = field(repr=False)
    inbound: object = field(repr=False, default=None)
    """What it is called with, as Keras 2 or 3 writes it."""

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
    for layer in _walk(config, 0):
        listed.append(layer)
        if len(listed) > MAX_LAYERS:
            raise CheckpointError(f"{path}: a model may have {MAX_LAYERS} layers, this has more")
    kinds = [layer.kind for layer in listed]
    first = next((place for place, kind in enumerate(kinds) if kind in NETWORK), len(kinds))
    last = max((place + 1 for place, kind in enumerate(kinds) if kind in POOLS), default=len(kinds))
    last = max(first, last)
    return Layers(tuple(listed[:first]), tuple(listed[first:last]), tuple(listed[last:]))


def _walk(value: Json, depth: int) -> Iterator[ConfiguredLayer]:
    """Every layer; `config` holds the layers of a nested model."""
    settings = value.get("config")
    if not isinstance(settings, dict) or depth > MAX_DEPTH:
        return
    kind = str(value.get("class_name"))
    yield ConfiguredLayer(kind, settings, value.get("inbound_nodes"))
    inner = settings.get("layers")
    for layer in inner if isinstance(inner, list) else ():
        if isinstance(layer, dict):
            yield from _walk(layer, depth + 1)
