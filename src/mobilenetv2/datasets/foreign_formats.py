"""Formats of annotation that are recognized but not read, each with a way out."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mobilenetv2.datasets.yolo_line import begins_with_box

_SNIFF_BYTES = 65_536
_SNIFF_FILES = 100


@dataclass(frozen=True, slots=True)
class Format:
    """A tool's own file."""

    name: str
    keys: tuple[bytes, ...]
    """What such a file holds, all of it."""
    way_out: str


_COCO = "export COCO JSON or Pascal VOC XML instead"
_VOTT = "choose Pascal VOC or CSV in its export settings"

_JSON = (
    Format("Create ML", (b'"image"', b'"annotations"', b'"coordinates"'), _COCO),
    Format("VGG Image Annotator (VIA)", (b'"shape_attributes"',),
           "choose Annotation > Export Annotations (COCO format) in VIA"),
    Format("VoTT", (b'"asset"', b'"regions"'), _VOTT),
    Format("VoTT", (b'"assets"', b'"tags"'), _VOTT),
    Format("Label Studio", (b'"result"', b'"from_name"'),
           "choose COCO, YOLO or Pascal VOC in its export"),
    Format("Supervisely", (b'"objects"', b'"classTitle"'), _COCO),
    Format("Labelbox", (b'"data_row"',), _COCO),
    Format("Labelbox", (b'"Labeled Data"',), _COCO),
    Format("BDD100K", (b'"labels"', b'"box2d"'), "convert it with its own bdd100k.label.to_coco"),
    Format("Datumaro", (b'"items"', b'"categories"', b'"media_type"'),
           "convert it: datum convert -if datumaro -f coco"),
    Format("ImageNet-style predictions of COCO (results)", (b'"image_id"', b'"score"', b'"bbox"'),
           "give the file with the truth (images, annotations, categories), not the predictions"),
)  # fmt: skip

_CSV = (
    Format("Open Images CSV", (b"ImageID", b"LabelName", b"XMin"),
           "download with FiftyOne and export COCO, or convert to columns "
           "filename,width,height,class,xmin,ymin,xmax,ymax in pixels"),
    Format("VGG Image Annotator (VIA)", (b"region_shape_attributes",),
           "choose Annotation > Export Annotations (COCO format) in VIA"),
)  # fmt: skip

_NUMBER = rb"-?\d+(?:\.\d+)?"
_TEXTS = (
    ("KITTI", rb"[A-Za-z_]+(?: NUM){14,15}"),
    ("DOTA", rb"(?:imagesource:.*|gsd:.*|NUM(?: NUM){7} \S+ [0-2])"),
    ("MOT", rb"NUM(?:, ?NUM){5,9}"),
)
"""Lines of text files, numbers as NUM."""

_CONVERT = (
    "convert it to COCO JSON or to a CSV with filename,width,height,class,xmin,ymin,xmax,ymax"
)

_BY_SUFFIX = {
    ".tfrecord": "TFRecord", ".record": "TFRecord", ".mat": "MATLAB", ".parquet": "Parquet",
    ".ndjson": "NDJSON", ".jsonl": "JSON lines", ".manifest": "SageMaker Ground Truth",
}  # fmt: skip


def name_foreign(files: Iterable[Path]) -> str:
    """A sentence for an error: which format lies there, and what to do; "" where none is known."""
    found = list(files)
    for suffix, formats in ((".json", _JSON), (".csv", _CSV)):
        for file in islice((path for path in found if path.suffix.lower() == suffix), _SNIFF_FILES):
            begin = _begin(file)
            for form in formats:
                if all(key in begin for key in form.keys):
                    return f"{file} is {form.name}, which is not read: {form.way_out}"
    texts = [path for path in found if path.suffix.lower() == ".txt"]
    for file in islice(texts, _SNIFF_FILES):
        if begins_with_box(file):
            return (
                f"{file} holds boxes as YOLO writes them, but nothing names the classes: give a "
                "file classes.txt, one name a line in the order of the ids, or a YAML file with "
                "names"
            )
        named = _text_format(_begin(file))
        if named:
            return f"{file} is {named}, which is not read: {_CONVERT}"
    for file in found:
        name = _BY_SUFFIX.get(file.suffix.lower())
        if name:
            return (
                f"{file} is {name}, which is not read: export COCO JSON or Pascal VOC XML instead"
            )
    return ""


def _text_format(begin: bytes) -> str:
    """By the first line."""
    line = begin.partition(b"\n")[0].strip()
    for name, pattern in _TEXTS:
        if re.fullmatch(pattern.replace(b"NUM", _NUMBER), line):
            return name
    return ""


def _begin(file: Path) -> bytes:
    try:
        with file.open("rb") as content:
            return content.read(_SNIFF_BYTES)
    except OSError:
        return b""
