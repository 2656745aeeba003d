"""The native engine behind its C ABI: the default where a compiler was there to build it."""

import ctypes
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.library import FLOAT32, LIBRARY, PIXELS, Engine, Exchanged
from mobilenetv2.engine.program import Program
from mobilenetv2.engine.runner import Images
from mobilenetv2.errors import EngineError

Floats = npt.NDArray[np.float32]

_KINDS = {np.dtype(np.float32): FLOAT32, np.dtype(np.uint8): PIXELS}


class NativeRunner:
    """A program ready to run: a `Runner` that many threads may share.

    Args:
        program: what `lower` made; its weights are packed once, here.
        threads: how many threads one call uses, at least 1.
        isa: one of `isas()`; None for the environment's MOBILENETV2_ISA, else the best.
        library: another build of the engine.

    Raises:
        EngineError: no library, an unknown instruction set, or a program that is not safe to run.
    """

    def __init__(
        self,
        program: Program,
        threads: int = 1,
        isa: str | None = None,
        library: Path | None = None,
    ) -> None:
        if threads < 1:
            raise EngineError(f"threads must be at least 1, got {threads}")
        self.threads = threads
        words = np.array(program.words(), np.int64)
        parts = [(part.ctypes.data, part.nbytes) for part in program.parts]
        path = LIBRARY if library is None else str(library)
        self._engine = Engine(words.ctypes.data, len(words), parts, isa, path)
        self._shapes = {tensor.name: tensor.shape for tensor in program.tensors}
        self._input = self._shapes[program.input]
        self._outputs = [(name, self._shapes[name]) for name in program.outputs]
        self._steps = len(program.steps)
        self._index = {tensor.name: index for index, tensor in enumerate(program.tensors)}
        self._bytes = program.arithmetic == "uint8"

    def __call__(
        self, images: Images, threads: int | None = None
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Run a batch; other Python threads go on meanwhile.

        Args:
            images: [N, height, width, 3], float32 and preprocessed, or uint8 pixels.
            threads: how many to use this time; None for the runner's own number.

        Returns:
            For each output its map, float32 [N, height, width, channels].

        Raises:
            ValueError: images of another shape or type.
            EngineError: memory ran out.
        """
        images = _in_a_row(images)
        kind = self._kind_of(images)
        count = len(images)
        outputs = {name: np.empty((count, *shape), np.float32) for name, shape in self._outputs}
        addresses = [array.ctypes.data for array in outputs.values()]
        self._engine.run(images.ctypes.data, kind, count, threads or self.threads, addresses)
        return outputs

    def peek(self, image: Images, step: int, tensor: str) -> Images:
        """A tensor as it stands after a step, [height, width, channels]: every layer can be seen.

        Raises:
            EngineError: there is no such step or tensor.
        """
        image = _in_a_row(image)
        kind = self._kind_of(image[None])
        shape = self._shapes[tensor]
        copy: Images = np.empty(shape, np.uint8) if self._bytes else np.empty(shape, np.float32)
        if self._engine.functions.mnv2_peek(
            self._engine.handle,
            image.ctypes.data,
            kind,
            step,
            self._index[tensor],
            copy.ctypes.data,
        ):
            raise EngineError(f"the program has no step {step}")
        return copy

    def run_steps(
        self, first: int, end: int, given: Mapping[str, Floats], taken: Sequence[str]
    ) -> dict[str, Floats]:
        """Run the steps from `first` on and before `end`, on one thread.

        Args:
            first: the first step.
            end: one behind the last.
            given: by tensor the real numbers put into it before, [height, width, channels]; all
                that the steps read and do not write themselves.
            taken: tensors to look at afterwards: those given or written, if none of the steps
                lies on their memory.

        Raises:
            EngineError: there are no such steps.
            ValueError: an array of another shape than its tensor's.
        """
        values = {name: np.ascontiguousarray(array, np.float32) for name, array in given.items()}
        for name, array in values.items():
            if array.shape != self._shapes[name]:
                raise ValueError(f"{name} must be {tuple(self._shapes[name])}, got {array.shape}")
        found = {name: np.empty(self._shapes[name], np.float32) for name in taken}
        if self._engine.functions.mnv2_run_steps(
            self._engine.handle,
            first,
            end,
            self._exchanged(values),
            len(values),
            self._exchanged(found),
            len(found),
        ):
            raise EngineError(f"the program has no steps {first} to {end}, or memory ran out")
        return found

    def _exchanged(self, arrays: Mapping[str, Floats]) -> ctypes.Array[Exchanged]:
        return (Exchanged * len(arrays))(
            *(Exchanged(array.ctypes.data, self._index[name]) for name, array in arrays.items())
        )

    def profile(self, image: Images, rounds: int) -> list[float]:
        """Microseconds that each step takes on one thread, on average over `rounds` runs."""
        image = _in_a_row(image)
        kind = self._kind_of(image[None])
        times = np.zeros(self._steps, np.uint64)
        self._engine.functions.mnv2_profile(
            self._engine.handle, image.ctypes.data, kind, rounds, times.ctypes.data
        )
        return [float(time) / rounds / 1000 for time in times]

    def peak_products(self, rounds: int) -> int:
        """Do nothing but multiply-adds in registers, and say how many: what steps are judged by.

        Returns:
            How many multiply-adds `rounds` rounds are; 0 where the instruction set has no limit
            to show (scalar).
        """
        return int(self._engine.functions.mnv2_peak_products(self._engine.handle, rounds))

    def memory(self) -> tuple[int, int]:
        """Bytes one call works in: (the planned arena, rings and strips beside it)."""
        arena, scratch = ctypes.c_size_t(), ctypes.c_size_t()
        self._engine.functions.mnv2_memory(
            self._engine.handle, self.threads, ctypes.byref(arena), ctypes.byref(scratch)
        )
        return arena.value, scratch.value

    def _kind_of(self, images: Images) -> int:
        if images.shape[1:] != self._input:
            height, width, _ = self._input
            raise ValueError(f"images must be [N, {height}, {width}, 3], got {images.shape}")
        kind = _KINDS.get(images.dtype)
        if kind is None:
            raise ValueError(f"images must be float32 or uint8, got {images.dtype}")
        return kind


def _in_a_row(images: Images) -> Images:
    """The same numbers without gaps between them."""
    return images if images.flags.c_contiguous else images.copy()
