"""Pictures and detections made up for tests of metrics."""

from pathlib import Path

import numpy as np

from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.tasks.detected import Detected

SIZE = (480, 640)


def boxed(boxes, classes, ignored=None, areas=None, identity="1") -> BoxedPicture:
    """A picture with these boxes (left, top, right, bottom)."""
    array = np.array(boxes, np.float32).reshape(-1, 4)
    sides = array[:, 2:].astype(np.float64) - array[:, :2].astype(np.float64)
    return BoxedPicture(
        path=Path(f"{identity}.jpg"),
        identity=identity,
        size=SIZE,
        boxes=array,
        classes=np.array(classes, np.int64),
        ignored=np.array([False] * len(array) if ignored is None else ignored, np.bool_),
        areas=sides.prod(1) if areas is None else np.array(areas, np.float64),
    )


def found(boxes, scores, classes) -> Detected:
    return Detected(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
        np.array(classes, np.int64),
    )


def random_case(
    seed: int, pictures: int, classes: int, most_boxes: int, crowds=0.1
) -> tuple[list[BoxedPicture], list[Detected]]:
    """Truth and jittered, doubled and stray detections with many equal scores.

    Boxes gather around the sizes where COCO's ranges meet; some sit on them exactly.
    """
    random = np.random.default_rng(seed)
    truth, results = [], []
    for number in range(pictures):
        count = random.integers(0, most_boxes + 1)
        boxes = _random_boxes(random, count)
        of = random.integers(0, classes, count)
        areas = None if number % 2 else np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) * 0.7
        truth.append(boxed(boxes, of, random.random(count) < crowds, areas, str(number + 1)))
        copies = np.repeat(np.arange(count), random.integers(0, 4, count))
        jitter = random.normal(0, 1, (len(copies), 4)) * random.choice([0, 1, 4, 15])
        stray = _random_boxes(random, random.integers(0, most_boxes + 1))
        all_boxes = np.concatenate([_ordered(boxes[copies] + jitter), stray])
        all_classes = np.concatenate([of[copies], random.integers(0, classes, len(stray))])
        scores = random.integers(1, 12, len(all_boxes)) / 12
        mixed = random.permutation(len(all_boxes))
        results.append(found(all_boxes[mixed], scores[mixed], all_classes[mixed]))
    return truth, results


def _random_boxes(random: np.random.Generator, count: int) -> np.ndarray:
    sides = random.choice([8, 31, 32, 33, 95, 96, 97, 200], (count, 2)).astype(np.float64)
    sides += np.where(random.random((count, 2)) < 0.5, 0, random.normal(0, 2, (count, 2)))
    corner = random.random((count, 2)) * 200
    return np.concatenate([corner, corner + sides], 1).astype(np.float32)


def _ordered(boxes: np.ndarray) -> np.ndarray:
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
    return np.concatenate([low, high], 1)
