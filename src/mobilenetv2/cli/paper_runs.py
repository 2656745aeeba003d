"""What `mobilenetv2 paper` measures and trains: the records behind figures 6 and 7."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from mobilenetv2.cli.console import counting, messages
from mobilenetv2.cli.loading import open_checkpoint
from mobilenetv2.cli.train.options import run_reporter
from mobilenetv2.errors import DatasetError
from mobilenetv2.paper.ablation_training import EPOCHS, SEEDS, AblationPlan, train_ablations
from mobilenetv2.paper.measure_positives import measure_positives
from mobilenetv2.paper.positives import RECORD, PositivesFigure
from mobilenetv2.tasks.find_pictures import find_pictures
from mobilenetv2.weights.plain import to_plain
from mobilenetv2.weights.whole_file import write_whole

if TYPE_CHECKING:
    from mobilenetv2.train.compute import Device

PICTURES = 64
"""Of figure 7, evenly from the folder: 35 layers at thousands of positions each."""


def plan_of(
    width: float | None,
    size: int | None,
    epochs: int | None,
    batch_size: int | None,
    seeds: int | None,
    families: tuple[str, ...],
) -> AblationPlan:
    """The plan with the options that were given.

    Raises:
        RecipeError: an unknown family.
    """
    default = AblationPlan()
    return AblationPlan(
        width=width or default.width,
        size=(size, size) if size else default.size,
        epochs=epochs or EPOCHS,
        batch_size=batch_size or default.batch_size,
        seeds=tuple(range(seeds)) if seeds else SEEDS,
        families=families,
    )


def train_figure_6(
    data: Path,
    out: Path,
    plan: AblationPlan,
    *,
    validation: Path | None,
    device: "Device",
    workers: int | None,
) -> None:
    """Train, with a line a run on stderr; Ctrl-C saves and ends with status 130."""
    from mobilenetv2.train.requirements import require_torch

    require_torch()
    with run_reporter() as reporter:
        train_ablations(
            data, out, plan=plan, validation=validation, device=device, workers=workers,
            reporter=reporter, started=reporter.say,
        )  # fmt: skip


def measure_figure_7(data: Path, out: Path, model: str) -> PositivesFigure:
    """Count, and write the record to `out`.

    Raises:
        DatasetError: no picture in the folder, or the disk refuses.
    """
    checkpoint = open_checkpoint(model)
    pictures = find_pictures(data)
    chosen = pictures[:: max(1, len(pictures) // PICTURES)][:PICTURES]
    with counting("Counting", len(chosen)) as advance:
        result = measure_positives(
            checkpoint, Path(model).name, chosen, data.resolve().name, advance=advance
        )
    path = out / "records" / RECORD
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(to_plain(result)) + "\n")
    except OSError as error:
        raise DatasetError(f"cannot write {path}: {error.strerror or error}") from error
    messages().print(f"Wrote {path}", markup=False, soft_wrap=True)
    return result
