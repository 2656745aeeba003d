"""`mobilenetv2 benchmark --steps` as a table."""

from rich.console import Group
from rich.markup import escape
from rich.table import Table

from mobilenetv2.benchmark.machine import Machine
from mobilenetv2.benchmark.steps import StepReport, StepTime

_BAR_WIDTH = 20


def step_table(report: StepReport) -> Group:
    """A row a step, with its share of the time as a bar; the sum and the machine below."""
    head = (
        f"[bold]{escape(report.model)}[/bold]: {escape(report.network)}, {report.precision}, "
        f"1 thread, {report.isa}"
    )
    return Group(head, _table(report), *_notes(report))


def _table(report: StepReport) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("step", no_wrap=True)
    table.add_column("writes", no_wrap=True)
    for column in ("MAdds, M", "weights, K", "us", "share"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("of peak", justify="right", no_wrap=True)
    most = max(step.microseconds for step in report.steps)
    for step in report.steps:
        table.add_row(*_row(step, report.microseconds, most))
    weights = sum(step.weights for step in report.steps)
    table.add_row(
        "[bold]all steps[/bold]", "", f"{report.multiply_adds / 1e6:.1f}", f"{weights / 1e3:.0f}",
        f"[bold]{report.microseconds:.0f}[/bold]", "100%", "", _percent(report.of_peak),
    )  # fmt: skip
    return table


def _row(step: StepTime, total: float, most: float) -> list[str]:
    height, width, channels = step.shape
    bar = "█" * round(_BAR_WIDTH * step.microseconds / most)
    return [
        escape(step.name),
        f"{height}x{width}x{channels}",
        f"{step.multiply_adds / 1e6:.1f}" if step.multiply_adds else "",
        f"{step.weights / 1e3:.1f}" if step.weights else "",
        f"{step.microseconds:.0f}",
        f"{step.microseconds / total:.1%}",
        f"[cyan]{bar}[/cyan]",
        _percent(step.of_peak),
    ]


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _notes(report: StepReport) -> list[str]:
    notes = []
    if report.peak:
        least = 1e6 * report.multiply_adds / report.peak
        notes.append(
            f"  peak: {report.peak / 1e9:.1f} G multiply-adds a second with all numbers in "
            f"registers, at which all steps would take {least:.0f} us"
        )
    notes.append(machine_line(report.machine))
    return notes


def machine_line(machine: Machine) -> str:
    """What stands below a table of times: where and when they were measured."""
    flags = ", ".join(machine.flags)
    return (
        f"  {escape(machine.processor)} ({flags}), {machine.cores} cores, load {machine.load:g} "
        f"at the start; {machine.system}; Python {machine.python}; {machine.date}"
    )
