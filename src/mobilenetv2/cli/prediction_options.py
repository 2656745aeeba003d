"""The options of a prediction on the command line, made from what `Options` says of itself."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import update_wrapper
from math import inf
from typing import Protocol, assert_never

import click

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.cli.number_range import NumberRange
from mobilenetv2.cli.scales import read_scales
from mobilenetv2.tasks.options import DEFAULTS, RULES, Options, options_of

Command = Callable[..., None]

USERS: dict[Task, str] = {
    "classification": "classifiers",
    "detection": "detectors",
    "segmentation": "segmenters",
}
"""Models by their task, as help texts call them."""


class Checks(Protocol):
    """Whatever knows which options it looks at: a model of any kind."""

    def check(self, options: Options) -> None:
        """Raise a ValueError about one that it does not."""
        ...


def prediction_options(
    tasks: Iterable[Task], but: Collection[str] = ()
) -> Callable[[Command], Command]:
    """--top to --stretch, as far as they are for these tasks, gathered in one argument `options`.

    Args:
        tasks: of the models that the command takes.
        but: options that the command does not offer.
    """
    every = dict.fromkeys(name for task in tasks for name in options_of(task))
    names = [name for name in every if name not in but]

    def decorate(command: Command) -> Command:
        def gathered(**given: object) -> None:
            chosen = {name: given.pop(name) for name in names}
            try:
                options = Options(**{k: v for k, v in chosen.items() if v is not None})  # type: ignore[arg-type]
            except ValueError as error:
                raise click.UsageError(str(error)) from error
            command(**given, options=options)

        decorated: Command = update_wrapper(gathered, command)
        for name in reversed(names):
            decorated = _option(name)(decorated)
        return decorated

    return decorate


def check_options(options: Options, model: Checks) -> None:
    """Refuse an option that the model would not look at.

    Raises:
        UsageError: there is one.
    """
    try:
        model.check(options)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _option(name: str) -> Callable[[Command], Command]:
    rule = RULES[name]
    default = getattr(DEFAULTS, name)
    text = f"{_users(rule.tasks)}: {rule.help}" if rule.tasks else rule.help
    flag = f"--{name.replace('_', '-')}"
    match rule.kind:
        case "numbers":
            shown = ",".join(f"{number:g}" for number in default)
            text = f"{text.removesuffix('.')}; default: {shown}."
            return click.option(flag, metavar="A,B,...", callback=read_scales, help=text)
        case "names":
            return click.option(flag, metavar="A,B,...", multiple=True, help=text)
        case "word":
            kind = click.Choice(rule.words)
            return click.option(flag, type=kind, default=default, show_default=True, help=text)
        case "count":
            least = click.IntRange(int(rule.low))
            return click.option(flag, metavar="N", type=least, help=text)
        case "number":
            pass
        case _:
            assert_never(rule.kind)
    if isinstance(default, bool):
        return click.option(flag, is_flag=True, help=text)
    span: click.ParamType[object] = (
        click.IntRange(int(rule.low), None if rule.high == inf else int(rule.high))
        if isinstance(default, int)
        else NumberRange(rule.low, None if rule.high == inf else rule.high)
    )
    # click's own words for a range would leave no room beside them.
    metavar = "N" if isinstance(default, int) else "X"
    told = default is not None
    return click.option(
        flag, metavar=metavar, default=default, show_default=told, type=span, help=text
    )


def _users(tasks: Sequence[Task]) -> str:
    return " and ".join(USERS[task] for task in tasks).capitalize()
