"""The options that say what masks mean, the same for every command that judges by them."""

from collections.abc import Callable
from functools import update_wrapper
from pathlib import Path

import click

from mobilenetv2.datasets.declared_masks import DeclaredMasks
from mobilenetv2.datasets.read_mask import IGNORED

Command = Callable[..., None]

_FILE = click.Path(path_type=Path, dir_okay=False)


def mask_options(who: str) -> Callable[[Command], Command]:
    """--masks, --labels, --colors and --ignore, gathered in one argument `declared`.

    Args:
        who: begins their help texts, such as "Segmenter".
    """

    def decorate(command: Command) -> Command:
        def gathered(
            masks: Path | None,
            labels: Path | None,
            colors: Path | None,
            ignore: tuple[int, ...],
            **others: object,
        ) -> None:
            command(**others, declared=DeclaredMasks(masks, labels, colors, frozenset(ignore)))

        decorated: Command = update_wrapper(gathered, command)
        for option in reversed(_options(who)):
            decorated = option(decorated)
        return decorated

    return decorate


def _options(who: str) -> tuple[Callable[[Command], Command], ...]:
    return (
        click.option("--masks", type=click.Path(path_type=Path), help=f"{who}: a folder of masks."),
        click.option("--labels", type=_FILE, help=f"{who}: names of the masks' ids, one a line."),
        click.option(
            "--colors",
            type=_FILE,
            help=f"{who}: for masks in colors, lines of name,red,green,blue.",
        ),
        click.option(
            "--ignore",
            multiple=True,
            type=click.IntRange(0, 65535),
            help=f"{who}: an id that is no class, besides {IGNORED}; may be repeated.",
        ),
    )
