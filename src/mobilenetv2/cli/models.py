"""`mobilenetv2 models`: what can be loaded by name, and downloading it ahead."""

from dataclasses import asdict
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

import click
from rich.table import Table

from mobilenetv2.catalog.embedded import EmbeddedWeights
from mobilenetv2.catalog.entries import CATALOG, Entry, find
from mobilenetv2.cli.console import output, print_json
from mobilenetv2.cli.progress import download_progress
from mobilenetv2.errors import UnknownModelError
from mobilenetv2.weights.public.fetch import cached, fetch


@click.command()
@click.option(
    "--fetch", "names", metavar="NAME", multiple=True, help="Download this model now; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, with all fields.")
@click.option("--quiet", "-q", is_flag=True, help="No progress on the standard error stream.")
def models(names: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """List the models that have a name, or download some of them ahead.

    \b
    Environment:
      MOBILENETV2_CACHE    the folder to keep downloads in
      MOBILENETV2_OFFLINE  1: never use the network
      MOBILENETV2_MIRROR   a folder or http(s) address that has the files, asked
                           instead of the publishers
    """
    wanted = [_require(name) for name in names] or list(CATALOG)
    for entry in wanted if names else ():
        _download(entry, quiet=quiet or as_json)
    if as_json:
        for entry in wanted:
            print_json(_fields(entry))
    elif names:
        for entry in wanted:
            click.echo(f"{entry.name}: {_path(entry) or 'comes with the package'}")
    else:
        output().print(_table())
        output().print()
        for entry in CATALOG:
            if isinstance(entry, EmbeddedWeights):
                output().print(f"{entry.name}: {entry.note}", markup=False, soft_wrap=True)


def _require(name: str) -> Entry:
    entry = find(name)
    if entry is None:
        known = [item.name for item in CATALOG]
        near = get_close_matches(name, known, n=3, cutoff=0.4) or known
        raise UnknownModelError(
            f"--fetch takes a name of the catalogue, got {name!r}. Near it: {', '.join(near)}; "
            "all names: mobilenetv2 models"
        )
    return entry


def _download(entry: Entry, *, quiet: bool) -> None:
    if isinstance(entry, EmbeddedWeights):
        return
    try:
        with download_progress(entry.name, quiet=quiet) as report:
            fetch(entry, report)
    except KeyboardInterrupt:
        click.echo(
            f"What arrived of {entry.name} is kept; ask again to go on from there.", err=True
        )
        raise


def _path(entry: Entry) -> Path | None:
    """Where the file is on this machine, if it is."""
    if isinstance(entry, EmbeddedWeights):
        path = Path(str(files("mobilenetv2").joinpath("data", entry.file)))
        return path if path.is_file() else None
    return cached(entry)


def _where(entry: Entry) -> str:
    if isinstance(entry, EmbeddedWeights):
        return "embedded"
    return "remote" if cached(entry) is None else "cached"


def _fields(entry: Entry) -> dict[str, object]:
    path = _path(entry)
    unknown = {"urls": (), "sha256": None}
    return (
        unknown
        | asdict(entry)
        | {
            "bytes": _bytes(entry),
            "where": _where(entry),
            "path": None if path is None else str(path),
        }
    )


def _bytes(entry: Entry) -> int | None:
    path = _path(entry)
    if path is not None:
        return path.stat().st_size
    return None if isinstance(entry, EmbeddedWeights) else entry.bytes


def _table() -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, collapse_padding=True)
    table.add_column("name", no_wrap=True)
    for column in ("task", "figure published", "size", "licence", "where"):
        table.add_column(column, justify="right" if column == "size" else "left")
    for entry in CATALOG:
        size = _bytes(entry)
        table.add_row(
            entry.name,
            entry.task,
            entry.figure or "-",
            "-" if size is None else f"{size / 1e6:.1f} MB",
            entry.license,
            _where(entry),
        )
    return table
