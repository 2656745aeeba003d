"""Which mask belongs to which picture, by their names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.class_pictures import MASK_BEGINNINGS, MASK_ENDINGS
from mobilenetv2.tasks.find_pictures import LeftAside, look_through
from mobilenetv2.tasks.loose_names import file_key

PICTURE_ENDINGS = ("_leftImg8bit", "_image", "_img", "_rgb")
"""What may follow the common name in a picture's (Cityscapes and others)."""

PICTURE_BEGINNINGS = ("image_", "img_", "rgb_")

ARRAYS = ".npy"
"""Masks that numpy wrote."""


@dataclass(frozen=True, slots=True)
class MaskedPicture:
    """A picture and the file with its mask."""

    path: PictureFile
    mask: PictureFile | None
    """None: nobody drew one, and every pixel is to be ignored."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """What belongs together in two folders, and what has no partner."""

    pairs: tuple[MaskedPicture, ...]
    without_mask: tuple[Path, ...]
    without_picture: tuple[Path, ...]
    left_aside: tuple[LeftAside, ...] = field(default=(), repr=False)


def pair_masks(images: Path, masks: Path) -> Pairs:
    """Pair the pictures below `images` with the masks below `masks`, which may be one folder.

    A mask in the folder that mirrors its picture's comes first; else one of its name in any
    folder, if it is the only one there and no other picture's.
    """
    together = images.resolve() == masks.resolve()
    around, beside = look_through(images), look_through(masks)
    arrays = [item.path for item in beside.left_aside if item.path.suffix.lower() == ARRAYS]
    files = sorted((*beside.pictures, *arrays))
    found = _by_place(around.pictures, images, files, masks, together)
    _add_by_name(found, around.pictures, files, together)
    used = {mask.resolve() for mask in found.values()}
    others = [path for path in around.pictures if path not in found]
    seen = {item.path: item for item in (*around.left_aside, *beside.left_aside)}
    return Pairs(
        tuple(MaskedPicture(path, found[path]) for path in around.pictures if path in found),
        tuple(path for path in others if not (together and path.resolve() in used)),
        () if together else tuple(path for path in files if path.resolve() not in used),
        tuple(item for item in seen.values() if item.path not in arrays),
    )


def _by_place(
    pictures: Iterable[Path], images: Path, files: Sequence[Path], masks: Path, together: bool
) -> dict[Path, Path]:
    """Each picture's mask in the mirrored folder."""
    places: dict[str, Path] = {}
    for path in reversed(files):
        places[file_key(path.relative_to(masks).with_suffix("").as_posix())] = path
    found: dict[Path, Path] = {}
    for path in pictures:
        folder = path.relative_to(images).parent
        for name in _names(path, together):
            mask = places.get(file_key((folder / name).as_posix()))
            if mask is not None:
                found[path] = mask
                break
    return found


def _add_by_name(
    found: dict[Path, Path], pictures: Iterable[Path], files: Sequence[Path], together: bool
) -> None:
    """Give pictures without a mirrored mask the only one of their name, if it is nobody else's."""
    by_stem: dict[str, list[Path]] = {}
    for path in files:
        by_stem.setdefault(file_key(path.stem), []).append(path)
    taken = set(found.values())
    wanted: dict[Path, list[Path]] = {}
    for path in pictures:
        if path not in found:
            mask = _only(by_stem, _names(path, together))
            if mask is not None and mask not in taken:
                wanted.setdefault(mask, []).append(path)
    found |= {those[0]: mask for mask, those in wanted.items() if len(those) == 1}


def _only(by_stem: Mapping[str, Sequence[Path]], names: Iterable[str]) -> Path | None:
    for name in names:
        those = by_stem.get(file_key(name), ())
        if len(those) == 1:
            return those[0]
    return None


def _names(picture: Path, together: bool) -> Iterator[str]:
    """What the mask may be called but for its suffix; in one folder not as the picture itself."""
    stems = [picture.stem, picture.name]
    key = file_key(picture.stem)
    stems += [picture.stem[: -len(end)] for end in PICTURE_ENDINGS if key.endswith(file_key(end))]
    stems += [picture.stem[len(begin) :] for begin in PICTURE_BEGINNINGS if key.startswith(begin)]
    for stem in stems:
        for end in MASK_ENDINGS:
            if not (together and file_key(stem + end) == key):
                yield stem + end
        for begin in MASK_BEGINNINGS:
            yield begin + stem
