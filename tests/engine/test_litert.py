"""Layer by layer, integers of ours against those of LiteRT as users run it, with its fast kernels.

`parity.litert` compares with LiteRT's plain kernels, which show every tensor but round twice. The
fast ones (XNNPACK) hide what is in between, unless every tensor is made an output of the file.
With the fast ones, nothing differs.
"""

from pathlib import Path

import flatbuffers
import numpy as np
import pytest

import mobilenetv2
from mobilenetv2.deploy.convert import example_pictures
from mobilenetv2.engine.integer_reference import evaluate_integer_node
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Input
from mobilenetv2.tasks.image import decode, resize
from mobilenetv2.weights.tflite.importer import import_tflite
from mobilenetv2.weights.tflite.model import tensor_index

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
interpreter = pytest.importorskip("ai_edge_litert.interpreter")

CORAL = "mobilenet_v2_1.0_224_quant"
TF2 = "tf2_mobilenet_v2_1.0_224_ptq"
DM05 = "deeplabv3_mnv2_dm05_pascal_quant"


class Fast:
    """A quantised file in LiteRT, every node of ours to be seen."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.imported = import_tflite(path)
        self.checkpoint = self.imported.foreign.checkpoint
        self._layers = self.imported.trace.by_node
        model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
        graph, model.signatureDefs = model.subgraphs[0], []
        wanted = {tensor_index(layer.tensor) for layer in self._layers.values()}
        graph.outputs = sorted(wanted - set(graph.inputs))
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), b"TFL3")
        self._run = interpreter.Interpreter(model_content=bytes(builder.Output()), num_threads=1)
        self._run.allocate_tensors()

    def show(self, image: np.ndarray) -> None:
        (picture,) = self._run.get_input_details()
        self._run.set_tensor(picture["index"], self.imported.feed.arrange(image))
        self._run.invoke()

    def stored(self, node: str) -> np.ndarray:
        layer = self._layers[node]
        values = self._run.get_tensor(tensor_index(layer.tensor))
        shift = 128 if values.dtype == np.int8 else 0
        return (values.astype(np.int16) + shift).astype(np.uint8).reshape(1, *layer.shape)


def pictures(checkpoint, count):
    return [resize(decode(p), checkpoint.preprocessing) for p in example_pictures()[:count]]


@pytest.mark.parametrize("name", [CORAL, TF2, DM05])
def test_each_layer_gives_the_same_integers(shared, name):
    fast = Fast(shared / "weights" / f"{name}.tflite")
    quantization = fast.checkpoint.quantization
    fast.show(pictures(fast.checkpoint, 1)[0])
    for node in build(fast.checkpoint.spec).nodes:
        if isinstance(node, Input):
            continue
        sources = [fast.stored(source) for source in node.sources]
        ours = evaluate_integer_node(node, sources, quantization)
        theirs = fast.stored(node.name)[..., -node.shape.channels :]
        np.testing.assert_array_equal(ours, theirs, err_msg=node.name)


@pytest.mark.parametrize("name", [CORAL, TF2])
def test_a_classifier_gives_the_same_logits(shared, name):
    """As users run it: whichever engine `load` chooses."""
    fast = Fast(shared / "weights" / f"{name}.tflite")
    model = mobilenetv2.load(fast.path, threads=1)
    affine = fast.checkpoint.quantization.activations["logits"]
    for path in sorted((shared / "data" / "imagenet-sample").glob("*.jpg"))[::50]:
        fast.show(resize(decode(path), fast.checkpoint.preprocessing))
        theirs = fast.stored("logits")[..., 1:].astype(np.float32) - affine.zero_point
        ours = model.outputs(model.prepare(path))["logits"]
        np.testing.assert_array_equal(ours, theirs * np.float32(affine.scale), err_msg=path.name)
