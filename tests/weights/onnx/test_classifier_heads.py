"""What people put behind the pooling, as torch exports it, against onnxruntime."""

import numpy as np
import pytest
import torch
from torch import nn

from mobilenetv2.deploy.convert import example_pictures, prove
from mobilenetv2.errors import CheckpointError
from mobilenetv2.model import Model
from mobilenetv2.network.spec import Classifier, Hidden
from mobilenetv2.parity.logits import network_inputs, our_logits
from mobilenetv2.tasks.classify import softmax
from mobilenetv2.tasks.image import decode, resize
from mobilenetv2.weights.assemble import TWO_CLASSES
from mobilenetv2.weights.onnx.importer import read_onnx
from tests.weights.lively import relative_error
from tests.weights.onnx.exports import export, network


def with_head(*layers: nn.Module) -> nn.Module:
    """The network of 1280 pooled channels with `layers` behind them, their numbers at random."""
    torch.manual_seed(1)
    norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm1d)]
    for norm in norms:
        norm.weight.data.uniform_(0.5, 1.5)
        norm.bias.data.normal_(0, 0.1)
        norm.running_mean.normal_(0, 0.1)
        norm.running_var.uniform_(0.05, 0.2)
    base = network()
    pooled = nn.Sequential(base.features, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(pooled, *layers).eval()


HEADS = {
    "hidden": ([nn.Linear(1280, 24), nn.ReLU(), nn.Dropout(), nn.Linear(24, 3)], "relu"),
    "relu6": ([nn.Linear(1280, 24), nn.ReLU6(), nn.Linear(24, 3), nn.Softmax(1)], "relu6"),
    "normed": (
        [nn.BatchNorm1d(1280), nn.Linear(1280, 24), nn.BatchNorm1d(24), nn.ReLU(),
         nn.BatchNorm1d(24), nn.Linear(24, 3)], "relu",
    ),
    "two linear layers": ([nn.Linear(1280, 24), nn.Linear(24, 3)], None),
    "on top of the thousand": ([nn.Linear(1280, 1000), nn.Linear(1000, 3)], None),
    "normed features": ([nn.BatchNorm1d(1280), nn.Linear(1280, 3)], None),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_one_hidden_layer_stays_and_linear_ones_become_one(tmp_path, name):
    layers, bends = HEADS[name]
    path = export(tmp_path / "model.onnx", with_head(*layers))
    foreign = read_onnx(path)
    hidden = None if bends is None else Hidden(24, bends)
    assert foreign.checkpoint.spec.head == Classifier(3, hidden)
    assert relative_error(path, foreign) < 1e-5


@pytest.mark.parametrize("ending", [[], [nn.Sigmoid()]], ids=["logit", "sigmoid"])
@pytest.mark.parametrize("hidden", [False, True])
def test_one_output_is_two_classes(tmp_path, ending, hidden):
    """softmax([0, z])[1] is the file's own sigmoid(z)."""
    head = [nn.Linear(1280, 8), nn.ReLU(), nn.Linear(8, 1)] if hidden else [nn.Linear(1280, 1)]
    model = with_head(*head, *ending)
    path = export(tmp_path / "model.onnx", model)
    foreign = read_onnx(path)
    checkpoint = foreign.checkpoint
    assert checkpoint.labels == ("class 0", "class 1")
    assert TWO_CLASSES in foreign.notes
    assert relative_error(path, foreign) < 1e-5
    image = resize(decode(example_pictures()[0]), checkpoint.preprocessing)
    inputs = network_inputs(checkpoint, [image])
    ours = softmax(our_logits(checkpoint, inputs))
    with torch.no_grad():
        theirs = model(torch.from_numpy(inputs.transpose(0, 3, 1, 2).copy()))
    likely = theirs if ending else theirs.sigmoid()
    np.testing.assert_allclose(ours[:, 1:], likely.numpy(), atol=1e-5)


@pytest.mark.parametrize("classes", [3, 1001])
def test_several_sigmoids_are_labels_of_which_several_may_hold(tmp_path, classes):
    """Nor is the first of 1001 a background, which only classes that exclude each other have."""
    model = with_head(nn.Linear(1280, classes), nn.Sigmoid())
    path = export(tmp_path / "model.onnx", model)
    foreign = read_onnx(path)
    checkpoint = foreign.checkpoint
    assert checkpoint.spec.head == Classifier(classes, scores="sigmoid")
    assert f"{classes} sigmoids, one a class" in " ".join(foreign.notes)
    parity = prove(path, foreign, example_pictures()[:1])
    assert parity.quantity == "probabilities"
    assert parity.max_error < 1e-5
    pixels = resize(decode(example_pictures()[0]), checkpoint.preprocessing)
    inputs = network_inputs(checkpoint, [pixels]).transpose(0, 3, 1, 2).copy()
    with torch.no_grad():
        theirs = model(torch.from_numpy(inputs))[0].numpy()
    answers = Model(checkpoint).predict(example_pictures()[0], threshold=0).predictions
    assert len(answers) == classes
    np.testing.assert_allclose([one.score for one in answers], np.sort(theirs)[::-1], atol=1e-5)


def test_two_hidden_layers_are_refused_with_their_sizes(tmp_path):
    layers = [nn.Linear(1280, 24), nn.ReLU(), nn.Linear(24, 8), nn.ReLU(), nn.Linear(8, 3)]
    path = export(tmp_path / "model.onnx", with_head(*layers))
    with pytest.raises(
        CheckpointError, match=r"at most one hidden layer.* has 2, of 24, 8 channels"
    ):
        read_onnx(path)
