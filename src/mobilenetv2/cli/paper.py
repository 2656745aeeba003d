"""`mobilenetv2 paper`: the paper's tables and figures, printed or written."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from mobilenetv2.cli.console import counting, messages, output, print_json
from mobilenetv2.cli.paper_runs import measure_figure_7, plan_of, train_figure_6
from mobilenetv2.cli.places import require_folder
from mobilenetv2.paper import figure_6
from mobilenetv2.paper.draw.style import require_matplotlib
from mobilenetv2.paper.items import FIGURE_6, FIGURE_7, ITEMS, Item, Shown
from mobilenetv2.paper.tour.markdown import plain
from mobilenetv2.paper.tour.sections import Grid, Section
from mobilenetv2.paper.write import PictureFormat, item_json, write_item, write_tour

if TYPE_CHECKING:
    from mobilenetv2.train.compute import Device

NAMES = ("list", "all", *(item.name for item in ITEMS))

VERDICT_STYLES = {
    "erratum": "red",
    "near": "yellow",
    "open": "yellow",
    "equal": "green",
    "rounding": "green",
}


@dataclass(frozen=True, slots=True)
class _Options:
    """Options that belong to one item or another."""

    runs: tuple[Path, ...]
    train: bool
    measure: bool
    data: Path | None
    model: str | None
    out: Path | None

    def check(self, name: str) -> None:
        """An option that would change nothing is a mistake to be told of."""
        for option, given, owner in (
            ("--runs", self.runs, "figure6"),
            ("--train", self.train, "figure6"),
            ("--measure", self.measure, "figure7"),
            ("--model", self.model, "figure7"),
        ):
            if given and name != owner:
                raise click.UsageError(f"{option} is for {owner} alone, got {name}")
        if self.data and not (self.train or self.measure):
            raise click.UsageError("--data is for figure6 --train and figure7 --measure")
        if self.out:
            require_folder("--out", self.out)
        for option, given in (("--train", self.train), ("--measure", self.measure)):
            if given and not (self.data and self.out):
                raise click.UsageError(f"{option} needs --data and --out")
        if self.measure and not self.model:
            raise click.UsageError("--measure needs --model, a trained MobileNetV2 classifier")


@click.command()
@click.argument("name", type=click.Choice(NAMES), metavar="NAME")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False),
    help="Write Markdown, JSON and the picture to this folder.",
)  # fmt: skip
@click.option(
    "--format", "picture", type=click.Choice(["svg", "png"]), default="svg", show_default=True,
    help="Of a written picture.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The item's data as one JSON object.")
@click.option(
    "--runs", type=click.Path(path_type=Path), multiple=True,
    help="figure6: a folder of records to draw from, again for more; default: the release's.",
)  # fmt: skip
@click.option("--train", is_flag=True, help="figure6: train its networks; the same again goes on.")
@click.option("--measure", is_flag=True, help="figure7: count anew from weights and pictures.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="Pictures; --train: a folder a class."
)
@click.option("--val", type=click.Path(path_type=Path), help="--train: validation pictures.")
@click.option("--model", help="--measure: a trained classifier, a file or a name.")
@click.option("--epochs", type=click.IntRange(min=1), help="--train.  [default: 10]")
@click.option("--seeds", type=click.IntRange(1, 20), help="--train: how many.  [default: 3]")
@click.option("--width", type=float, help="--train: of the paper's network.  [default: 0.35]")
@click.option("--size", type=click.IntRange(32, 512), help="--train: pixels a side.  [default: 64]")
@click.option("--batch-size", type=click.IntRange(min=2), help="--train.  [default: 64]")
@click.option("--family", "families", multiple=True, help="--train: a comparison; default: all.")
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", help="--train."
)
@click.option("--workers", type=click.IntRange(min=0), help="--train: processes that decode.")
def paper(
    name: str,
    out: Path | None,
    picture: PictureFormat,
    as_json: bool,
    runs: tuple[Path, ...],
    train: bool,
    measure: bool,
    data: Path | None,
    val: Path | None,
    model: str | None,
    epochs: int | None,
    seeds: int | None,
    width: float | None,
    size: int | None,
    batch_size: int | None,
    families: tuple[str, ...],
    device: "Device",
    workers: int | None,
) -> None:
    """The paper's tables, figures and theorems, beside what this network gives.

    \b
    mobilenetv2 paper list
    mobilenetv2 paper table4
    mobilenetv2 paper figure1 --out figures/
    mobilenetv2 paper all --out docs/
    mobilenetv2 paper figure6 --train --data photos/ --out ablations/
    """
    options = _Options(runs, train, measure, data, model, out)
    options.check(name)
    if name == "list":
        _print_list(as_json)
        return
    if name == "all":
        _write_all(out)
        return
    item = next(item for item in ITEMS if item.name == name)
    if out and item.draw:
        require_matplotlib()
    shown: Shown[Any]
    if train and data and out:
        plan = plan_of(width, size, epochs, batch_size, seeds, families)
        train_figure_6(data, out, plan, validation=val, device=device, workers=workers)
        shown = FIGURE_6.show(figure_6([out / "records"]))
    elif measure and data and out and model:
        shown = FIGURE_7.show(measure_figure_7(data, out, model))
    else:
        shown = FIGURE_6.show(figure_6(runs)) if runs else item.show()
    _present(item, shown, out, picture, as_json)


def _present(
    item: Item[Any], shown: Shown[Any], out: Path | None, picture: PictureFormat, as_json: bool
) -> None:
    if as_json:
        print_json(item_json(item, shown))
    else:
        output().print(_section(item, shown.section))
    if out:
        for path in write_item(item, shown, out, picture):
            messages().print(f"Wrote {path}", markup=False, soft_wrap=True)


def _write_all(out: Path | None) -> None:
    if out is None:
        raise click.UsageError("all writes a page and its pictures: it needs --out")
    with counting("The paper", len(ITEMS)) as advance:
        written = write_tour(out, advance)
    messages().print(f"Wrote {written[0]} and {len(written) - 1} files beside it", soft_wrap=True)


def _print_list(as_json: bool) -> None:
    if as_json:
        rows = [{"item": i.name, "title": i.title, "section": i.where} for i in ITEMS]
        print_json({"items": rows})
        return
    table = Table(box=None, pad_edge=False)
    for column in ("item", "section", "what", "picture"):
        table.add_column(column)
    for item in ITEMS:
        table.add_row(
            f"[bold]{item.name}[/bold]", item.where, item.title, "yes" if item.draw else ""
        )
    output().print(table)


def _section(item: Item[Any], section: Section) -> Group:
    parts: list[RenderableType] = [f"[bold]{escape(item.title)}[/bold] (section {item.where})", ""]
    for paragraph in section.before:
        parts += [escape(plain(paragraph)), ""]
    for grid in section.grids:
        parts += [_table(grid), ""]
    for paragraph in section.after:
        parts += [escape(plain(paragraph)), ""]
    return Group(*parts[:-1])


def _table(grid: Grid) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(grid.columns):
        right = number in grid.right
        table.add_column(escape(column), justify="right" if right else "left", no_wrap=right)
    for row in grid.rows:
        table.add_row(*(_cell(text) for text in row))
    return table


def _cell(text: str) -> str:
    style = VERDICT_STYLES.get(text)
    shown = escape(plain(text) if "](" in text else text)
    return f"[{style}]{shown}[/{style}]" if style else shown
