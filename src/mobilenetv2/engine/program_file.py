"""A program in a file: a network lowered ahead of time, to be opened without numpy.

The file is a safetensors file of two tensors: `words`, int64, the program, and `numbers`, uint8,
its weights as they lie behind one another; what else a user of the network needs is in the
metadata. A detector's has a third, `anchors`, float32 [anchors, 4], for readers that do not know
how they follow from the network. It is the same for every machine: weights are packed for an
instruction set when opened.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mobilenetv2.engine.library import ABI_VERSION, Engine
from mobilenetv2.errors import CheckpointError
from mobilenetv2.reading import reading, require_file
from mobilenetv2.weights.json_text import parse_json
from mobilenetv2.weights.marks import PROGRAM

if TYPE_CHECKING:
    from mobilenetv2.catalog.embedded import Task

TASKS: tuple[Task, ...] = ("classification", "detection", "segmentation")

MULTI_LABEL = "multi-label classification"
"""The task as a file says it whose classes do not exclude each other: readers that know only those
that do refuse it by the word."""

SUFFIX = ".program"

MAX_HEADER_BYTES = 4_000_000
"""Far more than any honest file: 1000 labels and three tensors take about 20 kB."""

MAX_ARENA_BYTES = 1 << 29
"""Of a program in a file. MobileNetV2 needs 2.4 MB for 224 x 224 pixels and 200 MB for 2048 x 2048;
ten kilobytes from a stranger must not take what the engine allows a checkpoint (2 GiB)."""

_ALIGNMENT = 64
"""Of the maps in the arena, in bytes."""
_HEAD, _WORD = 8, 8
_TENSORS = 9
"""Where the records of tensors begin among the words, and what they have of them each."""
_TENSOR_WORDS = 7


class ProgramFile:
    """A program's words, its numbers where the file has them, and what the metadata says.

    Args:
        path: a file that `write_program` made. Nothing in it is executed or trusted.

    Raises:
        CheckpointError: no such file, damaged, or made for another version of the engine.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        require_file(path)
        with reading(path):
            self._read()

    def _read(self) -> None:
        with open(self.path, "rb") as file:  # noqa: PTH123 - see `library`
            length = int.from_bytes(file.read(_HEAD), "little")
            self._require(0 < length <= MAX_HEADER_BYTES, "begins with its header's length")
            header = parse_json(file.read(length), f"{self.path} is damaged: its header")
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        if not isinstance(header, dict):
            raise CheckpointError(
                f"{self.path} is damaged: a compiled program has a header of names and values"
            )
        self._start = _HEAD + length
        self.metadata = self._read_metadata(header)
        begin, end = self._place(header, "words", "I64", _WORD)
        self.words = (ctypes.c_int64 * ((end - begin) // _WORD)).from_buffer_copy(self._data, begin)
        self._numbers = self._place(header, "numbers", "U8", 1)

    def open(self, isa: str | None = None) -> Engine:
        """Check the program and pack its weights.

        Args:
            isa: as for `Engine`.

        Raises:
            EngineError: no library, or a program that is not safe to run.
            CheckpointError: it asks for more memory than it uses, or than a classifier needs.
        """
        begin, end = self._numbers
        numbers = (ctypes.c_char * (end - begin)).from_buffer(self._data, begin)
        parts = [(ctypes.addressof(numbers), end - begin)]
        engine = Engine(ctypes.addressof(self.words), len(self.words), parts, isa)
        # The arena is taken with the first picture, and by then the words are known to be sound.
        self._check_arena()
        return engine

    def shapes(self) -> tuple[tuple[int, int, int], tuple[tuple[int, int, int], ...]]:
        """(height, width, channels) of the input, and of each output.

        From the words that the engine goes by, and only after it has accepted them: what is
        written into memory follows from nothing else.
        """
        words = self.words
        tensors, outputs, source = words[3], words[5], words[7]
        behind = _TENSORS + tensors * _TENSOR_WORDS
        places = (_TENSORS + words[behind + output] * _TENSOR_WORDS for output in range(outputs))
        return self._shape(_TENSORS + source * _TENSOR_WORDS), tuple(map(self._shape, places))

    @property
    def task(self) -> Task:
        """What the program is for; files of earlier releases are classifiers and do not say so.

        Raises:
            CheckpointError: none that there is.
        """
        if self.multi_label:
            return "classification"
        said = self.metadata.get("task", TASKS[0])
        for task in TASKS:
            if said == task:
                return task
        raise CheckpointError(
            f"{self.path} must be for one of {', '.join(TASKS)}, got {said[:100]!r}"
        )

    @property
    def multi_label(self) -> bool:
        """Whether a picture may have none of a classifier's labels, one or several."""
        return self.metadata.get("task") == MULTI_LABEL

    def text(self, name: str) -> str:
        """An entry of the metadata.

        Raises:
            CheckpointError: there is none.
        """
        self._require(name in self.metadata, f"has {name!r} in its metadata")
        return self.metadata[name]

    def plain(self, name: str) -> object:
        """An entry of the metadata that is JSON.

        Raises:
            CheckpointError: there is none, or it is not.
        """
        return parse_json(self.text(name), f"{self.path}: {name!r}")

    def _check_arena(self) -> None:
        words, arena = self.words, self.words[6]
        size = 1 if words[2] else 4
        used = 0
        for begin in range(_TENSORS, _TENSORS + words[3] * _TENSOR_WORDS, _TENSOR_WORDS):
            height, width, _, pitch, offset = words[begin : begin + 5]
            used = max(used, offset + height * width * pitch * size)
        used += -used % _ALIGNMENT
        if arena > min(used, MAX_ARENA_BYTES):
            raise CheckpointError(
                f"{self.path} asks for {arena:,} bytes of working memory; its maps fill {used:,}, "
                f"and a program in a file may use {MAX_ARENA_BYTES:,}. Export it again with: "
                f"mobilenetv2 export MODEL NAME{SUFFIX}"
            )

    def _shape(self, place: int) -> tuple[int, int, int]:
        height, width, channels = self.words[place : place + 3]
        return height, width, channels

    def _read_metadata(self, header: Mapping[str, object]) -> Mapping[str, str]:
        metadata = header.get("__metadata__")
        if not isinstance(metadata, dict) or metadata.get("format") != PROGRAM:
            raise CheckpointError(
                f"{self.path} is no compiled program. Make one with: mobilenetv2 export MODEL "
                f"NAME{SUFFIX}; other files are opened with mobilenetv2.load"
            )
        self._require(all(isinstance(value, str) for value in metadata.values()), "has texts")
        if metadata.get("abi") != str(ABI_VERSION):
            raise CheckpointError(
                f"{self.path} must be for version {ABI_VERSION} of the engine, got "
                f"{metadata.get('abi')!r}; export it again with this release"
            )
        return metadata

    def _place(
        self, header: Mapping[str, object], name: str, kind: str, item: int
    ) -> tuple[int, int]:
        """First byte of a tensor and the one behind its last, within the file."""
        entry = header.get(name)
        offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
        good = isinstance(entry, dict) and entry.get("dtype") == kind
        good = (
            good and isinstance(offsets, list) and [type(value) for value in offsets] == [int] * 2
        )
        self._require(good, f"has a tensor {name!r} of type {kind}")
        begin, end = (self._start + value for value in offsets or (0, 0))
        inside = self._start <= begin < end <= len(self._data) and (end - begin) % item == 0
        self._require(inside, f"holds all of {name!r}, and this file is too short")
        return begin, end

    def _require(self, condition: bool, rule: str) -> None:
        if not condition:
            raise CheckpointError(f"{self.path} is damaged: a compiled program {rule}")
