"""Frozen layers: which they are, and that nothing of them moves."""

from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.errors import RecipeError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import DeepLab, Spec, SSDLite
from mobilenetv2.train import GraphModule, Recipe, fine_tune_classifier
from mobilenetv2.train.freeze import freeze_layers, frozen_layers
from mobilenetv2.train.optimizer import build_optimizer
from mobilenetv2.train.scratch import untrained_classifier
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint
from tests.train.drawn_classes import draw_classes

FROZEN = ("stem", "block0.depthwise", "block0.project")


@pytest.mark.parametrize("head", [SSDLite(), DeepLab()], ids=lambda head: type(head).__name__)
def test_the_backbone_is_all_but_the_head(head):
    graph = build(Spec(head=head, width=0.35))
    frozen = frozen_layers(graph, "backbone")
    learning = [conv.name for conv in graph.convs if conv.name not in frozen]
    assert "block16.project" in frozen
    assert not any(name.startswith("block") for name in learning)
    assert learning


def test_a_block_is_frozen_with_all_before_it():
    graph = build(Spec(width=0.35))
    assert frozen_layers(graph, "block0") == FROZEN
    assert frozen_layers(graph, "none") == ()
    with pytest.raises(RecipeError, match=r"\(stem, block0, .*, last\).*got 'block99'"):
        frozen_layers(graph, "block99")


def test_no_optimizer_knows_them_and_no_gradient_reaches_them():
    module = GraphModule(build(Spec(width=0.1, size=(32, 32))))
    freeze_layers(module, "block0")
    optimizer = build_optimizer(module, Recipe(), lambda _: False)
    known = {id(one) for group in optimizer.param_groups for one in group["params"]}
    for name, parameter in module.named_parameters():
        frozen = name.rpartition(".")[0] in FROZEN
        assert parameter.requires_grad is not frozen
        assert (id(parameter) in known) is not frozen
    assert {module.layers[name].statistics for name in FROZEN} == {"frozen"}


@pytest.mark.parametrize("batch_norm", ["batch", "folded"])
def test_a_run_leaves_them_as_they_were(small: Checkpoint, tmp_path: Path, batch_norm) -> None:
    data = draw_classes(tmp_path / "squares", 5)
    recipe = Recipe(
        epochs=1, batch_size=8, size=(32, 32), fit="squash", warmup_epochs=0, freeze="block0",
        batch_norm=batch_norm, learning_rate=1e-2,
    )  # fmt: skip
    made = fine_tune_classifier(
        data, tmp_path / "run", first=small, recipe=recipe, device="cpu", workers=0
    )
    before, after = fold_checkpoint(small).weights, made.weights
    for layer in FROZEN:
        # Batch norm is brought back by calibration and folded again: the same to rounding.
        assert np.allclose(before[f"{layer}.weight"], after[f"{layer}.weight"], atol=1e-5)
    moved = np.abs(before["block1.expand.weight"] - after["block1.expand.weight"])
    assert moved.max() > 1e-3


def test_random_weights_are_not_to_stay_random(tmp_path: Path) -> None:
    data = draw_classes(tmp_path / "squares", 2)
    first = untrained_classifier(0.1, (32, 32), ("blue", "red"))
    with pytest.raises(RecipeError, match="freeze must be none where the first weights are random"):
        fine_tune_classifier(data, tmp_path / "run", first=first, recipe=Recipe(freeze="backbone"))


@pytest.mark.parametrize("freeze", ["blokc3", "block", "block 3", "head", ""])
def test_a_name_that_no_part_has_is_told_before_anything_is_read(freeze: str) -> None:
    with pytest.raises(RecipeError, match=r"freeze must be none, backbone, or the part .* got"):
        Recipe(freeze=freeze)
