"""Where a data set's pictures lie, found by name."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from pathlib import Path, PurePosixPath

from mobilenetv2.datasets.split_names import LAYOUT
from mobilenetv2.datasets.written_names import plain_name, spellings
from mobilenetv2.tasks.find_pictures import Found, look_through
from mobilenetv2.tasks.loose_names import file_key

PICTURE_FOLDERS = frozenset({"images", "image", "jpegimages", "img", "imgs", "pictures", "photos"})
MASK_WORDS = ("mask", "segment", "trimap", "label", "annotation")
"""A folder with such a word in its name holds answers, not pictures."""


@dataclass(frozen=True, slots=True)
class Match:
    """The picture that an annotation means, or why there is none."""

    path: Path | None
    sure: bool = True
    """Whether folders agree too: another annotation with a better claim takes the picture else."""
    why: str = ""
    taken: Path | None = None
    """The picture that it would have been, were it not another's."""


class PictureIndex:
    """The pictures below a folder, listed when first asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def found(self) -> Found:
        """Pictures and what was left aside."""
        return look_through(self.root)

    @property
    def pictures(self) -> tuple[Path, ...]:
        """All of them, sorted."""
        return self.found.pictures

    @cached_property
    def likely(self) -> tuple[Path, ...]:
        """Those in folders of pictures, if there are such, else all but masks and the like."""
        ranked = [(_unlikely(self._folders(path)), path) for path in self.pictures]
        best = min((rank for rank, _ in ranked), default=0)
        return tuple(path for rank, path in ranked if rank == best)

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        return _grouped(self.pictures, lambda path: file_key(path.stem))

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        return _grouped(self.pictures, lambda path: file_key(path.name))

    def by_stem(self, annotation: Path, stem: str, file_name: str = "") -> Match:
        """The picture called `stem` that most likely belongs to `annotation`.

        One in the same folder comes first; then one in a folder of pictures rather than of masks;
        then one in a folder that mirrors the annotation's; then the nearest in the tree of
        folders. Of several that are alike, the one called `file_name` is taken, or none.
        """
        found = self._by_stem.get(file_key(stem), [])
        return self._likeliest(annotation, _exactly(found, stem, lambda path: path.stem), file_name)

    def by_name(self, annotation: Path, file_name: str) -> Match:
        """The picture with this file name, which may begin with folders or be a URL; as `by_stem`.

        Of several, those whose folders end as `file_name`'s do come first; then those whose folder
        is named in the annotation's own name ("val2017" in "instances_val2017.json").
        """
        for spelling in spellings(file_name):
            wanted = PurePosixPath(spelling)
            found = self._by_name.get(file_key(wanted.name), [])
            if found:
                found = _exactly(found, wanted.name, lambda path: path.name)
                return self._among(annotation, wanted, found)
        return Match(None, why=f"no picture is called {plain_name(file_name)!r:.120}")

    def _among(self, annotation: Path, wanted: PurePosixPath, found: list[Path]) -> Match:
        folders = tuple(part for part in wanted.parts[:-1] if part not in ("..", ".", "/"))
        if folders:
            ending = [path for path in found if path.parent.parts[-len(folders) :] == folders]
            if ending:
                return self._likeliest(annotation, ending, sure=True)
        in_split = [path for path in found if self._in_split(path, annotation)]
        match = self._likeliest(annotation, in_split or found, sure=True if in_split else None)
        return replace(match, sure=match.sure and not folders)

    def _in_split(self, picture: Path, annotation: Path) -> bool:
        words = set(re.split(r"[^a-z0-9]+", annotation.stem.casefold()))
        words |= {word.rstrip("0123456789") for word in words}
        return any(name.casefold() in words for name in self._folders(picture))

    def _likeliest(
        self,
        annotation: Path,
        pictures: list[Path],
        file_name: str = "",
        sure: bool | None = None,
    ) -> Match:
        if not pictures:
            return Match(None, why="no picture has its name")
        own = _telling(self._folders(annotation))

        def key(picture: Path) -> tuple[bool, bool, bool, int, int]:
            folders = self._folders(picture)
            unlikely = _unlikely(folders)
            mirrored = _telling(folders) == own
            beside = picture.parent == annotation.parent
            return not beside, unlikely == 2, not mirrored, unlikely, _steps(annotation, picture)

        keys = {picture: key(picture) for picture in pictures}
        best = min(keys.values())
        alike = [picture for picture in pictures if keys[picture] == best]
        if len(alike) > 1:
            alike = [path for path in alike if path.name == file_name] or alike
        if len(alike) > 1:
            names = ", ".join(str(path.relative_to(self.root)) for path in alike[:3])
            return Match(None, why=f"it may be any of {len(alike)} pictures: {names}")
        settled = not best[0] or not best[2]
        return Match(alike[0], settled if sure is None else sure)

    def _folders(self, path: Path) -> tuple[str, ...]:
        if not path.is_relative_to(self.root):
            return ()
        return path.relative_to(self.root).parts[:-1]


def settle(matches: Sequence[Match]) -> list[Match]:
    """Give a picture that one annotation surely means to none that has only its name.

    Where several have but its name, none gets it: one of them means a picture that is not here.
    """
    sure = {match.path for match in matches if match.path and match.sure}
    times: dict[Path, int] = {}
    for match in matches:
        if match.path and not match.sure:
            times[match.path] = times.get(match.path, 0) + 1

    def settled(match: Match) -> Match:
        if match.path is None or match.sure:
            return match
        if match.path in sure:
            why = f"the one picture of this name, {match.path}, belongs to another annotation"
            return Match(None, why=why, taken=match.path)
        if times[match.path] > 1:
            why = f"{times[match.path]} annotations have the name of {match.path}, in other folders"
            return Match(None, why=why)
        return match

    return [settled(match) for match in matches]


def _exactly(found: list[Path], name: str, part: Callable[[Path], str]) -> list[Path]:
    """Those spelled as `name`, if there are any: "A.jpg" and "a.jpg" can lie side by side."""
    return [path for path in found if part(path) == name] or found


def _grouped(paths: Iterable[Path], key: Callable[[Path], str]) -> dict[str, list[Path]]:
    groups: dict[str, list[Path]] = {}
    for path in paths:
        groups.setdefault(key(path), []).append(path)
    return groups


def _telling(folders: Sequence[str]) -> tuple[str, ...]:
    """The folders that say which part of a data set lies in them: ("train",), not "images"."""
    names = (name.casefold() for name in folders)
    return tuple(
        name
        for name in names
        if name not in PICTURE_FOLDERS | LAYOUT and not any(word in name for word in MASK_WORDS)
    )


def _unlikely(folders: tuple[str, ...]) -> int:
    names = [name.casefold() for name in folders]
    if any(word in name for name in names for word in MASK_WORDS):
        return 2
    return 0 if PICTURE_FOLDERS & set(names) else 1


def _steps(first: Path, second: Path) -> int:
    pairs = zip(first.parts, second.parts, strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return len(first.parts) + len(second.parts) - 2 * shared
