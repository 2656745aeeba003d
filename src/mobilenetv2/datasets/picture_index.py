"""Where a data set's pictures lie, found by name."""

from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import takewhile
from pathlib import Path, PurePosixPath

from mobilenetv2.tasks.image import find_pictures

PICTURE_FOLDERS = frozenset({"images", "image", "jpegimages", "img", "imgs", "pictures", "photos"})
MASK_WORDS = ("mask", "segment", "trimap", "label", "annotation")
"""A folder with such a word in its name holds answers, not pictures."""


class PictureIndex:
    """The pictures below a folder, listed when first asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def pictures(self) -> tuple[Path, ...]:
        """All of them, sorted."""
        return tuple(find_pictures(self.root))

    @cached_property
    def likely(self) -> tuple[Path, ...]:
        """Those in folders of pictures, if there are such, else all but masks and the like."""
        ranked = [(_unlikely(self._folders(path)), path) for path in self.pictures]
        best = min((rank for rank, _ in ranked), default=0)
        return tuple(path for rank, path in ranked if rank == best)

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        return _grouped(self.pictures, lambda path: path.stem)

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        return _grouped(self.pictures, lambda path: path.name)

    def by_stem(self, annotation: Path, stem: str) -> Path | None:
        """The picture called `stem` that most likely belongs to `annotation`.

        One in the same folder comes first; then one in a folder of pictures rather than of masks;
        then the nearest in the tree of folders.
        """
        return self._likeliest(annotation, self._by_stem.get(stem, []))

    def by_name(self, annotation: Path, file_name: str) -> Path | None:
        """The picture with this file name, which may begin with folders; as `by_stem`.

        Of several, those whose folders end as `file_name`'s do come first; then those whose folder
        is named in the annotation's own name ("val2017" in "instances_val2017.json").
        """
        wanted = PurePosixPath(file_name.replace("\\", "/"))
        found = self._by_name.get(wanted.name, [])
        ending = [path for path in found if path.parts[-len(wanted.parts) :] == wanted.parts]
        found = ending or found
        in_split = [path for path in found if path.parent.name in annotation.stem]
        return self._likeliest(annotation, in_split or found)

    def _likeliest(self, annotation: Path, pictures: list[Path]) -> Path | None:
        def key(picture: Path) -> tuple[bool, int, int, Path]:
            beside = picture.parent == annotation.parent
            unlikely = _unlikely(self._folders(picture))
            return not beside, unlikely, _steps(annotation, picture), picture

        return min(pictures, key=key, default=None)

    def _folders(self, picture: Path) -> tuple[str, ...]:
        return picture.relative_to(self.root).parts[:-1]


def _grouped(paths: Iterable[Path], key: Callable[[Path], str]) -> dict[str, list[Path]]:
    groups: dict[str, list[Path]] = {}
    for path in paths:
        groups.setdefault(key(path), []).append(path)
    return groups


def _unlikely(folders: tuple[str, ...]) -> int:
    names = [name.casefold() for name in folders]
    if any(word in name for name in names for word in MASK_WORDS):
        return 2
    return 0 if PICTURE_FOLDERS & set(names) else 1


def _steps(first: Path, second: Path) -> int:
    pairs = zip(first.parts, second.parts, strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return len(first.parts) + len(second.parts) - 2 * shared
