"""Engines take turns: what slows the machine for a while slows all of them alike."""

import random
import time
from collections.abc import Callable, Mapping
from statistics import median

from mobilenetv2.benchmark.engine import Engine
from mobilenetv2.benchmark.process import EngineProcess
from mobilenetv2.benchmark.report import ColdStart

FEWEST, MOST = 3, 10_000
"""Runs in a turn."""
_SEED = 1801
_NANOSECONDS = 1e6
_MEBIBYTE = 2**20

Advance = Callable[[], None]


def take_turns(
    processes: Mapping[str, EngineProcess], rounds: int, seconds_per_turn: float, advance: Advance
) -> dict[str, list[list[float]]]:
    """Milliseconds of every run, by engine and round.

    Every round asks every engine once, in an order of its own; the others sleep meanwhile. A
    first round, not counted, warms up and finds how many runs fill a turn.

    Args:
        processes: engines that are ready.
        rounds: how many count.
        seconds_per_turn: what an engine's turn should take.
        advance: told after each round, the first one included.
    """
    shuffled = random.Random(_SEED)
    counts = {name: _turn_runs(process, seconds_per_turn) for name, process in processes.items()}
    advance()
    times: dict[str, list[list[float]]] = {name: [] for name in processes}
    for _ in range(rounds):
        for name in shuffled.sample(list(processes), len(processes)):
            taken = processes[name].run(counts[name])
            times[name].append([nanoseconds / _NANOSECONDS for nanoseconds in taken])
        advance()
    return times


def start_cold(
    engines: Mapping[str, Engine],
    threads: int,
    cpus: tuple[int, ...],
    starts: int,
    advance: Advance,
) -> dict[str, ColdStart]:
    """Fresh processes from start to first result, interleaved like the rounds.

    A first start of each, not counted, brings the files into the system's cache: what is measured
    is a start from a warm disk.

    Args:
        engines: what to start.
        threads: for the runtimes' own setting.
        cpus: the processors to stay on.
        starts: how many count, for each engine.
        advance: told after each round, the first one included.
    """
    shuffled = random.Random(_SEED)
    seen: dict[str, list[tuple[float, float, int]]] = {name: [] for name in engines}
    for number in range(starts + 1):
        for name in shuffled.sample(list(engines), len(engines)):
            figures = _start_once(engines[name], threads, cpus)
            if number:
                seen[name].append(figures)
        advance()
    return {name: _summarize(figures) for name, figures in seen.items()}


def _turn_runs(process: EngineProcess, seconds: float) -> int:
    first = median(process.run(FEWEST)) / 1e9
    warm = process.run(max(FEWEST, min(MOST, round(seconds / first))))
    return max(FEWEST, min(MOST, round(seconds / (median(warm) / 1e9))))


def _start_once(engine: Engine, threads: int, cpus: tuple[int, ...]) -> tuple[float, float, int]:
    """(milliseconds to the result, milliseconds to the end, bytes of peak memory)."""
    begin = time.perf_counter()
    with EngineProcess(engine, threads, cpus, once=True) as process:
        peak = process.wait_ready()
        result = time.perf_counter()
    return 1000 * (result - begin), 1000 * (time.perf_counter() - begin), peak


def _summarize(figures: list[tuple[float, float, int]]) -> ColdStart:
    results, ends, peaks = zip(*figures, strict=True)
    return ColdStart(median(results), median(ends), median(peaks) / _MEBIBYTE, len(figures))
