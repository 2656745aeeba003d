"""Files that Google's quantiser made of ours run in its integers."""

import numpy as np
import pytest

from mobilenetv2.deploy.convert import example_pictures, prove
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.export.tflite import to_tflite
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, DeepLab, MobileNetV2, Spec, SSDLite, Stage
from mobilenetv2.weights.open import read_foreign

quantizer = pytest.importorskip("ai_edge_quantizer.quantizer")
recipe = pytest.importorskip("ai_edge_quantizer.recipe")

STAGES = tuple(
    Stage(3 if row else 1, 8 + 4 * row, 1, stride) for row, stride in enumerate((1, 2, 2, 2, 1, 2))
)


def spec(stages, head, size, output_stride=32):
    backbone = MobileNetV2(STAGES[:stages], stem_channels=8, last_channels=16, divisor=1)
    return Spec(backbone, head, 1.0, size, output_stride, batch_norm_epsilon=None)


@pytest.mark.parametrize(
    "network",
    [
        spec(2, Classifier(5), (24, 32)),
        spec(6, SSDLite(2, (8,), (3, 1, 1), tensorflow_anchors(3)), (64, 64)),
        spec(4, DeepLab(3, channels=8), (33, 33), 16),
    ],
    ids=["classifier", "detector", "segmenter"],
)
def test_its_integers_are_kept_and_give_litert_s_answers(tmp_path, network):
    graph = build(network)
    weights = dict(random_weights(graph, 3))
    for name in weights:
        if name.endswith(".bias"):
            weights[name] = weights[name] + np.float32(0.3)
    source, target = tmp_path / "float.tflite", tmp_path / "integers.tflite"
    source.write_bytes(to_tflite(graph, weights))
    noise = np.random.default_rng(0).uniform(-1, 1, (4, 1, *network.size, 3)).astype("f4")
    made = quantizer.Quantizer(str(source), recipe.static_wi8_ai8())
    statistics = made.calibrate({"serving_default": [{"input": picture} for picture in noise]})
    made.quantize(statistics).export_model(str(target))
    foreign = read_foreign(target)
    assert foreign.checkpoint.quantization is not None, foreign.notes
    assert foreign.checkpoint.spec.head.classes == network.head.classes
    parity = prove(target, foreign, example_pictures()[:1])
    assert parity.max_error == 0
    assert parity.layers.max_steps <= 1
