"""A classifier of which a picture has none of the labels, one or several, through every door."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from mobilenetv2 import CompiledClassifier, CompiledModel, load
from mobilenetv2.cli import main
from mobilenetv2.deploy.convert import convert, example_pictures
from mobilenetv2.deploy.export import deploy
from mobilenetv2.errors import SpecError
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.network.spec import Classifier
from mobilenetv2.parity.answers import AnswerComparison
from mobilenetv2.tasks.classify import Classification
from mobilenetv2.tasks.options import DEFAULTS
from mobilenetv2.tasks.results import Prediction

CAT = next(path for path in example_pictures() if path.stem == "cat")


def with_bias(file: Path, *bias: float) -> Model:
    """The model with these biases on its three logits, which then nearly are the logits."""
    checkpoint = load_checkpoint(file)
    weights = {name: array.astype(np.float32) for name, array in checkpoint.weights.items()}
    weights["logits.weight"] = weights["logits.weight"] * 1e-3
    weights["logits.bias"] = np.array(bias, np.float32)
    return Model(replace(checkpoint, weights=weights))


def test_labels_that_hold_are_answered_each_by_its_own_score(tiny_labels_file):
    model = with_bias(tiny_labels_file, 2, -1, 3)
    assert model.multi_label
    found = model.predict(CAT)
    assert found.labels == ("cow", "ant")
    assert [one.score for one in found.predictions] == pytest.approx([0.953, 0.881], abs=0.01)
    assert found.to_json()["multi_label"] is True
    assert model.predict(CAT, top=1).labels == ("cow",)
    assert model.predict(CAT, threshold=0.9).labels == ("cow",)
    assert model.predict(CAT, threshold=0, labels=["bee"]).labels == ("bee",)
    both = model.predict(CAT, flip=True, scales=(1.0, 1.5))
    assert [one.score for one in both.predictions] == pytest.approx([0.953, 0.881], abs=0.01)


def test_more_than_five_labels_are_all_answered(tiny_labels_file):
    """Five is how many of classes that exclude each other are shown."""
    checkpoint = load_checkpoint(tiny_labels_file)
    spec = replace(checkpoint.spec, head=Classifier(9, scores="sigmoid"))
    weights = dict(checkpoint.weights)
    weights["logits.weight"] = np.zeros((9, *weights["logits.weight"].shape[1:]), np.float32)
    weights["logits.bias"] = np.ones(9, np.float32)
    labels = tuple("abcdefghi")
    model = Model(replace(checkpoint, spec=spec, weights=weights, labels=labels))
    assert model.predict(CAT).labels == labels


def test_no_label_is_an_answer(tiny_labels_file):
    found = with_bias(tiny_labels_file, -2, -1, -3).predict(CAT)
    assert found.predictions == ()
    assert found.label == "none"
    assert found.draw(CAT).height > 0
    assert "none" in found._repr_html_()


def test_a_classifier_of_one_class_a_picture_says_nothing_of_it(tiny_file):
    model = load(tiny_file)
    assert not model.multi_label
    assert list(model.predict(CAT).to_json()) == ["task", "predictions"]


def test_the_command_line(tiny_labels_file, tmp_path):
    arguments = ["predict", "--model", str(tiny_labels_file), str(CAT), "--threshold", "0"]
    line = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    assert line["multi_label"] is True
    assert len(line["predictions"]) == 3
    table = CliRunner().invoke(main, [*arguments, "--csv", str(tmp_path / "found.csv")])
    assert line["predictions"][0]["label"] in table.stdout
    with (tmp_path / "found.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == [one["label"] for one in line["predictions"]]
    none = CliRunner().invoke(main, [*arguments[:-1], "1"])
    assert "none" in none.stdout
    info = CliRunner().invoke(main, ["info", str(tiny_labels_file), "--json"])
    assert json.loads(info.stdout)["spec"]["head"]["scores"] == "sigmoid"


def test_a_program_answers_as_the_model_does(tiny_labels_file, tmp_path):
    path = tmp_path / "labels.program"
    answers = deploy(load_checkpoint(tiny_labels_file), path).answers
    assert answers is not None
    assert answers.share == 1
    model = load(tiny_labels_file)
    for program in (CompiledClassifier(path), CompiledModel(path)):
        assert program.multi_label
        assert program.task == "classification"
        for choices in ({}, {"threshold": 0.0}, {"threshold": 0.0, "top": 2}):
            ours, theirs = program.predict(CAT, **choices), model.predict(CAT, **choices)
            assert ours.labels == theirs.labels
            assert [one.score for one in ours.predictions] == pytest.approx(
                [one.score for one in theirs.predictions], rel=1e-5
            )


def test_readers_of_one_class_a_picture_refuse_the_program(tiny_labels_file, tmp_path):
    """Releases before, and pages, know three tasks and ask for one of them."""
    path = tmp_path / "labels.program"
    deploy(load_checkpoint(tiny_labels_file), path, verify=False)
    assert b'"task":"multi-label classification"' in path.read_bytes()[:100_000]


def test_logits_of_a_file_become_labels_where_its_owner_says_so(tiny_file, tmp_path):
    deploy(load_checkpoint(tiny_file), tmp_path / "logits.onnx", verify=False)
    target = tmp_path / "labels.safetensors"
    said = convert(tmp_path / "logits.onnx", target, multi_label=True)
    assert "as given" in said.foreign.notes[-1]
    back = load(target)
    assert back.multi_label
    assert len(back.predict(CAT, threshold=0).predictions) == 3


def test_several_labels_are_for_classifiers(tiny_detector_file, tmp_path):
    deploy(load_checkpoint(tiny_detector_file), tmp_path / "boxes.onnx", verify=False)
    with pytest.raises(SpecError, match=r"for classifiers, .* SSDLite head"):
        convert(tmp_path / "boxes.onnx", tmp_path / "boxes.safetensors", multi_label=True)


def test_answers_are_compared_label_by_label():
    def said(*scores: float) -> Prediction:
        named = zip("abc", range(3), scores, strict=True)
        return Prediction(
            tuple(Classification(*one) for one in named if one[2] >= 0.5), multi_label=True
        )

    comparison = AnswerComparison("labels", DEFAULTS)
    comparison.add(said(0.9, 0.8, 0.1), said(0.8, 0.9, 0.2))
    comparison.add(said(0.9, 0.51, 0.1), said(0.9, 0.49, 0.1))
    comparison.add(said(0.9, 0.8, 0.1), said(0.9, 0.4, 0.1))
    comparison.add(said(0.9, 0.8, 0.1), replace(said(0.9, 0.8, 0.1), multi_label=False))
    assert (comparison.result().same, comparison.result().count) == (2, 4)
