"""The native engine's C interface in ctypes: numbers and addresses only, so it needs no numpy."""

import ctypes
import os
import sys
import weakref
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Self

from mobilenetv2.engine.cores import cores
from mobilenetv2.errors import EngineError, OptionError

ABI_VERSION = 2
ISA_VARIABLE = "MOBILENETV2_ISA"
"""Names an instruction set that the engine is to use instead of the machine's best."""

NUMPY = "numpy"
"""What MOBILENETV2_ISA may say to keep the native engine out."""

MOST_THREADS = 4
"""A small network on a small picture: more threads than that wait for one another."""

LARGEST_TEAM = 1024
"""More cores than any machine that labels pictures has."""

FLOAT32, PIXELS = 0, 1
"""What a run is given for each picture: preprocessed floats, or bytes to look up in the table."""

_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
# Not pathlib, here and below: a program that labels one picture would wait for its import.
LIBRARY = os.path.join(os.path.dirname(__file__), f"libmobilenetv2{_SUFFIX}")  # noqa: PTH118, PTH120

_ERROR_BYTES = 500


def available() -> bool:
    """Whether the library was built when the package was installed."""
    return os.path.isfile(LIBRARY)  # noqa: PTH113


def in_use(isa: str | None = None) -> bool:
    """Whether networks run natively: it was built, and neither `isa` nor, without it, the
    environment's MOBILENETV2_ISA asks for numpy.
    """
    return available() and (isa or os.environ.get(ISA_VARIABLE)) != NUMPY


def isas() -> tuple[str, ...]:
    """Instruction sets that the engine can use on this machine, best first.

    Raises:
        EngineError: the library is missing or of another version.
    """
    return tuple(open_library(LIBRARY).mnv2_isas().decode().split())


def chosen_isa(isa: str | None = None) -> str:
    """The instruction set an `Engine` uses that is told `isa`: it, the environment's, the best.

    Raises:
        EngineError: the library is missing or of another version.
    """
    return isa or os.environ.get(ISA_VARIABLE) or isas()[0]


def default_threads() -> int:
    """The cores this process may use, up to `MOST_THREADS`."""
    return min(cores(), MOST_THREADS)


def pictures_at_once(threads: int | None) -> int:
    """How many of many pictures are answered at once, each on one thread.

    As many as threads were asked for, or as there are cores; one where networks run in numpy, whose
    maps are large and whose matrix library has threads of its own.
    """
    return (threads or cores()) if in_use() else 1


def checked_threads(threads: int | None) -> int:
    """How many threads one answer may use: `threads`, or without it `default_threads`.

    Raises:
        OptionError: no whole number from 1 to `LARGEST_TEAM`.
    """
    if threads is None:
        return default_threads()
    whole = hasattr(threads, "__index__") and not isinstance(threads, bool)
    if not whole or not 1 <= threads <= LARGEST_TEAM:
        raise OptionError(
            f"threads must be a whole number from 1 to {LARGEST_TEAM}, or None for as many as "
            f"there are cores, up to {MOST_THREADS}; got {threads!r}"
        )
    return int(threads)


class Engine:
    """A program that was checked and packed; many threads may run it at once.

    Args:
        words: address of the program's words, int64.
        word_count: how many.
        parts: (address, bytes) of each array with the program's numbers. Nothing of all this is
            needed afterwards.
        isa: one of `isas()`; None for the environment's MOBILENETV2_ISA, else the best.
        library: another build of the engine.

    Raises:
        EngineError: no library, an unknown instruction set, or a program that is not safe to run.
    """

    def __init__(
        self,
        words: int,
        word_count: int,
        parts: Sequence[tuple[int, int]],
        isa: str | None = None,
        library: str = LIBRARY,
    ) -> None:
        self.functions = open_library(library)
        chosen = isa or os.environ.get(ISA_VARIABLE) or None
        error = ctypes.create_string_buffer(_ERROR_BYTES)
        self.handle = self.functions.mnv2_create(
            words,
            word_count,
            (_Part * len(parts))(*(_Part(*part) for part in parts)),
            len(parts),
            chosen.encode() if chosen else None,
            error,
            _ERROR_BYTES,
        )
        if not self.handle:
            raise EngineError(f"the native engine refuses: {error.value.decode(errors='replace')}")
        weakref.finalize(self, self.functions.mnv2_destroy, self.handle)

    def __copy__(self) -> Self:
        return self  # it never changes, and its memory is given back once

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def run(
        self, images: int | bytes, kind: int, count: int, threads: int, outputs: Sequence[int]
    ) -> None:
        """Run `count` pictures; other Python threads go on meanwhile.

        Args:
            images: [count, height, width, 3], bytes or floats: their address, or they themselves.
            kind: `FLOAT32` or `PIXELS`.
            count: how many pictures.
            threads: how many threads to use.
            outputs: for each of the program's the address of [count, height, width, channels].

        Raises:
            EngineError: memory ran out.
        """
        targets = (ctypes.c_void_p * len(outputs))(*outputs)
        if self.functions.mnv2_run(self.handle, images, kind, count, threads, targets):
            raise EngineError("the native engine ran out of memory")


_ADDRESS, _INT, _SIZE, _TEXT = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_char_p
_SIZES = ctypes.POINTER(ctypes.c_size_t)


class _Part(ctypes.Structure):
    _fields_ = (("data", _ADDRESS), ("bytes", _SIZE))


class Exchanged(ctypes.Structure):
    """A tensor's number, and the address of its float32 values, to be read or to be written."""

    _fields_ = (("values", _ADDRESS), ("tensor", _INT))


class Resize(ctypes.Structure):
    """A picture and a part of it, and what to make of that."""

    _fields_ = (
        ("pixels", _ADDRESS),
        ("out", _ADDRESS),
        ("width", _INT),
        ("height", _INT),
        ("out_width", _INT),
        ("out_height", _INT),
        ("box", ctypes.c_float * 4),
        ("filter", _INT),
        ("down_first", _INT),
    )


class Colors(ctypes.Structure):
    """A picture, and a matrix that makes other colors of its own."""

    _fields_ = (
        ("pixels", _ADDRESS),
        ("out", _ADDRESS),
        ("width", _INT),
        ("height", _INT),
        ("matrix", ctypes.c_float * 12),
        ("mirrored", _INT),
    )


_PARTS = ctypes.POINTER(_Part)
_EXCHANGED = ctypes.POINTER(Exchanged)

_SIGNATURES: Mapping[str, tuple[type | None, list[object]]] = {
    "mnv2_abi_version": (_INT, []),
    "mnv2_isas": (_TEXT, []),
    "mnv2_create": (_ADDRESS, [_ADDRESS, _SIZE, _PARTS, _SIZE, _TEXT, _TEXT, _SIZE]),
    "mnv2_run": (_INT, [_ADDRESS, _ADDRESS, _INT, _INT, _INT, ctypes.POINTER(_ADDRESS)]),
    "mnv2_peek": (_INT, [_ADDRESS, _ADDRESS, _INT, _INT, _INT, _ADDRESS]),
    "mnv2_run_steps": (_INT, [_ADDRESS, _INT, _INT, _EXCHANGED, _INT, _EXCHANGED, _INT]),
    "mnv2_profile": (_INT, [_ADDRESS, _ADDRESS, _INT, _INT, _ADDRESS]),
    "mnv2_peak_products": (ctypes.c_int64, [_ADDRESS, ctypes.c_int64]),
    "mnv2_resample": (_INT, [ctypes.POINTER(Resize), _TEXT]),
    "mnv2_recolor": (_INT, [ctypes.POINTER(Colors), _TEXT]),
    "mnv2_add_up": (ctypes.c_int64, [_ADDRESS, _INT, _INT, _INT, ctypes.POINTER(ctypes.c_int64)]),
    "mnv2_memory": (None, [_ADDRESS, _INT, _SIZES, _SIZES]),
    "mnv2_destroy": (None, [_ADDRESS]),
}
"""`native/engine.h` in ctypes: what each function returns and takes."""


@cache
def open_library(path: str) -> ctypes.CDLL:
    """The library behind a path, its functions declared.

    Raises:
        EngineError: it is missing or of another version.
    """
    name = os.path.basename(path)  # noqa: PTH119
    if not os.path.isfile(path):  # noqa: PTH113
        raise EngineError(
            f"the native engine was not built: {name} is missing. Install a C++ compiler "
            "and then the package again; until then networks run in numpy"
        )
    library = ctypes.CDLL(path)
    found = library.mnv2_abi_version()
    if found != ABI_VERSION:
        raise EngineError(f"{name} must speak version {ABI_VERSION}, got {found}")
    for function_name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, function_name, None)
        if function is None:
            raise EngineError(
                f"{name} is older than this package: it lacks {function_name}. "
                "Install the package again, which builds it"
            )
        function.restype, function.argtypes = result, arguments
    return library
