"""Which epoch of a run was best, and how long ago that is, from the rows of its log."""

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


def evaluations_since_best(history: Sequence[Mapping[str, float]], metric: str) -> int:
    """How many evaluations came after the best one, the first of equals."""
    values = [row[f"val_{metric}"] for row in history if f"val_{metric}" in row]
    return len(values) - 1 - values.index(max(values)) if values else 0
