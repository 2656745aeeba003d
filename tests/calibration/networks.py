"""Small float networks of every head, and pictures for them."""

from dataclasses import replace

import numpy as np

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import (
    SSD,
    Classifier,
    DeepLab,
    MobileNetV1,
    MobileNetV2,
    Spec,
    SSDLite,
)
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.weights.checkpoint import Checkpoint, Provenance
from mobilenetv2.weights.fold import fold_checkpoint

NARROW = MobileNetV2(last_channels=64)
CLASSIFIER = Spec(backbone=NARROW, width=0.2, size=(48, 40), head=Classifier(5))
SPECS = {
    "classifier": CLASSIFIER,
    "torch padding": Spec(
        backbone=NARROW, width=0.35, size=(41, 40), head=Classifier(3), padding="torch"
    ),
    "relu6 bottleneck": replace(
        CLASSIFIER, backbone=MobileNetV2(last_channels=64, bottleneck_activation="relu6")
    ),
    "expansion shortcut": replace(
        CLASSIFIER, backbone=MobileNetV2(last_channels=64, shortcut="expansion")
    ),
    "v1": Spec(backbone=MobileNetV1(), width=0.1, size=(48, 48), head=Classifier(4)),
    "ssd": Spec(
        backbone=NARROW,
        width=0.1,
        size=(96, 80),
        head=SSD(3, (32, 32), (1, 3, 3, 1), tensorflow_anchors(4)),
    ),
    "ssdlite": Spec(
        backbone=NARROW,
        width=0.1,
        size=(96, 80),
        head=SSDLite(3, (32, 32), (3,) * 4, tensorflow_anchors(4)),
    ),
    "deeplab": Spec(width=0.1, size=(65, 65), head=DeepLab(3, channels=16), output_stride=16),
    "deeplab with aspp": Spec(
        width=0.1, size=(65, 65), head=DeepLab(3, (2, 3), channels=16), output_stride=16
    ),
}


def floats(spec: Spec, seed: int = 3) -> Checkpoint:
    """A random folded float checkpoint."""
    return fold_checkpoint(
        Checkpoint(
            spec=spec,
            weights=random_weights(build(spec), seed),
            preprocessing=Preprocessing(size=spec.size),
            labels=tuple(f"class {index}" for index in range(spec.head.classes)),
            provenance=Provenance("random weights"),
            license="CC0-1.0",
        )
    )


def pictures(spec: Spec, count: int, seed: int = 0) -> list[Pixels]:
    """Blurred noise: neighboring pixels go together, as those of pictures do."""
    random = np.random.default_rng(seed)
    height, width = spec.size
    coarse = random.integers(0, 256, (count, -(-height // 8), -(-width // 8), 3))
    fine = coarse.repeat(8, 1).repeat(8, 2)[:, :height, :width]
    noisy = np.clip(fine + random.integers(-40, 41, fine.shape), 0, 255)
    return list(noisy.astype(np.uint8))
