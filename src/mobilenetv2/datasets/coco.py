"""COCO: one JSON file for many pictures; instances, or the things of a panoptic file."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import TypeGuard

from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.picture_index import PictureIndex
from mobilenetv2.datasets.written import Written, WrittenBox, WrittenPicture
from mobilenetv2.errors import DatasetError

LARGEST = 10**12
"""JSON has whole numbers of any length; no coordinate, side or area is as large as this."""


def read_coco(file: Path, pictures: PictureIndex) -> Written:
    """Read a COCO file and find its pictures by name.

    Corners are (x, y, x + width, y + height). Labels are the categories in the order of their
    ids, gaps closed; of a panoptic file, the things. Crowds are ignored boxes. Areas are the
    segments' own. A listed picture without annotations is a picture without boxes; one whose
    size or name is missing is left out with a finding.

    Raises:
        DatasetError: no JSON, or not COCO's lists.
    """
    content = _load(file)
    names, stuff = _categories(content, file)
    gathered = _Gathered(file, names, stuff)
    for item in content["annotations"]:
        gathered.add(item)
    found: list[WrittenPicture] = []
    findings: list[Finding] = []
    seen: set[str] = set()
    for image in content["images"]:
        name, identity = str(image.get("file_name") or ""), str(image.get("id"))
        if identity in seen:
            findings.append(Finding("annotation twice", file, f"image id {identity} again"))
            continue
        seen.add(identity)
        boxes = tuple(gathered.boxes.pop(identity, ()))
        path = pictures.by_name(file, name) if name else None
        if path is None:
            detail = f"{name!r} (id {identity}) is not below {pictures.root}"
            findings.append(Finding("picture missing", pictures.root / name, detail, len(boxes)))
        else:
            found.append(WrittenPicture(path, identity, boxes, _size(image)))
    findings += gathered.findings()
    labels = tuple(dict.fromkeys(names[key] for key in sorted(names)))
    return Written(labels, tuple(found), tuple(findings))


@dataclass(slots=True)
class _Gathered:
    """Boxes by the id of their image, and what was wrong with others."""

    file: Path
    names: Mapping[int, str]
    stuff: frozenset[int]
    boxes: dict[str, list[WrittenBox]] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def add(self, item: Mapping[str, object]) -> None:
        """One entry of "annotations": a box, or a panoptic picture's segments."""
        image = str(item.get("image_id"))
        segments = item.get("segments_info")
        for entry in segments if isinstance(segments, list) else [item]:
            self._add_box(image, entry)

    def _add_box(self, image: str, entry: object) -> None:
        if not isinstance(entry, Mapping):
            self.broken.append(f"{entry!r:.60} is no annotation")
            return
        category = entry.get("category_id")
        known = category if isinstance(category, int) else -1
        label = self.names.get(known)
        if label is None:
            if known not in self.stuff:
                self.unknown[str(category)] = self.unknown.get(str(category), 0) + 1
            return
        numbers = entry.get("bbox")
        if not (isinstance(numbers, list) and len(numbers) == 4 and all(map(_number, numbers))):
            self.broken.append(f"annotation {entry.get('id')}: bbox is {numbers!r:.60}")
            return
        x, y, width, height = map(float, numbers)
        area = entry.get("area")
        box = WrittenBox(
            label,
            (x, y, x + width, y + height),
            bool(entry.get("iscrowd")),
            float(area) if _number(area) and isfinite(area) and area > 0 else None,
        )
        self.boxes.setdefault(image, []).append(box)

    def findings(self) -> Iterable[Finding]:
        """What could not be used, once every picture has taken its boxes."""
        for category, count in self.unknown.items():
            detail = f"category id {category} is not among the categories"
            yield Finding("unknown class", self.file, detail, count)
        if self.broken:
            detail = "; ".join(self.broken[:5])
            yield Finding("annotation unreadable", self.file, detail, len(self.broken))
        for identity, boxes in self.boxes.items():
            detail = f"image id {identity} is not among the images"
            yield Finding("picture missing", self.file, detail, len(boxes))


def _load(file: Path) -> dict[str, list[dict[str, object]]]:
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"{file} cannot be read as JSON: {error}") from error
    lists = content if isinstance(content, dict) else {}
    missing = [key for key in ("images", "annotations", "categories") if key not in lists]
    if missing:
        raise DatasetError(
            f"{file} must be a COCO file with images, annotations and categories; "
            f"it has no {', '.join(missing)}"
        )
    for key in ("images", "annotations", "categories"):
        if not (isinstance(lists[key], list) and all(isinstance(it, dict) for it in lists[key])):
            raise DatasetError(f"{file}: {key!r} must be a list of objects")
    return lists


def _categories(
    content: dict[str, list[dict[str, object]]], file: Path
) -> tuple[dict[int, str], frozenset[int]]:
    """Names of what has boxes, by id; and the ids of a panoptic file's stuff, which has none."""
    names: dict[int, str] = {}
    stuff: set[int] = set()
    for category in content["categories"]:
        index, name = category.get("id"), category.get("name")
        if (
            not isinstance(index, int)
            or not isinstance(name, str)
            or not name
            or index in {*names, *stuff}
        ):
            raise DatasetError(
                f"{file}: a category needs an id of its own and a name, got {category!r:.100}"
            )
        if category.get("isthing", 1):
            names[index] = name
        else:
            stuff.add(index)
    return names, frozenset(stuff)


def _number(value: object) -> TypeGuard[float | int]:
    """Whether JSON's value is a number that fits a float; NaN and infinity are for later checks."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, float) or abs(value) <= LARGEST


def _side(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and 0 < value <= LARGEST


def _size(image: Mapping[str, object]) -> tuple[int, int] | None:
    height, width = image.get("height"), image.get("width")
    return (height, width) if _side(height) and _side(width) else None
