"""A network taught in grey: what it says of a picture does not depend on the picture's colors."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mobilenetv2.deploy.export import deploy
from mobilenetv2.errors import RecipeError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.network.build import build
from mobilenetv2.preprocessing import TORCHVISION
from mobilenetv2.train import GraphModule, Recipe, fine_tune_classifier
from mobilenetv2.train.grey import LUMA, colorless, in_grey, seeing_grey, sees_grey
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.train.classify.test_finetune import Rows
from tests.train.drawn_classes import draw_classes

RECIPE = Recipe(
    epochs=1, batch_size=8, size=(32, 32), fit="squash", warmup_epochs=0, channels="grey"
)


def test_the_first_layer_makes_of_colors_what_it_made_of_grey(small: Checkpoint) -> None:
    graph = build(small.spec)
    images = torch.rand(2, 3, 64, 64) * 2 - 1
    shown_grey = GraphModule(graph, small.weights).eval()(in_grey(images))["logits"]
    shown_colors = GraphModule(graph, seeing_grey(small.weights)).eval()(images)["logits"]
    assert torch.allclose(shown_grey, shown_colors, atol=1e-4)


def test_one_mean_and_one_deviation_for_all_channels() -> None:
    grey = colorless(TORCHVISION)
    assert len(set(grey.mean)) == len(set(grey.std)) == 1
    assert grey.mean[0] == pytest.approx(sum(TORCHVISION.mean) / 3)


def test_a_run_ends_in_a_network_that_sees_no_colors(small: Checkpoint, tmp_path: Path) -> None:
    data = draw_classes(tmp_path / "squares", 5)
    first = replace(small, preprocessing=replace(TORCHVISION, size=(64, 64)))
    made = fine_tune_classifier(
        data, tmp_path / "run", first=first, recipe=RECIPE, device="cpu", workers=0
    )
    assert any("sees grey" in line for line in made.provenance.history)
    stem = made.weights["stem.weight"]
    shares = [stem[:, channel] / share for channel, share in enumerate(LUMA)]
    assert np.abs(stem).max() > 0
    assert np.allclose(shares[0], shares[1], rtol=1e-4)
    assert np.allclose(shares[0], shares[2], rtol=1e-4)
    assert len(set(made.preprocessing.mean)) == 1


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
def test_a_grey_network_that_was_exported_goes_on_in_grey(
    small: Checkpoint, tmp_path: Path, suffix: str
) -> None:
    grey = replace(
        small, weights=seeing_grey(small.weights), labels=("blue", "red", "x"),
        preprocessing=colorless(small.preprocessing),
    )  # fmt: skip
    deploy(grey, tmp_path / f"grey.{suffix}", verify=False)
    first = load_checkpoint(tmp_path / f"grey.{suffix}")
    assert sees_grey(first.weights)
    data = draw_classes(tmp_path / "squares", 5)
    made = fine_tune_classifier(
        data, tmp_path / "run", first=first, recipe=RECIPE, device="cpu", workers=0
    )
    assert sees_grey(made.weights)
    assert not np.array_equal(made.weights["stem.weight"], first.weights["stem.weight"])
    assert len(set(made.preprocessing.mean)) == 1


def test_a_grey_network_that_is_shown_colors_is_told_of(small: Checkpoint, tmp_path: Path) -> None:
    assert not sees_grey(small.weights)
    grey = replace(small, weights=seeing_grey(small.weights))
    listener = Rows()
    fine_tune_classifier(
        draw_classes(tmp_path / "squares", 5), tmp_path / "run", first=grey, device="cpu",
        workers=0, recipe=replace(RECIPE, channels="color"), reporter=listener,
    )  # fmt: skip
    assert any("the first weights see grey, and this run" in line for line in listener.said)


def test_integers_cannot_be_multiplied_out(small: Checkpoint, tmp_path: Path) -> None:
    data = draw_classes(tmp_path / "squares", 2)
    with pytest.raises(RecipeError, match="train in floats, then mobilenetv2 quantize"):
        fine_tune_classifier(
            data, tmp_path / "run", first=small, device="cpu", workers=0,
            recipe=replace(RECIPE, epochs=2, quantize_epochs=1),
        )  # fmt: skip
