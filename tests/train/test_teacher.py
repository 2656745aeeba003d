"""Which networks may teach which student."""

from dataclasses import replace

import pytest

from mobilenetv2.engine.reference import random_weights
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, Classifier, Spec, SSDLite
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.train.teacher import find_teachers
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint, Provenance

LABELS = ("ant", "bee", "cow")
HEAD = SSDLite(3, (32, 32), (3,) * 4, tensorflow_anchors(4))


def detector(head: SSD | SSDLite = HEAD, size: tuple[int, int] = (96, 80)) -> Checkpoint:
    spec = Spec(width=0.1, size=size, head=head, batch_norm_epsilon=None)
    return Checkpoint(
        spec=spec,
        weights=random_weights(build(spec), 5),
        preprocessing=Preprocessing(size=size, fit="squash"),
        labels=LABELS,
        provenance=Provenance("a detector"),
        license="CC0-1.0",
    )


@pytest.fixture(scope="module")
def classifier(tiny_file) -> Checkpoint:
    return store.load(tiny_file)


def test_classes_are_found_by_label_and_those_not_learnt_are_told(classifier):
    student = Spec(width=0.1, size=(32, 32), head=Classifier(2))
    (teacher,) = find_teachers([classifier], student, ("cow", "ant"))
    assert teacher.rows == (2, 0)
    assert teacher.size == (48, 40)
    assert "of whose 3 classes 2 are learnt; CC0-1.0" in teacher.in_words


def test_a_class_that_the_teacher_does_not_know_is_refused(classifier):
    student = Spec(width=0.1, size=(32, 32), head=Classifier(2))
    with pytest.raises(
        CheckpointError,
        match=r"know every class that is learnt.*has 3 classes, such as \['ant', 'bee', 'cow'\], "
        r"and lacks 1 of 2: \['elk'\].*--unlabeled",
    ):
        find_teachers([classifier], student, ("ant", "elk"))


def test_a_teacher_of_another_task_is_refused(classifier):
    with pytest.raises(CheckpointError, match=r"student's task, a SSDLite; .* is a Classifier"):
        find_teachers([classifier], detector().spec, LABELS)


def test_a_teacher_must_answer_as_the_student_does(classifier, tiny_labels_file):
    teacher = store.load(tiny_labels_file)
    with pytest.raises(CheckpointError, match=r"one class a picture; .* several labels a picture"):
        find_teachers([teacher], classifier.spec, classifier.labels)


def test_a_detector_looks_at_its_own_size_where_its_anchors_are_the_students():
    """At 94 pixels the maps have as many cells as at 96, and anchors are shares of the input."""
    (teacher,) = find_teachers([detector(size=(94, 94))], detector(size=(96, 96)).spec, LABELS)
    assert teacher.size == (94, 94)


def test_a_detector_with_other_maps_is_run_at_the_students_size():
    (teacher,) = find_teachers([detector(size=(160, 128))], detector().spec, LABELS)
    assert teacher.size == (96, 80)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"anchors": tensorflow_anchors(4, min_scale=0.3)},
            r"the student's anchors.*--fit-anchors",
        ),
        ({"scores": "sigmoid"}, r"by softmax; a detector scores by sigmoid.*--loss focal"),
        ({"box_scales": (1.0, 1.0, 1.0, 1.0)}, r"scale box offsets as the student does"),
    ],
)
def test_a_detector_that_answers_otherwise_is_refused(change, message):
    with pytest.raises(CheckpointError, match=message):
        find_teachers([detector(replace(HEAD, **change))], detector().spec, LABELS)
