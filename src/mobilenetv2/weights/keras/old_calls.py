"""Keras 2's calls in Keras 3's words, where a layer calculates with the picture."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeGuard

from mobilenetv2.weights.keras.layers import ConfiguredLayer
from mobilenetv2.weights.states.side_file import Json

CONSTANT = "_CONSTANT_VALUE"
"""Stands where the name of a layer is expected, before a number: of `1 - x`."""

OLD_CALLS = ("TFOpLambda", "SlicingOpLambda")
"""Layers that Keras 2 makes of TensorFlow's functions and of `x[..., ::-1]`."""

CALLS: Mapping[str, tuple[str, str | None, Mapping[str, str]]] = {
    "__operators__.getitem": ("GetItem", "slice_spec", {}),
    "reverse": ("Flip", None, {"axis": "axis"}),
    "gather": ("Take", "indices", {"axis": "axis"}),
    "compat.v1.gather": ("Take", "indices", {"axis": "axis"}),
    "clip_by_value": ("Clip", None, {"clip_value_min": "x_min", "clip_value_max": "x_max"}),
    "concat": ("Concatenate", None, {"axis": "axis"}),
    "stack": ("Stack", None, {"axis": "axis"}),
    "nn.bias_add": ("Add", "bias", {}),
}
"""Of a function: Keras 3's class, which argument comes behind the tensor, and what are settings."""


def in_keras_3(layer: ConfiguredLayer) -> ConfiguredLayer:
    """The same layer as Keras 3 would write it; one that is, or has no call, as it is."""
    calls = layer.inbound
    if not (isinstance(calls, list) and calls and isinstance(calls[0], list) and calls[0]):
        return layer
    single = isinstance(calls[0][0], str)
    parts = [part for part in ([calls[0]] if single else calls[0]) if _is_part(part)]
    named: dict[str, object] = {}
    for part in parts:
        for name, value in part[3].items() if len(part) > 3 and isinstance(part[3], dict) else ():
            named[name] = _tensor(value[0]) if _is_part(value) else value
    given = [part[2] if part[0] == CONSTANT else _tensor(part[0]) for part in parts]
    new = replace(layer, inbound=[{"args": given if single else [given], "kwargs": named}])
    return _renamed(new, given, named) if layer.kind in OLD_CALLS else new


def _renamed(layer: ConfiguredLayer, given: list[object], named: Json) -> ConfiguredLayer:
    """A call of a function that is a class of Keras 3."""
    function = layer.settings.get("function")
    known = CALLS.get(function) if isinstance(function, str) else None
    if known is None or named.get("batch_dims") or named.get("data_format") == "NCHW":
        return layer
    kind, behind, renamed = known
    arguments: list[object] = [given] if behind is None else [*given, _key(named.get(behind))]
    settings = {new: named[old] for old, new in renamed.items() if old in named}
    inbound = [{"args": arguments, "kwargs": {}}]
    return ConfiguredLayer(kind, {**layer.settings, **settings}, inbound)


def _is_part(value: object) -> TypeGuard[list[Any]]:
    """Whether it names a tensor, ["input_1", 0, 0, {...}], or gives a number in place of one."""
    return isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str)


def _tensor(name: object) -> Json:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}


def _key(value: object) -> object:
    """What stands in the brackets of `x[...]`: slices, three dots and numbers; else as it is."""
    if isinstance(value, list):
        return [_key(one) for one in value]
    if isinstance(value, dict) and {"start", "stop", "step"} <= value.keys():
        return {"class_name": "__slice__", "config": value}
    return value
