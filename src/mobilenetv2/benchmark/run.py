"""A benchmark from a model's name to its report."""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from mobilenetv2.benchmark.engine import Engine, Outputs
from mobilenetv2.benchmark.engines import (
    COMPILED,
    CONTROL,
    OURS,
    Isa,
    Workbench,
    choose_peers,
    compiled_engine,
    our_engine,
    peers_or_reasons,
)
from mobilenetv2.benchmark.machine import command_line, cpus_for, describe_machine
from mobilenetv2.benchmark.process import EngineProcess
from mobilenetv2.benchmark.report import (
    Agreement,
    ColdStart,
    EngineReport,
    Report,
    Rounds,
    Settings,
    paired_ratio,
    precision_of,
    summarize,
)
from mobilenetv2.benchmark.rounds import start_cold, take_turns
from mobilenetv2.deploy.convert import example_pictures
from mobilenetv2.deploy.prove import INTEGER_TOLERANCE, TOLERANCE
from mobilenetv2.errors import BenchmarkError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.peers.known import PeerName
from mobilenetv2.tasks.image import Picture, decode, resize
from mobilenetv2.weights.checkpoint import describe
from mobilenetv2.weights.fold import fold_checkpoint

ROUNDS = 20
SECONDS_PER_TURN = 0.5
COLD_STARTS = 5
_MEBIBYTE = 2**20


def benchmark(
    model: str,
    *,
    threads: int = 1,
    against: tuple[PeerName, ...] | None = (),
    control: bool = False,
    isa: Isa | None = None,
    rounds: int = ROUNDS,
    seconds_per_turn: float = SECONDS_PER_TURN,
    cold_starts: int = COLD_STARTS,
    picture: Picture | None = None,
    advance: Callable[[], None] = lambda: None,
) -> Report:
    """Measure a model here, beside other runtimes with the same weights.

    Every engine has a process of its own and is called from Python with one decoded picture.
    They take turns in rounds of shuffled order; only one runs at a time.

    Args:
        model: a weight file or a name of the catalogue.
        threads: for every runtime's own setting; fewer than the machine's cores are held on the
            last of them.
        against: peers by name; None for all that are installed.
        control: measure ours a second time, which shows what differences mean nothing.
        isa: the instruction set to keep to, as far as an engine can be told.
        rounds: how many count.
        seconds_per_turn: of an engine in a round.
        cold_starts: fresh processes of each engine, and of ours from a program file, where the
            model is a classifier; 0 leaves them out.
        picture: what to run on; a photograph of the package by default.
        advance: told `steps_of(rounds, cold_starts)` times that something is done.

    Raises:
        BenchmarkError: an engine is not installed, refuses the network, or dies.
        CheckpointError: the model cannot be read.
        UnknownModelError: neither a file nor a known name.
    """
    if threads < 1 or rounds < 1 or cold_starts < 0 or not seconds_per_turn > 0:
        raise BenchmarkError(
            "threads and rounds must be at least 1, seconds per turn positive and cold starts not "
            f"negative, got {threads}, {rounds}, {seconds_per_turn} and {cold_starts}"
        )
    peers, absent = choose_peers(against)
    checkpoint = fold_checkpoint(load_checkpoint(model))
    pixels = resize(decode(picture or example_pictures()[0]), checkpoint.preprocessing)
    settings = Settings(
        model=model,
        network=describe(checkpoint.spec),
        precision=precision_of(checkpoint),
        threads=threads,
        cpus=cpus_for(threads),
        isa=isa,
        rounds=rounds,
        seconds_per_turn=seconds_per_turn,
        command=command_line(),
    )
    machine = describe_machine()
    with tempfile.TemporaryDirectory(prefix="mobilenetv2-benchmark-") as folder:
        bench = Workbench(model, checkpoint, pixels, Path(folder), threads, isa)
        engines = {OURS: our_engine(bench, OURS)}
        if cold_starts and (compiled := compiled_engine(bench)):
            engines[COMPILED] = compiled
        others, reasons = peers_or_reasons(bench, peers)
        engines |= others
        if control:
            engines[CONTROL] = our_engine(bench, CONTROL)
        measured = _measure(engines, settings, cold_starts, Path(folder), advance)
    return Report(settings, measured, (*absent, *reasons), machine)


def steps_of(rounds: int, cold_starts: int) -> int:
    """How often `benchmark` calls `advance`."""
    return rounds + 1 + (cold_starts + 1 if cold_starts else 0)


def _measure(
    engines: Mapping[str, Engine],
    settings: Settings,
    cold_starts: int,
    folder: Path,
    advance: Callable[[], None],
) -> tuple[EngineReport, ...]:
    threads, cpus = settings.threads, settings.cpus
    cold: dict[str, ColdStart] = {}
    if cold_starts:
        cold = start_cold(engines, threads, cpus, cold_starts, advance)
    with ExitStack() as stack:
        processes: dict[str, EngineProcess] = {}
        for name, engine in engines.items():
            # One after the other: two that load at once would share the cores.
            processes[name] = stack.enter_context(EngineProcess(engine, threads, cpus))
            processes[name].wait_ready()
        times = take_turns(processes, settings.rounds, settings.seconds_per_turn, advance)
        found = {name: process.outputs(folder) for name, process in processes.items()}
    allowed = TOLERANCE if settings.precision == "float32" else INTEGER_TOLERANCE
    return tuple(
        _report(engine, times, found, cold.get(name), allowed) for name, engine in engines.items()
    )


def _report(
    engine: Engine,
    times: Mapping[str, Rounds],
    found: Mapping[str, tuple[Outputs, int]],
    cold: ColdStart | None,
    allowed: float,
) -> EngineReport:
    outputs, peak = found[engine.name]
    agreement = None
    if engine.compare is not None:
        parity = engine.compare(found[OURS][0], outputs)
        agreement = Agreement(
            relative_error=parity.relative_error,
            same_class=parity.agreement,
            of=parity.agreement_of,
            within_tolerance=parity.relative_error <= allowed,
        )
    ours = engine.name == OURS
    return EngineReport(
        name=engine.name,
        version=engine.version,
        latency=summarize(times[engine.name]),
        peak_mebibytes=peak / _MEBIBYTE,
        cold_start=cold,
        ratio=None if ours else paired_ratio(times[engine.name], times[OURS]),
        agreement=agreement,
        note=engine.note,
    )
