"""COCO: one JSON file for many pictures; instances, or the things of a panoptic file."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mobilenetv2.datasets.coco_hull import segmentation_hull
from mobilenetv2.datasets.coco_sides import require_sides
from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.picture_index import PictureIndex, settle
from mobilenetv2.datasets.plain_json import read_json
from mobilenetv2.datasets.written import Written, WrittenBox, WrittenPicture
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.whole_numbers import finite_number, whole_number

Item = Mapping[str, object]
Id = int | str
"""Some tools write "1" or 1.0 for 1: these are the same."""

NO_PARENT = frozenset({"", "none", "null"})
"""A category's `supercategory` that says it has none."""


def read_coco(file: Path, pictures: PictureIndex) -> Written:
    """Read a COCO file and find its pictures by name.

    Corners are (x, y, x + width, y + height); where an object states no box, the hull of its
    segmentation. Labels are the categories in the order of their ids, gaps closed, without one
    that only heads the others (Roboflow's); of a panoptic file, the things. Crowds are ignored
    boxes. Areas are the segments' own. A listed picture without annotations is a picture without
    boxes; one whose size or name is missing, or of whose annotations not one can be read, is left
    out with a finding.

    Raises:
        DatasetError: no JSON, not COCO's lists, or annotations of other pictures alone.
    """
    content = _load(file)
    categories = _categories(content, file)
    gathered = _Gathered(file, categories.names, categories.stuff)
    for item in content["annotations"]:
        gathered.add(item)
    findings: list[Finding] = []
    images = dict[Id, Item]()
    for image in content["images"]:
        identity = _id(image.get("id"))
        if identity is None:
            findings.append(
                Finding("picture missing", file, f"an image without id: {image!r:.100}")
            )
        elif identity in images:
            findings.append(Finding("annotation twice", file, f"image id {identity} again"))
        else:
            images[identity] = image
    _require_own(gathered, images, file)
    require_sides(file, gathered.boxes, {key: _size(image) for key, image in images.items()})
    found = _find_pictures(images, gathered, pictures, findings)
    findings += gathered.findings()
    heads = categories.heads - gathered.seen
    findings += [Finding("placeholder class", file, f"{categories.names[head]!r} (id {head})")
                 for head in heads]  # fmt: skip
    findings += _of_one_name(categories.names, file)
    names = [categories.names[key] for key in categories.order if key not in heads]
    return Written(tuple(dict.fromkeys(names)), tuple(found), tuple(findings))


def _of_one_name(names: Mapping[Id, str], file: Path) -> Iterable[Finding]:
    ids: dict[str, list[Id]] = {}
    for identity, name in names.items():
        ids.setdefault(name, []).append(identity)
    for name, those in ids.items():
        if len(those) > 1:
            yield Finding(
                "category twice", file, f"{name!r:.60} is the name of the ids {those[:5]}"
            )


def _find_pictures(
    images: Mapping[Id, Item],
    gathered: "_Gathered",
    pictures: PictureIndex,
    findings: list[Finding],
) -> list[WrittenPicture]:
    # LVIS states the URL alone.
    names = {
        identity: str(image.get("file_name") or image.get("coco_url") or "")
        for identity, image in images.items()
    }
    matches = settle([pictures.by_name(gathered.file, name) for name in names.values()])
    found: dict[Path, WrittenPicture] = {}
    for (identity, name), match in zip(names.items(), matches, strict=True):
        boxes = tuple(gathered.boxes.pop(identity, ()))
        if match.path is None:
            detail = f"{name!r:.200} (id {identity}) is not below {pictures.root}: {match.why}"
            path = pictures.root / name[:200].replace("\0", "")
            findings.append(Finding("picture missing", path, detail, len(boxes)))
        elif (identity in gathered.broken or identity in gathered.strange) and not boxes:
            reasons = gathered.broken.get(identity, ["its classes are not among the categories"])
            detail = f"not one annotation can be read: {'; '.join(reasons[:3])}"
            findings.append(Finding("annotation unreadable", match.path, detail))
        elif match.path in found:
            detail = f"{gathered.file.name} lists it twice, the second time as id {identity}"
            findings.append(Finding("annotation twice", match.path, detail, len(boxes)))
        else:
            size = _size(images[identity])
            found[match.path] = WrittenPicture(match.path, str(identity), boxes, size)
    return list(found.values())


def _require_own(gathered: "_Gathered", images: Mapping[Id, Item], file: Path) -> None:
    """Annotations of which not one finds its image would make all pictures empty ones."""
    if gathered.boxes and not any(identity in images for identity in gathered.boxes):
        raise DatasetError(
            f"{file}: an annotation's image_id must be the id of an image; not one of "
            f"{sum(map(len, gathered.boxes.values()))} is, such as {next(iter(gathered.boxes))!r}, "
            f"where images have ids such as {list(images)[:3]}"
        )


@dataclass(slots=True)
class _Gathered:
    """Boxes by the id of their image, and what was wrong with others."""

    file: Path
    names: Mapping[Id, str]
    stuff: frozenset[Id]
    boxes: dict[Id, list[WrittenBox]] = field(default_factory=dict)
    seen: set[Id] = field(default_factory=set)
    """Categories of which there is an annotation."""
    unknown: Counter[str] = field(default_factory=Counter)
    strange: set[Id] = field(default_factory=set)
    """Images with an annotation of no category."""
    broken: dict[Id, list[str]] = field(default_factory=dict)
    """What cannot be read, by the id of its image."""

    def add(self, item: Item) -> None:
        """One entry of "annotations": a box, or a panoptic picture's segments."""
        image = _id(item.get("image_id"))
        segments = item.get("segments_info")
        for entry in segments if isinstance(segments, list) else [item]:
            self._add_box("" if image is None else image, entry)

    def _add_box(self, image: Id, entry: object) -> None:
        if not isinstance(entry, Mapping):
            self.broken.setdefault(image, []).append(f"{entry!r:.60} is no annotation")
            return
        category = _id(entry.get("category_id"))
        label = self.names.get(category) if category is not None else None
        if label is None or category is None:
            if category not in self.stuff:
                self.unknown[f"{entry.get('category_id')!r:.40}"] += 1
                self.strange.add(image)
            return
        self.seen.add(category)
        corners = _corners(entry.get("bbox")) or segmentation_hull(entry.get("segmentation"))
        if corners is None:
            what = f"annotation {entry.get('id')!r:.20}: bbox is {entry.get('bbox')!r:.60}"
            self.broken.setdefault(image, []).append(f"{what}, and no segmentation has its shape")
            return
        area = finite_number(entry.get("area"))
        crowd = bool(finite_number(entry.get("iscrowd")))
        box = WrittenBox(label, corners, crowd, area if area is not None and area > 0 else None)
        self.boxes.setdefault(image, []).append(box)

    def findings(self) -> Iterable[Finding]:
        """What could not be used, once every picture has taken its boxes."""
        for category, count in self.unknown.items():
            detail = f"category id {category} is not among the categories"
            yield Finding("unknown class", self.file, detail, count)
        if self.broken:
            broken = [what for those in self.broken.values() for what in those]
            detail = "; ".join(broken[:5])
            yield Finding("annotation unreadable", self.file, detail, len(broken))
        for identity, boxes in self.boxes.items():
            detail = f"image id {identity!r:.40} is not among the images"
            yield Finding("picture missing", self.file, detail, len(boxes))


def _load(file: Path) -> dict[str, list[Item]]:
    content = read_json(file)
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


@dataclass(frozen=True, slots=True)
class _Categories:
    names: Mapping[Id, str]
    """Of what has boxes."""
    stuff: frozenset[Id]
    """Ids of a panoptic file's stuff, which has none."""
    heads: frozenset[Id]
    """Ids of what may be but a heading over all others; one with boxes is none."""

    @property
    def order(self) -> list[Id]:
        """Ids by number, then by text."""
        return sorted(self.names, key=lambda key: (isinstance(key, str), key))


def _categories(content: Mapping[str, list[Item]], file: Path) -> _Categories:
    names: dict[Id, str] = {}
    parents: dict[Id, str] = {}
    stuff: set[Id] = set()
    for category in content["categories"]:
        index, name = _id(category.get("id")), category.get("name")
        if (
            index is None
            or not isinstance(name, str)
            or not name
            or index in names
            or index in stuff
        ):
            raise DatasetError(
                f"{file}: a category needs an id of its own and a name, got {category!r:.100}"
            )
        if category.get("isthing", 1):
            names[index] = name
            parents[index] = str(category.get("supercategory") or "")
        else:
            stuff.add(index)
    parts = set(parents.values()) - NO_PARENT
    heads = {index for index, name in names.items()
             if parts == {name} and parents[index].casefold() in NO_PARENT}  # fmt: skip
    return _Categories(names, frozenset(stuff), frozenset(heads))


def _id(value: object) -> Id | None:
    number = whole_number(value)
    if number is not None:
        return number
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) and 0 < len(value.strip()) <= 500 else None


def _corners(value: object) -> tuple[float, float, float, float] | None:
    """From [x, y, width, height]; infinite numbers are for later checks, which name them."""
    if not isinstance(value, list) or len(value) != 4:
        return None
    numbers = [item if isinstance(item, float) else finite_number(item) for item in value]
    match numbers:
        case [float(x), float(y), float(width), float(height)]:
            return x, y, x + width, y + height
        case _:
            return None


def _size(image: Item) -> tuple[int, int] | None:
    height, width = whole_number(image.get("height")), whole_number(image.get("width"))
    return (height, width) if height and width else None
