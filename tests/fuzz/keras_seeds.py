"""Configurations of Keras models that do more than most to their picture."""

import json


def keras_colors() -> bytes:
    """A configuration whose picture is taken apart by color, limited, and turned."""

    def tensor(name: str) -> dict[str, object]:
        return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}

    def layer(kind: str, name: str, arguments: list[object], **settings: object) -> object:
        inbound = [{"args": arguments, "kwargs": {}}]
        return {"class_name": kind, "config": {"name": name} | settings, "inbound_nodes": inbound}

    dots = {"class_name": "__ellipsis__", "config": {}}
    backwards = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": -1}}
    parts = [layer("GetItem", f"g{n}", [tensor("x"), [dots, n]]) for n in range(3)]
    layers = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 64, 64, 3], "name": "x"}},
        *parts,
        layer("Stack", "s", [[tensor("g2"), tensor("g1"), tensor("g0")]], axis=-1),
        layer("Clip", "c", [tensor("s")], x_min=0, x_max=255),
        layer("GetItem", "i", [tensor("c"), [dots, backwards]]),
        layer("Flip", "f", [tensor("i")], axis=-1),
        layer("Take", "t", [tensor("f"), [2, 1, 0]], axis=-1),
        layer("Subtract", "m", [tensor("t"), 100.0]),
        *_old_calls(),
        {"class_name": "Conv2D", "config": {"filters": 8, "kernel_size": [3, 3], "name": "Conv1"}},
    ]
    return json.dumps({"class_name": "Functional", "config": {"layers": layers}}).encode()


def _old_calls() -> list[object]:
    """The same in Keras 2's words."""

    def call(kind: str, function: str, *inbound: object) -> object:
        settings = {"name": function, "function": function}
        return {"class_name": kind, "config": settings, "inbound_nodes": [*inbound]}

    backwards = {"start": None, "stop": None, "step": -1}
    cut = {"slice_spec": [{"class_name": "__ellipsis__"}, backwards]}
    limits = {"clip_value_min": 0.0, "clip_value_max": 255.0}
    return [
        call("SlicingOpLambda", "__operators__.getitem", ["m", 0, 0, cut]),
        call("TFOpLambda", "reverse", ["__operators__.getitem", 0, 0, {"axis": [-1]}]),
        call("TFOpLambda", "gather", ["reverse", 0, 0, {"indices": [2, 1, 0], "axis": -1}]),
        call("TFOpLambda", "clip_by_value", ["gather", 0, 0, limits]),
        call("TFOpLambda", "nn.bias_add", ["clip_by_value", 0, 0, {"bias": [1.0, 2.0, 3.0]}]),
        call("TFOpLambda", "concat", [["nn.bias_add", 0, 0, {"axis": -1}]]),
        call("TFOpLambda", "math.subtract", ["_CONSTANT_VALUE", -1, 255.0, {"y": ["x", 0, 0]}]),
    ]
