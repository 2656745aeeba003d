"""What one shard holds, as arrays: a row for each picture, and what belongs to its key."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.archive import members_of, walk
from mobilenetv2.shards.member import Member
from mobilenetv2.shards.names import PICTURES

Array = npt.NDArray[Any]

MASKS = ("mask.png", "seg.png", "mask.npy", "label.png")
"""What a picture's mask may be called behind its key, the likeliest first."""

_MOST_TEXT = 1_048_576
"""Bytes of a KEY.cls or KEY.json."""

_KEY = re.compile(r"((?:.*/)?[^/.]+)\.([^/]+)", re.DOTALL)
"""A key goes up to the first dot behind the last slash, as WebDataset has it."""

FIELDS = {
    "offset": np.int64, "size": np.int64, "mask_offset": np.int64, "mask_size": np.int64,
    "name_length": np.uint16, "mask_length": np.uint16, "text_length": np.uint32,
    "is_json": np.bool_,
}  # fmt: skip
"""A number a row each; a mask without bytes is none."""

TEXTS = ("names", "mask_names", "texts")
"""Bytes of all rows one after another: names of pictures and masks, contents of cls or json."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Samples of a shard, in the order of their pictures."""

    fields: dict[str, Array]
    """By the names in `FIELDS`, and in `TEXTS` as uint8."""
    notes: tuple[str, ...]
    """What was left aside, in sentences."""

    def __len__(self) -> int:
        return len(self.fields["offset"])


@dataclass(slots=True)
class _Sample:
    picture: Member | None = None
    mask: Member | None = None
    text: Member | None = None
    content: bytes = b""
    """Of `text`."""


def pictures_of(shard: str) -> Iterator[Member]:
    """The pictures in a shard in their order, masks aside; no index is needed or made.

    Raises:
        DatasetError: as `archive.members_of`.
    """
    for member in members_of(shard):
        match = _KEY.fullmatch(member.inside)
        suffix = match[2].lower() if match else ""
        if f".{suffix}" in PICTURES and suffix not in MASKS:
            yield member


def rows_of(shard: str) -> Rows:
    """Look through a shard: one pass over its headers, and the contents of its labels.

    What belongs to a key may stand anywhere in the shard. Of KEY.cls and KEY.json the first counts.

    Raises:
        DatasetError: as `archive.members_of`; a key with two pictures or twice the same file; a
            label of more than 1 MB.
    """
    samples: dict[str, _Sample] = {}
    others: dict[str, str] = {}
    for member, content in walk(shard, _is_text):
        match = _KEY.fullmatch(member.inside)
        if match is None:
            others.setdefault("without a key (KEY.jpg)", member.inside)
            continue
        sample = samples.setdefault(match[1], _Sample())
        _sort_in(sample, member, match[2].lower(), others)
        if sample.text is member:
            sample.content = content
    found = [sample for sample in samples.values() if sample.picture is not None]
    notes = [f"{shard}: left aside what is {kind}, such as {one}" for kind, one in others.items()]
    notes += _without_picture(shard, samples)
    if not found:
        notes.append(f"{shard} holds no picture")
    return Rows(_arrays(found), tuple(notes))


def _sort_in(sample: _Sample, member: Member, suffix: str, others: dict[str, str]) -> None:
    """Give a sample its part."""
    if suffix in MASKS:
        before, sample.mask = sample.mask, member
    elif f".{suffix}" in PICTURES:
        before, sample.picture = sample.picture, member
    elif suffix in ("cls", "json"):
        before = sample.text
        if before is not None and before.suffix.lower() != member.suffix.lower():
            before = None
        if sample.text is None or suffix == "cls":
            sample.text = member
    else:
        others.setdefault(f"called KEY.{suffix[:40]}", member.inside)
        return
    if before is not None:
        raise DatasetError(
            f"{member.shard}: a key has one picture, one mask and one label; "
            f"{member.inside!r:.200} comes beside {before.inside!r:.200}. Give each picture a key "
            "of its own"
        )


def _without_picture(shard: str, samples: dict[str, _Sample]) -> Iterator[str]:
    keys = [key for key, sample in samples.items() if sample.picture is None
            and (sample.mask or sample.text)]  # fmt: skip
    if keys:
        yield f"{shard}: {len(keys)} keys have no picture, such as {keys[0]!r:.200}"


def _arrays(samples: list[_Sample]) -> dict[str, Array]:
    pictures = [sample.picture for sample in samples if sample.picture is not None]
    masks = [sample.mask for sample in samples]
    texts = [sample.content for sample in samples]
    names = [_bytes(picture.inside) for picture in pictures]
    mask_names = [_bytes(mask.inside) if mask else b"" for mask in masks]
    columns: dict[str, Iterable[int]] = {
        "offset": (picture.offset for picture in pictures),
        "size": (picture.size for picture in pictures),
        "mask_offset": (mask.offset if mask else 0 for mask in masks),
        "mask_size": (mask.size if mask else 0 for mask in masks),
        "name_length": map(len, names),
        "mask_length": map(len, mask_names),
        "text_length": map(len, texts),
        "is_json": (bool(s.text and s.text.suffix.lower() == ".json") for s in samples),
    }
    arrays: dict[str, Array] = {
        name: np.fromiter(values, FIELDS[name], len(pictures)) for name, values in columns.items()
    }
    for name, parts in zip(TEXTS, (names, mask_names, texts), strict=True):
        arrays[name] = np.frombuffer(b"".join(parts), np.uint8)
    return arrays


def _is_text(member: Member) -> bool:
    """Whether a member is a label, which is read with the headers."""
    if member.suffix.lower() not in (".cls", ".json"):
        return False
    if member.size > _MOST_TEXT:
        raise DatasetError(f"{member}: a label may have {_MOST_TEXT:,} bytes, got {member.size:,}")
    return True


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
