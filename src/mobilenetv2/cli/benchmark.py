"""`mobilenetv2 benchmark`: how fast a model is here, beside other runtimes."""

from pathlib import Path
from typing import get_args

import click
from click.core import ParameterSource
from rich.markup import escape
from rich.table import Table

from mobilenetv2.benchmark.engines import Isa
from mobilenetv2.benchmark.folder.run import FolderPeer
from mobilenetv2.benchmark.plot import plot as draw
from mobilenetv2.benchmark.plot import require_plot
from mobilenetv2.benchmark.report import EngineReport, Report
from mobilenetv2.benchmark.run import (
    COLD_STARTS,
    ROUNDS,
    SECONDS_PER_TURN,
    steps_of,
)
from mobilenetv2.benchmark.run import benchmark as run_benchmark
from mobilenetv2.benchmark.steps import time_steps
from mobilenetv2.cli.console import counting, output, print_json
from mobilenetv2.cli.number_range import NumberRange
from mobilenetv2.cli.step_table import machine_line, step_table
from mobilenetv2.model import DEFAULT_MODEL
from mobilenetv2.peers.known import PeerName
from mobilenetv2.tasks.options import Decoding

ALL = "all"
TORCH: FolderPeer = "torch"


Name = PeerName | FolderPeer


def read_peers(
    _: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[Name, ...] | None:
    """Names with commas between them; "all" is None: whatever is installed."""
    if text is None:
        return ()
    if text == ALL:
        return None
    known: tuple[Name, ...] = (*get_args(PeerName), TORCH)
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        rule = f"must be {ALL} or some of {', '.join(known)}, got {', '.join(unknown)}"
        raise click.BadParameter(rule, param=parameter)
    return tuple(name for name in known if name in names)


@click.command()
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="A file or a known name.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--against",
    metavar="A,B,...",
    callback=read_peers,
    help="onnxruntime, openvino, litert, ncnn (a folder: onnxruntime, openvino, torch) with the "
    "same weights, or all that are installed.",
)
@click.option("--control", is_flag=True, help="Ours twice: which differences mean nothing.")
@click.option(
    "--isa",
    type=click.Choice(get_args(Isa)),
    help="The instruction set to keep to; says which engines cannot be told.",
)
@click.option("--rounds", type=click.IntRange(1), default=ROUNDS, show_default=True)
@click.option(
    "--seconds-per-turn",
    type=NumberRange(0, min_open=True),
    default=SECONDS_PER_TURN,
    show_default=True,
    help="Of each engine in a round.",
)
@click.option(
    "--cold-starts",
    type=click.IntRange(0),
    default=COLD_STARTS,
    show_default=True,
    help="Fresh processes of each engine.",
)
@click.option("--steps", is_flag=True, help="Where our time goes, step by step, on one thread.")
@click.option("--picture", type=click.Path(path_type=Path), help="What to run on.")
@click.option(
    "--folder", type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Pictures a second, from this folder's files to answers.",
)  # fmt: skip
@click.option(
    "--decode", type=click.Choice(get_args(Decoding)), default="exact",
    help="With --folder: how ours decodes, see predict.",
)  # fmt: skip
@click.option("--plot", type=click.Path(path_type=Path), help="Draw it: .svg, .png or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def benchmark(
    model: str,
    threads: int,
    against: tuple[Name, ...] | None,
    control: bool,
    isa: Isa | None,
    rounds: int,
    seconds_per_turn: float,
    cold_starts: int,
    steps: bool,
    picture: Path | None,
    folder: Path | None,
    decode: Decoding,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Latency, throughput, memory and cold start of a model, one picture at a time.

    \b
    mobilenetv2 benchmark
    mobilenetv2 benchmark --against all --control --threads 2 --plot speed.svg
    mobilenetv2 benchmark --steps
    mobilenetv2 benchmark --folder photos/ --against all

    Each engine runs in a process of its own, called from Python; they take turns in shuffled
    order. Outputs are compared: an engine that computes something else is marked.
    """
    if folder is not None:
        _folder(model, folder, against, decode, as_json)
        return
    if decode != "exact" or (against and TORCH in against):
        raise click.UsageError("--decode and torch are for --folder")
    if steps:
        source = click.get_current_context().get_parameter_source("cold_starts")
        cold = source is ParameterSource.COMMANDLINE
        if threads > 1 or against != () or control or cold or plot:
            raise click.UsageError(
                "--steps times our own engine on one thread: without --threads, --against, "
                "--control, --cold-starts and --plot"
            )
        _steps(model, isa, rounds, seconds_per_turn, picture, as_json)
        return
    if plot:
        require_plot(plot)
    with counting("Measuring", steps_of(rounds, cold_starts)) as advance:
        report = run_benchmark(
            model,
            threads=threads,
            against=_of_one_picture(against),
            control=control,
            isa=isa,
            rounds=rounds,
            seconds_per_turn=seconds_per_turn,
            cold_starts=cold_starts,
            picture=picture,
            advance=advance,
        )
    if plot:
        draw(report, plot)
    if as_json:
        print_json(report.to_json())
    else:
        _print(report)


def _folder(
    model: str,
    folder: Path,
    against: tuple[Name, ...] | None,
    decode: Decoding,
    as_json: bool,
) -> None:
    """Raises UsageError: an option that is for single pictures."""
    from mobilenetv2.cli.benchmark_folder import time_folder

    context = click.get_current_context()
    given = {
        name
        for name in context.params
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    taken = {"model", "folder", "against", "decode", "as_json", "threads", "rounds"}
    others = {"litert", "ncnn"} & set(against or ())
    if given - taken or others:
        raise click.UsageError(
            "--folder goes with --model, --against onnxruntime,openvino,torch, --threads, "
            f"--rounds, --decode and --json; got {', '.join(sorted((given - taken) | others))}"
        )
    peers: tuple[FolderPeer, ...] | None = None
    if against is not None:
        peers = tuple(name for name in get_args(FolderPeer) if name in against)
    time_folder(
        model,
        folder,
        threads=context.params["threads"] if "threads" in given else None,
        against=peers,
        rounds=context.params["rounds"] if "rounds" in given else None,
        decode=decode,
        as_json=as_json,
    )


def _of_one_picture(against: tuple[Name, ...] | None) -> tuple[PeerName, ...] | None:
    every: tuple[PeerName, ...] = get_args(PeerName)
    return None if against is None else tuple(name for name in every if name in against)


def _steps(
    model: str,
    isa: Isa | None,
    rounds: int,
    seconds_per_turn: float,
    picture: Path | None,
    as_json: bool,
) -> None:
    with counting("Measuring", rounds) as advance:
        report = time_steps(
            model,
            isa=isa,
            rounds=rounds,
            seconds_per_turn=seconds_per_turn,
            picture=picture,
            advance=advance,
        )
    if as_json:
        print_json(report.to_json())
    else:
        output().print(step_table(report), soft_wrap=True)


def _print(report: Report) -> None:
    settings, console = report.settings, output()
    console.print(
        f"[bold]{escape(settings.model)}[/bold]: {settings.network}, {settings.precision}, "
        f"{settings.threads} thread{'s' * (settings.threads > 1)}",
        soft_wrap=True,
    )
    console.print(_table(report))
    for engine in report.engines:
        if engine.note:
            console.print(f"  {engine.name}: {escape(engine.note)}", soft_wrap=True)
    for reason in report.skipped:
        console.print(f"  not measured: {escape(reason)}", soft_wrap=True)
    console.print(machine_line(report.machine), soft_wrap=True)


def _table(report: Report) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("engine", "version"):
        table.add_column(column, no_wrap=True)
    for column in ("ms", "p10-p90", "images/s", "MiB", "cold ms", "MiB", "time / ours"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("error", "class"):
        table.add_column(column, justify="right", no_wrap=True)
    for engine in report.engines:
        table.add_row(*_row(engine))
    return table


def _row(engine: EngineReport) -> list[str]:
    latency, cold, ratio, agreement = (
        engine.latency, engine.cold_start, engine.ratio, engine.agreement,
    )  # fmt: skip
    doubtful = agreement is not None and not agreement.within_tolerance
    return [
        engine.name,
        engine.version,
        f"[bold]{latency.median:.2f}[/bold]",
        f"{latency.p10:.2f}-{latency.p90:.2f}",
        f"{latency.images_per_second:.1f}",
        f"{engine.peak_mebibytes:.0f}",
        f"{cold.result_milliseconds:.0f}" if cold else "",
        f"{cold.peak_mebibytes:.0f}" if cold else "",
        f"{ratio.median:.2f} ({ratio.low:.2f}-{ratio.high:.2f})" if ratio else "",
        f"[red]{agreement.relative_error:.1e} differs[/red]"
        if agreement and doubtful
        else f"{agreement.relative_error:.1e}"
        if agreement
        else "",
        f"{agreement.same_class:.0%}" if agreement else "",
    ]
