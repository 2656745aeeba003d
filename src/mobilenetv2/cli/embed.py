"""`mobilenetv2 embed`: pictures as the numbers that a network sees in them."""

import sys
from pathlib import Path

import click
from rich.markup import escape

from mobilenetv2.cli.console import counting, messages, note, output
from mobilenetv2.cli.loading import open_model
from mobilenetv2.cli.outputs.embeddings import open_embeddings
from mobilenetv2.cli.streams import ended_by_signals
from mobilenetv2.errors import ImageError
from mobilenetv2.model import DEFAULT_MODEL
from mobilenetv2.sources.input import Input
from mobilenetv2.sources.side_by_side import worked
from mobilenetv2.sources.words import sources_of


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="A file or a known name.")
@click.option(
    "--out", required=True, metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
    help="NAME.npy, with the pictures' paths in NAME.txt, or NAME.parquet (needs pyarrow).",
)  # fmt: skip
@ended_by_signals()
def embed(paths: tuple[str, ...], model: str, out: Path) -> None:
    """Write what the network sees in pictures: 1280 numbers each, at width 1.

    \b
    mobilenetv2 embed photos/ --out photos.npy

    Pictures that look alike have numbers that lie close: for search, for duplicates, for sorting,
    for a classifier of one's own. Exit status 1 when a picture could not be read; it is left out.
    """
    sources = sources_of(paths, note)
    pictures = [source for source in sources if isinstance(source, Input)]
    if len(pictures) < len(sources):
        raise click.UsageError("embed takes pictures, and a source is a video")
    loaded = open_model(model)
    run = loaded.feature_runner
    failures = 0
    with (
        open_embeddings(out, run.channels) as table,
        counting("Embedding", len(pictures)) as advance,
    ):
        for source, features in worked(
            lambda one: run(loaded.prepare(one.picture).inputs[0], 1), pictures, loaded.at_once
        ):
            if isinstance(features, ImageError):
                failures += 1
                messages().print(f"[red]error:[/red] {escape(str(features))}", soft_wrap=True)
            else:
                table.add(source.name, features)
            advance()
    output().print(
        f"[green]wrote[/green] {escape(' and '.join(map(str, table.files)))}: "
        f"{table.rows} x {run.channels} numbers",
        soft_wrap=True,
    )
    if failures:
        messages().print(f"[red]{failures} of {len(pictures)} pictures could not be read[/red]")
        sys.exit(1)
