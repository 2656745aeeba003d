"""Small networks that onnxruntime has quantised, and how far its answers are from ours."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from mobilenetv2.engine.integer_reference import integer_reference_runner
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.export.onnx import to_onnx
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import (
    Classifier,
    DeepLab,
    Hidden,
    MobileNetV1,
    MobileNetV2,
    Spec,
    SSDLite,
    Stage,
)
from mobilenetv2.tasks.pixels import normalize
from mobilenetv2.weights.onnx.importer import import_onnx

onnxruntime = pytest.importorskip("onnxruntime")
quantization = pytest.importorskip("onnxruntime.quantization")
QDQ, OPERATORS = quantization.QuantFormat.QDQ, quantization.QuantFormat.QOperator
INT8, UINT8 = quantization.QuantType.QInt8, quantization.QuantType.QUInt8


def backbone(*strides: int) -> MobileNetV2:
    """The first rows of Table 2, whose strides an undescribed file is taken to have."""
    stages = tuple(
        Stage(3 if row else 1, 8 + 4 * row, 2 if row == 1 else 1, stride)
        for row, stride in enumerate(strides)
    )
    return MobileNetV2(stages, stem_channels=8, last_channels=16, divisor=1)


CLASSIFIER = Spec(backbone(1, 2), Classifier(5), size=(24, 32), batch_norm_epsilon=None)
HIDDEN = Spec(
    backbone(1), Classifier(2, Hidden(7, "relu6")), size=(24, 24), batch_norm_epsilon=None
)
V1 = Spec(MobileNetV1(), Classifier(4), 0.25, (32, 32), batch_norm_epsilon=None)
DETECTOR = Spec(
    backbone(1, 2, 2, 2, 1, 2),
    SSDLite(2, (8,), (3, 1, 1), tensorflow_anchors(3)),
    size=(64, 64),
    batch_norm_epsilon=None,
)
SEGMENTER = Spec(
    backbone(1, 2, 2, 2),
    DeepLab(3, channels=8),
    size=(33, 33),
    output_stride=16,
    batch_norm_epsilon=None,
)


SYMMETRIC = {"ActivationSymmetric": True}
"""Maps whose zero is a byte of 0 keep ReLU6 as an operator, between two roundings."""


class Pictures(quantization.CalibrationDataReader):
    """Noise of the range that pixels are normalised to."""

    def __init__(self, spec: Spec) -> None:
        noise = np.random.default_rng(0).uniform(-1, 1, (4, 1, 3, *spec.size))
        self._left = iter([{"input": picture.astype(np.float32)} for picture in noise])

    def get_next(self):
        return next(self._left, None)


def quantised(folder: Path, spec: Spec, form=QDQ, **options) -> Path:
    """A network of random weights that onnxruntime has quantised; no map is always 0."""
    graph = build(spec)
    weights = dict(random_weights(graph, 3))
    for name in weights:
        if name.endswith(".bias"):
            weights[name] = weights[name] + np.float32(0.3)
    source, target = folder / "float.onnx", folder / "integers.onnx"
    source.write_bytes(to_onnx(graph, weights))
    quantization.quantize_static(source, target, Pictures(spec), quant_format=form, **options)
    return target


def session(path: Path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def steps_apart(path: Path) -> list[float]:
    """How far each output is from onnxruntime's, in steps of its own scale, over two pictures."""
    imported = import_onnx(path)
    checkpoint = imported.foreign.checkpoint
    assert "kept in integers of 8 bits" in imported.foreign.notes
    graph, integers = build(checkpoint.spec), checkpoint.quantization
    ours, theirs = integer_reference_runner(graph, integers), session(path)
    found = []
    for picture in np.random.default_rng(1).integers(0, 256, (2, *checkpoint.spec.size, 3), "u1"):
        fed = {theirs.get_inputs()[0].name: imported.feed.arrange(picture)}
        mine = ours(normalize(picture[None], checkpoint.preprocessing))
        for name, view, values in zip(
            graph.outputs, imported.network.outputs, theirs.run(None, fed), strict=True
        ):
            expected = view.as_nhwc(np.asarray(values, np.float32))
            assert mine[name].std() > 0
            apart = np.abs(mine[name].reshape(-1) - expected.reshape(-1)).max()
            found.append(float(apart) / integers.activations[name].scale)
    return found


def rewritten(path: Path, change) -> Path:
    model = onnx.load(path)
    change(model.graph)
    onnx.save(model, path)
    return path


def constant(graph, name):
    return next(tensor for tensor in graph.initializer if tensor.name == name)


def replaced(graph, name, values):
    constant(graph, name).CopyFrom(numpy_helper.from_array(values, name))
