"""Pictures of two classes with a box each, drawn, for runs of a second."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from mobilenetv2.datasets.boxes import BoxedPicture, BoxedPictures

SIDE = 48
CLASSES = ("blue", "red")


def draw_classes(folder: Path, per_class: int) -> Path:
    """`folder`/blue and `folder`/red: noise with a square of the color somewhere."""
    for index in range(per_class * len(CLASSES)):
        name = CLASSES[index % len(CLASSES)]
        picture, _ = _picture(index)
        (folder / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / name / f"{index}.png")
    return folder


def draw_boxes(folder: Path, count: int) -> BoxedPictures:
    """The same with the squares' boxes."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    for index in range(count):
        picture, box = _picture(index)
        path = folder / f"{index}.png"
        Image.fromarray(picture).save(path)
        pictures.append(
            BoxedPicture(
                path=path,
                identity=str(index),
                size=(SIDE, SIDE),
                boxes=np.array([box], np.float32),
                classes=np.array([index % len(CLASSES)]),
                ignored=np.zeros(1, np.bool_),
                areas=np.array([(box[2] - box[0]) * (box[3] - box[1])], np.float64),
            )
        )
    return BoxedPictures("squares", "all", CLASSES, tuple(pictures))


def _picture(index: int) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    random = np.random.default_rng(index)
    picture = random.integers(90, 160, (SIDE, SIDE, 3)).astype(np.uint8)
    top, left = (int(place) for place in random.integers(2, 14, 2))
    picture[top : top + 30, left : left + 30] = (40, 60, 220) if index % 2 == 0 else (220, 50, 40)
    return picture, (left, top, left + 30, top + 30)


def draw_coco(folder: Path, count: int) -> Path:
    """The same as a COCO data set on the disk."""
    data = draw_boxes(folder / "images", count)
    pictures = [(int(one.identity), one) for one in data.pictures]
    images = [
        {"id": index, "file_name": one.path.name, "width": SIDE, "height": SIDE}
        for index, one in pictures
    ]
    boxes = [
        {"id": index, "image_id": index, "category_id": int(one.classes[0]) + 1,
         "bbox": [float(x) for x in (*one.boxes[0][:2], *(one.boxes[0][2:] - one.boxes[0][:2]))]}
        for index, one in pictures
    ]  # fmt: skip
    categories = [{"id": index + 1, "name": name} for index, name in enumerate(CLASSES)]
    content = {"images": images, "annotations": boxes, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(content))
    return folder
