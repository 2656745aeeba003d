"""The integer network step by step: how much noise each adds, and what staying float would bring.

Both networks run the same steps. A step is one of the engine's: an inverted residual is one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from mobilenetv2.calibration.calibrate import Calibrated
from mobilenetv2.engine.any_size import Run
from mobilenetv2.engine.library import in_use
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.native import NativeRunner
from mobilenetv2.errors import LoweringError
from mobilenetv2.network.build import build
from mobilenetv2.quantization.reference_steps import ReferenceRunner, nodes_of
from mobilenetv2.tasks.pixels import Pixels, normalize
from mobilenetv2.weights.checkpoint import Array, Checkpoint

Maps = Mapping[str, Array]
QUIET = 99.0
"""Decibels that stand for no noise at all."""


@dataclass(frozen=True, slots=True)
class StepNoise:
    """One step of the integer network."""

    name: str
    """The node whose map it makes."""
    snr: float
    """Decibels: its map in floats over what the integer network's differs from it."""
    answer_snr: float
    """Decibels: the network's outputs likewise, with this step alone in floats."""
    gain: float | None
    """Points that metric or agreement gain with this step alone in floats; None where numpy
    computes, which would take hours."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A step as the walk over it sees it."""

    target: str
    sources: tuple[str, ...]


class StepRunner(Protocol):
    """The engine, or numpy in its place."""

    def run_steps(
        self, first: int, end: int, given: Mapping[str, Array], taken: Sequence[str]
    ) -> dict[str, Array]:
        """As `NativeRunner.run_steps`."""
        ...


class TwoNetworks:
    """One network in floats and in integers, step by step."""

    def __init__(self, calibrated: Calibrated, *, native: bool) -> None:
        """Raises LoweringError where the engine lacks a step, or steps are not the same."""
        make = _native if native else _reference
        self._real, self._stages = make(calibrated.real)
        self._integers, stages = make(calibrated.integers)
        self.native = native
        self._preprocessing = calibrated.integers.preprocessing
        self.names = tuple(stage.target for stage in self._stages)
        if self._stages != stages:
            raise LoweringError("the steps of floats and of integers are not the same")
        self._real_preprocessing = calibrated.real.preprocessing
        graph = build(calibrated.real.spec)
        self._input = graph.input.name
        self.outputs = graph.outputs
        """Names of the maps that come out."""

    def maps(self, pixels: Pixels) -> tuple[Maps, Maps]:
        """(every step's map in floats, the same in integers)."""
        real = self._every_map(self._real, normalize(pixels, self._real_preprocessing))
        return real, self._every_map(self._integers, normalize(pixels, self._preprocessing))

    def with_step_in_floats(self, index: int) -> Run:
        """The integer network as a function of a picture, one of its steps computed in floats."""
        last = len(self.names)
        before, after = self._alive(index), self._alive(index + 1)
        step = self._stages[index]

        def run(pixels: Pixels) -> Maps:
            picture = {self._input: normalize(pixels, self._preprocessing)}
            maps = dict(self._integers.run_steps(0, index, picture, before))
            sources = {name: maps[name] for name in step.sources}
            maps |= self._real.run_steps(index, index + 1, sources, [step.target])
            given = {name: maps[name] for name in after}
            wanted = [name for name in self.outputs if name != step.target]
            found = dict(self._integers.run_steps(index + 1, last, given, wanted))
            # What comes out at once is not rounded any more.
            found |= {name: maps[name] for name in self.outputs if name == step.target}
            return {name: values[None] for name, values in found.items()}

        return run

    def _every_map(self, runner: StepRunner, picture: Array) -> Maps:
        maps = {self._input: picture}
        for index, step in enumerate(self._stages):
            sources = {name: maps[name] for name in step.sources}
            maps |= runner.run_steps(index, index + 1, sources, [step.target])
        return maps

    def _alive(self, index: int) -> list[str]:
        """Tensors that exist before a step and that it or a later one reads, or that come out."""
        steps = self._stages
        made = {self._input, *(step.target for step in steps[:index])}
        needed = {source for step in steps[index:] for source in step.sources} | set(self.outputs)
        return sorted(made & needed)


def two_networks(calibrated: Calibrated) -> TwoNetworks:
    """On the native engine, or in numpy where it is missing or lacks a step."""
    if in_use():
        try:
            return TwoNetworks(calibrated, native=True)
        except LoweringError:
            pass
    return TwoNetworks(calibrated, native=False)


def measure_noise(
    networks: TwoNetworks, pictures: Sequence[Pixels], advance: Callable[[], None]
) -> tuple[list[float], list[float]]:
    """(decibels of each step's map, decibels of the outputs with that step in floats)."""
    count = len(networks.names)
    maps, answers = np.zeros((2, count)), np.zeros((2, count))
    runs = [networks.with_step_in_floats(index) for index in range(count)]
    for picture in pictures:
        real, integers = networks.maps(picture)
        for index, name in enumerate(networks.names):
            maps[:, index] += _signal_and_noise(real[name], integers[name])
            found = runs[index](picture)
            for output in networks.outputs:
                answers[:, index] += _relative(real[output], found[output][0])
            advance()
    return _decibels(maps), _decibels(answers)


def _native(checkpoint: Checkpoint) -> tuple[StepRunner, tuple[Stage, ...]]:
    program = lower(build(checkpoint.spec), checkpoint.numbers)
    stages = tuple(Stage(step.target, tuple(step.sources)) for step in program.steps)
    return NativeRunner(program), stages


def _reference(checkpoint: Checkpoint) -> tuple[StepRunner, tuple[Stage, ...]]:
    stages = tuple(Stage(node.name, tuple(node.sources)) for node in nodes_of(checkpoint))
    return ReferenceRunner(checkpoint), stages


def _signal_and_noise(real: Array, other: Array) -> tuple[float, float]:
    difference = (real - other).astype(np.float64)
    return float(np.square(real, dtype=np.float64).sum()), float(np.square(difference).sum())


def _relative(real: Array, other: Array) -> tuple[float, float]:
    """The same with a signal of 1: each output counts alike."""
    signal, noise = _signal_and_noise(real, other)
    return 1.0, noise / signal if signal else 0.0


def _decibels(sums: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[float]:
    signal, noise = sums
    ratios = np.divide(signal, noise, out=np.full(len(signal), np.inf), where=noise > 0)
    decibels = 10 * np.log10(np.maximum(ratios, 1e-30))
    return [float(value) for value in np.minimum(decibels, QUIET)]
