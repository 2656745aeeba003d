"""What was found of a data set: figures, and what a person should know in sentences."""

from collections import Counter
from dataclasses import asdict, dataclass, field

from mobilenetv2.datasets.duplicates import Duplicates
from mobilenetv2.datasets.findings import MEANINGS, Finding, tally
from mobilenetv2.doctor.pictures import PictureFacts
from mobilenetv2.doctor.subject import Part, Subject
from mobilenetv2.doctor.suspicious_boxes import BOX_MEANINGS, BoxKind, Suspicion
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.find_pictures import LeftAside

EXAMPLES = 5
"""Files named in JSON for each kind of what was found."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A data set that was looked at from end to end."""

    subject: Subject
    decoded: bool
    """Whether the pictures were, or their headers alone."""
    pictures: PictureFacts
    duplicates: tuple[Duplicates, ...]
    """Within every part, then between every two."""
    in_two_classes: tuple[tuple[PictureFile, PictureFile], ...] = field(repr=False)
    """Pictures whose file is one of another class, byte by byte, and that one."""
    suspicions: tuple[Suspicion, ...] = field(repr=False)
    left_aside: tuple[LeftAside, ...] = field(repr=False)
    """Files in which no picture was looked for."""
    note: str = ""
    """What the data set might be besides."""
    stops: tuple[str, ...] = ()
    """What would stop a training, in sentences; empty where nothing would."""
    warnings: tuple[str, ...] = ()
    """What a person should know before training, in sentences."""

    @property
    def suspicious(self) -> dict[BoxKind, tuple[Suspicion, ...]]:
        """By kind, in the order of `BOX_MEANINGS`."""
        kinds = {kind: [s for s in self.suspicions if s.kind == kind] for kind in BOX_MEANINGS}
        return {kind: tuple(those) for kind, those in kinds.items() if those}

    def to_json(self) -> dict[str, object]:
        """One object; docs/checking.md says what its names mean."""
        subject = self.subject
        return {
            "data": subject.name,
            "task": subject.task,
            "layout": subject.layout,
            "labels": list(subject.labels),
            "decoded": self.decoded,
            "splits": [_split(subject, part) for part in subject.parts],
            "pictures": self.pictures.to_json(),
            "duplicates": [
                {
                    "splits": [pair.first, pair.second],
                    "exact": pair.exact,
                    "near": pair.near,
                    "examples": [[str(path) for path in paths] for paths in pair.examples],
                }
                for pair in self.duplicates
            ],
            "in_two_classes": [[str(path) for path in pair] for pair in self.in_two_classes],
            "left_aside": dict(Counter(item.kind for item in self.left_aside)),
            "findings": _findings(subject.findings),
            "suspicious_boxes": [
                {
                    "kind": kind,
                    "meaning": BOX_MEANINGS[kind],
                    "boxes": sum(one.boxes for one in those),
                    "files": len(those),
                    "examples": [asdict(one) | {"path": str(one.path)} for one in those[:EXAMPLES]],
                }
                for kind, those in self.suspicious.items()
            ],
            "warnings": list(self.warnings),
            "stops": list(self.stops),
        }


def _split(subject: Subject, part: Part) -> dict[str, object]:
    """Counts by label: under the name of what is counted."""
    match subject.task:
        case "classification":
            unit = "pictures"
        case "detection":
            unit = "boxes"
        case "segmentation":
            unit = "pictures"
    classes = [
        {"label": label, unit: count}
        for label, count in zip(subject.labels, part.counts, strict=False)
    ]
    for one, pixels in zip(classes, part.pixels, strict=False):
        one["pixels"] = pixels
    result: dict[str, object] = {"name": part.name, "pictures": len(part.paths), "classes": classes}
    if subject.task == "detection":
        result["boxes"] = sum(len(picture.boxes) for picture in part.boxed)
        result["without_boxes"] = sum(not len(picture.boxes) for picture in part.boxed)
    if subject.task == "segmentation":
        result["ignored_pixels"] = part.ignored
        result["uniform"] = [str(path) for path in part.uniform]
    return result


def _findings(findings: tuple[Finding, ...]) -> list[dict[str, object]]:
    return [
        {
            "kind": kind,
            "meaning": MEANINGS[kind],
            "files": count.files,
            "boxes": count.boxes,
            "examples": [
                {"path": str(found.path), "detail": found.detail}
                for found in [one for one in findings if one.kind == kind][:EXAMPLES]
            ],
        }
        for kind, count in tally(findings).items()
    ]
