"""All three tasks begin from a feature extractor, as they do from a classifier."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from mobilenetv2.cli import main
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, DeepLab, Embedding, SSDLite
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.train.drawn_classes import draw_classes


@pytest.fixture
def extractor(small: Checkpoint, tmp_path: Path) -> Path:
    """The small classifier without its classes."""
    spec = replace(small.spec, head=Embedding())
    weights = {name: small.weights[name] for name in build(spec).parameter_shapes}
    path = tmp_path / "extractor.safetensors"
    store.save(replace(small, spec=spec, weights=weights, labels=()), path)
    return path


def train(*arguments: object) -> Result:
    quick = ("--size", 64, "--epochs", 1, "--workers", 0, "--device", "cpu")
    return CliRunner().invoke(main, ["train", *map(str, (*arguments, *quick))])


def test_a_classifier_begins_from_features(extractor, tmp_path):
    data = draw_classes(tmp_path / "squares", 6)
    done = train("classify", "--data", data, "--model", extractor, "--out", tmp_path / "run")
    assert done.exit_code == 0, done.output
    assert "fitting a first classifier to the features" in done.stderr
    model = store.load(tmp_path / "run/model.safetensors")
    assert model.spec.head == Classifier(2)
    assert model.labels == ("blue", "red")
    assert model.provenance.history[0] == "made for tests"
    # Nearly where the features were: one epoch at a low rate moves the first layer little.
    stem = store.load(extractor).weights["stem.weight"]
    np.testing.assert_allclose(model.weights["stem.weight"], stem, atol=0.2)


def test_there_are_no_classes_to_keep(extractor, tmp_path):
    data = draw_classes(tmp_path / "squares", 6)
    run = tmp_path / "run"
    done = train("classify", "--data", data, "--model", extractor, "--keep-classes", "--out", run)
    assert done.exit_code != 0
    assert "feature extractor without any: train without" in " ".join(done.output.split())


@pytest.mark.parametrize("task", ["detect", "segment"])
def test_detectors_and_segmenters_begin_from_features(
    task, extractor, tmp_path, drawn, boxed_squares
):
    data = {"detect": boxed_squares, "segment": drawn / "train"}[task]
    more = {"detect": [], "segment": ["--val", drawn / "val"]}[task]
    done = train(task, "--data", data, *more, "--model", extractor, "--out", tmp_path / "run")
    assert done.exit_code == 0, done.output
    model = store.load(tmp_path / "run/model.safetensors")
    assert isinstance(model.spec.head, {"detect": SSDLite, "segment": DeepLab}[task])
    assert model.provenance.history[0] == "made for tests"
