"""What kind of error a detector makes, and what each kind costs.

The kinds are those of Bolya et al., "TIDE: A General Toolbox for Identifying Object Detection
Errors", ECCV 2020, section 2.2, with its thresholds: a detection is right from an overlap of 0.5
(t_f), and below 0.1 (t_b) it lies on background.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.metrics.coco_boxes import (
    Bools,
    Doubles,
    Ints,
    detections_by_class,
    overlaps,
    truth_by_class,
)
from mobilenetv2.metrics.coco_match import match_detections
from mobilenetv2.tasks.detected import Detected

RIGHT_FROM, BACKGROUND_BELOW = 0.5, 0.1

ErrorKind = Literal["wrong class", "badly placed", "both", "doubled", "on background", "missed"]

KINDS: tuple[ErrorKind, ...] = get_args(ErrorKind)

ERROR_MEANINGS: dict[ErrorKind, str] = {
    "wrong class": "on an object (overlap 0.5), but of another class",
    "badly placed": "on an object of its class, but with an overlap of 0.1 to 0.5",
    "both": "of another class than the object that it overlaps by 0.1 to 0.5",
    "doubled": "on an object that a better detection has found",
    "on background": "on no object (overlap below 0.1)",
    "missed": "objects that nothing was found on, not even of the wrong class or badly placed",
}
"""TIDE's Cls, Loc, Both, Dupe, Bkg and Miss."""

_CLASS, _PLACE, _BOTH, _DOUBLED, _BACKGROUND, _MISSED = range(len(KINDS))
_NONE = -1


@dataclass(frozen=True, slots=True)
class Objects:
    """What is to be found, picture by picture; boxes to be ignored are not there."""

    classes: Ints
    """[objects]."""
    pictures: Ints
    """[objects]: positions in the data set, ascending."""
    places: Ints
    """[objects]: of each its place among the picture's boxes."""
    xywh: Doubles
    """[objects, 4]."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Detections that count, picture by picture; those on ignored boxes are not there."""

    classes: Ints
    """[detections]."""
    pictures: Ints
    """[detections]: positions in the data set, ascending."""
    places: Ints
    """[detections]: of each its place among the picture's detections."""
    xywh: Doubles
    """[detections, 4]."""
    scores: Doubles
    """[detections]."""
    right: Bools
    """[detections]: whether COCO's matching at an overlap of 0.5 has it so."""


@dataclass(frozen=True, slots=True)
class ExplainedErrors:
    """Every detection and every object, and what became of them."""

    detections: Judged
    kinds: Ints
    """[detections]: places in `KINDS`, -1 for one that is right."""
    targets: Ints
    """[detections]: of one of the wrong class or place the object that it is on, else -1."""
    objects: Objects
    found: Bools
    """[objects]."""

    @property
    def missed(self) -> Bools:
        """[objects]: neither found, nor reached by a detection of the wrong class or place."""
        reached = np.zeros(len(self.found), np.bool_)
        reached[self.targets[self.targets >= 0]] = True
        result: Bools = ~(self.found | reached)
        return result

    def counts(self) -> dict[ErrorKind, int]:
        """How many errors of each kind there are."""
        found = {kind: int((self.kinds == place).sum()) for place, kind in enumerate(KINDS)}
        return found | {"missed": int(self.missed.sum())}

    def mended(self, kind: int) -> Ints:
        """[detections]: the object that each would find if errors of this kind were mended, or -1.

        An object is found once: by the best of those on it, and by none where it is found already.
        """
        result = np.full(len(self.targets), _NONE, np.int64)
        those = np.flatnonzero((self.kinds == kind) & (self.targets >= 0))
        those = those[~self.found[self.targets[those]]]
        those = those[np.argsort(-self.detections.scores[those], kind="stable")]
        _, first = np.unique(self.targets[those], return_index=True)
        result[those[first]] = self.targets[those[first]]
        return result


def explain_errors(
    pictures: Sequence[BoxedPicture], detected: Sequence[Detected], classes: int
) -> ExplainedErrors:
    """Match as COCO does at an overlap of 0.5 and give each wrong detection a kind.

    Args:
        pictures: the truth; ignored boxes are COCO's crowds, and what lies on them does not count.
        detected: one a picture, in the same order, with the classes of the truth.
        classes: how many there are.

    Raises:
        ValueError: as `match_detections`.
    """
    found, truth = _judged(pictures, detected, classes), _objects(pictures, classes)
    kinds = np.full(len(found.scores), _NONE, np.int64)
    targets = np.full(len(found.scores), _NONE, np.int64)
    taken = np.zeros(len(truth.classes), np.bool_)
    for position in range(len(pictures)):
        here = slice(*np.searchsorted(found.pictures, (position, position + 1)))
        there = slice(*np.searchsorted(truth.pictures, (position, position + 1)))
        nowhere = np.zeros(there.stop - there.start, np.bool_)
        shares = overlaps(found.xywh[here], truth.xywh[there], nowhere)
        same = found.classes[here][:, None] == truth.classes[there][None, :]
        order = np.argsort(-found.scores[here], kind="stable")
        taken[there] = _taken(np.where(same, shares, 0.0), order[found.right[here][order]])
        kinds[here], best = _kinds(shares, same, found.right[here])
        targets[here] = np.where(best >= 0, best + there.start, _NONE)
    return ExplainedErrors(found, kinds, targets, truth, taken)


def _taken(shares: Doubles, right: Ints) -> Bools:
    """[objects]: which of them the right detections have found, the best score first."""
    taken = np.zeros(shares.shape[1], np.bool_)
    for row in right.tolist():
        taken[int(np.where(taken, -1.0, shares[row]).argmax())] = True
    return taken


def _kinds(shares: Doubles, same: Bools, right: Bools) -> tuple[Ints, Ints]:
    """Of each detection of a picture its kind, and the object that it should have found or -1.

    Args:
        shares: [detections, objects] overlaps.
        same: [detections, objects]: whether the classes are the same.
        right: [detections].
    """
    own, other = np.where(same, shares, 0.0), np.where(same, 0.0, shares)
    most_own, most_other = own.max(1, initial=0), other.max(1, initial=0)
    # In the order in which TIDE's own tool asks. A wrong detection that overlaps an object of its
    # class by half has found it taken.
    choices = [
        right,
        (most_own >= BACKGROUND_BELOW) & (most_own < RIGHT_FROM),
        most_other >= RIGHT_FROM,
        most_own >= RIGHT_FROM,
        most_other >= BACKGROUND_BELOW,
    ]
    kinds = np.select(choices, [_NONE, _PLACE, _CLASS, _DOUBLED, _BOTH], _BACKGROUND)
    if not shares.shape[1]:
        return kinds, np.full(len(kinds), _NONE, np.int64)
    targets = np.where(kinds == _PLACE, own.argmax(1), _NONE)
    return kinds, np.where(kinds == _CLASS, other.argmax(1), targets)


def _objects(pictures: Sequence[BoxedPicture], classes: int) -> Objects:
    truths = truth_by_class(pictures, classes)
    of = np.repeat(np.arange(classes), [len(truth.pictures) for truth in truths])
    where = np.concatenate([truth.pictures for truth in truths])
    kept = ~np.concatenate([truth.ignored for truth in truths])
    order = np.flatnonzero(kept)[np.argsort(where[kept], kind="stable")]
    places = np.concatenate([truth.places for truth in truths])
    xywh = np.concatenate([truth.xywh for truth in truths])
    return Objects(of[order], where[order], places[order], xywh[order])


def _judged(pictures: Sequence[BoxedPicture], detected: Sequence[Detected], classes: int) -> Judged:
    matches = match_detections(pictures, detected, classes)
    founds = detections_by_class(detected, classes)
    # Matches come by score, detections by picture: ranks bring the two together.
    orders = [np.lexsort((one.ranks, one.pictures)) for one in matches]
    pairs = list(zip(matches, orders, strict=True))
    right = np.concatenate([one.right[0, 0][order] for one, order in pairs])
    wrong = np.concatenate([one.wrong[0, 0][order] for one, order in pairs])
    of = np.repeat(np.arange(classes), [len(found.scores) for found in founds])
    where = np.concatenate([found.pictures for found in founds])
    order = np.flatnonzero(right | wrong)
    order = order[np.argsort(where[order], kind="stable")]
    places = np.concatenate([found.places for found in founds])
    xywh = np.concatenate([found.xywh for found in founds])
    scores = np.concatenate([found.scores for found in founds])
    return Judged(of[order], where[order], places[order], xywh[order], scores[order], right[order])
