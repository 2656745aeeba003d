"""`mobilenetv2 train`: teach a network on your own pictures."""

from typing import Literal, assert_never, get_args

import click

from mobilenetv2.cli.train.recipe_options import FieldsMeant
from mobilenetv2.cli.train.together import ARGUMENTS

Lesson = Literal["classify", "detect", "segment"]
"""What can be learnt, in the order of the paper."""


class Lessons(FieldsMeant):
    """Each command is imported when it is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """In the order of the paper."""
        return list(get_args(Lesson))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments as they came: --processes gives them to each process."""
        ctx.meta[ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import one command."""
        found: tuple[Lesson, ...] = get_args(Lesson)
        return next((_command(lesson) for lesson in found if lesson == name), None)


def _command(lesson: Lesson) -> click.Command:
    match lesson:
        case "classify":
            from mobilenetv2.cli.train.classify import classify

            return classify
        case "detect":
            from mobilenetv2.cli.train.detect import detect

            return detect
        case "segment":
            from mobilenetv2.cli.train.segment import segment

            return segment
        case _:
            assert_never(lesson)


@click.command(cls=Lessons)
def train() -> None:
    """Teach a network on your own pictures."""
