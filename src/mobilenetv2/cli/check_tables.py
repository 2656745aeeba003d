"""What `check` shows a person: parts, classes, pictures, then what is wrong in sentences."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mobilenetv2.cli.console import output
from mobilenetv2.cli.data_report import ends
from mobilenetv2.datasets.findings import counted
from mobilenetv2.doctor.diagnosis import Diagnosis
from mobilenetv2.doctor.pictures import PictureFacts


def print_diagnosis(found: Diagnosis) -> None:
    """On stdout."""
    console, subject = output(), found.subject
    classes = counted(len(subject.labels), "class", "classes")
    console.print(
        f"{subject.name}: for {subject.task}, {subject.layout}, {classes}", markup=False,
        soft_wrap=True,
    )  # fmt: skip
    console.print(_classes(found))
    for line in _about(found.pictures):
        console.print(line, markup=False, soft_wrap=True)
    _print_sentences(console, found)


def _classes(found: Diagnosis) -> Table:
    """A row a class, most examples first; a column a part."""
    subject = found.subject
    unit = {"classification": "pictures", "detection": "boxes", "segmentation": "pictures with it"}
    table = Table(box=None, pad_edge=False)
    table.add_column(unit[subject.task])
    for part in subject.parts:
        table.add_column(escape(part.name), justify="right")
    pixels = [sum(part.pixels[index] for part in subject.parts if part.pixels)
              for index in range(len(subject.labels))]  # fmt: skip
    shares = [f"{count / max(1, sum(pixels)):.2%}" for count in pixels]
    if subject.task == "segmentation":
        table.add_column("of pixels", justify="right")
    ranked = sorted(
        range(len(subject.labels)), key=lambda index: -(*subject.parts[0].counts, 0)[index]
    )
    rows = [
        (
            escape(subject.labels[index]),
            *(str(part.counts[index]) for part in subject.parts),
            *([shares[index]] if subject.task == "segmentation" else []),
        )
        for index in ranked
    ]
    for row in ends(rows):
        table.add_row(*row)
    table.add_row("all pictures", *(str(len(part.paths)) for part in subject.parts), style="dim")
    return table


def _about(facts: PictureFacts) -> list[str]:
    if facts.heights is None or facts.widths is None:
        return []
    formats = ", ".join(f"{count} {name}" for name, count in facts.formats)
    grey = f", {facts.grey} without colors" if facts.grey else ""
    low, middle, high = zip(facts.heights, facts.widths, strict=True)
    lines = [f"{counted(facts.count, 'picture')}: {formats}{grey}"]
    if facts.sizes == 1:
        return [*lines, f"All of {low[0]} x {low[1]} (height x width)"]
    return [
        *lines,
        f"Heights {low[0]} to {high[0]}, the middle one {middle[0]}; widths {low[1]} to "
        f"{high[1]}, {middle[1]}; {facts.sizes} sizes",
    ]


def _print_sentences(console: Console, found: Diagnosis) -> None:
    for stop in found.stops:
        console.print(f"Stops a training: {stop}.", markup=False, soft_wrap=True, style="red")
    for warning in found.warnings:
        console.print(f"Note: {warning}.", markup=False, soft_wrap=True, style="yellow")
    if not found.stops and not found.warnings:
        console.print("Nothing suspicious.", markup=False)
