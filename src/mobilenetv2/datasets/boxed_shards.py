"""Shards of pictures with boxes: KEY.json says of each what COCO says of a picture.

    {"width": 640, "height": 480, "annotations": [
        {"bbox": [left, top, width, height], "category": "cup", "iscrowd": 0, "area": 1234.5}]}

`category` is a class's name; or `category_id` its line in classes.txt beside the shards, from 0.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.written import Written, WrittenBox, WrittenPicture
from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.member import Member
from mobilenetv2.tasks.shard_set import CLASS_FILES, open_shards
from mobilenetv2.tasks.whole_numbers import finite_number, whole_number


def read_boxed_shards(data: Path, split: str | None) -> Written:
    """Every picture with a KEY.json; one whose objects cannot be read is left out.

    Raises:
        DatasetError: as `shard_set.open_shards`, or no picture has a KEY.json.
    """
    shards = open_shards(data, split)
    index = shards.index
    pictures: list[WrittenPicture] = []
    findings: list[Finding] = []
    for row, (text, is_json) in enumerate(index.labels()):
        member = index.picture(row)
        if not is_json:
            findings.append(Finding("annotation missing", member, "no KEY.json has its key"))
            continue
        try:
            pictures.append(boxed_picture(member, text, shards.classes))
        except ValueError as error:
            detail = f"KEY.json: {error}; the picture is left out"
            findings.append(Finding("annotation unreadable", member, detail))
    if not pictures:
        why = f"; the first: {findings[0].path}: {findings[0].detail}" if findings else ""
        raise DatasetError(f"{data}: shards for detection hold KEY.json beside KEY.jpg{why}")
    names = sorted({box.label for picture in pictures for box in picture.boxes})
    others = [name for name in names if name not in shards.classes]
    if shards.classes and others:
        raise DatasetError(
            f"{data}: {CLASS_FILES[0]} beside the shards must name every class, it lacks "
            f"{len(others)}: {others[:5]}"
        )
    return Written(shards.classes or tuple(names), tuple(pictures), tuple(findings))


def boxed_picture(member: Member, text: bytes, classes: Sequence[str]) -> WrittenPicture:
    """A picture and what its KEY.json says of it.

    Raises:
        ValueError: no JSON of this form.
    """
    try:
        content = json.loads(text)
    # Nested to the bottom of the stack is no annotation.
    except RecursionError as error:
        raise ValueError("it must be JSON of a few levels, this is nested deeper") from error
    boxes = tuple(_boxes(content, classes))
    return WrittenPicture(member, member.stem, boxes, _size(content))


def box_json(
    boxes: Sequence[WrittenBox], size: tuple[int, int], categories: Mapping[str, int]
) -> bytes:
    """KEY.json of a picture.

    Args:
        boxes: in pixels.
        size: (height, width) of the picture the right way up.
        categories: each label's number.
    """
    annotations = []
    for box in boxes:
        left, top, right, bottom = box.ltrb
        annotations.append({
            "bbox": [left, top, right - left, bottom - top],
            "category": box.label,
            "category_id": categories[box.label],
            "iscrowd": int(box.ignored),
            **({} if box.area is None else {"area": box.area}),
        })  # fmt: skip
    content = {"width": size[1], "height": size[0], "annotations": annotations}
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def _boxes(content: Any, classes: Sequence[str]) -> Iterator[WrittenBox]:  # noqa: ANN401 - JSON
    annotations = content.get("annotations") if isinstance(content, dict) else None
    if not isinstance(annotations, list):
        raise ValueError("it must have a list 'annotations'")
    for annotation in annotations:
        bbox = annotation.get("bbox") if isinstance(annotation, dict) else None
        match list(map(finite_number, bbox)) if isinstance(bbox, list) else None:
            case [float(left), float(top), float(width), float(height)]:
                pass
            case _:
                raise ValueError(
                    f"'bbox' must be [left, top, width, height], got {annotation!r:.80}"
                )
        yield WrittenBox(
            _label(annotation, classes),
            (left, top, left + width, top + height),
            bool(annotation.get("iscrowd") or annotation.get("ignore")),
            finite_number(annotation.get("area")),
        )


def _label(annotation: Mapping[str, Any], classes: Sequence[str]) -> str:
    match annotation:
        case {"category": str(name)} if name:
            return name
        case {"category_id": int(number)} if 0 <= number < len(classes):
            return classes[number]
        case _:
            raise ValueError(
                "a box needs 'category', its class's name, or 'category_id', a line of "
                f"{CLASS_FILES[0]} from 0 (it has {len(classes)}), got {annotation!r:.80}"
            )


def _size(content: Mapping[str, Any]) -> tuple[int, int] | None:
    height, width = (whole_number(content.get(side)) for side in ("height", "width"))
    return None if height is None or width is None else (height, width)
