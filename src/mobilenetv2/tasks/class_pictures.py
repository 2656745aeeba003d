"""The pictures of classes in folders, without the masks that lie beside them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.tasks.find_pictures import find_pictures
from mobilenetv2.tasks.loose_names import file_key

MASK_ENDINGS = (
    "", "_mask", "-mask", "_masks", "_L", "_labelTrainIds", "_labelIds", "_label", "_labels",
    "_gt", "-gt", "_seg", "_segmentation", "_instance", "_annotation", "_matte",
    "_gtFine_labelTrainIds", "_gtFine_labelIds", "_gtCoarse_labelTrainIds", "_gtCoarse_labelIds",
)  # fmt: skip
"""What may follow a picture's name in its mask's, in any case, the likeliest first."""

MASK_BEGINNINGS = ("mask_", "mask-", "masks_", "gt_", "label_", "seg_")
"""What may stand before it."""

# Among pictures of classes "_L" may as well be the left one of two.
_TELLING = "|".join(re.escape(end) for end in MASK_ENDINGS if end not in ("", "_L"))
_ENDED = re.compile(rf"(.+?)(?:{_TELLING}|_masks?[_-]\d+)", re.IGNORECASE | re.DOTALL)
_BEGUN = re.compile(rf"(?:{'|'.join(MASK_BEGINNINGS)})(.+)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class ClassPictures:
    """What lies in the folders of classes."""

    of: Mapping[Path, Sequence[Path]]
    """Of each folder its pictures."""
    masks: Mapping[Path, Path]
    """Pictures that are left out, masks by their names, and that which each is a mask of."""


def class_pictures(folders: Iterable[Path]) -> ClassPictures:
    """Every picture below each of the folders, but for masks."""
    found = {folder: find_pictures(folder) for folder in folders}
    masks = masks_beside(path for paths in found.values() for path in paths)
    if masks:
        found = {
            folder: [path for path in paths if path not in masks] for folder, paths in found.items()
        }
    return ClassPictures(found, masks)


def masks_beside(pictures: Iterable[Path]) -> dict[Path, Path]:
    """Those called as the mask of another in their folder, "a_mask.png" beside "a.jpg"; and that.

    A second mask is counted behind the word: "a_mask_1.png".
    """
    every = list(pictures)
    wanted = {path: name for path in every if (name := _masked(path.stem))}
    folders = {path.parent for path in wanted}
    at = {
        (path.parent, file_key(path.stem)): path
        for path in reversed(every)
        if path.parent in folders
    }
    found = ((path, at.get((path.parent, file_key(name)))) for path, name in wanted.items())
    return {path: picture for path, picture in found if picture is not None}


def about_masks(data: Path, masks: Mapping[Path, Path]) -> str:
    """A sentence on masks that lie beside their pictures, else ""."""
    if not masks:
        return ""
    mask, picture = next(iter(masks.items()))
    return (
        f"{data}: {len(masks)} pictures are called as masks of others beside them, such as "
        f"{mask.name} of {picture.name}, and are left out; `train segment --data {data} --masks "
        f"{data}` learns from pictures with masks"
    )


def _masked(stem: str) -> str:
    """The name of the picture that this would be the mask of; "" for a name without such a word."""
    found = _ENDED.fullmatch(stem) or _BEGUN.fullmatch(stem)
    return found[1] if found else ""
