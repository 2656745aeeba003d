"""The networks that are measured, in every engine's form, with an input and what it gives."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from mobilenetv2.deploy.export import deploy
from mobilenetv2.export.interface import Interface
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Add, Conv, Graph, Input, Node, Pool
from mobilenetv2.network.spec import Classifier
from mobilenetv2.tasks.pixels import normalize
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.quantized import DequantizedWeights


def in_floats(checkpoint: Checkpoint) -> Checkpoint:
    """The same network with its integers as the real numbers that they stand for."""
    integers = checkpoint.quantization
    if integers is None:
        return checkpoint
    weights = dict(DequantizedWeights(build(checkpoint.spec), integers))
    return replace(checkpoint, weights=weights, quantization=None)


def write_case(folder: Path, name: str, checkpoint: Checkpoint, picture: Path) -> None:
    """Everything about one network, in `folder/name`."""
    target = folder / name
    target.mkdir(parents=True)
    integers = checkpoint.quantization
    deploy(checkpoint, target / "model.program", verify=False)
    deploy(checkpoint, target / "model.onnx", verify=False, interface=Interface("float32"))
    # LiteRT.js has tensors of uint8, and none of int8.
    stored = Interface("uint8", "float32") if integers else Interface()
    deploy(checkpoint, target / "model.tflite", verify=False, interface=stored)
    model = Model(checkpoint, threads=1)
    prepared = model.prepare(picture)
    (pixels,) = prepared.inputs
    floats = normalize(pixels, checkpoint.preprocessing)
    (target / "pixels.bin").write_bytes(np.ascontiguousarray(pixels).tobytes())
    (target / "floats.bin").write_bytes(floats.tobytes())
    facts = {
        "size": checkpoint.spec.size,
        "labels": len(checkpoint.labels),
        "integers": integers is not None,
        "outputs": {
            key: [float(value) for value in map_.ravel()]
            for key, map_ in model.outputs(prepared).items()
        },
    }
    (target / "stored.bin").write_bytes(b"")
    if integers is not None:
        source = integers.activations[build(checkpoint.spec).nodes[0].name]
        quantised = np.clip(np.rint(floats / source.scale) + source.zero_point, 0, 255)
        quantised = quantised.astype(np.uint8)
        (target / "stored.bin").write_bytes(quantised.tobytes())
    elif isinstance(checkpoint.spec.head, Classifier):
        facts["layers"] = list(_layers(checkpoint, target / "layers.bin"))
    (target / "case.json").write_text(json.dumps(facts))


def _layers(checkpoint: Checkpoint, target: Path) -> Iterator[dict[str, object]]:
    """A classifier as a list of layers for TensorFlow.js, its weights behind one another."""
    folded = fold_checkpoint(checkpoint)
    graph: Graph = build(folded.spec)
    offset = 0
    with target.open("wb") as file:
        for node in graph.nodes:
            if isinstance(node, Input):
                continue
            layer: dict[str, object] = {"name": node.name, "sources": _sources(graph, node)}
            match node:
                case Conv():
                    # From [out, in, h, w] to [h, w, in, out]; depthwise to [h, w, out, 1].
                    weight = folded.weights[f"{node.name}.weight"].transpose(2, 3, 1, 0)
                    if node.depthwise:
                        weight = weight.transpose(0, 1, 3, 2)
                    bias = folded.weights[f"{node.name}.bias"]
                    numbers = np.concatenate([weight.ravel(), bias.ravel()]).astype(np.float32)
                    file.write(numbers.tobytes())
                    layer |= {
                        "kind": "depthwise" if node.depthwise else "conv",
                        "filter": list(weight.shape),
                        "offset": offset,
                        "stride": node.stride,
                        "activation": "linear" if node.activation == "none" else node.activation,
                    }
                    offset += len(numbers)
                case Add():
                    layer["kind"] = "add"
                case Pool():
                    layer |= {"kind": "pool", "window": list(node.kernel)}
                case _:
                    raise TypeError(f"{type(node).__name__} is not in a classifier")
            yield layer


def _sources(graph: Graph, node: Node) -> list[str]:
    inputs = {one.name for one in graph.nodes if isinstance(one, Input)}
    return ["input" if name in inputs else name for name in node.sources]


def checkpoint_of(name: str) -> Checkpoint:
    """A file or a model of the box; with "float:" before it in real numbers."""
    plain = name.removeprefix("float:")
    checkpoint = load_checkpoint(plain)
    return in_floats(checkpoint) if name != plain else checkpoint
