"""Learning: the graph as a torch module, fine-tuning, and the one loop that all tasks share."""

from mobilenetv2.train.classify.finetune import fine_tune_classifier
from mobilenetv2.train.classify.recipe import Augmentation, Recipe, recipe_from_json
from mobilenetv2.train.interrupt import TrainingInterrupted
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.task import Reporter, Silent

__all__ = [
    "Augmentation",
    "GraphModule",
    "Recipe",
    "Reporter",
    "Silent",
    "TrainingInterrupted",
    "fine_tune_classifier",
    "recipe_from_json",
]
