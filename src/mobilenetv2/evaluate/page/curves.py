"""The curves of the run that made a model, from the log beside it."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from mobilenetv2.evaluate.page.html import Html, paragraph, section
from mobilenetv2.evaluate.page.plots import Axis, Line, line_plot
from mobilenetv2.tasks.palette import class_color

LOG = "log.jsonl"
"""What a run writes beside its model, a row an epoch."""

MOST = 1e300

Row = Mapping[str, float]


def read_log(model: Path) -> tuple[Row, ...]:
    """The rows beside a model's file, or in a run's folder; none where there is no log, or where
    it is none of ours.
    """
    folder = model if model.is_dir() else model.parent
    try:
        rows = [json.loads(line) for line in (folder / LOG).read_text("utf-8").splitlines()]
    except (OSError, ValueError, RecursionError):
        return ()
    return tuple(row for row in rows if isinstance(row, dict) and _is_number(row.get("epoch")))


def run_section(rows: Sequence[Row]) -> Html:
    """Losses, and what was measured on the validation pictures, epoch by epoch; nothing of a run
    of one epoch.
    """
    losses = _lines(rows, lambda name: name.startswith("train_") or name == "val_loss")
    shares = _lines(rows, lambda name: name.startswith("val_") and name != "val_loss")
    shares = [line for line in shares if line.y.min() >= 0 and line.y.max() <= 1]
    epochs = [row["epoch"] for row in rows]
    if len(set(epochs)) < 2 or not losses:
        return Html("")
    along = Axis("epoch", min(epochs), max(epochs))
    values = np.concatenate([line.y for line in losses])
    low, high = min(0.0, float(values.min())), float(values.max())
    parts = [line_plot(losses, along, Axis("loss", low, high if high > low else low + 1.0))]
    if shares:
        parts.append(line_plot(shares, along, Axis("share", 0.0, 1.0)))
    return section("The run", paragraph(f"{len(rows)} epochs, from {LOG}.", dim=True), *parts)


def _lines(rows: Sequence[Row], wanted: Callable[[str], bool]) -> list[Line]:
    """One a column; an epoch without a value is passed over, and so is what is no finite number."""
    names = dict.fromkeys(name for row in rows for name in row if wanted(name))
    found: list[Line] = []
    for name in names:
        points = [(row["epoch"], row[name]) for row in rows if _is_number(row.get(name))]
        if points:
            x, y = np.array(points, np.float64).T
            label = name.replace("val_", "validation ").replace("train_", "training ")
            found.append(Line(label.replace("_", " "), class_color(len(found)), x, y))
    return found


def _is_number(value: object) -> bool:
    # Refuses NaN, and whole numbers that no float holds.
    return isinstance(value, int | float) and abs(value) <= MOST
