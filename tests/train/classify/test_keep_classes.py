"""Classes added to a model that knows others: their rows, their answers, and what data may hold."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from mobilenetv2.cli import main
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.errors import DatasetError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Hidden
from mobilenetv2.train import Recipe, fine_tune_classifier
from mobilenetv2.train.classify.data import read_training_data
from mobilenetv2.train.classify.finetune import keeper_of
from mobilenetv2.train.classify.start import with_rows
from mobilenetv2.train.classify.subject import describe_subject
from mobilenetv2.train.classify.task import NEWCOMERS, Classification
from mobilenetv2.train.teach import settle
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.train.drawn_classes import draw_classes

RECIPE = Recipe(epochs=1, batch_size=4, size=(32, 32), warmup_epochs=0, keep_classes=True)


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """blue and red."""
    return draw_classes(tmp_path_factory.mktemp("squares"), 5)


def test_old_classes_come_first_and_new_ones_behind(squares: Path) -> None:
    found = read_training_data(squares, squares, ("red", "green"))
    assert found.labels == ("red", "green", "blue")
    assert set(found.training.targets) == set(found.validation.targets) == {0, 2}
    alone = read_training_data(squares, None, ("green",))
    assert set(alone.training.targets) == {1, 2}


def test_one_class_may_be_added_and_old_ones_judged(squares: Path, tmp_path: Path) -> None:
    shutil.copytree(squares / "blue", tmp_path / "new" / "blue")
    shutil.copytree(squares / "red", tmp_path / "val" / "red")
    found = read_training_data(tmp_path / "new", tmp_path / "val", ("green", "red"))
    assert (set(found.training.targets), set(found.validation.targets)) == ({2}, {1})
    with pytest.raises(DatasetError, match="at least two folders"):
        read_training_data(tmp_path / "new", None)


def test_data_without_a_new_class_is_refused(squares: Path) -> None:
    with pytest.raises(DatasetError, match=r"all 2 are known, such as .*train without"):
        read_training_data(squares, None, ("blue", "Red"))


def test_rows_are_added_to_the_old_ones() -> None:
    random = np.random.default_rng(0)
    weight = random.normal(size=(3, 5, 1, 1)).astype(np.float32)
    bias = np.array([1, 2, 6], np.float32)
    made = with_rows({"logits.weight": weight, "logits.bias": bias}, 2)
    assert np.array_equal(made["logits.weight"][:3], weight)
    assert made["logits.bias"].tolist() == [1, 2, 6, 3, 3]
    assert np.allclose(made["logits.weight"][3], weight.mean(0), atol=0.05)


def test_a_hidden_layer_stays(squares: Path, small: Checkpoint) -> None:
    spec = replace(small.spec, head=Classifier(3, Hidden(16)))
    first = replace(small, spec=spec, weights=random_weights(build(spec), seed=5))
    found = read_training_data(squares, None, small.labels)
    assert describe_subject(first, RECIPE, found, "").spec.head == Classifier(5, Hidden(16))


def test_the_old_network_teaches_what_it_knew(squares: Path, small: Checkpoint, tmp_path) -> None:
    made = fine_tune_classifier(
        squares, tmp_path, first=small, recipe=RECIPE, device="cpu", workers=0
    )
    assert made.labels == ("a", "b", "c", "blue", "red")
    assert "the 3 classes of before kept" in made.provenance.history[-2]
    assert "train_kept_teacher_loss" in (tmp_path / "log.csv").read_text()


def test_the_command_takes_old_and_new(squares: Path, small: Checkpoint, tmp_path: Path) -> None:
    store.save(small, tmp_path / "old.safetensors")
    command = ["train", "classify", "--data", str(squares), "--model",
               str(tmp_path / "old.safetensors"), "--keep-classes", "--dry-run"]  # fmt: skip
    told = CliRunner().invoke(main, command)
    assert told.exit_code == 0, told.output
    assert "5 classes" in told.stdout
    assert '"keep_classes": true' in told.stdout


def test_new_classes_are_held_back_only_where_no_old_one_is_shown(squares, small, tmp_path) -> None:
    heard = []
    for known in (("a", "b", "c"), ("a", "blue")):
        data = read_training_data(squares, None, known)
        head = Classifier(len(known))
        spec = replace(small.spec, head=head)
        first = replace(small, spec=spec, labels=known, weights=random_weights(build(spec), seed=5))
        subject = describe_subject(first, RECIPE, data, "")
        lesson = settle(subject, RECIPE, first, frozenset(), {"device": "cpu", "workers": 0})
        heard.append(Classification(lesson, data, keeper_of(first, lesson)).handicaps)
    assert heard == [(0, 0, 0, NEWCOMERS, NEWCOMERS), (0, 0, 0)]
