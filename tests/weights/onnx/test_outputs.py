"""Files that answer with more than a classifier's scores, or with less."""

import numpy as np
import pytest
import torch
from torch import nn

from mobilenetv2.deploy.convert import convert
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import Classifier, Embedding
from mobilenetv2.weights.assemble import FEATURES
from mobilenetv2.weights.onnx.importer import read_onnx
from mobilenetv2.weights.recognize.answers import BEST_ALONE
from mobilenetv2.weights.recognize.trace_extractor import UNPOOLED
from tests.weights.lively import relative_error
from tests.weights.onnx.exports import export, network


class Ends(nn.Module):
    """The network with another ending."""

    def __init__(self, end) -> None:
        super().__init__()
        self.network, self.end = network(), end

    def forward(self, x: torch.Tensor):
        features = self.network.features(x).mean([2, 3])
        return self.end(self.network.classifier(features), features)


def exported(tmp_path, end):
    return export(tmp_path / "model.onnx", Ends(end))


def same_weights(foreign):
    """Whether the file came to the network's own head."""
    weight = network().classifier[1].weight.detach().numpy()
    found = foreign.checkpoint.weights["logits.weight"][:, :, 0, 0]
    return np.allclose(found, weight, atol=1e-6)


BESIDE = {
    "features": (lambda z, f: (z, f), "'{}' (an average over the map)"),
    "features first": (lambda z, f: (f, z), "an average over the map"),
    "unit features": (lambda z, f: (z, nn.functional.normalize(f)), "ReduceL2"),
    "probabilities": (lambda z, f: (z, z.softmax(1)), "a full 1x1 convolution"),
    "best": (lambda z, f: (z.softmax(1), z.argmax(1)), "the number of the largest channel"),
}


@pytest.mark.parametrize("how", BESIDE)
def test_what_stands_beside_the_scores_is_left_with_a_word(tmp_path, how):
    end, named = BESIDE[how]
    path = exported(tmp_path, end)
    foreign = read_onnx(path)
    said = next(note for note in foreign.notes if note.startswith("of 2 outputs"))
    assert named.removeprefix("'{}' ") in said
    assert same_weights(foreign)
    assert relative_error(path, foreign) < 1e-5


CHOSEN = {
    "argmax": lambda z, f: z.argmax(1),
    "argmax of a softmax": lambda z, f: z.softmax(1).argmax(1, keepdim=True),
    "top 3": lambda z, f: z.softmax(1).topk(3, 1),
    "largest": lambda z, f: z.softmax(1).max(1),
}


@pytest.mark.parametrize("how", CHOSEN)
def test_a_file_that_keeps_the_best_class_is_read_up_to_its_scores(tmp_path, how):
    foreign = read_onnx(exported(tmp_path, CHOSEN[how]))
    assert foreign.checkpoint.spec.head == Classifier(10)
    assert same_weights(foreign)
    assert foreign.runtime is None
    assert foreign.unproved == BEST_ALONE


def test_that_it_was_not_compared_is_said(tmp_path):
    path = exported(tmp_path, CHOSEN["argmax"])
    conversion = convert(path, tmp_path / "model.safetensors")
    assert conversion.parity is None
    assert conversion.unproved == BEST_ALONE


def test_sigmoids_keep_their_meaning_beside_their_logits(tmp_path):
    path = exported(tmp_path, lambda z, f: (z, z.sigmoid()))
    assert read_onnx(path).checkpoint.spec.head == Classifier(10, scores="sigmoid")


def test_logarithms_of_probabilities_are_probabilities(tmp_path):
    path = exported(tmp_path, lambda z, f: z.log_softmax(1))
    foreign = read_onnx(path)
    assert same_weights(foreign)
    assert relative_error(path, foreign) < 1e-5


def test_two_classifiers_on_one_backbone_are_refused(tmp_path):
    other = nn.Linear(1280, 3).requires_grad_(False)
    with pytest.raises(
        CheckpointError, match=r"one list of classes, this file has 2: .* of 10 .*of 3"
    ):
        read_onnx(exported(tmp_path, lambda z, f: (z, other(f))))


def test_a_hidden_layer_beside_its_logits_is_no_second_classifier(tmp_path):
    hidden, last = (nn.Linear(*s).requires_grad_(False) for s in ((1280, 24), (24, 3)))

    def end(z, f):
        inner = torch.relu(hidden(f))
        return inner, last(inner)

    path = exported(tmp_path, end)
    foreign = read_onnx(path)
    assert foreign.checkpoint.spec.head.classes == 3
    assert relative_error(path, foreign) < 1e-5


class Cells(nn.Module):
    """Classes for each cell of a map, as FOMO gives them."""

    def __init__(self) -> None:
        super().__init__()
        self.network, self.last = network(), nn.Conv2d(1280, 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.network.features(x)).softmax(1)


def test_centers_of_objects_are_named_with_the_way_out(tmp_path):
    path = export(tmp_path / "model.onnx", Cells())
    with pytest.raises(CheckpointError, match=r"map of 2x2, as FOMO .*mobilenetv2 train detect"):
        read_onnx(path)


@pytest.mark.parametrize("form", ["pooled", "map"])
def test_features_alone_are_a_feature_extractor(tmp_path, form):
    if form == "pooled":
        path = exported(tmp_path, lambda z, f: f)
    else:
        path = export(tmp_path / "model.onnx", network().features)
    foreign = read_onnx(path)
    assert foreign.checkpoint.spec.head == Embedding()
    assert foreign.checkpoint.labels == ()
    assert FEATURES in foreign.checkpoint.provenance.history
    assert (UNPOOLED.format(2, 2) in foreign.notes) == (form == "map")
    assert relative_error(path, foreign) < 1e-5


def test_features_times_a_number_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="this file's is multiplied by 3"):
        read_onnx(exported(tmp_path, lambda z, f: 3 * f))
