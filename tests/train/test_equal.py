"""One process with a batch and two with a part of it each reach the same weights."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from mobilenetv2.network.build import build
from mobilenetv2.train import (
    Augmentation,
    Recipe,
    fine_tune_classifier,
    fine_tune_detector,
    fine_tune_segmenter,
)
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.module import GraphModule, Statistics
from mobilenetv2.train.processes import Processes
from mobilenetv2.train.segment.recipe import SegmentationRecipe
from mobilenetv2.train.state import load_state
from mobilenetv2.train.subject import trainable
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.train.drawn_classes import draw_boxes, draw_classes
from tests.train.segment.drawn_shapes import read
from tests.train.segment.test_finetune import reports
from tests.train.together import together

STEPS: Any = {
    "optimizer": "sgd", "learning_rate": 1e-3, "clip_norm": 1.0, "precision": "float32",
    "warmup_epochs": 0, "ema_decay": 0, "epochs": 1,
}  # fmt: skip
"""Steps as long as their gradients, so that what is rounding stays rounding: AdamW's are as long
for a gradient that is nothing else."""


def assert_equal(teach: Callable[[Path], Checkpoint], folder: Path) -> None:
    """What was learnt, within 1e-5 and a twentieth of how far it moved, and what it reaches."""
    (alone,) = together(1, lambda _: teach(folder / "alone"))
    one, other = together(2, lambda _: teach(folder / "both"))
    theirs, ours = (
        load_state(folder / name / "state.pt", torch.device("cpu")) for name in ("alone", "both")
    )
    apart, moved = 0.0, 0.0
    for name, values in theirs["module"].items():
        found = (ours["module"][name] - values).abs().max().item()
        if name.endswith((".mean", ".variance")):
            assert found < 1e-4 * max(1.0, values.abs().max().item()), name
        else:
            apart = max(apart, found)
            moved = max(moved, (values - theirs["first"][name]).abs().max().item())
    assert apart < min(1e-5, moved / 20)
    assert all(np.array_equal(one.weights[name], other.weights[name]) for name in one.weights)
    measured = [[metric.value for metric in found.metrics] for found in (one, alone)]
    assert measured[0] == pytest.approx(measured[1], abs=1e-3)
    assert one.provenance.history[-1] == "taught by 2 processes"


@pytest.mark.parametrize(("batch_norm", "batch"), [("synced", 16), ("frozen", 15)])
def test_a_classifier(small: Checkpoint, tmp_path: Path, batch_norm: Any, batch: int) -> None:
    """With dropout, mixed pictures and a batch that two cannot halve."""
    data = draw_classes(tmp_path / "data", 25)
    recipe = Recipe(
        batch_size=batch, size=(32, 32), batch_norm=batch_norm, dropout=0.5,
        augmentation=Augmentation(mixup=0.2, cutmix=1.0), **STEPS,
    )  # fmt: skip
    assert_equal(
        lambda out: fine_tune_classifier(
            data, out, first=small, recipe=recipe, device="cpu", workers=0
        ),
        tmp_path,
    )


def test_a_detector(small: Checkpoint, tmp_path: Path) -> None:
    data = draw_boxes(tmp_path / "data", 12)
    recipe = DetectionRecipe(batch_size=5, size=(64, 64), batch_norm="frozen", **STEPS)
    assert_equal(
        lambda out: fine_tune_detector(
            data, data, out, first=small, recipe=recipe, device="cpu", workers=0
        ),
        tmp_path,
    )


def test_a_segmenter(small: Checkpoint, drawn: Path, tmp_path: Path) -> None:
    data = read(drawn)
    recipe = SegmentationRecipe(batch_size=5, size=(33, 33), batch_norm="synced", **STEPS)
    assert_equal(
        lambda out: fine_tune_segmenter(
            *reports(data), out,
            meaning=data.meaning, first=small, recipe=recipe, device="cpu", workers=0,
        ),
        tmp_path,
    )  # fmt: skip


@pytest.mark.parametrize("statistics", ["synced", "frozen"])
def test_gradients_add_up_to_those_of_the_whole(small: Checkpoint, statistics: Any) -> None:
    """In float64 nothing is left of rounding."""
    network = module(small, statistics)
    random = np.random.default_rng(0)
    images = torch.from_numpy(random.normal(0, 1, (6, 3, 64, 64)))
    targets = torch.from_numpy(random.integers(0, 3, 6))

    def work(processes: Processes) -> list[np.ndarray]:
        rows = list(processes.share.of(range(6)))
        logits = network(images[rows])["logits"].flatten(1)
        loss = F.cross_entropy(logits, targets[rows], reduction="sum") / 6
        loss.backward()
        gradients = [parameter.grad for parameter in network.parameters()]
        processes.add_up(gradients)
        return [gradient.numpy() for gradient in gradients]

    (alone,) = together(1, work)
    for shared in together(4, work):
        for ours, theirs in zip(shared, alone, strict=True):
            assert ours == pytest.approx(theirs, abs=1e-9 * max(1.0, np.abs(theirs).max()))


def module(first: Checkpoint, statistics: Statistics) -> nn.Module:
    spec = trainable(first.spec, Recipe(batch_norm="batch"))
    made = GraphModule(build(spec), statistics=statistics)
    torch.manual_seed(0)
    for name, values in made.state_dict().items():
        if name.endswith("weight"):
            nn.init.kaiming_normal_(values)
    return made.double().train()
