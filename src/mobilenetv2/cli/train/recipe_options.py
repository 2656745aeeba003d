"""`--set FIELD=VALUE` and `--fields`: a recipe's fields on the command line."""

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem
from rich.markup import escape
from rich.table import Table

from mobilenetv2.cli.console import output

if TYPE_CHECKING:
    from mobilenetv2.train.recipe import LoopRecipe


class FieldValue(click.ParamType[str]):
    """`learning_rate=1e-3`; a shell that has completion completes the name."""

    name = "field=value"

    def shell_complete(
        self, ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Names that begin so; behind the sign, words that the field may be."""
        from mobilenetv2.train.recipe_fields import recipe_fields

        found = recipe_fields(recipe_kind(ctx))
        name, equals, begun = incomplete.partition("=")
        if equals:
            words = next((field.choices for field in found if field.name == name), ())
            return [CompletionItem(f"{name}={word}") for word in words if word.startswith(begun)]
        return [
            CompletionItem(f"{field.name}=", help=field.meaning)
            for field in found
            if field.name.startswith(name)
        ]


def recipe_kind(ctx: click.Context) -> "type[LoopRecipe]":
    """Of the command that is being run or completed."""
    from mobilenetv2.train.classify.recipe import Recipe
    from mobilenetv2.train.detect.recipe import DetectionRecipe
    from mobilenetv2.train.segment.recipe import SegmentationRecipe

    match ctx.info_name:
        case "detect":
            return DetectionRecipe
        case "segment":
            return SegmentationRecipe
        case _:
            return Recipe


class FieldsMeant(click.Group):
    """Commands with `--set`: an option that is none, but a field's name, is told as that."""

    def invoke(self, ctx: click.Context) -> object:
        """As a group does it.

        Raises:
            UsageError: an unknown option.
        """
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            field = _field_meant(error)
            if not field:
                raise
            raise click.UsageError(
                f"{error.option_name} is a field of the recipe: --set {field}=VALUE; --fields "
                "lists them all",
                error.ctx,
            ) from error


def _field_meant(error: click.NoSuchOption) -> str:
    from mobilenetv2.train.recipe_fields import recipe_fields

    if error.ctx is None:
        return ""
    name = error.option_name.lstrip("-").replace("-", "_")
    found = (field.name for field in recipe_fields(recipe_kind(error.ctx)))
    return next((one for one in found if name in (one, one.rpartition(".")[2])), "")


def show_fields(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    """A table of the recipe's fields with their defaults, and the end of the command."""
    if not wanted:
        return
    from mobilenetv2.train.recipe_fields import recipe_fields

    table = Table(box=None, pad_edge=False)
    for heading in ("field", "default", "what"):
        table.add_column(heading, no_wrap=heading != "what")
    for field in recipe_fields(recipe_kind(ctx)):
        table.add_row(*map(escape, (field.name, field.shown, field.meaning)))
    output().print(table)
    ctx.exit()
