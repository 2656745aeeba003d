"""`mobilenetv2 evaluate`: how good a model is on labeled pictures."""

import sys
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from mobilenetv2.cli.console import counting, messages, output, print_json
from mobilenetv2.cli.loading import open_model
from mobilenetv2.evaluate import ClassificationReport, Proportion, evaluate_classifier
from mobilenetv2.model import DEFAULT_MODEL
from mobilenetv2.tasks.labeled import read_labeled


@click.command()
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="A file or a known name.")
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path),
    help="A folder a class, or a CSV with path,index or path,label.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def evaluate(model: str, data: Path, as_json: bool) -> None:
    """Top-1 and top-5 with counts and a 95 % interval.

    Exit status 1 when a picture could not be read; it is left out of the count.
    """
    loaded = open_model(model)
    pictures = read_labeled(data, loaded.labels)
    with counting("Evaluating", len(pictures.paths)) as advance:
        report = evaluate_classifier(loaded, pictures, advance)
    if as_json:
        print_json({"model": model} | report.to_json())
    else:
        about = f"{report.top1.count} pictures, set {report.fingerprint}"
        output().print(f"[bold]{escape(model)}[/bold] on {escape(report.data)} ({about})")
        output().print(_table(report))
    for _, why in report.unreadable:
        messages().print(f"[red]error:[/red] {escape(why)}", soft_wrap=True)
    if report.unreadable:
        sys.exit(1)


def _table(report: ClassificationReport) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("right", justify="right")
    table.add_column("of 100", justify="right")
    table.add_column("95 % interval")
    for name, proportion in (("top-1", report.top1), ("top-5", report.top5)):
        table.add_row(name, *_cells(proportion))
    mean = f"{100 * report.mean_class_accuracy:.2f}"
    table.add_row("mean over classes", "", mean, f"{report.classes_present} classes")
    return table


def _cells(proportion: Proportion) -> tuple[str, str, str]:
    low, high = proportion.interval
    return (
        f"{proportion.hits}/{proportion.count}",
        f"{100 * proportion.value:.2f}",
        f"{100 * low:.2f} .. {100 * high:.2f}",
    )
