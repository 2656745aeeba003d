"""Pictures with masks, a class id for every pixel: which mask belongs to which picture."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mobilenetv2.datasets.split_names import LAYOUT, choose, parse_by_name
from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import reading
from mobilenetv2.tasks.image import find_pictures

MASK_ENDINGS = (
    "", "_mask", "-mask", "_masks", "_L", "_labelTrainIds", "_labelIds", "_label", "_labels",
    "_gt", "_seg", "_segmentation",
)  # fmt: skip
"""What may follow a picture's name in its mask's, the likeliest first."""

PICTURE_ENDINGS = ("_leftImg8bit", "_image", "_img", "_rgb")
"""What may follow the common name in a picture's (Cityscapes and others)."""

FOLDERS = LAYOUT | {"masks", "mask", "segmentationclass", "leftimg8bit", "gtfine", "image"}


@dataclass(frozen=True, slots=True)
class MaskedPicture:
    """A picture and the file with its mask."""

    path: Path
    mask: Path


@dataclass(frozen=True, slots=True)
class MaskedPictures:
    """A data set for segmentation. Nothing in it has been opened yet."""

    name: str
    """The folder's name: "camvid"."""
    split: str
    """"train", "val"; "last 20 by name"; "all" where nothing was split."""
    pictures: tuple[MaskedPicture, ...] = field(repr=False)
    without_mask: tuple[Path, ...] = field(default=(), repr=False)
    """Pictures that were left out because they have no mask."""
    without_picture: tuple[Path, ...] = field(default=(), repr=False)
    """Masks that belong to no picture."""

    @property
    def fingerprint(self) -> str:
        """16 hex digits over names and mask files: two runs with the same saw the same answers.

        Reads every mask's bytes.
        """
        digest = hashlib.sha256()
        for picture in sorted(self.pictures, key=lambda picture: picture.path.as_posix()):
            content = hashlib.sha256(picture.mask.read_bytes()).hexdigest()
            digest.update(f"{picture.path.name},{content}\n".encode())
        return digest.hexdigest()[:16]


LAYOUTS = (("images", "masks"), ("JPEGImages", "SegmentationClass"))
"""Folders of pictures and of masks inside one data set; the first that is there is taken."""


def read_masked(
    images: Path, masks: Path | None = None, split: str | None = None
) -> MaskedPictures:
    """Pair the pictures below `images` with the masks below `masks`.

    A mask is called as its picture, or that and one of `MASK_ENDINGS`, in the folder below
    `masks` that mirrors the picture's; or, if no other has that name, in any folder there. Both
    may lie in one folder when the masks' names end differently.

    Args:
        images: a folder, searched to its bottom.
        masks: likewise; may be the same. None: `images` holds a folder of either (`LAYOUTS`).
        split: "first N" or "last N" by file name, or a list of VOC's ImageSets/Segmentation
            beside `images`; None for all.

    Raises:
        DatasetError: a folder is missing, no picture has a mask, or there is no such split.
    """
    with reading(images, DatasetError):
        return _read_masked(images, masks, split)


def _read_masked(
    images: Path, masks: Path | None = None, split: str | None = None
) -> MaskedPictures:
    if masks is None:
        images, masks = _inside(images)
    for folder in (images, masks):
        if not folder.is_dir():
            raise DatasetError(f"{folder}: no such folder; masks need a folder of pictures and one "
                               "of masks with the same names")  # fmt: skip
    together = images.resolve() == masks.resolve()
    found = find_pictures(masks)
    by_place = {path.relative_to(masks).with_suffix("").as_posix(): path for path in found}
    by_stem: dict[str, list[Path]] = {}
    for path in found:
        by_stem.setdefault(path.stem, []).append(path)
    pairs: list[MaskedPicture] = []
    without: list[Path] = []
    for path in find_pictures(images):
        mask = _mask_of(path, path.relative_to(images).parent, by_place, by_stem, together)
        if mask is None:
            without.append(path)
        else:
            pairs.append(MaskedPicture(path, mask))
    used = {pair.mask.resolve() for pair in pairs}
    if together:
        without = [path for path in without if path.resolve() not in used]
    if not pairs:
        raise DatasetError(
            f"{masks} must hold a mask for at least one picture of {images}: of its name, or that "
            f"and {', '.join(MASK_ENDINGS[1:4])} ...; got {len(found)} files for {len(without)} "
            f"pictures, such as {[path.name for path in (*without[:1], *found[:1])]}"
        )
    name, default = _names(images)
    chosen, called = _chosen(pairs, split, images)
    return MaskedPictures(
        name=name,
        split=called or default,
        pictures=tuple(chosen),
        without_mask=tuple(without) if split is None else (),
        without_picture=()
        if together or split
        else tuple(path for path in found if path.resolve() not in used),
    )


def _inside(data: Path) -> tuple[Path, Path]:
    for names in LAYOUTS:
        images, masks = (data / name for name in names)
        if images.is_dir() and masks.is_dir():
            return images, masks
    raise DatasetError(
        f"{data} must hold a folder of pictures and one of masks ("
        + ", or ".join(" and ".join(names) for names in LAYOUTS)
        + "), or the folder of masks must be given as well"
    )


def _mask_of(
    picture: Path,
    folder: Path,
    by_place: dict[str, Path],
    by_stem: dict[str, list[Path]],
    together: bool,
) -> Path | None:
    stems = [picture.stem]
    stems += [
        picture.stem.removesuffix(end) for end in PICTURE_ENDINGS if picture.stem.endswith(end)
    ]
    names = [stem + end for stem in stems for end in (*MASK_ENDINGS, *_CITYSCAPES)]
    names = [name for name in names if not (together and name == picture.stem)]
    for name in names:
        if (folder / name).as_posix() in by_place:
            return by_place[(folder / name).as_posix()]
    for name in names:
        if len(by_stem.get(name, [])) == 1:
            return by_stem[name][0]
    return None


_CITYSCAPES = tuple(
    f"_{quality}_{kind}"
    for quality in ("gtFine", "gtCoarse")
    for kind in ("labelTrainIds", "labelIds")
)


def _chosen(
    pairs: Sequence[MaskedPicture], split: str | None, images: Path
) -> tuple[Sequence[MaskedPicture], str]:
    """The pairs of a split, and what it is called."""
    if split is None:
        return pairs, ""
    by_name = parse_by_name(split)
    if by_name:
        wanted = by_name.among(pair.path for pair in pairs)
        return [pair for pair in pairs if pair.path in wanted], str(by_name)
    lists = {file.stem: file for file in images.parent.glob("ImageSets/Segmentation/*.txt")}
    names = set(choose(split, lists, images.parent).read_text("utf-8-sig").split())
    chosen = [pair for pair in pairs if pair.path.stem in names]
    if not chosen:
        raise DatasetError(f"{images}: none of the pictures that the list {split!r} names is there")
    return chosen, split


def _names(images: Path) -> tuple[str, str]:
    """The data set's name and split: ("camvid", "train") for camvid/train/images."""
    folders = [name for name in images.resolve().parts if name.casefold() not in FOLDERS]
    known = {"train", "val", "valid", "validation", "test"}
    if len(folders) > 1 and folders[-1].casefold() in known:
        return folders[-2], folders[-1]
    return folders[-1], "all"
