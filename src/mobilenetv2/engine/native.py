"""The native engine behind its C ABI: the default where a compiler was there to build it."""

import ctypes
import os
import sys
import weakref
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.program import Program
from mobilenetv2.engine.runner import Images
from mobilenetv2.errors import EngineError

ABI_VERSION = 2
ISA_VARIABLE = "MOBILENETV2_ISA"
"""Names an instruction set that the engine is to use instead of the machine's best."""

_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
LIBRARY = Path(__file__).parent / f"libmobilenetv2{_SUFFIX}"

_FLOAT32, _PIXELS = 0, 1
_ERROR_BYTES = 500


def available() -> bool:
    """Whether the library was built when the package was installed."""
    return LIBRARY.is_file()


def isas() -> tuple[str, ...]:
    """Instruction sets that the engine can use on this machine, best first.

    Raises:
        EngineError: the library is missing or of another version.
    """
    return tuple(_library(LIBRARY).mnv2_isas().decode().split())


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
        functions = _library(library or LIBRARY)
        self.threads = threads
        chosen = isa or os.environ.get(ISA_VARIABLE) or None
        words = np.array(program.words(), np.int64)
        parts = (_Part * len(program.parts))(
            *(_Part(part.ctypes.data, part.nbytes) for part in program.parts)
        )
        error = ctypes.create_string_buffer(_ERROR_BYTES)
        handle = functions.mnv2_create(
            words.ctypes.data,
            len(words),
            parts,
            len(parts),
            chosen.encode() if chosen else None,
            error,
            _ERROR_BYTES,
        )
        if not handle:
            raise EngineError(f"the native engine refuses: {error.value.decode(errors='replace')}")
        self._handle = handle
        self._shapes = {tensor.name: tensor.shape for tensor in program.tensors}
        self._input = self._shapes[program.input]
        self._outputs = program.outputs
        self._steps = len(program.steps)
        self._index = {tensor.name: index for index, tensor in enumerate(program.tensors)}
        self._bytes = program.arithmetic == "uint8"
        self._library = functions
        weakref.finalize(self, functions.mnv2_destroy, handle)

    def __call__(self, images: Images) -> dict[str, npt.NDArray[np.float32]]:
        """Run a batch; other Python threads go on meanwhile.

        Args:
            images: [N, height, width, 3], float32 and preprocessed, or uint8 pixels.

        Returns:
            For each output its map, float32 [N, height, width, channels].

        Raises:
            ValueError: images of another shape or type.
            EngineError: memory ran out.
        """
        images = _in_a_row(images)
        self._check(images)
        outputs = {
            name: np.empty((len(images), *self._shapes[name]), np.float32) for name in self._outputs
        }
        pointers = (ctypes.c_void_p * len(outputs))(
            *(array.ctypes.data for array in outputs.values())
        )
        failed = self._library.mnv2_run(
            self._handle, images.ctypes.data, _kind(images), len(images), self.threads, pointers
        )
        if failed:
            raise EngineError("the native engine ran out of memory")
        return outputs

    def peek(self, image: Images, step: int, tensor: str) -> Images:
        """A tensor as it stands after a step, [height, width, channels]: every layer can be seen.

        Raises:
            EngineError: there is no such step or tensor.
        """
        image = _in_a_row(image)
        self._check(image[None])
        shape = self._shapes[tensor]
        copy: Images = np.empty(shape, np.uint8) if self._bytes else np.empty(shape, np.float32)
        if self._library.mnv2_peek(
            self._handle,
            image.ctypes.data,
            _kind(image),
            step,
            self._index[tensor],
            copy.ctypes.data,
        ):
            raise EngineError(f"the program has no step {step}")
        return copy

    def profile(self, image: Images, rounds: int) -> list[float]:
        """Microseconds that each step takes on one thread, on average over `rounds` runs."""
        image = _in_a_row(image)
        self._check(image[None])
        times = np.zeros(self._steps, np.uint64)
        self._library.mnv2_profile(
            self._handle, image.ctypes.data, _kind(image), rounds, times.ctypes.data
        )
        return [float(time) / rounds / 1000 for time in times]

    def memory(self) -> tuple[int, int]:
        """Bytes one call works in: (the planned arena, rings and strips beside it)."""
        arena, scratch = ctypes.c_size_t(), ctypes.c_size_t()
        self._library.mnv2_memory(
            self._handle, self.threads, ctypes.byref(arena), ctypes.byref(scratch)
        )
        return arena.value, scratch.value

    def _check(self, images: Images) -> None:
        if images.ndim != 4 or images.shape[1:] != self._input:
            height, width, _ = self._input
            raise ValueError(f"images must be [N, {height}, {width}, 3], got {images.shape}")
        if images.dtype not in (np.float32, np.uint8):
            raise ValueError(f"images must be float32 or uint8, got {images.dtype}")


def _in_a_row(images: Images) -> Images:
    """The same numbers without gaps between them."""
    return images if images.flags.c_contiguous else images.copy()


def _kind(images: Images) -> int:
    return _PIXELS if images.dtype == np.uint8 else _FLOAT32


_ADDRESS, _INT, _SIZE, _TEXT = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_char_p
_SIZES = ctypes.POINTER(ctypes.c_size_t)


class _Part(ctypes.Structure):
    _fields_ = (("data", _ADDRESS), ("bytes", _SIZE))


_PARTS = ctypes.POINTER(_Part)

_SIGNATURES: Mapping[str, tuple[type | None, list[object]]] = {
    "mnv2_abi_version": (_INT, []),
    "mnv2_isas": (_TEXT, []),
    "mnv2_create": (_ADDRESS, [_ADDRESS, _SIZE, _PARTS, _SIZE, _TEXT, _TEXT, _SIZE]),
    "mnv2_run": (_INT, [_ADDRESS, _ADDRESS, _INT, _INT, _INT, ctypes.POINTER(_ADDRESS)]),
    "mnv2_peek": (_INT, [_ADDRESS, _ADDRESS, _INT, _INT, _INT, _ADDRESS]),
    "mnv2_profile": (_INT, [_ADDRESS, _ADDRESS, _INT, _INT, _ADDRESS]),
    "mnv2_memory": (None, [_ADDRESS, _INT, _SIZES, _SIZES]),
    "mnv2_destroy": (None, [_ADDRESS]),
}
"""`native/engine.h` in ctypes: what each function returns and takes."""


@cache
def _library(path: Path) -> ctypes.CDLL:
    if not path.is_file():
        raise EngineError(
            f"the native engine was not built: {path.name} is missing. Install a C++ compiler "
            "and then the package again; until then networks run in numpy"
        )
    library = ctypes.CDLL(str(path))
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    found = library.mnv2_abi_version()
    if found != ABI_VERSION:
        raise EngineError(f"{path.name} must speak version {ABI_VERSION}, got {found}")
    return library
