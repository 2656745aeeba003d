"""Heads that people put on a network of torch, against torch itself."""

import copy

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import MobileNetV2

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import Classifier, Hidden
from mobilenetv2.parity.logits import our_logits
from mobilenetv2.weights.assemble import TWO_CLASSES
from mobilenetv2.weights.states.importer import read_state_dict
from tests.weights.lively import relative_error
from tests.weights.states.test_torchvision import network

RELU = "a state dict names no activations: assumed a ReLU between"


def pooled(model: MobileNetV2) -> list[nn.Module]:
    return [model.features, nn.AdaptiveAvgPool2d(1), nn.Flatten()]


class Named(nn.Module):
    """A network with a head of its own under names of its own; `run` says how they go together."""

    def __init__(self, run, **modules: nn.Module) -> None:
        super().__init__()
        self.run = run
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.run(self, x)


def mean(maps: torch.Tensor) -> torch.Tensor:
    return maps.mean((2, 3))


def base(classes: int = 5) -> MobileNetV2:
    return copy.deepcopy(network(0.1, classes))


def replaced(*layers: nn.Module) -> nn.Module:
    model = base()
    model.classifier = nn.Sequential(*layers)
    return model


def normed() -> nn.Module:
    """Batch norms on the features, before a ReLU and behind it."""
    model = replaced(
        nn.BatchNorm1d(1280), nn.Linear(1280, 24), nn.BatchNorm1d(24), nn.ReLU(),
        nn.BatchNorm1d(24), nn.Dropout(), nn.Linear(24, 3),
    )  # fmt: skip
    for norm in model.classifier:
        if isinstance(norm, nn.BatchNorm1d):
            norm.weight.data.uniform_(0.5, 1.5)
            norm.bias.data.normal_(0, 0.1)
            norm.running_mean.normal_(0, 0.1)
            norm.running_var.uniform_(0.05, 0.2)
    return model


def linear(*sizes: int) -> nn.Linear:
    return nn.Linear(*sizes)


MODELS = {
    "two layers": (
        lambda: replaced(nn.Dropout(), linear(1280, 24), nn.ReLU(), nn.Dropout(), linear(24, 3)),
        24, RELU,
    ),
    "nothing between": (
        lambda: replaced(linear(1280, 24), linear(24, 3)), None, "nothing stands between"
    ),
    "batch norms": (normed, 24, RELU),
    "named layers": (
        lambda: Named(
            lambda m, x: m.fc2(m.fc1(mean(m.features(x))).relu()),
            features=base().features, fc1=linear(1280, 24), fc2=linear(24, 3),
        ), 24, RELU,
    ),
    "named out of order": (
        lambda: Named(
            lambda m, x: m.a(m.z(mean(m.net(x))).relu()),
            net=base().features, a=linear(24, 3), z=linear(1280, 24),
        ), 24, RELU,
    ),
    "linear on the thousand": (
        lambda: Named(lambda m, x: m.fc(m.model(x)), model=base(1000), fc=linear(1000, 3)),
        None, "reads the 1000 outputs of the network itself",
    ),
    "sequential on the thousand": (
        lambda: nn.Sequential(base(1000), linear(1000, 3)), None, "nothing stands between",
    ),
    "ReLU on the thousand": (
        lambda: nn.Sequential(base(1000), nn.ReLU(), linear(1000, 3)), 1000, RELU,
    ),
    "thousand left unused": (
        lambda: Named(
            lambda m, x: m.fc(mean(m.model.features(x))), model=base(1000), fc=linear(1280, 3)
        ), None, "not used: model.classifier.1, which reads the features too",
    ),
    "children": (
        lambda: nn.Sequential(
            nn.Sequential(*list(base().children())[:-1]), *pooled(base())[1:], linear(1280, 3)
        ), None, "",
    ),
    "features in a list": (
        lambda: nn.Sequential(*base().features, *pooled(base())[1:], linear(1280, 3)), None, "",
    ),
    "convolution": (
        lambda: nn.Sequential(base().features, nn.AdaptiveAvgPool2d(1), nn.Conv2d(1280, 3, 1)),
        None, "",
    ),
    "loss and counters": (
        lambda: Named(
            lambda m, x: m.model(x), model=replaced(linear(1280, 3)),
            loss=nn.ParameterDict({"weight": torch.ones(3)}),
        ), None, "not used: loss.weight",
    ),
}  # fmt: skip


@pytest.mark.parametrize("container", ["pth", "safetensors"])
@pytest.mark.parametrize("name", MODELS)
def test_a_head_of_any_name_is_found_by_its_shapes(tmp_path, name, container):
    make, hidden, note = MODELS[name]
    torch.manual_seed(0)
    model = make().eval()
    path = tmp_path / f"model.{container}"
    state = dict(model.state_dict())
    torch.save(state, path) if container == "pth" else save_file(state, path)
    foreign = read_state_dict(path)
    checkpoint = foreign.checkpoint
    assert checkpoint.spec.head == Classifier(3, Hidden(hidden) if hidden else None)
    assert note in "; ".join(foreign.notes)
    pictures = np.random.default_rng(0).normal(0, 1, (2, 224, 224, 3)).astype(np.float32)
    with torch.no_grad():
        theirs = model(torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy())).flatten(1).numpy()
    ours = our_logits(checkpoint, pictures)
    assert np.abs(ours - theirs).max() < 1e-4 * np.ptp(theirs)


@pytest.mark.parametrize("name", ["batch norms", "linear on the thousand", "named layers"])
def test_the_proof_runs_the_file_s_own_layers(tmp_path, name):
    path = tmp_path / "model.pth"
    torch.save(MODELS[name][0]().state_dict(), path)
    assert relative_error(path, read_state_dict(path)) < 1e-4


def test_one_output_is_two_classes(tmp_path):
    path = tmp_path / "model.pth"
    torch.save(base(1).state_dict(), path)
    foreign = read_state_dict(path)
    assert TWO_CLASSES in foreign.notes
    assert foreign.checkpoint.labels == ("class 0", "class 1")
    assert not foreign.checkpoint.weights["logits.weight"][0].any()
    assert read_state_dict(path, ("cat", "dog")).checkpoint.labels == ("cat", "dog")
    assert relative_error(path, foreign) < 1e-4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Named(None, features=base().features, age=linear(1280, 4), sex=linear(1280, 2)),
         r"age \[4, 1280\], sex \[2, 1280\].*one head"),
        (lambda: replaced(*[linear(1280, 24), nn.ReLU(), linear(24, 8), nn.ReLU(), linear(8, 3)]),
         "at most one hidden layer, this file's head has 2: classifier.0, classifier.2"),
        (lambda: Named(None, features=base().features, fc=linear(64, 3)), r"fc \[3, 64\]"),
        (lambda: replaced(nn.LayerNorm(1280), linear(1280, 3)),
         r"classifier.0.weight \[1280\] must be another layer .* layer norm"),
        (lambda: replaced(linear(1280, 24), nn.LayerNorm(24), nn.ReLU(), linear(24, 3)),
         r"classifier.1.weight \[24\] must be another layer"),
        (lambda: replaced(linear(1280, 24), nn.PReLU(), linear(24, 3)),
         r"classifier.1.weight \[1\] must be another layer"),
        (lambda: Named(None, features=base().features, norm=nn.LayerNorm(1280),
                       fc=linear(1280, 3)), r"norm.weight \[1280\] must be another layer"),
        (lambda: Named(None, features=base().features, fc=linear(1280, 3),
                       attention=nn.Conv2d(8, 8, 3)), "no place for 1 .*attention.weight"),
    ],
    ids=["two heads", "two hidden", "other features", "a layer norm", "one behind a layer",
         "PReLU", "a norm by another name", "a layer more"],
)  # fmt: skip
def test_what_has_no_place_is_named(tmp_path, make, message):
    path = tmp_path / "model.pth"
    torch.save(make().state_dict(), path)
    with pytest.raises(CheckpointError, match=message):
        read_state_dict(path)


def test_a_normalization_inside_the_model_names_the_options_for_it(tmp_path):
    """Buffers tell no order of a subtraction and a division, nor what white is."""
    model = base()
    model.register_buffer("mean", torch.tensor([0.5, 0.25, 0.125]).view(1, 3, 1, 1))
    model.register_buffer("std", torch.full((1, 3, 1, 1), 0.25))
    path = tmp_path / "model.pth"
    torch.save(model.state_dict(), path)
    told = (
        r"mean = 0\.5,0\.25,0\.125; std = 0\.25,0\.25,0\.25.*--mean, --std; of pixels from 0 to 1"
    )
    with pytest.raises(CheckpointError, match=told):
        read_state_dict(path)


def test_a_grey_stem_reads_the_grey_of_colored_pictures(tmp_path):
    """Against torch, which is given the grey that Pillow makes of the same picture."""
    model = base()
    model.features[0][0] = nn.Conv2d(1, 8, 3, 2, 1, bias=False)
    path = tmp_path / "model.pth"
    torch.save(model.eval().state_dict(), path)
    foreign = read_state_dict(path)
    assert any("reads grey pictures" in note for note in foreign.notes)
    colored = np.random.default_rng(0).normal(0, 1, (1, 224, 224, 3)).astype(np.float32)
    grey = colored @ np.array([0.299, 0.587, 0.114], np.float32)
    with torch.no_grad():
        theirs = model(torch.from_numpy(grey[:, None])).numpy()
    ours = our_logits(foreign.checkpoint, colored)
    np.testing.assert_allclose(ours, theirs, atol=1e-4 * np.abs(theirs).max())
