"""MobileNetV2 as a tool: classify, detect, segment, train, import public weights with proof.

import mobilenetv2

model = mobilenetv2.load()  # the embedded model; or a name, or a file of any known format
print(model.predict("cup.jpg").label)
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mobilenetv2.engine.compiled import CompiledClassifier
    from mobilenetv2.engine.compiled_model import CompiledModel
    from mobilenetv2.errors import (
        CheckpointError,
        DatasetError,
        DownloadError,
        GraphError,
        ImageError,
        MissingDependencyError,
        MobileNetV2Error,
        SourceError,
        SpecError,
        UnknownModelError,
    )
    from mobilenetv2.jobs.batch_predictor import BatchPredictor
    from mobilenetv2.model import Model, load
    from mobilenetv2.network.anchors import Anchors, tensorflow_anchors
    from mobilenetv2.network.build import build
    from mobilenetv2.network.count import Analysis, analyze
    from mobilenetv2.network.graph import Graph
    from mobilenetv2.network.spec import (
        SSD,
        Classifier,
        DeepLab,
        Hidden,
        MobileNetV1,
        MobileNetV2,
        ResNet101,
        Spec,
        SSDLite,
        Stage,
    )
    from mobilenetv2.preprocessing import Preprocessing
    from mobilenetv2.quantization import Quantized, quantize
    from mobilenetv2.sources.streaming import Frame
    from mobilenetv2.tasks.classify import Classification
    from mobilenetv2.tasks.detect import Detection
    from mobilenetv2.tasks.options import Options
    from mobilenetv2.tasks.results import Detections, Prediction, Segment, Segmentation
    from mobilenetv2.weights.checkpoint import Checkpoint, Metric, Provenance

    __version__: str

__all__ = [
    "SSD",
    "Analysis",
    "Anchors",
    "BatchPredictor",
    "Checkpoint",
    "CheckpointError",
    "Classification",
    "Classifier",
    "CompiledClassifier",
    "CompiledModel",
    "DatasetError",
    "DeepLab",
    "Detection",
    "Detections",
    "DownloadError",
    "Frame",
    "Graph",
    "GraphError",
    "Hidden",
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
    "Quantized",
    "ResNet101",
    "SSDLite",
    "Segment",
    "Segmentation",
    "SourceError",
    "Spec",
    "SpecError",
    "Stage",
    "UnknownModelError",
    "analyze",
    "build",
    "load",
    "quantize",
    "tensorflow_anchors",
]

_HOMES = {
    "mobilenetv2.network.count": (
        "Analysis",
        "analyze",
    ),
    "mobilenetv2.network.anchors": (
        "Anchors",
        "tensorflow_anchors",
    ),
    "mobilenetv2.engine.compiled": ("CompiledClassifier",),
    "mobilenetv2.engine.compiled_model": ("CompiledModel",),
    "mobilenetv2.errors": (
        "CheckpointError",
        "DatasetError",
        "DownloadError",
        "GraphError",
        "ImageError",
        "MissingDependencyError",
        "MobileNetV2Error",
        "SourceError",
        "SpecError",
        "UnknownModelError",
    ),
    "mobilenetv2.network.graph": ("Graph",),
    "mobilenetv2.jobs.batch_predictor": ("BatchPredictor",),
    "mobilenetv2.model": (
        "Model",
        "load",
    ),
    "mobilenetv2.network.build": ("build",),
    "mobilenetv2.preprocessing": ("Preprocessing",),
    "mobilenetv2.network.spec": (
        "SSD",
        "Classifier",
        "DeepLab",
        "Hidden",
        "MobileNetV1",
        "MobileNetV2",
        "ResNet101",
        "Spec",
        "SSDLite",
        "Stage",
    ),
    "mobilenetv2.quantization": (
        "Quantized",
        "quantize",
    ),
    "mobilenetv2.sources.streaming": ("Frame",),
    "mobilenetv2.tasks.classify": ("Classification",),
    "mobilenetv2.tasks.detect": ("Detection",),
    "mobilenetv2.tasks.options": ("Options",),
    "mobilenetv2.tasks.results": (
        "Detections",
        "Prediction",
        "Segment",
        "Segmentation",
    ),
    "mobilenetv2.weights.checkpoint": (
        "Checkpoint",
        "Metric",
        "Provenance",
    ),
}

# Hidden from type checkers, which shall know every name.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Public names are imported when they are first used: a small program starts at once."""
        if name == "__version__":
            from importlib.metadata import version

            return version("mobilenetv2")
        for home, names in _HOMES.items():
            if name in names:
                value: object = getattr(import_module(home), name)
                globals()[name] = value
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
