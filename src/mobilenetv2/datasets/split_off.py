"""A validation part for a data set that has none: the same pictures in every run."""

import hashlib
from dataclasses import replace

from mobilenetv2.datasets.boxes import BoxedPicture, BoxedPictures
from mobilenetv2.errors import DatasetError

HOLD_OUT = 5
"""One picture in this many is held out."""


def split_off(data: BoxedPictures) -> tuple[BoxedPictures, BoxedPictures]:
    """A training and a validation part, for any order of files.

    Pictures are ranked by the SHA-256 of their file name; the first fifth, rounded down but at
    least one, is held out. A picture with the last example of a class stays for training. Frames
    of one film resemble each other: for these choose the validation pictures yourself.

    Raises:
        DatasetError: there is but one picture, or every picture has the last example of a class.
    """
    if len(data.pictures) < 2:
        raise DatasetError(
            f"{data.name}: holding pictures out needs two or more, got {len(data.pictures)}; "
            "give validation pictures instead"
        )
    left: dict[int, int] = {}
    for picture in data.pictures:
        for index in _classes(picture):
            left[index] = left.get(index, 0) + 1
    wanted = max(1, len(data.pictures) // HOLD_OUT)
    held: set[str] = set()
    for picture in sorted(data.pictures, key=_rank):
        if len(held) < wanted and all(left[index] > 1 for index in _classes(picture)):
            held.add(picture.identity)
            for index in _classes(picture):
                left[index] -= 1
    if not held:
        raise DatasetError(
            f"{data.name}: every picture has the only example of a class, so none can be held out; "
            "give validation pictures instead"
        )
    training = tuple(picture for picture in data.pictures if picture.identity not in held)
    validation = tuple(picture for picture in data.pictures if picture.identity in held)
    return (
        replace(data, split="four fifths", pictures=training),
        replace(data, split="held-out fifth", pictures=validation),
    )


def _classes(picture: BoxedPicture) -> set[int]:
    return set(picture.classes.tolist())


def _rank(picture: BoxedPicture) -> tuple[bytes, str]:
    return hashlib.sha256(picture.path.name.encode()).digest(), picture.identity
