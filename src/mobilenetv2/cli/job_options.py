"""--out and what goes with it: a job of many pictures, in parts that outlive a kill."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from pathlib import Path
from typing import get_args

import click

from mobilenetv2.errors import OptionError
from mobilenetv2.jobs.encode import Format
from mobilenetv2.jobs.shard import ALL, Shard, read_shard

Command = Callable[..., None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedJob:
    """Where results go, and which of them this machine makes."""

    out: Path
    format: Format = "jsonl"
    part_size: int | None = None
    shard: Shard = ALL
    on: str | None = None
    """None: this machine; "": Ray where it is; else Ray at this address."""


def _read_shard(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> Shard | None:
    try:
        return read_shard(text) if text is not None else None
    except OptionError as error:
        raise click.BadParameter(str(error)) from error


def _read_on(_ctx: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    if text is None:
        return None
    engine, _, address = text.partition(":")
    if engine != "ray":
        raise click.BadParameter(f"jobs work here or on ray, as ray or ray:HOST:6379, got {text!r}")
    return address


_OPTIONS = (
    click.option(
        "--out", metavar="DIR", type=click.Path(path_type=Path, file_okay=False),
        help="As --json, in parts that outlive kills.",
    ),
    click.option("--format", type=click.Choice(get_args(Format)), help="Of parts; default: jsonl."),
    click.option(
        "--part-size", metavar="N", type=click.IntRange(1), help="Pictures a part.",
    ),
    click.option("--shard", metavar="K/N", callback=_read_shard, help="Only the Kth of N shares."),
    click.option("--on", metavar="ray[:ADDRESS]", callback=_read_on, help="Where else to work."),
    click.option("--resume", is_flag=True, help="Go on, as --out does in any case."),
)  # fmt: skip


def job_options(command: Command) -> Command:
    """--out to --resume, gathered in one argument `job`: None without --out."""

    def gathered(**given: object) -> None:
        names = ("out", "format", "part_size", "shard", "on", "resume")
        chosen = {name: value for name in names if (value := given.pop(name)) not in (None, False)}
        # What is there goes on in any case: nobody can lose a part by forgetting a word.
        resumes = chosen.pop("resume", False)
        if "out" not in chosen and (chosen or resumes):
            names_given = [f"--{name.replace('_', '-')}" for name in chosen]
            first = names_given[0] if names_given else "--resume"
            raise click.UsageError(f"{first} goes with --out DIR")
        command(**given, job=WantedJob(**chosen) if chosen else None)  # type: ignore[arg-type]

    decorated: Command = update_wrapper(gathered, command)
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated
