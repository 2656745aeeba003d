"""Choices are checked when they are made, and refused where they would change nothing."""

import pytest

from mobilenetv2.catalog.entries import Task
from mobilenetv2.tasks.options import DEFAULTS, Options


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"top": 0}, "top must be at least 1, got 0"),
        ({"threshold": 1.5}, "threshold must be in 0..1, got 1.5"),
        ({"threshold": float("nan")}, "threshold must be in 0..1"),
        ({"max_detections": 0}, "max_detections must be at least 1"),
        ({"nms": -0.1}, "nms must be in 0..1"),
        ({"scales": ()}, "scales must hold one or more"),
        ({"scales": (1.0, 9.0)}, r"numbers in 0.1..4.0, got \(1.0, 9.0\)"),
        ({"scales": (float("inf"),)}, "scales must hold"),
    ],
)
def test_values_out_of_range_are_refused(change: dict[str, object], rule: str):
    with pytest.raises(ValueError, match=rule):
        Options(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("task", "own"),
    [
        ("classification", {"top"}),
        ("detection", {"threshold", "max_detections", "nms"}),
        ("segmentation", {"scales", "flip"}),
    ],
)
def test_an_option_of_another_task_is_refused(task: Task, own: set[str]):
    changes = {
        "top": 1,
        "threshold": 0.5,
        "max_detections": 3,
        "nms": 0.4,
        "scales": (0.5, 1.0),
        "flip": True,
    }
    DEFAULTS.check(task)
    for name, value in changes.items():
        options = Options(**{name: value})  # type: ignore[arg-type]
        if name in own:
            options.check(task)
        else:
            with pytest.raises(ValueError, match=f"{name} is not for {task}"):
                options.check(task)
