"""Which epoch of a run was best, from the rows of its log."""

from collections.abc import Mapping, Sequence


def best_told(history: Sequence[Mapping[str, float]], metric: str, behind: int) -> str:
    """A sentence on the epoch that was better than the last by `metric`; "" where none was.

    Args:
        history: the log's rows.
        metric: by which epochs are ranked.
        behind: the step from which on they are.
    """
    column = f"val_{metric}"
    rows = [row for row in history if column in row and row["step"] > behind]
    if not rows:
        return ""
    best, last = max(rows, key=lambda row: row[column]), rows[-1]
    if best[column] <= last[column]:
        return ""
    name = metric.replace("_", " ")
    return (
        f"epoch {best['epoch']:.0f} was better than the last on the validation pictures, {name} "
        f"{100 * best[column]:.2f} of 100 beside {100 * last[column]:.2f}"
    )
