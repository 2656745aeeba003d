"""`mobilenetv2 benchmark --folder`: pictures a second from files to answers, as a table."""

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from mobilenetv2.benchmark.folder.report import FolderEngine, FolderReport
from mobilenetv2.benchmark.folder.run import FolderPeer, benchmark_folder
from mobilenetv2.cli.console import counting, output, print_json
from mobilenetv2.cli.step_table import machine_line
from mobilenetv2.engine.cores import cores
from mobilenetv2.tasks.options import Decoding
from mobilenetv2.weights.checkpoint import Checkpoint

ROUNDS = 5


def time_folder(
    model: str,
    folder: Path,
    *,
    threads: int | None,
    against: Sequence[FolderPeer] | None,
    rounds: int | None,
    decode: Decoding,
    as_json: bool,
) -> None:
    """Measure and print."""
    counted = rounds or ROUNDS
    with counting("Measuring", counted + 1) as advance:
        report = benchmark_folder(
            model,
            folder,
            threads=threads or cores(),
            against=against,
            rounds=counted,
            decode=decode,
            write_traced=_write_traced,
            advance=advance,
        )
    if as_json:
        print_json(report.to_json())
    else:
        _print(report)


def _write_traced(checkpoint: Checkpoint, path: Path) -> None:
    from mobilenetv2.train.traced import write_traced

    write_traced(checkpoint, path)


def _print(report: FolderReport) -> None:
    console = output()
    console.print(
        f"[bold]{escape(report.model)}[/bold]: {report.network}, {report.precision}; "
        f"{report.pictures} pictures of {escape(report.folder)}, decode {report.decode}, "
        f"{report.threads} thread{'s' * (report.threads > 1)}",
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False)
    for column in ("engine", "version"):
        table.add_column(column, no_wrap=True)
    for column in ("pictures/s", "p10-p90", "processor ms", "MiB", "time / ours", "same answer"):
        table.add_column(column, justify="right", no_wrap=True)
    for engine in report.engines:
        table.add_row(*_row(engine))
    console.print(table)
    for engine in report.engines:
        if engine.note:
            console.print(f"  {engine.name}: {escape(engine.note)}", soft_wrap=True)
    console.print(
        f"at least: decoding {report.least.decode:.2f} + network {report.least.network:.2f} ms of "
        f"processor time a picture; ours takes {report.over_least:.2f} of that",
        soft_wrap=True,
    )
    console.print(machine_line(report.machine), soft_wrap=True)


def _row(engine: FolderEngine) -> list[str]:
    ratio = engine.ratio
    return [
        engine.name,
        engine.version,
        f"[bold]{engine.pictures_per_second:.1f}[/bold]",
        f"{engine.p10:.1f}-{engine.p90:.1f}",
        f"{engine.processor_milliseconds:.2f}",
        f"{engine.peak_mebibytes:.0f}",
        f"{ratio.median:.2f} ({ratio.low:.2f}-{ratio.high:.2f})" if ratio else "",
        f"{engine.same_best:.1%}" if ratio else "",
    ]
