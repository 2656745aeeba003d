"""Where a model's time goes: every step of the native engine, beside what the machine could do."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.benchmark.engines import Isa
from mobilenetv2.benchmark.machine import Machine, command_line, describe_machine
from mobilenetv2.benchmark.report import Precision, precision_of
from mobilenetv2.deploy.convert import example_pictures
from mobilenetv2.engine.library import chosen_isa, in_use
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.native import NativeRunner
from mobilenetv2.engine.program import (
    AddMaps,
    ConcatMaps,
    Convolution,
    Depthwise,
    InvertedResidual,
    PooledConvolution,
    PoolMap,
    Program,
    ResizeMap,
    Step,
)
from mobilenetv2.errors import BenchmarkError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.network.build import build
from mobilenetv2.network.count import Analysis, analyze
from mobilenetv2.network.graph import Shape
from mobilenetv2.tasks.image import Picture, decode, resize
from mobilenetv2.tasks.pixels import pixel_values
from mobilenetv2.weights.checkpoint import describe
from mobilenetv2.weights.fold import fold_checkpoint

_PEAK_SECONDS = 0.005
"""Of multiply-adds alone, before and after each turn of the network."""
_PEAK_ROUNDS = 20_000
"""In one call: some 50 microseconds."""


@dataclass(frozen=True, slots=True)
class StepTime:
    """One step of the engine, on one thread."""

    name: str
    """The graph node whose map it writes."""
    layers: tuple[str, ...]
    """The convolutions in it."""
    shape: Shape
    """Of its map."""
    multiply_adds: int
    weights: int
    """How many; each of 4 bytes in float32, 1 in int8."""
    microseconds: float
    """The median over the rounds."""
    of_peak: float | None
    """Its multiply-adds in a second over the machine's: the median of the rounds' own ratios.
    None where it has none, or the instruction set has no peak to measure."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """All steps in the order in which they run."""

    model: str
    network: str
    precision: Precision
    isa: str
    steps: tuple[StepTime, ...]
    peak: float | None
    """Multiply-adds in a second, all numbers in registers: the median over the rounds."""
    rounds: int
    machine: Machine
    command: str

    @property
    def multiply_adds(self) -> int:
        """Of all steps."""
        return sum(step.multiply_adds for step in self.steps)

    @property
    def of_peak(self) -> float | None:
        """All multiply-adds in the time of all steps, over the machine's; None without a peak."""
        if not self.peak:
            return None
        return self.multiply_adds / (self.microseconds * 1e-6 * self.peak)

    @property
    def microseconds(self) -> float:
        """Of all steps; what a picture takes besides (its way in, Python) is not in it."""
        return sum(step.microseconds for step in self.steps)

    def to_json(self) -> dict[str, object]:
        """Everything as plain values."""
        return asdict(self) | {"microseconds": self.microseconds}


def time_steps(
    model: str,
    *,
    isa: Isa | None = None,
    rounds: int,
    seconds_per_turn: float,
    picture: Picture | None = None,
    advance: Callable[[], None] = lambda: None,
) -> StepReport:
    """Time each step of a model on one thread, in turns with nothing but multiply-adds.

    Args:
        model: a weight file or a name of the catalogue.
        isa: the instruction set; None for the machine's best.
        rounds: how many turns; a machine is faster in one than in another, and ratios are taken
            within each.
        seconds_per_turn: of the network in a round.
        picture: what to run on; a photograph of the package by default.
        advance: told after each round.

    Raises:
        BenchmarkError: the native engine is not there, or no round is asked for.
        EngineError: an instruction set that this machine does not have.
        CheckpointError: the model cannot be read.
        UnknownModelError: neither a file nor a known name.
        LoweringError: a step that the engine does not have.
    """
    if rounds < 1 or not seconds_per_turn > 0:
        raise BenchmarkError(
            "rounds must be at least 1 and seconds per turn positive, "
            f"got {rounds} and {seconds_per_turn}"
        )
    if not in_use(isa):
        raise BenchmarkError("steps are the native engine's, and networks run in numpy here")
    checkpoint = fold_checkpoint(load_checkpoint(model))
    program = lower(
        build(checkpoint.spec), checkpoint.numbers, pixel_values(checkpoint.preprocessing)
    )
    runner = NativeRunner(program, 1, isa)
    machine = describe_machine()
    pixels = resize(decode(picture or example_pictures()[0]), checkpoint.preprocessing)
    times, peaks = _take_turns(runner, pixels, rounds, seconds_per_turn, advance)
    return StepReport(
        model=model,
        network=describe(checkpoint.spec),
        precision=precision_of(checkpoint),
        isa=chosen_isa(isa),
        steps=_step_times(program, analyze(checkpoint.spec), times, peaks),
        peak=float(np.median(peaks)) if peaks.all() else None,
        rounds=rounds,
        machine=machine,
        command=command_line(),
    )


def _step_times(
    program: Program,
    analysis: Analysis,
    times: npt.NDArray[np.float64],
    peaks: npt.NDArray[np.float64],
) -> tuple[StepTime, ...]:
    costs = {layer.name: layer for layer in analysis.layers}
    shapes = {tensor.name: tensor.shape for tensor in program.tensors}
    found = []
    for step, microseconds in zip(program.steps, times.T, strict=True):
        layers = layers_of(step)
        work = sum(costs[name].madds for name in layers)
        measured = work > 0 and peaks.all()
        found.append(
            StepTime(
                name=step.target,
                layers=layers,
                shape=shapes[step.target],
                multiply_adds=work,
                weights=sum(costs[name].weights for name in layers),
                microseconds=float(np.median(microseconds)),
                of_peak=float(np.median(work / (microseconds * 1e-6 * peaks)))
                if measured
                else None,
            )
        )
    return tuple(found)


def _take_turns(
    runner: NativeRunner,
    pixels: npt.NDArray[np.uint8],
    rounds: int,
    seconds_per_turn: float,
    advance: Callable[[], None],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Microseconds [rounds, steps], and the machine's multiply-adds in a second [rounds]."""
    runner.profile(pixels, 1)
    begin = perf_counter()
    runner.profile(pixels, 3)
    runs = max(1, round(3 * seconds_per_turn / (perf_counter() - begin)))
    times, peaks = [], []
    for _ in range(rounds):
        before = _products_per_second(runner)
        times.append(runner.profile(pixels, runs))
        peaks.append((before + _products_per_second(runner)) / 2)
        advance()
    return np.array(times), np.array(peaks)


def _products_per_second(runner: NativeRunner) -> float:
    """Of the median call: one during which another process had the core would halve the rest."""
    rates, end = list[float](), perf_counter() + _PEAK_SECONDS
    while not rates or perf_counter() < end:
        begin = perf_counter()
        done = runner.peak_products(_PEAK_ROUNDS)
        rates.append(done / (perf_counter() - begin))
    return float(np.median(rates))


def layers_of(step: Step) -> tuple[str, ...]:
    """The names of the convolutions that a step holds, in order."""
    match step:
        case Convolution() | Depthwise() | PooledConvolution():
            return (step.layer.name,)
        case InvertedResidual():
            layers = (step.expand, step.depthwise, step.project)
            return tuple(layer.name for layer in layers if layer is not None)
        case AddMaps() | PoolMap() | ResizeMap() | ConcatMaps():
            return ()
        case _:
            assert_never(step)
