"""MobileNetV2 as a tool: classify, detect, segment, train, import public weights with proof.

import mobilenetv2

model = mobilenetv2.load()  # the embedded model; or a name, or a file of any known format
print(model.predict("cup.jpg").label)
"""

from mobilenetv2.analyze import Analysis, analyze
from mobilenetv2.anchors import Anchors, tensorflow_anchors
from mobilenetv2.errors import (
    CheckpointError,
    DatasetError,
    DownloadError,
    GraphError,
    ImageError,
    MissingDependencyError,
    MobileNetV2Error,
    SpecError,
    UnknownModelError,
)
from mobilenetv2.graph import Graph
from mobilenetv2.model import Model, load
from mobilenetv2.network import build
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.spec import (
    SSD,
    Classifier,
    DeepLab,
    MobileNetV1,
    MobileNetV2,
    ResNet101,
    Spec,
    SSDLite,
    Stage,
)
from mobilenetv2.tasks.classify import Classification
from mobilenetv2.tasks.detect import Detection
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.results import Detections, Prediction, Segment, Segmentation
from mobilenetv2.weights.checkpoint import Checkpoint, Metric, Provenance

__all__ = [
    "SSD",
    "Analysis",
    "Anchors",
    "Checkpoint",
    "CheckpointError",
    "Classification",
    "Classifier",
    "DatasetError",
    "DeepLab",
    "Detection",
    "Detections",
    "DownloadError",
    "Graph",
    "GraphError",
    "ImageError",
    "Metric",
    "MissingDependencyError",
    "MobileNetV1",
    "MobileNetV2",
    "MobileNetV2Error",
    "Model",
    "Options",
    "Prediction",
    "Preprocessing",
    "Provenance",
    "ResNet101",
    "SSDLite",
    "Segment",
    "Segmentation",
    "Spec",
    "SpecError",
    "Stage",
    "UnknownModelError",
    "analyze",
    "build",
    "load",
    "tensorflow_anchors",
]


def __getattr__(name: str) -> str:
    # Reading the installed metadata takes 50 ms of an import that should take 100.
    if name == "__version__":
        from importlib.metadata import version

        return version("mobilenetv2")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
