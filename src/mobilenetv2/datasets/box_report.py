"""What is in a data set of boxes, before anything is learnt from it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations

import numpy as np

from mobilenetv2.datasets.boxes import BoxedPictures
from mobilenetv2.datasets.coverage import Coverage, anchor_coverage
from mobilenetv2.datasets.duplicates import Duplicates, find_duplicates, fingerprint_pictures
from mobilenetv2.datasets.findings import MEANINGS, Finding, FindingKind, counted, tally
from mobilenetv2.datasets.imbalance import imbalance_note
from mobilenetv2.errors import DatasetError
from mobilenetv2.network.spec import Spec

SMALL_SIDE, LARGE_SIDE = 32, 96
"""COCO's borders: a small object has less than 32 x 32 pixels of the picture, a large one more
than 96 x 96."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

FEW_EXAMPLES = 10
"""Below that many boxes, what is learnt of a class is those boxes."""

POOR_COVER = 0.8
"""Below that share of covered boxes, fitting anchors is worth its second."""

NOTES: frozenset[FindingKind] = frozenset({"several formats", "class without examples"})
"""Findings that every split repeats or that the report says better itself."""


@dataclass(frozen=True, slots=True)
class SplitReport:
    """One part of the data set."""

    split: str
    pictures: int
    without_boxes: int
    """Pictures in which there is nothing to find."""
    boxes: int
    ignored: int
    """Crowds and difficult ones, of `boxes`."""
    by_class: tuple[int, ...]
    """Boxes of each label, ignored ones aside."""
    small: int
    medium: int
    large: int
    """Boxes by COCO's borders, in the picture's own pixels, ignored ones aside."""
    sides: tuple[float, ...]
    """At `QUANTILES`: the square root of a box's area in pixels of the network's input."""
    coverage: Coverage
    """By the network's anchors."""


@dataclass(frozen=True, slots=True)
class BoxReport:
    """A data set for detection and how a network's anchors suit it."""

    data: str
    labels: tuple[str, ...]
    size: tuple[int, int]
    """(height, width) of the network's input, to which pictures are squashed."""
    splits: tuple[SplitReport, ...]
    """The first is the one that is learnt from."""
    duplicates: tuple[Duplicates, ...]
    """For every two parts, in their order."""
    findings: tuple[Finding, ...] = field(repr=False)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know before training, in sentences."""
        return tuple(_warnings(self))

    def to_json(self) -> dict[str, object]:
        """Every figure, and every finding with its file."""
        return {
            "task": "detection",
            "data": self.data,
            "labels": list(self.labels),
            "size": list(self.size),
            "splits": [asdict(part) for part in self.splits],
            "quantiles": list(QUANTILES),
            "duplicates": [
                {
                    "splits": [pair.first, pair.second],
                    "exact": pair.exact,
                    "near": pair.near,
                    "examples": [[str(path) for path in paths] for paths in pair.examples],
                }
                for pair in self.duplicates
            ],
            "findings": [
                {"kind": found.kind, "path": str(found.path), "detail": found.detail,
                 "boxes": found.boxes}
                for found in self.findings
            ],
            "warnings": list(self.warnings),
        }  # fmt: skip


def report_boxes(
    splits: Sequence[BoxedPictures], spec: Spec, findings: Sequence[Finding] = ()
) -> BoxReport:
    """Count, measure and compare the parts of a data set; opens every picture once.

    Args:
        splits: the part that is learnt from first; all with the same labels.
        spec: a detector's; its size and anchors are what the boxes are measured by.
        findings: of the readers of these parts.

    Raises:
        DatasetError: no part, or parts with different labels.
        TypeError: the spec's head is no detector.
    """
    if not splits or len({part.labels for part in splits}) > 1:
        raise DatasetError(
            "a report needs at least one part of a data set, and the same labels in all; read the "
            f"others with the labels of the first, got {[part.split for part in splits]}"
        )
    prints = [
        fingerprint_pictures(part.split, [picture.path for picture in part.pictures])
        for part in splits
    ] if len(splits) > 1 else []  # fmt: skip
    return BoxReport(
        data=splits[0].name,
        labels=splits[0].labels,
        size=spec.size,
        splits=tuple(_split(part, spec) for part in splits),
        duplicates=tuple(find_duplicates(*pair) for pair in combinations(prints, 2)),
        # Both parts of one folder tell what lies in it.
        findings=tuple(dict.fromkeys(findings)),
    )


def _split(data: BoxedPictures, spec: Spec) -> SplitReport:
    kept = [~picture.ignored for picture in data.pictures]
    pairs = list(zip(data.pictures, kept, strict=True))
    areas = np.concatenate([np.zeros(0), *(p.areas[keep] for p, keep in pairs)])
    shares = [
        (p.boxes[keep, 2:] - p.boxes[keep, :2]).prod(1) / (p.size[0] * p.size[1])
        for p, keep in pairs
    ]
    sides = np.sqrt(np.concatenate([np.zeros(0), *shares]) * (spec.size[0] * spec.size[1]))
    classes = np.concatenate([np.zeros(0, np.int64), *(p.classes[keep] for p, keep in pairs)])
    small, large = int((areas < SMALL_SIDE**2).sum()), int((areas > LARGE_SIDE**2).sum())
    return SplitReport(
        split=data.split,
        pictures=len(data.pictures),
        without_boxes=sum(not len(picture.boxes) for picture in data.pictures),
        boxes=data.boxes,
        ignored=data.boxes - len(areas),
        by_class=tuple(np.bincount(classes, minlength=len(data.labels)).tolist()),
        small=small,
        medium=len(areas) - small - large,
        large=large,
        sides=tuple(np.quantile(sides, QUANTILES).tolist()) if len(sides) else (),
        coverage=anchor_coverage(data, spec),
    )


def _warnings(report: BoxReport) -> list[str]:
    first = report.splits[0]
    found = [_about_findings(report, kind) for kind in tally(report.findings) if kind not in NOTES]
    found += [_about_duplicates(pair) for pair in report.duplicates if pair.exact or pair.near]
    without = [name for name, count in zip(report.labels, first.by_class, strict=True) if not count]
    few = [
        name
        for name, count in zip(report.labels, first.by_class, strict=True)
        if 0 < count < FEW_EXAMPLES
    ]
    if without:
        found.append(f"no box in {first.split!r} to learn from: {_names(without)}")
    if few:
        found.append(f"fewer than {FEW_EXAMPLES} boxes in {first.split!r}: {_names(few)}")
    rare = imbalance_note(report.labels, first.by_class, f"boxes in {first.split!r}")
    if rare:
        found.append(rare)
    if first.coverage.boxes and first.coverage.covered < POOR_COVER:
        found.append(
            f"{1 - first.coverage.covered:.0%} of the boxes in {first.split!r} have no anchor of "
            "their size and place: fit the anchors, or take a larger input"
        )
    return found


def _about_duplicates(pair: Duplicates) -> str:
    parts = []
    if pair.exact:
        many = counted(pair.exact, "picture is", "pictures are")
        parts.append(f"{many} both in {pair.first!r} and in {pair.second!r}")
    if pair.near:
        many = counted(pair.near, "picture looks", "pictures look")
        parts.append(f"{many} much the same in {pair.first!r} and in {pair.second!r}")
    one, other = pair.examples[0]
    examples = f"for example {other.name} and {one.name}"
    return f"{', '.join(parts)} ({examples}): figures on {pair.second!r} will be too good"


def _about_findings(report: BoxReport, kind: FindingKind) -> str:
    those = [finding for finding in report.findings if finding.kind == kind]
    boxes = sum(finding.boxes for finding in those)
    much = counted(len(those), "finding") + (f", {counted(boxes, 'box', 'boxes')}" if boxes else "")
    return f"{MEANINGS[kind]} ({much}; {those[0].path.name}: {those[0].detail})"


def _names(names: list[str]) -> str:
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"{counted(len(names), 'class', 'classes')} ({', '.join(names[:8])}{more})"
