"""What every tool is told of an epoch."""

from collections.abc import Mapping

from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.train.recipe_fields import recipe_fields
from mobilenetv2.weights.plain import to_plain

PLACES = ("epoch", "step")


def figures(row: Mapping[str, float]) -> dict[str, float]:
    """A row of the log, "train/loss" for train_loss, without what says where it stands."""
    return {
        name.replace("_", "/", 1) if name.startswith(("train_", "val_", "raw_")) else name: value
        for name, value in row.items()
        if name not in PLACES
    }


def settings(recipe: LoopRecipe) -> dict[str, object]:
    """A recipe's fields by the names that `--set` takes."""
    found: dict[str, object] = {}
    for field in recipe_fields(type(recipe)):
        value: object = recipe
        for part in field.name.split("."):
            value = getattr(value, part)
        found[field.name] = to_plain(value)
    return found
