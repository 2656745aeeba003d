"""The index of a set of shards: where every sample lies, so that any can be read by number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.shards.index_file import Content, read_arrays, write_arrays
from mobilenetv2.shards.member import Member
from mobilenetv2.shards.place import Mark
from mobilenetv2.shards.rows import FIELDS, TEXTS, Rows

Array = npt.NDArray[Any]

_LENGTHS = dict(zip(TEXTS, ("name_length", "mask_length", "text_length"), strict=True))
_NUMBERS = tuple(name for name in FIELDS if name not in _LENGTHS.values())


@dataclass(frozen=True, slots=True)
class Shard:
    """One tar of a set."""

    name: str
    mark: Mark
    """By which it is known to be the same still."""
    notes: tuple[str, ...] = ()
    """What was left aside in it."""


@dataclass(frozen=True, slots=True)
class Index:
    """Samples by number, in the order of the shards and of their pictures in these."""

    shards: tuple[Shard, ...]
    arrays: Mapping[str, Array] = field(repr=False)
    """`FIELDS` of all rows, but lengths as starts [rows + 1], texts, and `first` [shards + 1]."""
    file: Path | None = None
    """Where it lies; None: in memory alone."""

    def __len__(self) -> int:
        return int(self.arrays["first"][-1])

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left aside, in sentences."""
        return tuple(note for shard in self.shards for note in shard.notes)

    @property
    def fingerprint(self) -> str:
        """16 hex digits over names, sizes and labels: two runs with the same saw the same set."""
        digest = hashlib.sha256()
        for name in ("size", "names_start", "texts_start", *TEXTS):
            digest.update(np.ascontiguousarray(self.arrays[name]).data)
        return digest.hexdigest()[:16]

    def picture(self, row: int) -> Member:
        """Where a sample's picture lies."""
        return Member(
            self._shard(row), int(self.arrays["offset"][row]), int(self.arrays["size"][row]),
            _decoded(self._text("names", row)),
        )  # fmt: skip

    def mask(self, row: int) -> Member | None:
        """Where its mask lies; None: it has none."""
        size = int(self.arrays["mask_size"][row])
        if not size:
            return None
        name = _decoded(self._text("mask_names", row))
        return Member(self._shard(row), int(self.arrays["mask_offset"][row]), size, name)

    def label(self, row: int) -> tuple[bytes, bool]:
        """The content of its KEY.cls or KEY.json, empty where there is none; whether it is JSON."""
        return self._text("texts", row), bool(self.arrays["is_json"][row])

    def labels(self) -> Iterator[tuple[bytes, bool]]:
        """`label` of every sample, in order."""
        texts, starts = self.arrays["texts"], self.arrays["texts_start"].tolist()
        kinds = self.arrays["is_json"].tolist()
        for row, is_json in enumerate(kinds):
            yield texts[starts[row] : starts[row + 1]].tobytes(), is_json

    def pictures(self) -> Members:
        """All pictures, by number."""
        return Members(self)

    def known(self) -> dict[tuple[str, Mark], Rows]:
        """The rows of each shard, for an index of which some are the same."""
        first = self.arrays["first"].tolist()
        return {
            (shard.name, shard.mark): Rows(self._part(first[place], first[place + 1]), shard.notes)
            for place, shard in enumerate(self.shards)
        }

    def save(self, path: Path) -> None:
        """Keep it in a file.

        Raises:
            OSError: it cannot be written.
        """
        shards = [[s.name, s.mark.size, s.mark.version, list(s.notes)] for s in self.shards]
        write_arrays(Content(self.arrays, {"shards": shards}), path)

    def _shard(self, row: int) -> str:
        place = int(np.searchsorted(self.arrays["first"], row, "right")) - 1
        return self.shards[place].name

    def _text(self, name: str, row: int) -> bytes:
        start, end = self.arrays[f"{name}_start"][row : row + 2]
        return self.arrays[name][int(start) : int(end)].tobytes()

    def _part(self, begin: int, end: int) -> dict[str, Array]:
        arrays = {name: self.arrays[name][begin:end] for name in _NUMBERS}
        for name, lengths in _LENGTHS.items():
            starts = self.arrays[f"{name}_start"][begin : end + 1]
            arrays[lengths] = np.diff(starts).astype(FIELDS[lengths])
            arrays[name] = self.arrays[name][int(starts[0]) : int(starts[-1])]
        return arrays

    def __reduce__(self) -> tuple[Any, ...]:
        """To another process goes the file's name, where there is one: it maps the same pages."""
        if self.file is not None:
            return load, (self.file,)
        return Index, (self.shards, dict(self.arrays), None)


@dataclass(frozen=True, slots=True, eq=False)
class Members(Sequence[Member]):
    """Pictures of an index by number, made when they are asked for."""

    of: Index

    def __len__(self) -> int:
        return len(self.of)

    def __getitem__(self, number: Any) -> Any:  # noqa: ANN401 - Sequence's own overloads
        """One picture, or a tuple of those of a slice."""
        if isinstance(number, slice):
            return tuple(self.of.picture(row) for row in range(len(self))[number])
        # A range refuses what lies outside, and counts from the end.
        return self.of.picture(range(len(self))[number])


def joined(shards: Iterable[tuple[Shard, Rows]]) -> Index:
    """The index of several shards, from what each holds."""
    pairs = list(shards)
    every = [rows.fields for _, rows in pairs]
    arrays: dict[str, Array] = {
        name: np.concatenate([np.empty(0, FIELDS[name]), *(rows[name] for rows in every)])
        for name in _NUMBERS
    }
    for name, lengths in _LENGTHS.items():
        parts = [rows[lengths].astype(np.int64) for rows in every]
        arrays[f"{name}_start"] = np.cumsum(np.concatenate([np.zeros(1, np.int64), *parts]))
        texts = [rows[name] for rows in every]
        arrays[name] = np.concatenate([np.empty(0, np.uint8), *texts])
    arrays["first"] = np.cumsum([0, *(len(rows) for _, rows in pairs)], dtype=np.int64)
    return Index(tuple(shard for shard, _ in pairs), arrays)


def load(path: Path) -> Index:
    """An index from its file.

    Raises:
        ValueError: a damaged file.
        OSError: it cannot be read.
    """
    content = read_arrays(path)
    try:
        shards = tuple(
            Shard(name, Mark(size, version), tuple(notes))
            for name, size, version, notes in content.facts["shards"]
        )
        index = Index(shards, content.arrays, path)
        _require_whole(index)
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"an index without {error}") from error
    return index


def _require_whole(index: Index) -> None:
    """Raises ValueError where numbers contradict each other."""
    arrays, rows = index.arrays, len(index)
    lengths = [len(arrays[name]) == rows for name in _NUMBERS]
    lengths += [len(arrays[f"{name}_start"]) == rows + 1 for name in TEXTS]
    ends = [int(arrays[f"{name}_start"][-1]) == len(arrays[name]) for name in TEXTS]
    if not all(lengths + ends) or len(arrays["first"]) != len(index.shards) + 1:
        raise ValueError("an index of which a part is missing")


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
