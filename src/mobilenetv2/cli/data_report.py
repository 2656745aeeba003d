"""How reports on data sets show themselves: small tables, and what is wrong in sentences."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mobilenetv2.cli.console import messages, output, print_json
from mobilenetv2.datasets.box_report import QUANTILES, BoxReport, SplitReport
from mobilenetv2.datasets.findings import counted
from mobilenetv2.datasets.mask_report import MaskReport
from mobilenetv2.weights.plain import to_plain

if TYPE_CHECKING:
    from mobilenetv2.train.classify.data import TrainingData
    from mobilenetv2.train.classify.recipe import Recipe

MOST_CLASSES = 20
"""Rows of a table of classes; of more, those with the most and with the fewest boxes are shown."""


def print_class_report(
    data: "TrainingData",
    recipe: "Recipe",
    as_json: bool,
    more: Mapping[str, object] | None = None,
) -> None:
    """How many pictures of each class are learnt from and judged on, and how; on stdout.

    Args:
        data: with or without right answers.
        recipe: how it would be taught.
        as_json: one JSON object.
        more: what else this says.
    """
    parts = (data.training, data.validation)
    counts = [
        tuple(part.targets.count(index) for part in parts) for index in range(len(data.labels))
    ]
    if as_json:
        classes = [
            {"label": label, "training": training, "validation": validation}
            for label, (training, validation) in zip(data.labels, counts, strict=True)
        ]
        sizes = {"training": len(parts[0].paths), "validation": len(parts[1].paths)}
        shown = {"split": data.split, "classes": classes, "recipe": to_plain(recipe)}
        print_json(sizes | shown | dict(more or {}))
        return
    console = output()
    console.print(
        f"{parts[0].name}: {counted(len(data.labels), 'class', 'classes')}, "
        f"{counted(len(parts[0].paths), 'picture')} to train on, {len(parts[1].paths)} to "
        f"validate ({data.split})",
        markup=False,
    )
    if data.unlabeled:
        console.print("No label is looked at: the teachers say what the pictures show.")
        return
    table = _table("class", "training", "validation")
    ranked = sorted(range(len(counts)), key=lambda index: -counts[index][0])
    for row in ends([(escape(data.labels[index]), *map(str, counts[index])) for index in ranked]):
        table.add_row(*row)
    console.print(table)
    from mobilenetv2.train.classify.balance import balance_told

    told = balance_told(data.training.targets, data.labels, recipe.balance, recipe.sampling)
    for line in (told, f"Recipe: {recipe.to_json()}"):
        console.print(line, markup=False, soft_wrap=True, end="\n" if line else "")


def print_box_report(report: BoxReport) -> None:
    """Parts, classes, sizes, anchor cover, then warnings; on stdout."""
    console = output()
    height, width = report.size
    classes = counted(len(report.labels), "class", "classes")
    console.print(f"{report.data}: {classes}", markup=False)
    console.print(_parts(report.splits))
    console.print(_classes(report))
    largest = f"{QUANTILES[0]:.0%}, {QUANTILES[2]:.0%} and {QUANTILES[-1]:.0%}"
    console.print(
        f"Sides: roots of the boxes' areas, in pixels of the {width} x {height} input; {largest} "
        "of the boxes stay below these.\nCovered: boxes that overlap an anchor by half (IoU 0.5).",
        markup=False,
        style="dim",
    )
    _print_warnings(console, report.warnings)


def print_mask_report(report: MaskReport) -> None:
    """Classes with their share of the pixels, then warnings; on stdout."""
    console = output()
    data = report.usable
    console.print(
        f"{data.name} ({data.split}): {counted(len(data.pictures), 'picture')} with masks, "
        + counted(len(report.labels), "class", "classes"),
        markup=False,
    )
    table = _table("class", "pixels", "share", "pictures")
    total = max(1, sum(report.pixels))
    rows = list(zip(report.labels, report.pixels, report.pictures, strict=True))
    for label, pixels, pictures in rows[:MOST_CLASSES]:
        table.add_row(escape(label), f"{pixels:,}", f"{pixels / total:.2%}", str(pictures))
    if len(rows) > MOST_CLASSES:
        rest = sum(pixels for _, pixels, _ in rows[MOST_CLASSES:])
        more = f"... {len(rows) - MOST_CLASSES} more"
        table.add_row(more, f"{rest:,}", f"{rest / total:.2%}", "")
    table.add_row("ignored", f"{report.ignored:,}", "", "", style="dim")
    console.print(table)
    _print_warnings(console, report.warnings)


def tell_warnings(warnings: Sequence[str]) -> None:
    """Warnings alone, on stderr: stdout is for the JSON that was asked for."""
    _print_warnings(messages(), warnings)


def _parts(splits: Sequence[SplitReport]) -> Table:
    table = _table(
        "split", "pictures", "empty", "boxes", "ignored", "small", "medium", "large", "sides",
        "covered", "mean IoU",
    )  # fmt: skip
    for part in splits:
        sides = (
            f"{part.sides[0]:.0f} {part.sides[2]:.0f} {part.sides[-1]:.0f}" if part.sides else ""
        )
        table.add_row(
            escape(part.split), str(part.pictures), str(part.without_boxes), str(part.boxes),
            str(part.ignored), str(part.small), str(part.medium), str(part.large), sides,
            f"{part.coverage.covered:.1%}", f"{part.coverage.mean_iou:.2f}",
        )  # fmt: skip
    return table


def _classes(report: BoxReport) -> Table:
    table = _table("class", *(escape(part.split) for part in report.splits), "covered")
    first = report.splits[0]
    ranked = sorted(range(len(report.labels)), key=lambda index: -first.by_class[index])
    rows = []
    for index in ranked:
        covered = first.coverage.covered_by_class[index]
        rows.append(
            (
                escape(report.labels[index]),
                *(str(part.by_class[index]) for part in report.splits),
                "" if covered is None else f"{covered:.1%}",
            )
        )
    for row in ends(rows):
        table.add_row(*row)
    return table


def ends(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Rows that are ranked; of many, the first and the last."""
    if len(rows) <= MOST_CLASSES:
        return list(rows)
    half = MOST_CLASSES // 2
    return [*rows[:half], (f"... {len(rows) - 2 * half} more",), *rows[-half:]]


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table


def _print_warnings(console: Console, warnings: Sequence[str]) -> None:
    for warning in warnings:
        console.print(f"Note: {warning}.", markup=False, soft_wrap=True, style="yellow")
