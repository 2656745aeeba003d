"""The page that a run ends with: what `evaluate --report` writes, on the validation pictures."""

from collections.abc import Callable
from pathlib import Path

from mobilenetv2.cli.console import counting, messages
from mobilenetv2.cli.judged import Judged
from mobilenetv2.datasets.progress import Advance
from mobilenetv2.engine.library import in_use
from mobilenetv2.errors import MobileNetV2Error
from mobilenetv2.model import Model
from mobilenetv2.weights.checkpoint import Checkpoint

PAGE = "report.html"

Judging = Callable[[Model, Advance], Judged]
"""Judges the run's model on its validation pictures."""


def write_final_page(checkpoint: Checkpoint, out: Path, pictures: int, judge: Judging) -> None:
    """Write it beside the model, with the curves of the run.

    The run is done and saved: what goes wrong here is told, and takes nothing from it. Without the
    native engine nothing is written, as numpy would take longer than the run did.

    Args:
        checkpoint: of the last epoch.
        out: the run's folder.
        pictures: how many are judged on, for the bar.
        judge: see `Judging`.
    """
    if not in_use():
        _tell(f"{PAGE} needs the native engine: `mobilenetv2 evaluate --report` writes it anywhere")
        return
    from mobilenetv2.evaluate.page.curves import read_log
    from mobilenetv2.evaluate.page.write import write_page

    try:
        with counting("Judging for the report", pictures) as advance:
            judged = judge(Model(checkpoint), advance)
        log = read_log(out)
        write_page(out / PAGE, out.resolve().name, judged.report, judged.tiles(), log=log)
    except MobileNetV2Error as error:
        _tell(f"No {PAGE}: {error}")
    else:
        _tell(f"Wrote {out / PAGE}")


def _tell(text: str) -> None:
    messages().print(text, markup=False, soft_wrap=True)
