"""Dataclasses survive JSON, and nothing else gets in."""

import json

import pytest
from hypothesis import given, settings

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.preprocessing import TORCHVISION, Preprocessing
from mobilenetv2.weights.plain import from_plain, to_plain
from tests.specs import specs


@given(specs)
@settings(max_examples=100, deadline=None)
def test_every_spec_survives_json(spec: Spec):
    assert from_plain(Spec, json.loads(json.dumps(to_plain(spec))), "spec") == spec


def test_preprocessing_survives_json():
    plain = json.loads(json.dumps(to_plain(TORCHVISION)))
    assert from_plain(Preprocessing, plain, "preprocessing") == TORCHVISION


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": "1.0"}, "spec.width must be a number"),
        ({"width": True}, "spec.width must be a number"),
        ({"size": [224]}, r"spec.size must be a list of 2"),
        ({"size": [224, 2.5]}, r"spec.size\[1\] must be of type int"),
        ({"head": {"kind": "Transformer"}}, "spec.head must be of kind Classifier or"),
        ({"head": {"kind": "Classifier", "classes": 10, "layers": 3}}, "free of unknown fields"),
        ({"head": None}, "spec.head must be"),
        ({"padding": "valid"}, "spec.padding must be one of"),
        ({"kind": "Model"}, "spec must be a Spec"),
    ],
)
def test_what_does_not_belong_is_named(change: dict[str, object], message: str):
    plain = to_plain(Spec(head=Classifier(10)))
    assert isinstance(plain, dict)
    with pytest.raises(CheckpointError, match=message):
        from_plain(Spec, plain | change, "spec")


def test_a_field_that_is_not_used_is_not_written():
    """So that releases before it was thought of read the file."""
    plain = to_plain(Classifier(10))
    assert plain == {"kind": "Classifier", "classes": 10}
    assert from_plain(Classifier, plain, "head") == Classifier(10)
    several = to_plain(Classifier(10, scores="sigmoid"))
    assert several == {"kind": "Classifier", "classes": 10, "scores": "sigmoid"}


def test_a_list_is_no_spec():
    with pytest.raises(CheckpointError, match="spec must be"):
        from_plain(Spec, [1, 2], "spec")
