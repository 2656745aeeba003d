"""A benchmark as a picture: one bar an engine, from the tenth to the ninetieth percentile."""

from errno import ENOENT
from os import strerror
from pathlib import Path
from typing import TYPE_CHECKING

from mobilenetv2.benchmark.report import EngineReport, Report
from mobilenetv2.errors import BenchmarkError, MissingDependencyError
from mobilenetv2.weights.place_to_write import check_place

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = (".svg", ".png", ".pdf")
OURS_COLOR, PEER_COLOR, DOUBTFUL_COLOR = "#1f6f8b", "#c9c9c9", "#e8b4a0"
INK, QUIET = "#222222", "#666666"
WIDTH, ROW_HEIGHT, FRAME_HEIGHT = 7.5, 0.42, 1.5
"""Inches."""
ROOM_FOR_TEXT = 1.7
"""How much wider than the longest bar the axis is."""


def require_plot(path: Path) -> None:
    """Refuse before a benchmark what could not be drawn after it.

    Raises:
        BenchmarkError: the suffix is unknown, or the place takes no file.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise BenchmarkError(f"a plot is a file ending in {', '.join(SUFFIXES)}, got {path}")
    try:
        check_place(path)
    except OSError as error:
        raise BenchmarkError(f"cannot draw {path}: {error.strerror or error}") from error
    if not path.parent.is_dir():
        raise BenchmarkError(f"cannot draw {path}: {strerror(ENOENT)}")


def plot(report: Report, path: Path) -> None:
    """Write the report's latencies as an image; the suffix (.svg, .png, .pdf) decides its format.

    Raises:
        BenchmarkError: the suffix is unknown, or the disk refuses.
        MissingDependencyError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError("matplotlib", "bench", "drawing a benchmark") from error
    engines = sorted(report.engines, key=lambda engine: engine.latency.median)
    # A Figure of its own, without pyplot, touches no global state.
    figure = Figure((WIDTH, FRAME_HEIGHT + ROW_HEIGHT * len(engines)), layout="constrained")
    axes = figure.add_subplot()
    for row, engine in enumerate(engines):
        _draw_row(axes, row, engine, report.engines[0].name)
    _dress(axes, report, engines)
    try:
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    except (ValueError, OSError) as error:
        raise BenchmarkError(f"cannot draw {path}: {error}") from error


def _draw_row(axes: "Axes", row: int, engine: EngineReport, ours: str) -> None:
    latency = engine.latency
    doubtful = engine.agreement is not None and not engine.agreement.within_tolerance
    color = OURS_COLOR if engine.name == ours else DOUBTFUL_COLOR if doubtful else PEER_COLOR
    axes.barh(row, latency.median, 0.62, color=color)
    axes.plot([latency.p10, latency.p90], [row, row], color=INK, linewidth=1.2)
    for end in (latency.p10, latency.p90):
        axes.plot([end, end], [row - 0.12, row + 0.12], color=INK, linewidth=1.2)
    text = f"{latency.median:.2f} ms"
    if engine.ratio:
        text += f"   {engine.ratio.median:.2f}x ({engine.ratio.low:.2f}-{engine.ratio.high:.2f})"
    if doubtful:
        text += "   other outputs"
    axes.annotate(
        text, (max(latency.p90, latency.median), row), xytext=(7, 0), textcoords="offset points",
        va="center", fontsize=8.5, color=INK,
    )  # fmt: skip


def _dress(axes: "Axes", report: Report, engines: list[EngineReport]) -> None:
    settings, machine = report.settings, report.machine
    threads = "1 thread" if settings.threads == 1 else f"{settings.threads} threads"
    axes.set_title(
        f"{settings.network}\n{settings.precision}, {threads}, one picture at a time",
        loc="left", fontsize=9.5, color=INK,
    )  # fmt: skip
    axes.set_yticks(range(len(engines)), [engine.name for engine in engines], fontsize=9)
    axes.invert_yaxis()
    longest = max(max(engine.latency.p90, engine.latency.median) for engine in engines)
    axes.set_xlim(0, longest * ROOM_FOR_TEXT)
    instructions = f" ({', '.join(machine.flags)})" if machine.flags else ""
    axes.set_xlabel(
        "milliseconds: median, 10th to 90th percentile; time over ours with its 95 % interval\n"
        f"{machine.processor}{instructions}, {machine.date[:10]}",
        fontsize=7.5, color=QUIET,
    )  # fmt: skip
    axes.tick_params(axis="x", labelsize=8, colors=QUIET)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(QUIET)
