"""Small data sets, written as other tools write them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

Corners = tuple[float, float, float, float]


def picture(path: Path, size: tuple[int, int] = (60, 80), orientation: int = 1) -> Path:
    """A picture of (height, width) with a pattern of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(len(str(path.name)) * 1000 + sum(path.name.encode()))
    image = Image.fromarray(noise.integers(0, 255, (*size, 3), np.uint8))
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(path, **({"exif": exif} if orientation != 1 else {}))
    return path


def voc_xml(
    path: Path,
    boxes: Iterable[tuple[str, Corners]],
    size: tuple[int, int] | None = (60, 80),
    difficult: bool = False,
    before: str = "",
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    items = "".join(
        f"<object><name>{name}</name><difficult>{int(difficult)}</difficult><bndbox>"
        f"<xmin>{box[0]}</xmin><ymin>{box[1]}</ymin><xmax>{box[2]}</xmax><ymax>{box[3]}</ymax>"
        "</bndbox></object>"
        for name, box in boxes
    )
    stated = f"<size><width>{size[1]}</width><height>{size[0]}</height></size>" if size else ""
    path.write_text(
        f"{before}<annotation><filename>{path.stem}.png</filename>{stated}{items}</annotation>"
    )
    return path


def voc(
    root: Path,
    boxes: Sequence[tuple[str, Corners]],
    size: tuple[int, int] = (60, 80),
    stated: tuple[int, int] | None = (60, 80),
    orientation: int = 1,
) -> Path:
    """A data set of one picture."""
    picture(root / "images/one.png", size, orientation)
    voc_xml(root / "annotations/one.xml", boxes, stated)
    return root


def coco(
    root: Path,
    annotations: Sequence[Mapping[str, object]],
    images: Sequence[str] = ("one.png",),
    name: str = "annotations/instances_val.json",
    categories: Sequence[Mapping[str, object]] = (
        {"id": 3, "name": "ant"},
        {"id": 7, "name": "bee"},
    ),
) -> Path:
    """Pictures of 60 x 80; their ids are 1, 2 ..."""
    listed = []
    for index, image in enumerate(images, 1):
        picture(root / "images" / image)
        listed.append({"id": index, "file_name": image, "height": 60, "width": 80})
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {"images": listed, "annotations": annotations, "categories": categories}
    file.write_text(json.dumps(content))
    return root


def yolo(
    root: Path,
    lines: Mapping[str, str],
    yaml: str = "names: [ant, bee]\n",
) -> Path:
    """A picture for each name, with these lines."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "data.yaml").write_text(yaml)
    for name, text in lines.items():
        picture(root / "images" / f"{name}.png")
        file = root / "labels" / f"{name}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root
