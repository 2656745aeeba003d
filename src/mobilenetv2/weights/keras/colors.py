"""Layers of a Keras model that turn the colors of its picture around, or take it apart by color."""

from collections.abc import Iterator, Sequence

import numpy as np

from mobilenetv2.weights.keras.layers import ConfiguredLayer

Order = tuple[int, ...]
"""Which of the file's channels each is."""

CHOICES = ("GetItem", "Flip", "Take")
JOINS = ("Stack", "Concatenate")
COLORS = (*CHOICES, *JOINS)
"""Keras 3's classes: `x[..., ::-1]`, `ops.flip`, `ops.take`, and the parts as one picture again."""

LAST = (-1, 3)
"""The axis of the colors."""


def sources(layer: ConfiguredLayer) -> list[str]:
    """The names of the layers that one of Keras 3 reads."""
    calls = layer.inbound if isinstance(layer.inbound, list) else []
    return list(_names(calls[0].get("args"))) if calls and isinstance(calls[0], dict) else []


def chosen(layer: ConfiguredLayer, channels: int) -> Order | None:
    """Which channels of its picture a layer of `CHOICES` gives; None for any other choice."""
    numbers = np.arange(channels)
    calls = layer.inbound if isinstance(layer.inbound, list) else []
    call = calls[0] if calls and isinstance(calls[0], dict) else {}
    arguments = call.get("args")
    key = arguments[1] if isinstance(arguments, list) and len(arguments) == 2 else None
    axis = layer.settings.get("axis")
    if layer.kind == "Flip":
        return tuple(numbers[::-1].tolist()) if axis in (*LAST, [-1], [3]) else None
    if layer.kind == "Take":
        return _within(_array(key), channels) if axis in LAST else None
    if not isinstance(key, list) or not key or not _whole(key[:-1]):
        return None
    last = key[-1]
    if type(last) is int:
        return _within([last], channels)
    cut = _slice(last)
    return None if cut is None else tuple(numbers[cut].tolist()) or None


def joins(layer: ConfiguredLayer, parts: Sequence[Order]) -> bool:
    """Whether a layer of `JOINS` lays parts behind each other in their colors."""
    single = layer.kind == "Concatenate" or all(len(part) == 1 for part in parts)
    return bool(parts) and single and layer.settings.get("axis", -1) in LAST


def _array(value: object) -> list[int]:
    """A list of whole numbers as Keras 3 writes one, plain or as an array; else empty."""
    settings = value.get("config") if isinstance(value, dict) else None
    value = settings.get("value") if isinstance(settings, dict) else value
    return value if isinstance(value, list) and all(type(n) is int for n in value) else []


def _within(places: Sequence[int], channels: int) -> Order | None:
    good = 0 < len(places) <= channels and all(-channels <= place < channels for place in places)
    return tuple(place % channels for place in places) if good else None


def _whole(keys: Sequence[object]) -> bool:
    """Whether the keys before the last leave batch, rows and columns as they are."""
    dots = [isinstance(key, dict) and key.get("class_name") == "__ellipsis__" for key in keys]
    if sum(dots) > 1 or (not any(dots) and len(keys) != 3):
        return False
    cuts = [_slice(key) for key, dot in zip(keys, dots, strict=True) if not dot]
    return all(cut in (slice(None), slice(None, None, 1)) for cut in cuts)


def _slice(key: object) -> slice | None:
    if not isinstance(key, dict) or key.get("class_name") != "__slice__":
        return None
    settings = key.get("config")
    if not isinstance(settings, dict):
        return None
    ends = [settings.get(end) for end in ("start", "stop", "step")]
    if ends[2] == 0 or not all(end is None or type(end) is int for end in ends):
        return None
    return slice(*ends)


def _names(value: object) -> Iterator[str]:
    """Of the tensors among the arguments, lists of them among them."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        settings = value.get("config")
        history = settings.get("keras_history") if isinstance(settings, dict) else None
        if isinstance(history, list) and history and isinstance(history[0], str):
            yield history[0]
