"""Small checkpoints that nothing but their own word explains: no convention fits them."""

from dataclasses import replace

import numpy as np

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.network.anchors import Anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import (
    SSD,
    Classifier,
    DeepLab,
    MobileNetV1,
    MobileNetV2,
    Spec,
    SSDLite,
    Stage,
)
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.checkpoint import Checkpoint, Metric, Provenance
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.quantized import DequantizedWeights
from tests.export.integers import Kind, quantize

ANCHORS = Anchors(
    (
        ((0.1, 0.13), (0.21, 0.17)),
        ((0.3, 0.3), (0.25, 0.5), (0.5, 0.25)),
        ((0.7, 0.6),),
        ((0.9, 0.95), (0.8, 0.4)),
    ),
    cell_pixels=(16.0, 32.0, 64.0, 96.0),
    clip_centers=True,
)
SHALLOW = MobileNetV2(
    stages=(Stage(1, 8, 1, 1), Stage(3, 12, 2, 2), Stage(6, 16, 1, 2), Stage(2, 16, 2, 2),
            Stage(2, 24, 1, 2)),
    stem_channels=11, last_channels=40, last_channel="scaled", divisor=1,
)  # fmt: skip
DETECTOR = SSDLite(
    3, (16, 12), (3, 1, 3, 1), ANCHORS, scores="sigmoid", box_scales=(8.0, 7.0, 4.0, 3.0)
)

SPECS = {
    "classifier": Spec(SHALLOW, Classifier(5), size=(48, 40), padding="torch"),
    "multi-label": Spec(SHALLOW, Classifier(5, scores="sigmoid"), size=(48, 40)),
    "ablations": Spec(
        MobileNetV2(shortcut="expansion", bottleneck_activation="relu6"),
        Classifier(3), width=0.1, size=(64, 64), batch_norm_epsilon=None,
    ),
    "MobileNetV1": Spec(MobileNetV1(), Classifier(4), width=0.1, size=(64, 64)),
    "SSD": Spec(
        SHALLOW, SSD(2, (16, 12), (3, 1, 3, 3), ANCHORS, tap="output"), size=(96, 80)
    ),
    "SSDLite": Spec(SHALLOW, DETECTOR, size=(96, 80), padding="torch"),
    "SSDLite of residuals": Spec(
        SHALLOW, replace(DETECTOR, scores="softmax", extra_expansions=(0.2, 0.5)), size=(80, 96)
    ),
    "DeepLab": Spec(SHALLOW, DeepLab(4, channels=9), size=(65, 49), output_stride=16),
    "DeepLab with ASPP": Spec(
        SHALLOW, DeepLab(4, (2, 3), channels=9), size=(65, 49), output_stride=8
    ),
}  # fmt: skip
"""One of every head, on backbones that nobody else has."""

LABELS = ('größer, "als"', "犬", "two\nlines", "  spaces  ", "")


def peculiar(name: str) -> Checkpoint:
    """A checkpoint in real numbers."""
    spec = SPECS[name]
    return Checkpoint(
        spec=spec,
        weights=random_weights(build(spec), 7),
        preprocessing=Preprocessing(
            spec.size, "pad" if isinstance(spec.head, DeepLab) else "squash", 0.9, "bicubic",
            (0.41, 0.52, 0.47), (0.31, 0.27, 0.29),
        ),
        labels=LABELS[: spec.head.classes],
        provenance=Provenance("made up", "ab" * 32, ("trained", "twice")),
        license="CC0-1.0; \"quoted\" <and> ünïcode",
        metrics=(Metric("top1", 0.5, "pictures", "test", 12),),
        recipe='{"epochs": 3}',
    )  # fmt: skip


def peculiar_integers(name: str, kind: Kind = "int8 per channel") -> Checkpoint:
    """The same in integers."""
    folded = fold_checkpoint(peculiar(name))
    graph = build(folded.spec)
    picture = np.random.default_rng(2).normal(0, 1.2, (1, *graph.input.shape)).astype(np.float32)
    integers = quantize(graph, folded.weights, picture, kind)
    return replace(folded, weights=DequantizedWeights(graph, integers), quantization=integers)
