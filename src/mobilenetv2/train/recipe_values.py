"""A recipe with some of its fields given as words: `learning_rate=1e-3`, `augmentation.flip=0`."""

import json
from collections.abc import Sequence
from difflib import get_close_matches
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

from mobilenetv2.errors import CheckpointError, RecipeError, SpecError
from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.train.recipe_fields import RecipeField, recipe_fields
from mobilenetv2.weights.plain import from_plain, to_plain

R = TypeVar("R", bound=LoopRecipe)


def with_values(recipe: R, given: Sequence[str]) -> R:
    """The recipe with the fields that were given, all at once, by its own rules.

    Where `epochs` is given and `warmup_epochs` is not, warming up takes a quarter of them at most,
    as a rate that rises through the whole of a short run never falls.

    Args:
        recipe: whatever it says of other fields stays.
        given: each `field=value`, a later one over an earlier one.

    Raises:
        RecipeError: no such field, with the one that was meant; a value of another kind; or one
            outside its range.
    """
    if not given:
        return recipe
    known = {field.name: field for field in recipe_fields(type(recipe))}
    values = dict(_split(text, known) for text in given)
    plain: Any = to_plain(recipe)
    for name, text in values.items():
        part, _, leaf = name.rpartition(".")
        inside = plain[part] if part else plain
        holder = type(getattr(recipe, part) if part else recipe)
        inside[leaf] = _value(text, get_type_hints(holder)[leaf])
    if "epochs" in values and "warmup_epochs" not in values:
        plain["warmup_epochs"] = _warmup(recipe.warmup_epochs, plain["epochs"])
    try:
        return from_plain(type(recipe), plain, "recipe")
    except (CheckpointError, SpecError) as error:
        words = " ".join(f"--set {name}={text}" for name, text in values.items())
        raise RecipeError(f"{words}: {error}") from error


def _split(text: str, known: dict[str, RecipeField]) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals:
        raise RecipeError(f"--set takes field=value, such as learning_rate=1e-3, got {text!r}")
    if name not in known:
        # The end of a name is enough where it is one field's alone: flip for augmentation.flip.
        ends = [one for one in known if one.rpartition(".")[2] == name]
        near = ends or get_close_matches(name, known, 3, 0.6)
        meant = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
        raise RecipeError(f"--set {text}: a recipe has no field {name!r}; {meant}")
    return name, value.strip()


def _value(text: str, kind: object) -> object:
    """A number, true, false or none; two numbers with an x between; a list as JSON; else a word.

    One side of a size stands for both.
    """
    if text.lower() == "none" and NoneType in get_args(kind):
        return None
    sides = text.lower().split("x")
    try:
        value = json.loads(text) if len(sides) != 2 else [json.loads(side) for side in sides]
    except ValueError:
        return text
    is_size = kind == (tuple[int, int] | None)
    return [value, value] if is_size and not isinstance(value, list) else value


def _warmup(warmup: float, epochs: object) -> float:
    return min(warmup, epochs / 4) if isinstance(epochs, int) else warmup
