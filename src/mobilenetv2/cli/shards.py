"""`mobilenetv2 shards`: a data set as tar files that any number of processes can read."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mobilenetv2.cli.console import counting, note, print_json, print_line
from mobilenetv2.cli.data_report import tell_warnings
from mobilenetv2.cli.streams import ended_by_signals
from mobilenetv2.datasets.findings import counted

if TYPE_CHECKING:
    from mobilenetv2.catalog.embedded import Task

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=_FOLDER, help="A folder for the shards.")
@click.option(
    "--size",
    type=click.IntRange(min=1),
    help="Make larger pictures smaller: pixels of the shorter side (JPEG; boxes and masks follow). "
    "Without it files stay what they are, byte by byte.",
)
@click.option(
    "--samples-per-shard",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Pictures in a tar; some hundred megabytes are a good size.",
)
@click.option(
    "--task",
    type=click.Choice(["classification", "detection", "segmentation"]),
    help="What the data set is for; by default found by looking.",
)
@click.option("--masks", type=click.Path(path_type=Path), help="Segmentation: a folder of masks.")
@click.option("--labels", type=_FILE, help="Segmentation: names of the masks' ids, one a line.")
@click.option("--colors", type=_FILE, help="Segmentation: lines of name,red,green,blue.")
@click.option(
    "--ignore",
    multiple=True,
    type=click.IntRange(0, 65535),
    help="Segmentation: an id that is no class, besides 255; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a sentence.")
@ended_by_signals()
def shards(
    data: Path,
    out: Path,
    size: int | None,
    samples_per_shard: int,
    task: "Task | None",
    masks: Path | None,
    labels: Path | None,
    colors: Path | None,
    ignore: tuple[int, ...],
    as_json: bool,
) -> None:
    """Write a data set as tar shards, as WebDataset lays them out.

    DATA is a folder or a file in any layout that `check` reads. Each picture becomes KEY.jpg with
    KEY.cls, KEY.json (boxes) or KEY.mask.png beside it; parts of the data set become
    train-000000.tar, val-000000.tar and so on. `train`, `evaluate` and `check` read them. Stopped
    or killed, the same command goes on; the same pictures give the same bytes.
    """
    from mobilenetv2.datasets.to_shards import write_shards
    from mobilenetv2.doctor.check import read_subject
    from mobilenetv2.doctor.packing import plan_shards
    from mobilenetv2.doctor.read_masks import Declared

    declared = Declared(masks, labels, colors, frozenset(ignore))
    subject, other = read_subject(data, task, declared, counting)
    tell_warnings([text for text in (*subject.notes, other) if text])
    plan = plan_shards(subject, data, samples_per_shard, size)
    with counting("Writing shards", plan.samples) as advance:
        written = write_shards(plan, out, advance)
    if written.left_out:
        many = counted(len(written.left_out), "picture was", "pictures were")
        tell_warnings([f"{many} left out; the first: {written.left_out[0].detail}"])
    if as_json:
        print_json({
            "out": str(out),
            "task": subject.task,
            "shards": written.shards,
            "kept": written.kept,
            "pictures": written.pictures,
            "bytes": written.size,
            "parts": {part: len(samples) for part, samples in plan.parts.items()},
            "left_out": [[str(found.path), found.detail] for found in written.left_out],
        })  # fmt: skip
        return
    if written.kept:
        note(f"{counted(written.kept, 'shard was', 'shards were')} there already")
    print_line(
        f"{counted(written.pictures, 'picture')} in {counted(written.shards, 'shard')}, "
        f"{written.size / 1e6:,.1f} MB, in {out}"
    )
