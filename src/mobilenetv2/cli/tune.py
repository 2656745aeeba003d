"""`mobilenetv2 tune`: look for a better recipe, in runs of `train`."""

from typing import get_args

import click

from mobilenetv2.cli.train import Lesson, train
from mobilenetv2.cli.train.recipe_options import FieldsMeant

TRIALS = click.Option(
    ["--trials"], type=click.IntRange(min=1), default=20, show_default=True,
    help="Runs in all; those of an earlier call in --out count.",
)  # fmt: skip

ABOUT = """Look for a better recipe, in runs of `train {lesson}`.

The options are those of `train {lesson}`, whose recipe is the first to be tried. Runs are judged by
half of the validation pictures; --minutes is a limit of the whole search. Runs that are worse than
half of the others at the same epoch are ended. In the end the best recipe is compared with
the first one's on the other half of the validation pictures, which nothing was chosen by, and
recipe.json in --out is what `train --recipe` takes. A search that was stopped or killed goes on by
the same command."""


class Searches(FieldsMeant):
    """The commands of `train`, each with --trials."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """In the order of the paper."""
        return list(get_args(Lesson))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import one command."""
        command = train.get_command(ctx, name) if isinstance(train, click.Group) else None
        if command is None:
            return None
        return click.Command(
            name, callback=command.callback, params=[TRIALS, *command.params],
            help=ABOUT.format(lesson=name), short_help="Look for a better recipe.",
        )  # fmt: skip


@click.command(cls=Searches)
def tune() -> None:
    """Look for a better recipe than the default one."""
