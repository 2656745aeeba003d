"""Pictures with boxes, whatever format they were written in."""

import hashlib
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mobilenetv2.shards.member import PictureFile


@dataclass(frozen=True, slots=True)
class BoxedPicture:
    """A picture and its right answers. One without boxes is a picture like any other."""

    path: PictureFile
    identity: str
    """What the data set calls the picture: a COCO id, or a file name without its suffix."""
    size: tuple[int, int]
    """(height, width) in pixels, the right way up."""
    boxes: npt.NDArray[np.float32] = field(repr=False)
    """[boxes, 4]: (left, top, right, bottom) in pixels, inside the picture, sides above 0."""
    classes: npt.NDArray[np.int64] = field(repr=False)
    """[boxes]: indices into the data set's labels."""
    ignored: npt.NDArray[np.bool_] = field(repr=False)
    """[boxes]: COCO's crowds and VOC's difficult ones: neither to be found nor to be missed."""
    areas: npt.NDArray[np.float64] = field(repr=False)
    """[boxes]: square pixels, the object's own where the data set says so, else the box's."""


@dataclass(frozen=True, slots=True)
class BoxedPictures:
    """A data set for detection."""

    name: str
    """The folder's name: "bccd"."""
    split: str
    """"train", "val", "test", "last 40 by name"; "all" where nothing was split."""
    labels: tuple[str, ...] = field(repr=False)
    pictures: tuple[BoxedPicture, ...] = field(repr=False)

    @property
    def boxes(self) -> int:
        """How many boxes there are in all."""
        return sum(len(picture.boxes) for picture in self.pictures)

    @property
    def fingerprint(self) -> str:
        """16 hex digits over identities, labels and boxes: two runs with the same saw the same."""
        digest = hashlib.sha256("\n".join(self.labels).encode())
        for picture in sorted(self.pictures, key=lambda picture: picture.identity):
            digest.update(f"\n{picture.identity},{picture.size}".encode())
            digest.update(picture.boxes.round(2).tobytes() + picture.classes.tobytes())
        return digest.hexdigest()[:16]
