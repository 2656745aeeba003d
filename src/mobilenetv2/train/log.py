"""The log of a run: one row an epoch, as CSV for plotting and as JSON lines for programs."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from mobilenetv2.train.state import write_text

Row = Mapping[str, float]


def write_log(rows: Sequence[Row], folder: Path) -> None:
    """Write log.csv and log.jsonl anew: after a resume they hold what the state holds, no more.

    Raises:
        TrainingError: the disk refuses.
    """
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    table = io.StringIO(newline="")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(table, columns)
    writer.writeheader()
    writer.writerows(rows)
    write_text(folder / "log.jsonl", lines)
    write_text(folder / "log.csv", table.getvalue())
