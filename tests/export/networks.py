"""Small networks of every head and every kind of node, and what the reference makes of them."""

from dataclasses import dataclass

import numpy as np

from mobilenetv2.engine.reference import random_weights, reference_runner
from mobilenetv2.export.layout import from_nhwc, to_nhwc
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.builder import Builder
from mobilenetv2.network.graph import Graph
from mobilenetv2.network.spec import (
    SSD,
    Classifier,
    DeepLab,
    MobileNetV2,
    Spec,
    SSDLite,
)
from mobilenetv2.weights.checkpoint import Array, Weights

_FOUR = ((32, 32), (3,) * 4, tensorflow_anchors(4))
_PLAIN = Spec(width=0.1, size=(48, 40), head=Classifier(7), batch_norm_epsilon=None)

NETWORKS = {
    "classifier": _PLAIN,
    "torch padding, odd sizes": Spec(
        width=0.1, size=(47, 50), head=Classifier(7), padding="torch", batch_norm_epsilon=None
    ),
    "ablations": Spec(
        backbone=MobileNetV2(shortcut="expansion", bottleneck_activation="relu6"),
        width=0.1, size=(64, 64), head=Classifier(3), batch_norm_epsilon=None,
    ),
    "SSDLite": Spec(width=0.1, size=(96, 80), head=SSDLite(3, *_FOUR), batch_norm_epsilon=None),
    "SSD": Spec(
        width=0.1, size=(96, 80), head=SSD(3, *_FOUR), padding="torch", batch_norm_epsilon=None
    ),
    "DeepLab": Spec(
        width=0.1, size=(65, 65), head=DeepLab(3, channels=16), output_stride=16,
        batch_norm_epsilon=None,
    ),
    "DeepLab with ASPP": Spec(
        width=0.1, size=(65, 49), head=DeepLab(3, (2, 3), channels=16), output_stride=8,
        batch_norm_epsilon=None,
    ),
}  # fmt: skip


def small_resnet() -> Graph:
    """The kinds of node that MobileNetV2 lacks: maximum pools, with pads, and a ReLU on a sum."""
    builder = Builder((33, 30), "torch", None)
    root = builder.conv("root", builder.input, 8, kernel=3, activation="relu")
    pooled = builder.max_pool("pool", root, kernel=3, stride=2)
    filtered = builder.conv("filter", pooled, 8, kernel=3, dilation=2, activation="none")
    total = builder.add("add", filtered, pooled, "relu")
    resized = builder.resize("resize", total, (20, 25), "half_pixel")
    return builder.finish(total, resized, builder.add("limited", total, filtered, "relu6"))


GRAPHS = {name: build(spec) for name, spec in NETWORKS.items()} | {"ResNet": small_resnet()}


@dataclass(frozen=True)
class Case:
    """A network with weights, a picture, and the reference's answer."""

    graph: Graph
    weights: Weights
    picture: Array
    expected: dict[str, Array]

    def error(self, run, layout) -> float:
        """The largest difference of a runtime's outputs, over the range of the output."""
        found = run(from_nhwc(self.picture, layout))
        assert set(found) == set(self.graph.outputs)
        errors = []
        for name, expected in self.expected.items():
            ours = to_nhwc(found[name], layout, self.graph.by_name[name].shape)
            scale = np.ptp(expected) or np.abs(expected).max() or 1
            errors.append(np.abs(ours - expected).max() / scale)
        return float(max(errors))


def case(graph: Graph) -> Case:
    weights = random_weights(graph, 3)
    random = np.random.default_rng(0)
    picture = random.uniform(-1, 1, (1, *graph.input.shape)).astype(np.float32)
    return Case(graph, weights, picture, reference_runner(graph, weights)(picture))
