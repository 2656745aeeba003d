"""Whether an engine computes what ours computes, on the picture that is timed."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.benchmark.engine import Compare, Outputs
from mobilenetv2.export.files import FileTensors
from mobilenetv2.network.graph import Graph
from mobilenetv2.network.spec import Classifier, Embedding, Head
from mobilenetv2.parity.compare import Parity, Tally, compare
from mobilenetv2.parity.ending import compare_classes, like_the_file
from mobilenetv2.parity.maps import MapComparison
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.recognize.importer import Imported
from mobilenetv2.weights.recognize.layers import ArgMax, Sigmoid, Softmax
from mobilenetv2.weights.tflite.model import parse


def compare_maps(graph: Graph, head: Head, tensors: FileTensors) -> Compare:
    """For a file that we exported: it has our outputs under our names."""

    def measure(ours: Mapping[str, Array], outputs: Outputs) -> Parity:
        theirs = {
            name: tensors.output(name, outputs[name], graph.by_name[name].shape)
            for name in graph.outputs
        }
        comparison = MapComparison(head)
        comparison.add(ours, theirs)
        return comparison.result("", "")

    return measure


def compare_logits(ours: Mapping[str, Array], outputs: Outputs) -> Parity:
    """For a compiled classifier, which has no other output."""
    theirs = np.asarray(outputs["logits"], np.float32)
    return compare_classes(ours["logits"].reshape(1, -1), theirs.reshape(1, -1), False, "", "")


def compare_file(path: Path, imported: Imported) -> Compare:
    """For a TFLite file of somebody else: what stands behind our outputs is done to them as well.

    A background class in front that we dropped is left out on their side.
    """
    real = _stored_steps(path)

    def measure(ours: Mapping[str, Array], outputs: Outputs) -> Parity:
        layers, views = imported.network.layers, imported.network.outputs
        kept = imported.network.kept
        tally = Tally()
        for place, (layer, view) in enumerate(zip(layers, views, strict=True)):
            stored = place if kept is None else kept[place]
            values = real[stored](list(outputs.values())[stored])
            their = view.as_nhwc(values)
            if isinstance(imported.foreign.checkpoint.spec.head, Classifier):
                logits, ends = ours["logits"].reshape(1, -1), isinstance(layer, Softmax | Sigmoid)
                each = isinstance(layer, Sigmoid) and their.size > 1
                return compare_classes(logits, their.reshape(1, -1), ends, "", "", each=each)
            if isinstance(imported.foreign.checkpoint.spec.head, Embedding):
                features = their.mean(axis=(0, 1, 2))[None]
                return compare(ours["pool"].reshape(1, -1), features, "features", "", "")
            our = like_the_file(layer, imported.trace, ours)
            if isinstance(layer, ArgMax):
                tally.add_mask(our, their)
            else:
                tally.add(our, their)
        return Parity(
            runtime="",
            version="",
            pictures=1,
            max_error=tally.largest,
            mean_error=tally.total / tally.count,
            agreement=tally.agreeing / tally.classified,
            quantity="mask" if isinstance(layers[0], ArgMax) else "boxes and logits",
            relative_error=tally.relative,
            agreement_of="pixels" if len(layers) == 1 else "anchors",
        )

    return measure


def _stored_steps(path: Path) -> list[Callable[[npt.NDArray[Any]], Array]]:
    """For each output of a TFLite file the function from its stored numbers to real ones."""
    model = parse(path.read_bytes())
    functions = []
    for index in model.outputs:
        quantization = model.tensors[index].quantization
        scale, zero = 1.0, 0.0
        if quantization is not None:
            scale, zero = float(quantization.scale[0]), float(quantization.zero_point[0])
        functions.append(_affine(scale, zero))
    return functions


def _affine(scale: float, zero: float) -> Callable[[npt.NDArray[Any]], Array]:
    def real(values: npt.NDArray[Any]) -> Array:
        return (values.astype(np.float32) - np.float32(zero)) * np.float32(scale)

    return real
