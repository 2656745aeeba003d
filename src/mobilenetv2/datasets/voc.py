"""Pascal VOC: one XML file a picture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from xml.etree import ElementTree

from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.picture_index import PictureIndex
from mobilenetv2.datasets.written import Written, WrittenBox, WrittenPicture

MAX_XML_BYTES = 16_000_000
"""No real annotation comes near; a parser is not asked to take more."""


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
    ones. A picture is found by the name of its XML file, else by the `<filename>` in it.

    Args:
        root: the data set's folder.
        annotations: all its XML files: the labels are the names in any of them, sorted.
        chosen: those whose pictures are wanted.
        pictures: of the data set.
    """
    names: set[str] = set()
    found: dict[Path, WrittenPicture] = {}
    findings: list[Finding] = []
    for path in annotations:
        try:
            annotation = _parse(path)
        except ValueError as error:
            if path in chosen:
                findings.append(Finding("annotation unreadable", path, str(error)))
            continue
        names |= {box.label for box in annotation.boxes}
        if path not in chosen:
            continue
        findings += _troubles(path, annotation)
        picture = pictures.by_stem(path, path.stem) or pictures.by_stem(
            path, PureWindowsPath(annotation.filename).stem
        )
        if picture is None:
            detail = f"no picture of this name below {root}, nor one named {annotation.filename!r}"
            findings.append(Finding("picture missing", path, detail, boxes=len(annotation.boxes)))
        elif picture in found:
            findings.append(Finding("annotation twice", picture, f"the second is {path}"))
        else:
            found[picture] = WrittenPicture(
                picture, picture.stem, annotation.boxes, annotation.size
            )
    return Written(tuple(sorted(names)), tuple(found.values()), tuple(findings))


def _troubles(path: Path, annotation: _Annotation) -> Iterable[Finding]:
    if annotation.troubles:
        yield Finding(
            "annotation unreadable",
            path,
            "; ".join(annotation.troubles),
            boxes=len(annotation.troubles),
        )


class _NoDoctype(ElementTree.TreeBuilder):
    """Entities can be bombs, or files of the machine; annotations need none."""

    def doctype(self, name: str, _public: str | None, _system: str | None) -> None:
        raise ValueError(f"an annotation must not declare a document type, got <!DOCTYPE {name}>")


def is_annotation(path: Path) -> bool:
    """Whether an XML file begins as VOC's do."""
    with path.open("rb") as file:
        return b"<annotation" in file.read(4096).replace(b"\0", b"")


def _parse(path: Path) -> _Annotation:
    """Raises ValueError with the reason where the file as a whole cannot be read."""
    if path.stat().st_size > MAX_XML_BYTES:
        raise ValueError(f"an annotation may have {MAX_XML_BYTES:,} bytes, not more")
    try:
        parser = ElementTree.XMLParser(target=_NoDoctype())
        root = ElementTree.fromstring(path.read_bytes(), parser)
    except (ElementTree.ParseError, LookupError, OSError) as error:
        raise ValueError(f"not well-formed XML: {error}") from error
    boxes: list[WrittenBox] = []
    troubles: list[str] = []
    for number, item in enumerate(root.iterfind("object"), 1):
        try:
            boxes.append(_box(item))
        except ValueError as error:
            troubles.append(f"object {number}: {error}")
    return _Annotation(
        root.findtext("filename", "").strip(), _size(root), tuple(boxes), tuple(troubles)
    )


def _box(item: ElementTree.Element) -> WrittenBox:
    label = item.findtext("name", "").strip()
    if not label:
        raise ValueError("<name> is missing or empty")
    left, top, right, bottom = (
        _number(item, f"bndbox/{tag}") for tag in ("xmin", "ymin", "xmax", "ymax")
    )
    difficult = item.findtext("difficult", "0").strip().casefold() in ("1", "true")
    return WrittenBox(label, (left, top, right, bottom), difficult)


def _number(item: ElementTree.Element, tag: str) -> float:
    text = item.findtext(tag, "").strip()
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"<{tag}> must be a number, got {text!r}") from error


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    """(height, width), or None where the file states none, or zeros as some tools do."""
    try:
        height, width = (int(_number(root, f"size/{tag}")) for tag in ("height", "width"))
    except (ValueError, OverflowError):
        return None
    return (height, width) if min(height, width) > 0 else None
