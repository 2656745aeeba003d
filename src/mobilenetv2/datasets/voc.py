"""Pascal VOC: one XML file a picture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from xml.etree import ElementTree

from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.picture_index import Match, PictureIndex, settle
from mobilenetv2.datasets.plain_xml import read_xml
from mobilenetv2.datasets.voc_object import number, object_boxes
from mobilenetv2.datasets.written import Written, WrittenBox, WrittenPicture


@dataclass(frozen=True, slots=True)
class _Annotation:
    """What one XML file says."""

    filename: str
    size: tuple[int, int] | None
    boxes: tuple[WrittenBox, ...]
    troubles: tuple[str, ...]


def read_voc(
    root: Path, annotations: Sequence[Path], chosen: frozenset[Path], pictures: PictureIndex
) -> Written:
    """Read XML files and the pictures they belong to.

    Corners are taken as they stand, as the edges of the box: so LabelImg and its kind write them.
    (VOC's own devkit counts pixels from 1, both ends included; read this way its boxes lie one
    pixel to the right and below at their left top corner.) Boxes marked difficult are ignored
    ones. A picture is found by the name of its XML file, else by the `<filename>` in it; of several
    pictures of one name each XML file gets the one whose folders mirror its own. A file in which
    not one object can be read leaves its picture out: it is no picture of nothing.

    Args:
        root: the data set's folder.
        annotations: all its XML files: the labels are the names in any of them, sorted.
        chosen: those whose pictures are wanted.
        pictures: of the data set.
    """
    names: set[str] = set()
    wanted: list[tuple[Path, _Annotation]] = []
    findings: list[Finding] = []
    for path in annotations:
        try:
            annotation = _parse(path)
        except ValueError as error:
            if path in chosen:
                findings.append(Finding("annotation unreadable", path, str(error)))
            continue
        names |= {box.label for box in annotation.boxes}
        if path in chosen:
            findings += _troubles(path, annotation)
            if annotation.boxes or not annotation.troubles:
                wanted.append((path, annotation))
    matches = settle([_picture(path, annotation, pictures) for path, annotation in wanted])
    found: dict[Path, WrittenPicture] = {}
    for (path, annotation), match in zip(wanted, matches, strict=True):
        if match.taken is not None:
            findings.append(Finding("annotation twice", match.taken, f"{path}: {match.why}"))
        elif match.path is None:
            detail = f"{match.why}, nor one named {annotation.filename!r:.120}, below {root}"
            findings.append(Finding("picture missing", path, detail, boxes=len(annotation.boxes)))
        elif match.path in found:
            findings.append(Finding("annotation twice", match.path, f"the second is {path}"))
        else:
            found[match.path] = WrittenPicture(
                match.path, match.path.stem, annotation.boxes, annotation.size
            )
    return Written(tuple(sorted(names)), tuple(found.values()), tuple(findings))


def _picture(path: Path, annotation: _Annotation, pictures: PictureIndex) -> Match:
    own = pictures.by_stem(path, path.stem, annotation.filename)
    if own.path is not None or not annotation.filename:
        return own
    stated = pictures.by_stem(path, PureWindowsPath(annotation.filename).stem, annotation.filename)
    return stated if stated.path is not None else own


def _troubles(path: Path, annotation: _Annotation) -> Iterable[Finding]:
    if annotation.troubles:
        yield Finding(
            "annotation unreadable",
            path,
            "; ".join(annotation.troubles[:5])
            + ("" if annotation.boxes else "; not one box can be read: the picture is left out"),
            boxes=len(annotation.troubles),
        )


def _parse(path: Path) -> _Annotation:
    """Raises ValueError with the reason where the file as a whole cannot be read."""
    root = read_xml(path)
    boxes: list[WrittenBox] = []
    troubles: list[str] = []
    for count, item in enumerate(root.iterfind("object"), 1):
        try:
            boxes += object_boxes(item)
        except ValueError as error:
            troubles.append(f"object {count}: {error}")
    filename = PureWindowsPath((root.findtext("filename") or "").strip()).name
    return _Annotation(filename, _size(root), tuple(boxes), tuple(troubles))


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    """(height, width), or None where the file states none, or zeros as some tools do."""
    try:
        height, width = (int(number(root, f"size/{tag}")) for tag in ("height", "width"))
    except (ValueError, OverflowError):
        return None
    return (height, width) if min(height, width) > 0 else None
