"""Options of a run that leave each other no sense, whatever the data are."""

from mobilenetv2.errors import RecipeError
from mobilenetv2.train.recipe import LoopRecipe


def check_conflicts(recipe: LoopRecipe, *, at_rest: bool, minutes: float | None) -> None:
    """Refuse what can be seen before any data are read. Needs no torch.

    Args:
        recipe: whose own rules hold already.
        at_rest: whether the first weights are random.
        minutes: a time limit; None: there is none.

    Raises:
        RecipeError: random weights that are to stay so; a time limit that is none, or before epochs
            in integers, which must not begin at any moment.
    """
    if minutes is not None and not minutes > 0:
        raise RecipeError(f"minutes must be above 0, got {minutes:g}")
    if recipe.freeze != "none" and at_rest:
        raise RecipeError(
            f"freeze must be none where the first weights are random, got {recipe.freeze!r}"
        )
    if minutes is not None and recipe.quantize_epochs:
        raise RecipeError(
            f"a time limit must leave quantize_epochs at 0, got {recipe.quantize_epochs}: train in "
            "floats within it, then a few epochs from those first weights in integers"
        )
