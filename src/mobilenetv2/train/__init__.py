"""Learning: the graph as a torch module, fine-tuning, and the one loop that all tasks share."""

from importlib import import_module
from typing import TYPE_CHECKING

from mobilenetv2.train.callbacks import Callback, RunStart
from mobilenetv2.train.classify.recipe import (
    Augmentation,
    Recipe,
    default_recipe,
    recipe_from_json,
)
from mobilenetv2.train.interrupt import TrainingInterrupted
from mobilenetv2.train.reporter import Reporter, Silent

if TYPE_CHECKING:
    from mobilenetv2.train.classify.finetune import fine_tune_classifier
    from mobilenetv2.train.detect.finetune import fine_tune_detector
    from mobilenetv2.train.module import GraphModule
    from mobilenetv2.train.segment.finetune import fine_tune_segmenter

__all__ = [
    "Augmentation",
    "Callback",
    "GraphModule",
    "Recipe",
    "Reporter",
    "RunStart",
    "Silent",
    "TrainingInterrupted",
    "default_recipe",
    "fine_tune_classifier",
    "fine_tune_detector",
    "fine_tune_segmenter",
    "recipe_from_json",
]

_OF_TORCH = {
    "GraphModule": "mobilenetv2.train.module",
    "fine_tune_classifier": "mobilenetv2.train.classify.finetune",
    "fine_tune_detector": "mobilenetv2.train.detect.finetune",
    "fine_tune_segmenter": "mobilenetv2.train.segment.finetune",
}

# Data and recipes can be looked at where there is no torch.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """What computes is imported when it is first used."""
        if name in _OF_TORCH:
            return getattr(import_module(_OF_TORCH[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
