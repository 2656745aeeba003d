"""What `mobilenetv2 tune` does with the data and the recipe that a command of `train` has read."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from mobilenetv2.cli.console import counting, messages, output, print_json
from mobilenetv2.cli.evaluation_details import print_comparison
from mobilenetv2.cli.evaluation_files import Compared
from mobilenetv2.cli.loading import open_checkpoint
from mobilenetv2.cli.train.final_page import Judging
from mobilenetv2.cli.train.options import Run, run_reporter
from mobilenetv2.evaluate.compare_reports import Report, compare_reports
from mobilenetv2.model import Model
from mobilenetv2.weights.checkpoint import Checkpoint

if TYPE_CHECKING:
    from mobilenetv2.train.recipe import LoopRecipe
    from mobilenetv2.train.search import Tried
    from mobilenetv2.train.teach import RunOptions

    R = TypeVar("R", bound=LoopRecipe)

RECIPE = "recipe.json"


def search(
    run: Run,
    recipe: "R",
    figure: str,
    fit: "Callable[[Path, R, RunOptions], Checkpoint]",
    judge: Judging,
    compared_on: int,
) -> None:
    """Try recipes, compare the best with the first, write it down.

    Args:
        run: what was chosen about all runs.
        recipe: the first one.
        figure: by which epochs are ranked.
        fit: one run, judged on the pictures to choose by.
        judge: judges on the pictures to compare by.
        compared_on: how many these are.
    """
    from mobilenetv2.train.search import Search
    from mobilenetv2.train.state import write_text

    out = run.folder()
    with run_reporter() as reporter:
        options: RunOptions = {"device": run.device, "workers": run.workers, "license": run.license}
        first, best = Search(
            out, recipe, figure, say=reporter.say,
            train=lambda folder, one, callbacks: fit(
                folder, one, {**options, "reporter": reporter, "callbacks": callbacks}
            ),
        ).run(run.trials or 1, None if run.minutes is None else 60 * run.minutes)  # fmt: skip
    write_text(out / RECIPE, best.recipe.to_json() + "\n")
    if first is None:
        told = (
            f"The first recipe came to no end, so the best of the others, {100 * best.figure:.2f}, "
        )
        _tell(run, {"better": True}, told + "is compared with nothing.", out)
        return
    if best.folder == first.folder:
        _tell(run, {"better": False}, "No run was better than the first: its recipe stays.", out)
        return
    ours, theirs = (_judged(one, judge, compared_on) for one in (best, first))
    paired = compare_reports(ours, theirs)
    if not run.as_json:
        print_comparison("the best recipe", Compared("the first recipe", paired))
    found = "is beyond chance" if paired.beyond_chance else "may be chance"
    told = (
        f"By the half that it was chosen by the best recipe has {100 * best.figure:.2f}, the first "
        f"{100 * first.figure:.2f}: of many runs the best is lucky there. On the other half, "
        f"{compared_on} pictures that nothing was chosen by, the difference {found}; one run each."
    )
    _tell(run, {"better": paired.difference > 0} | paired.to_json(), told, out)


def require_no_search_conflict(run: Run) -> None:
    """See that a search was told nothing that is for one run.

    Raises:
        UsageError: an option that means nothing to a search.
    """
    for name, given in (("--resume", run.resume), ("--log", run.log), ("--teacher", run.teacher)):
        if given:
            raise click.UsageError(f"{name} is for `train`: a search makes runs of its own")


def _judged(tried: "Tried[R]", judge: Judging, pictures: int) -> Report:
    model = Model(open_checkpoint(str(tried.folder / "model.safetensors")))
    with counting("Comparing", pictures) as advance:
        return judge(model, advance).report


def _tell(run: Run, facts: dict[str, object], text: str, out: Path) -> None:
    path = out / RECIPE
    if run.as_json:
        print_json({"recipe": str(path)} | facts)
        messages().print(text, markup=False, soft_wrap=True)
        return
    output().print(text, markup=False, soft_wrap=True)
    output().print(f"Use it: mobilenetv2 train ... --recipe {path}", markup=False, soft_wrap=True)
