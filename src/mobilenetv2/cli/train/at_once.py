"""What no data can make right is refused before any are read."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from mobilenetv2.cli.train.first import NOTHING, SIZE, require_no_width
from mobilenetv2.cli.train.options import Run
from mobilenetv2.cli.train.search import require_no_search_conflict

if TYPE_CHECKING:
    from mobilenetv2.train.recipe import LoopRecipe

    R = TypeVar("R", bound=LoopRecipe)


def refuse_at_once(
    run: Run, model: str, parse: "Callable[[str], R]", default: "Callable[[], R]"
) -> "R":
    """See that options and recipe agree; the recipe of as few pictures as there may be.

    Args:
        run: the options that all tasks share.
        model: the first weights' name.
        parse: as for `Run.recipe`.
        default: the recipe of one picture: of more it has as many epochs or fewer.

    Raises:
        UsageError: options that contradict each other.
        RecipeError: a value out of range, fields that contradict each other, a device that is not
            there.
        TrainingError: a run to go on with that has not begun.
        MissingDependencyError: a log's library.
    """
    from mobilenetv2.train.conflicts import check_conflicts

    require_no_width(model, run)
    if run.trials:
        require_no_search_conflict(run)
    recipe = run.recipe(parse, default)
    check_conflicts(recipe, at_rest=model == NOTHING, minutes=run.minutes)
    if not run.dry_run:
        from mobilenetv2.train.compute import choose_compute
        from mobilenetv2.train.loggers.choose import logger

        choose_compute(run.device, recipe.precision, recipe.size or SIZE)
        for name in run.log:
            logger(name)
    return recipe
