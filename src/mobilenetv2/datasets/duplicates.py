"""Pictures that come twice, in a part of a data set or in two: learnt by heart is no test."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mobilenetv2.datasets.examine import Examined, examine
from mobilenetv2.datasets.near_looks import NearLooks
from mobilenetv2.shards.member import PictureFile

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Pictures of `second` that `first` has too; both the same part: that come again in it."""

    first: str
    second: str
    exact: int
    """Pictures of the second part whose file is one of the first's, byte by byte."""
    near: int
    """Others, that look like one of the first's."""
    examples: tuple[tuple[PictureFile, PictureFile], ...] = field(repr=False)
    """(of the first, of the second), exact ones before near ones, five at most."""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Of every picture of a part: its content, and how it looks."""

    name: str
    pictures: tuple[Examined, ...] = field(repr=False)


def fingerprint_pictures(name: str, paths: Sequence[PictureFile]) -> Fingerprints:
    """Open every picture once."""
    return Fingerprints(name, tuple(examine(path) for path in paths))


def find_duplicates(first: Fingerprints, second: Fingerprints) -> Duplicates:
    """Compare two parts of a data set."""
    seen = _Seen()
    for picture in first.pictures:
        seen.add(picture)
    pairs = _Pairs()
    for picture in second.pictures:
        seen.compare(picture, pairs)
    return pairs.between(first.name, second.name)


def find_repeats(part: Fingerprints) -> Duplicates:
    """Pictures of a part that have come before in it."""
    seen, pairs = _Seen(), _Pairs()
    for picture in part.pictures:
        seen.compare(picture, pairs)
        seen.add(picture)
    return pairs.between(part.name, part.name)


@dataclass(slots=True)
class _Pairs:
    """Pictures with the one that came before them."""

    exact: list[tuple[PictureFile, PictureFile]] = field(default_factory=list)
    near: list[tuple[PictureFile, PictureFile]] = field(default_factory=list)

    def between(self, first: str, second: str) -> Duplicates:
        examples = tuple((self.exact + self.near)[:EXAMPLES])
        return Duplicates(first, second, len(self.exact), len(self.near), examples)


@dataclass(slots=True)
class _Seen:
    """The first picture of every content and of every look."""

    paths: list[PictureFile] = field(default_factory=list)
    contents: dict[bytes, PictureFile] = field(default_factory=dict)
    looks: NearLooks = field(default_factory=NearLooks)

    def add(self, picture: Examined) -> None:
        if picture.content:
            self.contents.setdefault(picture.content, picture.path)
        if picture.look is not None:
            self.looks.add(picture.look, len(self.paths))
            self.paths.append(picture.path)

    def compare(self, picture: Examined, pairs: _Pairs) -> None:
        same = self.contents.get(picture.content)
        if same is not None:
            pairs.exact.append((same, picture.path))
        elif picture.look is not None:
            alike = self.looks.nearest(picture.look)
            if alike is not None:
                pairs.near.append((self.paths[alike], picture.path))
