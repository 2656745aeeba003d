"""Pictures with masks, a class id for every pixel: a data set and its parts."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mobilenetv2.datasets.mask_pairs import MaskedPicture, pair_masks
from mobilenetv2.datasets.split_names import LAYOUT, choose, parse_by_name
from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import as_text, reading
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.class_pictures import MASK_ENDINGS
from mobilenetv2.tasks.find_pictures import LeftAside, class_folders, describe_left_aside
from mobilenetv2.tasks.part_names import Part, part_called
from mobilenetv2.tasks.shard_set import open_shards, shard_parts
from mobilenetv2.tasks.split_folders import part_folder, split_folders

MASK_FOLDERS = frozenset({"masks", "mask", "segmentationclass", "gtfine"})
FOLDERS = LAYOUT | MASK_FOLDERS | {"leftimg8bit", "image"}


class NoMasksError(DatasetError):
    """Not one picture has a mask."""


@dataclass(frozen=True, slots=True)
class MaskedPictures:
    """A data set for segmentation. Nothing in it has been opened yet."""

    name: str
    """The folder's name: "camvid"."""
    split: str
    """"train", "val"; "last 20 by name"; "all" where nothing was split."""
    pictures: tuple[MaskedPicture, ...] = field(repr=False)
    without_mask: tuple[PictureFile, ...] = field(default=(), repr=False)
    """Pictures that were left out because they have no mask."""
    without_picture: tuple[Path, ...] = field(default=(), repr=False)
    """Masks that belong to no picture."""
    left_aside: tuple[LeftAside, ...] = field(default=(), repr=False)
    """What lies in the folders and is neither."""
    classes: tuple[str, ...] = field(default=(), repr=False)
    """What the data set itself calls its ids, in their order; empty where it says nothing."""

    @property
    def unlabeled(self) -> bool:
        """Whether no picture has a mask."""
        return bool(self.pictures) and all(picture.mask is None for picture in self.pictures)

    @property
    def fingerprint(self) -> str:
        """16 hex digits over names and mask files: two runs with the same saw the same answers.

        Reads every mask's bytes.
        """
        digest = hashlib.sha256()
        for picture in sorted(self.pictures, key=lambda picture: picture.path.as_posix()):
            drawn = picture.mask.read_bytes() if picture.mask else b""
            content = hashlib.sha256(drawn).hexdigest()
            digest.update(f"{picture.path.name},{content}\n".encode())
        return digest.hexdigest()[:16]


LAYOUTS = (
    ("images", "masks"), ("JPEGImages", "SegmentationClass"), ("image", "mask"), ("imgs", "masks"),
    ("images", "labels"), ("images", "annotations"), ("leftImg8bit", "gtFine"),
)  # fmt: skip
"""Folders of pictures and of masks inside one data set, in any case; the first that is there is
taken."""


def read_masked(
    images: Path, masks: Path | None = None, split: str | None = None
) -> MaskedPictures:
    """Pair the pictures below `images` with the masks below `masks`, as `pair_masks` does.

    Args:
        images: a folder, searched to its bottom; or shards, which hold the masks too.
        masks: likewise; may be the same. None: `images` holds a folder of either (`LAYOUTS`), or
            parts of a data set (train, val, test) that do.
        split: "first N" or "last N" by file name, a part of the data set by its folder's name, or
            a list of VOC's ImageSets/Segmentation beside `images`; None for all.

    Raises:
        DatasetError: a folder is missing, no picture has a mask, or there is no such split.
    """
    with reading(images, DatasetError):
        if masks is None and is_shards(images):
            return _read_shards(images, split)
        return _read_masked(images, masks, split)


def _read_masked(
    images: Path, masks: Path | None = None, split: str | None = None
) -> MaskedPictures:
    if masks is None:
        parts = _parts_of(images)
        if parts:
            return _read_parts(images, parts, split)
        images, masks = _inside(images)
    for folder in (images, masks):
        if not folder.is_dir():
            raise DatasetError(f"{folder}: no such folder; masks need a folder of pictures and one "
                               "of masks with the same names")  # fmt: skip
    found = pair_masks(images, masks)
    if not found.pairs:
        files = (*found.without_mask[:1], *found.without_picture[:1])
        aside = describe_left_aside(found.left_aside)
        raise NoMasksError(
            f"{masks} must hold a mask for at least one picture of {images}: of its name, or that "
            f"and {', '.join(MASK_ENDINGS[1:4])} ...; got {len(found.without_picture)} files for "
            f"{len(found.without_mask)} pictures, such as {[path.name for path in files]}"
            + (f"; left aside {aside}. Masks are pictures, or arrays as .npy" if aside else "")
        )
    name, default = _names(images)
    chosen, called = _chosen(found.pairs, split, images)
    return MaskedPictures(
        name=name,
        split=called or default,
        pictures=tuple(chosen),
        without_mask=found.without_mask if split is None else (),
        without_picture=found.without_picture if split is None else (),
        left_aside=found.left_aside,
    )


def masked_split_names(images: Path, masks: Path | None = None) -> tuple[str, ...]:
    """The folders that are parts of the data set, sorted; empty where there are none.

    They lie in `images`, each with pictures and masks, or in its folder of pictures.
    """
    if masks is None and is_shards(images):
        return tuple(sorted(shard_parts(images)))
    if masks is None:
        parts = _parts_of(images)
        if parts:
            return tuple(sorted(path.name for path in parts.values()))
        images, masks = _inside(images)
    if not images.is_dir():
        return ()
    return tuple(path.name for path in class_folders(images) if part_called(path.name))


def _read_shards(data: Path, split: str | None) -> MaskedPictures:
    by_name = parse_by_name(split) if split else None
    shards = open_shards(data, None if by_name else split)
    index = shards.index
    every = [MaskedPicture(index.picture(row), index.mask(row)) for row in range(len(index))]
    pairs = [pair for pair in every if pair.mask is not None]
    if not pairs:
        raise DatasetError(
            f"{data}: shards for segmentation hold KEY.mask.png beside KEY.jpg, got none for "
            f"{len(every)} pictures"
        )
    chosen, called = _chosen(pairs, str(by_name) if by_name else None, data)
    return MaskedPictures(
        name=shards.name,
        split=called or split or "all",
        pictures=tuple(chosen),
        without_mask=tuple(pair.path for pair in every if pair.mask is None and not by_name),
        classes=shards.classes,
    )


def _parts_of(data: Path) -> Mapping[Part, Path]:
    """Parts that each hold pictures and masks; a folder of pictures has none of these."""
    parts = split_folders(data) if data.is_dir() else {}
    return {part: path for part, path in parts.items() if _layout(path) is not None}


def _read_parts(data: Path, parts: Mapping[Part, Path], split: str | None) -> MaskedPictures:
    """The chosen part, or all of them as one."""
    by_name = parse_by_name(split) if split else None
    if split is not None and by_name is None:
        return replace(read_masked(part_folder(split, parts, data)), split=split)
    every = [read_masked(path) for path in parts.values()]
    pairs = [pair for part in every for pair in part.pictures]
    chosen, called = _chosen(pairs, split, data)
    return MaskedPictures(
        name=data.resolve().name,
        split=called or "all",
        pictures=tuple(chosen),
        without_mask=tuple(path for part in every for path in part.without_mask if not split),
        without_picture=tuple(path for part in every for path in part.without_picture if not split),
        left_aside=tuple(item for part in every for item in part.left_aside),
    )


def _layout(data: Path) -> tuple[Path, Path] | None:
    folders = {path.name.casefold(): path for path in reversed(class_folders(data))}
    for names in LAYOUTS:
        images, masks = (folders.get(name.casefold()) for name in names)
        if images is not None and masks is not None:
            return images, masks
    return None


def _inside(data: Path) -> tuple[Path, Path]:
    found = _layout(data) if data.is_dir() else None
    if found is None:
        raise DatasetError(
            f"{data} must hold a folder of pictures and one of masks ("
            + ", or ".join(" and ".join(names) for names in LAYOUTS[:2])
            + "), or the folder of masks must be given as well"
        )
    return found


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
    folders = {
        name: [pair for pair in pairs if name in _folders(pair.path, images)]
        for name in sorted({name for pair in pairs for name in _part_names(pair.path, images)})
    }
    if folders:
        return choose(split, folders, images), split
    lists = {file.stem: file for file in images.parent.glob("ImageSets/Segmentation/*.txt")}
    names = set(as_text(choose(split, lists, images.parent).read_bytes()).split())
    chosen = [pair for pair in pairs if pair.path.stem in names]
    if not chosen:
        raise DatasetError(f"{images}: none of the pictures that the list {split!r} names is there")
    return chosen, split


def _part_names(path: PictureFile, images: Path) -> list[str]:
    return [name for name in _folders(path, images) if part_called(name)]


def _folders(path: PictureFile, images: Path) -> tuple[str, ...]:
    return path.relative_to(images).parts[:-1] if isinstance(path, Path) else ()


def _names(images: Path) -> tuple[str, str]:
    """The data set's name and split: ("camvid", "train") for camvid/train/images."""
    folders = [name for name in images.resolve().parts if name.casefold() not in FOLDERS]
    if len(folders) > 1 and part_called(folders[-1]):
        return folders[-2], folders[-1]
    return folders[-1], "all"
