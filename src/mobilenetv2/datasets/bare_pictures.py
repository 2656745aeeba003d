"""Pictures for uses that look at no label, without the masks that lie among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.datasets.findings import counted
from mobilenetv2.datasets.masks import LAYOUTS, MASK_FOLDERS
from mobilenetv2.tasks.class_pictures import masks_beside
from mobilenetv2.tasks.find_pictures import find_pictures

_OF_PICTURES = frozenset(pictures.casefold() for pictures, _ in LAYOUTS)
_OF_MASKS = MASK_FOLDERS | {masks.casefold() for _, masks in LAYOUTS} | {"segmentationobject"}


@dataclass(frozen=True, slots=True)
class BarePictures:
    """What lies below a folder."""

    paths: Sequence[Path]
    """Sorted."""
    masks: Sequence[Path]
    """What was left out: called as a mask of a picture beside it, or in a folder of masks."""

    def note(self, folder: Path) -> str:
        """A sentence on what was left out; "" where nothing was."""
        if not self.masks:
            return ""
        first = self.masks[0].relative_to(folder)
        return (
            f"{folder}: left out {counted(len(self.masks), 'mask')} of other pictures, as names "
            f"or folders say, such as {first}"
        )


def bare_pictures(folder: Path) -> BarePictures:
    """Every picture below a folder, but for masks.

    A mask is called as one beside its picture, "a_mask.png" beside "a.jpg", or lies in a folder
    called as one of masks that has a folder of pictures beside it (`LAYOUTS`).

    Args:
        folder: where to look; one of masks that is named itself holds pictures like any other.
    """
    every = find_pictures(folder)
    called = masks_beside(every)
    known: dict[Path, bool] = {folder: False}
    masks = [path for path in every if path in called or _holds_masks(path.parent, known)]
    left_out = frozenset(masks)
    return BarePictures([path for path in every if path not in left_out], masks)


def masks_told(folder: Path) -> tuple[str, ...]:
    """The sentence on masks in a folder of pictures, if it is one and there are any."""
    note = bare_pictures(folder).note(folder) if folder.is_dir() else ""
    return (note,) if note else ()


def _holds_masks(folder: Path, known: dict[Path, bool]) -> bool:
    """Whether a folder, or one above it, is of masks; `known` has the topmost one."""
    way = []
    while folder not in known:
        way.append(folder)
        folder = folder.parent
    answer = known[folder]
    for inner in reversed(way):
        answer = known[inner] = answer or _is_of_masks(inner)
    return answer


def _is_of_masks(folder: Path) -> bool:
    if folder.name.casefold() not in _OF_MASKS:
        return False
    return any(
        path.name.casefold() in _OF_PICTURES and path.is_dir() for path in folder.parent.iterdir()
    )
