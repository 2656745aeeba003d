"""`mobilenetv2 check`: what a data set holds and what is wrong with it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mobilenetv2.cli.check_tables import print_diagnosis
from mobilenetv2.cli.console import counting, messages, print_json
from mobilenetv2.cli.evaluation_files import require_picture_name
from mobilenetv2.cli.mask_options import mask_options
from mobilenetv2.cli.outputs.annotated import write_picture
from mobilenetv2.cli.places import require_place
from mobilenetv2.cli.streams import ended_by_signals
from mobilenetv2.datasets.declared_masks import DeclaredMasks
from mobilenetv2.doctor.check import check as look_at

if TYPE_CHECKING:
    from mobilenetv2.catalog.embedded import Task


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--task",
    type=click.Choice(["classification", "detection", "segmentation"]),
    help="What the data set is for; by default found by looking.",
)
@mask_options("Segmentation")
@click.option("--quick", is_flag=True, help="Headers alone: no lookalikes, no broken bodies.")
@click.option(
    "--stretch", is_flag=True, help="Take grey pictures of 16 bits as `train --stretch` does."
)
@click.option(
    "--sheet",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write examples with their boxes or masks drawn to this picture, such as sheet.png.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
@ended_by_signals()
def check(
    data: Path,
    task: "Task | None",
    declared: DeclaredMasks,
    quick: bool,
    stretch: bool,
    sheet: Path | None,
    as_json: bool,
) -> None:
    """Look through a data set before training on it.

    DATA is a folder or a file in any layout that `train` and `evaluate` read: a folder a class, a
    table, boxes as Pascal VOC, COCO, YOLO and others, pictures with masks. Exit status 1 when
    something would stop a training, such as a class without a picture.
    """
    if sheet is not None:
        require_place("the sheet", sheet)
        require_picture_name(sheet)
    found = look_at(
        data, task, masks=declared.folder, labels=declared.labels, colors=declared.colors,
        ignore=declared.ignore, quick=quick, stretch=stretch, progress=counting,
    )  # fmt: skip
    if as_json:
        print_json(found.to_json())
    else:
        print_diagnosis(found)
    if sheet is not None:
        from mobilenetv2.doctor.sheet import draw_examples

        write_picture(draw_examples(found), sheet)
        messages().print(f"Wrote {sheet}", markup=False, soft_wrap=True)
    if found.stops:
        sys.exit(1)
