"""The integer network step by step: how much noise each adds, and what staying float would bring.

Both networks run the same steps. A step is one of the engine's: an inverted residual is one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mobilenetv2.calibration.calibrate import Calibrated
from mobilenetv2.engine.any_size import Run
from mobilenetv2.engine.library import in_use
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.native import NativeRunner
from mobilenetv2.engine.program import Program
from mobilenetv2.errors import LoweringError
from mobilenetv2.network.build import build
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
    gain: float
    """Points that metric or agreement gain with this step alone in floats."""


class TwoNetworks:
    """One network in floats and in integers, step by step on the native engine."""

    def __init__(self, calibrated: Calibrated) -> None:
        """Raises LoweringError where the engine lacks a step, or steps are not the same."""
        self._real, self._program = _runner(calibrated.real)
        self._integers, program = _runner(calibrated.integers)
        self._preprocessing = calibrated.integers.preprocessing
        self.names = tuple(step.target for step in self._program.steps)
        if self.names != tuple(step.target for step in program.steps):
            raise LoweringError("the steps of floats and of integers are not the same")
        self._real_preprocessing = calibrated.real.preprocessing

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the maps that come out."""
        return self._program.outputs

    def maps(self, pixels: Pixels) -> tuple[Maps, Maps]:
        """(every step's map in floats, the same in integers)."""
        real = self._every_map(self._real, normalize(pixels, self._real_preprocessing))
        return real, self._every_map(self._integers, normalize(pixels, self._preprocessing))

    def with_step_in_floats(self, index: int) -> Run:
        """The integer network as a function of a picture, one of its steps computed in floats."""
        last = len(self.names)
        before, after = self._alive(index), self._alive(index + 1)
        step = self._program.steps[index]

        def run(pixels: Pixels) -> Maps:
            picture = {self._program.input: normalize(pixels, self._preprocessing)}
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

    def _every_map(self, runner: NativeRunner, picture: Array) -> Maps:
        maps = {self._program.input: picture}
        for index, step in enumerate(self._program.steps):
            sources = {name: maps[name] for name in step.sources}
            maps |= runner.run_steps(index, index + 1, sources, [step.target])
        return maps

    def _alive(self, index: int) -> list[str]:
        """Tensors that exist before a step and that it or a later one reads, or that come out."""
        steps = self._program.steps
        made = {self._program.input, *(step.target for step in steps[:index])}
        needed = {source for step in steps[index:] for source in step.sources} | set(self.outputs)
        return sorted(made & needed)


def two_networks(calibrated: Calibrated) -> TwoNetworks | None:
    """None where the native engine is missing or lacks a step: numpy would take hours."""
    if not in_use():
        return None
    try:
        return TwoNetworks(calibrated)
    except LoweringError:
        return None


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


def _runner(checkpoint: Checkpoint) -> tuple[NativeRunner, Program]:
    program = lower(build(checkpoint.spec), checkpoint.numbers)
    return NativeRunner(program), program


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
