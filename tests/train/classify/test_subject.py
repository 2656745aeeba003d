"""Which head a classifier gets, and what of the first weights stays."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.engine.reference import random_weights, reference_runner
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, DeepLab, Hidden
from mobilenetv2.train import Augmentation, Recipe, fine_tune_classifier
from mobilenetv2.train.classify.data import read_training_data
from mobilenetv2.train.classify.start import with_classes
from mobilenetv2.train.classify.subject import describe_subject
from mobilenetv2.train.subject import Subject
from mobilenetv2.weights.checkpoint import Checkpoint

QUICK = Recipe(epochs=1, batch_size=10, warmup_epochs=0, augmentation=Augmentation(color_jitter=0))


def subject_of(first: Checkpoint, pictures: Path, labels: tuple[str, ...]) -> Subject:
    data = read_training_data(pictures, None)
    return describe_subject(first, Recipe(), replace(data, labels=labels), "")


def test_the_same_classes_in_another_order_keep_their_weights(
    small: Checkpoint, pictures: Path
) -> None:
    moved = with_classes(small, subject_of(small, pictures, ("c", "a", "b")))
    images = np.random.default_rng(0).uniform(-1, 1, (1, 64, 64, 3)).astype(np.float32)
    before = reference_runner(build(small.spec), small.weights)(images)["logits"]
    after = reference_runner(build(moved.spec), moved.weights)(images)["logits"]
    np.testing.assert_allclose(after, before[..., [2, 0, 1]], rtol=1e-5)


def test_other_classes_get_a_head_of_their_number(small: Checkpoint, pictures: Path) -> None:
    fresh = with_classes(small, subject_of(small, pictures, tuple("abcdef")))
    assert fresh.weights["logits.weight"].shape == (6, 1280, 1, 1)
    assert np.array_equal(fresh.weights["last.weight"], small.weights["last.weight"])


def with_hidden_layer(small: Checkpoint) -> Checkpoint:
    """`small` with 16 channels between its pooling and its logits."""
    spec = replace(small.spec, head=Classifier(len(small.labels), Hidden(16)))
    head = {
        name: array
        for name, array in random_weights(build(spec), 5).items()
        if name.startswith(("hidden.", "logits."))
    }
    return replace(small, spec=spec, weights={**small.weights, **head})


def test_a_hidden_layer_stays_for_its_own_classes_and_goes_for_others(
    small: Checkpoint, pictures: Path
) -> None:
    first = with_hidden_layer(small)
    moved = with_classes(first, subject_of(first, pictures, ("c", "a", "b")))
    assert moved.spec.head == Classifier(3, Hidden(16))
    assert np.array_equal(moved.weights["hidden.weight"], first.weights["hidden.weight"])
    rows = first.weights["logits.weight"][[2, 0, 1]]
    assert np.array_equal(moved.weights["logits.weight"], rows)
    fresh = with_classes(first, subject_of(first, pictures, tuple("abcdef")))
    assert fresh.spec.head == Classifier(6)
    assert fresh.weights["logits.weight"].shape == (6, 1280, 1, 1)


def test_training_begins_from_weights_with_a_hidden_layer(
    small: Checkpoint, pictures: Path, tmp_path: Path
) -> None:
    result = fine_tune_classifier(
        pictures, tmp_path, first=with_hidden_layer(small), recipe=QUICK, device="cpu", workers=0
    )
    assert result.spec.head == Classifier(len(result.labels))


def test_only_classifiers_become_classifiers(small: Checkpoint, pictures: Path) -> None:
    spec = replace(small.spec, head=DeepLab(3))
    weights = {
        name: np.zeros(shape, np.float32) for name, shape in build(spec).parameter_shapes.items()
    }
    deeplab = replace(small, spec=spec, weights=weights)
    with pytest.raises(CheckpointError, match="got weights with a DeepLab head"):
        subject_of(deeplab, pictures, ("a", "b"))
