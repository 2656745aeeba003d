"""The options of a prediction on the command line, made from what `Options` says of itself."""

from collections.abc import Callable, Iterable
from functools import update_wrapper
from math import inf
from typing import assert_never

import click

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.cli.scales import read_scales
from mobilenetv2.tasks.options import DEFAULTS, RULES, Options, options_of

Command = Callable[..., None]


def prediction_options(tasks: Iterable[Task]) -> Callable[[Command], Command]:
    """--top to --flip, as far as they are for these tasks, gathered in one argument `options`."""
    names = list(dict.fromkeys(name for task in tasks for name in options_of(task)))

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


def check_task(options: Options, task: Task) -> None:
    """Refuse an option that the model would not look at.

    Raises:
        UsageError: there is one.
    """
    try:
        options.check(task)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _option(name: str) -> Callable[[Command], Command]:
    rule = RULES[name]
    default = getattr(DEFAULTS, name)
    text = f"{_users(rule.task)}: {rule.help}" if rule.task else rule.help
    flag = f"--{name.replace('_', '-')}"
    if rule.several:
        shown = ",".join(f"{number:g}" for number in default)
        text = f"{text.removesuffix('.')}; default: {shown}."
        return click.option(flag, metavar="A,B,...", callback=read_scales, help=text)
    if isinstance(default, bool):
        return click.option(flag, is_flag=True, help=text)
    kind: click.ParamType[object] = (
        click.IntRange(int(rule.low), None if rule.high == inf else int(rule.high))
        if isinstance(default, int)
        else click.FloatRange(rule.low, None if rule.high == inf else rule.high)
    )
    return click.option(flag, default=default, show_default=True, type=kind, help=text)


def _users(task: Task) -> str:
    match task:
        case "classification":
            return "Classifiers"
        case "detection":
            return "Detectors"
        case "segmentation":
            return "Segmenters"
        case _:
            assert_never(task)
