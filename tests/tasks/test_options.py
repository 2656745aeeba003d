"""Choices are checked when they are made, and refused where they would change nothing."""

from dataclasses import fields

import pytest

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.cli.predict import predict
from mobilenetv2.tasks.options import DEFAULTS, RULES, Choices, Options

FOR_ALL = {"labels", "flip", "stretch", "decode"}


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
        ({"labels": "ant"}, "labels must be a list of names, got 'ant'"),
        ({"labels": ["ant", " "]}, "labels must hold names that are not empty"),
    ],
)
def test_values_out_of_range_are_refused(change: dict[str, object], rule: str):
    with pytest.raises(ValueError, match=rule):
        Options(**change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("task", "own"),
    [
        ("classification", {"top", "threshold", "scales"} | FOR_ALL),
        ("detection", {"threshold", "max_detections", "nms", "class_agnostic"} | FOR_ALL),
        ("segmentation", {"scales"} | FOR_ALL),
    ],
)
def test_an_option_of_another_task_is_refused(task: Task, own: set[str]):
    changes = {
        "top": 1,
        "threshold": 0.5,
        "max_detections": 3,
        "nms": 0.4,
        "class_agnostic": True,
        "labels": ("ant",),
        "scales": (0.5, 1.0),
        "flip": True,
        "stretch": True,
        "decode": "fast",
    }
    assert changes.keys() == RULES.keys()
    DEFAULTS.check(task)
    for name, value in changes.items():
        options = Options(**{name: value})  # type: ignore[arg-type]
        if name in own:
            options.check(task)
        else:
            with pytest.raises(ValueError, match=f"{name} is not for {task}"):
                options.check(task)


def test_every_option_is_a_keyword_of_predict_and_an_option_of_the_command_line():
    options = {field.name: field.type for field in fields(Options)}
    assert Choices.__annotations__.keys() == options.keys() == RULES.keys()
    for name, kind in options.items():
        assert Choices.__annotations__[name].__forward_arg__ == kind
    flags = {option.name for option in predict.params}
    assert options.keys() <= flags


def test_the_least_score_is_the_tasks_own_unless_given():
    assert DEFAULTS.least_score("classification") == 0
    assert DEFAULTS.least_score("detection") == 0.3
    assert Options(threshold=0.0).least_score("detection") == 0


def test_a_list_of_scales_is_as_good_as_a_tuple():
    assert Options(scales=[0.5, 1]) == Options(scales=(0.5, 1))
    assert hash(Options(scales=[0.5, 1])) == hash(Options(scales=(0.5, 1)))
