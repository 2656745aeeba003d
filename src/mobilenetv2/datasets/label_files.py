"""Which text file holds the labels of a picture, in all the layouts that YOLO tools write."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from mobilenetv2.datasets.picture_index import PICTURE_FOLDERS
from mobilenetv2.datasets.yolo_line import begins_with_box
from mobilenetv2.tasks.loose_names import file_key

LABEL_FOLDERS = (
    "labels", "label", "yolo-labels", "yolo_labels", "labels-yolo", "labels_yolo", "yolo",
    "annotations", "annotation", "txt",
)  # fmt: skip
"""What may stand in a path where the pictures' has "images"; the likeliest first."""


class LabelFiles:
    """Finds label files; each folder is listed once."""

    def __init__(self, root: Path, names: Sequence[str]) -> None:
        """Look below `root` for labels of the classes `names`."""
        self._root = root
        self._names = names
        self._listed: dict[Path, dict[str, list[str]]] = {}
        self._used: set[Path] = set()

    def of(self, picture: Path) -> Path | None:
        """The text file of a picture, whatever the case of its name and folders.

        In the order: in the label folder parallel to the picture's, beside the picture, in a label
        folder beside it, in a tree of labels beside the tree of pictures (labels/train/1.txt of
        train/1.png). It is called as the picture, with or without the picture's own suffix.
        """
        base = self._root if picture.is_relative_to(self._root) else Path(picture.anchor)
        folders = picture.relative_to(base).parts[:-1]
        for parts in _places(folders):
            folder = self._folder(base, parts)
            if folder is None:
                continue
            for name in (f"{picture.stem}.txt", f"{picture.name}.txt"):
                file = self._inside(folder, name)
                if file is not None and file.is_file():
                    self._used.add(file)
                    return file
        return None

    def unused(self) -> Iterator[Path]:
        """Label files of no picture, in the folders where others were found; sorted."""
        for folder in sorted({file.parent for file in self._used}):
            names = (name for group in self._listing(folder).values() for name in group)
            for name in sorted(names):
                file = folder / name
                is_text = file.suffix.casefold() == ".txt" and file not in self._used
                if is_text and file.is_file() and begins_with_box(file, self._names):
                    yield file

    def _folder(self, base: Path, parts: Sequence[str]) -> Path | None:
        folder: Path | None = base
        for part in parts:
            folder = self._inside(folder, part) if folder is not None else None
        return folder

    def _inside(self, folder: Path, name: str) -> Path | None:
        found = self._listing(folder).get(file_key(name), [])
        if name in found:
            return folder / name
        return folder / found[0] if found else None

    def _listing(self, folder: Path) -> dict[str, list[str]]:
        if folder not in self._listed:
            names: dict[str, list[str]] = {}
            try:
                for name in sorted(path.name for path in folder.iterdir()):
                    names.setdefault(file_key(name), []).append(name)
            except OSError:
                pass
            self._listed[folder] = names
        return self._listed[folder]


def _places(folders: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Folders in which the labels of a picture in `folders` may lie."""
    parts = tuple(folders)
    images = [index for index, part in enumerate(parts) if part.casefold() in PICTURE_FOLDERS]
    for index in reversed(images):
        for name in LABEL_FOLDERS:
            yield (*parts[:index], name, *parts[index + 1 :])
    yield parts
    for name in LABEL_FOLDERS:
        yield (*parts, name)
    bare = tuple(part for part in parts if part.casefold() not in PICTURE_FOLDERS)
    for index in range(len(bare)):
        for name in LABEL_FOLDERS:
            yield (*bare[:index], name, *bare[index:])
