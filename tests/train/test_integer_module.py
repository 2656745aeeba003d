"""In eval mode the module's integers are the engine's to the last bit, whatever was learnt."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mobilenetv2.calibration.calibrate import Stages, calibrate
from mobilenetv2.calibration.integers import in_symmetric_bytes
from mobilenetv2.engine.integer_reference import (
    integer_reference_runner,
)
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.native import NativeRunner
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Bias, Concat, Conv, Graph, Input, Pads, Pool, Resize, Shape
from mobilenetv2.network.spec import SSD, Classifier
from mobilenetv2.tasks.pixels import normalize
from mobilenetv2.train.integer_module import IntegerModule
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.quantized import Affine, IntegerConv, Quantization
from tests.calibration.networks import CLASSIFIER, NARROW, SPECS, floats, pictures
from tests.engine.integers import random_quantization

WIDE = replace(NARROW, last_channels=1300)
NO_PADS = Pads(0, 0, 0, 0)
KINDS = {
    **SPECS,
    "stride 8": replace(CLASSIFIER, output_stride=8, padding="torch"),
}


def integers_of(checkpoint: Checkpoint) -> Quantization:
    seen = pictures(checkpoint.spec, 4)
    return calibrate(checkpoint, seen, lambda: None, Stages()).quantization


def given(checkpoint: Checkpoint) -> np.ndarray:
    return normalize(np.stack(pictures(checkpoint.spec, 2, seed=9)), checkpoint.preprocessing)


def outputs(module: IntegerModule, images: np.ndarray) -> dict[str, np.ndarray]:
    with torch.no_grad():
        maps = module.eval()(torch.from_numpy(images).permute(0, 3, 1, 2))
    return {name: values.permute(0, 2, 3, 1).numpy() for name, values in maps.items()}


def learn(module: IntegerModule, images: np.ndarray, steps: int = 2) -> float:
    """Some steps towards maps of ones; returns the last loss."""
    optimizer = torch.optim.AdamW(module.parameters(), 1e-2)
    loss = torch.zeros(())
    for _ in range(steps):
        maps = module.train()(torch.from_numpy(images).permute(0, 3, 1, 2))
        loss = torch.stack([(values - 1).square().mean() for values in maps.values()]).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


@pytest.mark.parametrize("name", KINDS)
def test_reference_engine_and_module_agree_to_the_last_bit(name: str) -> None:
    checkpoint = floats(KINDS[name])
    graph, images = build(checkpoint.spec), given(checkpoint)
    start = integers_of(checkpoint)
    module = IntegerModule(graph, start)
    for conv, integers in module.numbers().convs.items():
        for part in ("weight", "scale", "zero_point", "bias"):
            expected = getattr(start.convs[conv], part)
            np.testing.assert_array_equal(getattr(integers, part), expected, err_msg=conv)
    learn(module, images)
    learnt = module.numbers()
    assert (learnt.convs["stem"].weight != start.convs["stem"].weight).any()
    expected = integer_reference_runner(graph, learnt)(images)
    engine = NativeRunner(lower(graph, learnt))(images)
    for output, values in outputs(module, images).items():
        np.testing.assert_array_equal(values, expected[output], err_msg=output)
        np.testing.assert_array_equal(values, engine[output], err_msg=output)


FOREIGN = {
    "classifier": CLASSIFIER,
    "deeplab with aspp": SPECS["deeplab with aspp"],
    "ssdlite": SPECS["ssdlite"],
    "wide sums": replace(CLASSIFIER, backbone=WIDE),
    "wide predictors": replace(SPECS["ssd"], backbone=WIDE, size=(33, 32)),
}


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("seed", range(2))
def test_whatever_the_scales_of_a_foreign_file(name: str, seed: int) -> None:
    """Nothing shares a scale here, so that every change of scale is computed.

    Sums of more than 518 products do not fit float32: wide ones are added up in parts.
    """
    checkpoint = floats(FOREIGN[name])
    graph = build(checkpoint.spec)
    start = in_symmetric_bytes(graph, random_quantization(graph, seed, np.int8))
    images = given(checkpoint)
    expected = integer_reference_runner(graph, start)(images)
    for output, values in outputs(IntegerModule(graph, start), images).items():
        np.testing.assert_array_equal(values, expected[output], err_msg=output)


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize("seed", range(4))
def test_pools_resizes_and_joins(kind: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    shape = Shape(3, 3, 3)
    pool = Pool("pool", "input", shape, kind, (3, 2), 2, Pads(1, 1, 1, 1))
    resize = Resize("resize", "pool", Shape(7, 5, 3), "corners" if seed % 2 else "half_pixel")
    join = Concat("join", ("resize", "other"), Shape(7, 5, 6))
    other = Resize("other", "input", Shape(7, 5, 3), "half_pixel")
    conv = Conv(
        "conv", "input", Shape(5, 5, 3), 3, (1, 1), 1, 1, 3, Pads(0, 0, 0, 0), Bias(), "none"
    )
    nodes = (Input("input", Shape(5, 5, 3)), conv, pool, resize, other, join)
    graph = Graph(nodes, ("join", "pool", "conv"))
    affines = {
        node.name: Affine(float(np.float32(random.uniform(0.01, 0.05))), int(random.integers(256)))
        for node in nodes
    }
    integers = IntegerConv(
        random.integers(-127, 128, (3, 1, 1, 1)).astype(np.int8), np.full(3, 0.01, np.float32),
        np.zeros(3, np.int32), np.zeros(3, np.int32),
    )  # fmt: skip
    quantization = Quantization(affines, {"conv": integers})
    images = random.uniform(-4, 4, (2, 5, 5, 3)).astype(np.float32)
    expected = integer_reference_runner(graph, quantization)(images)
    module = IntegerModule(graph, quantization)
    for output, values in outputs(module, images).items():
        np.testing.assert_array_equal(values, expected[output], err_msg=output)


def test_gradients_reach_every_weight_and_the_loss_falls() -> None:
    checkpoint = floats(CLASSIFIER)
    module = IntegerModule(build(checkpoint.spec), integers_of(checkpoint))
    images = given(checkpoint)
    first = learn(module, images, 1)
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name
    assert learn(module, images, 12) < 0.5 * first


def test_a_gradient_is_the_float_networks() -> None:
    """Nearly, where rounding is fine beside what the maps hold."""
    checkpoint = floats(CLASSIFIER)
    graph, images = build(checkpoint.spec), given(checkpoint)
    module = IntegerModule(graph, integers_of(checkpoint)).train()
    maps = module(torch.from_numpy(images).permute(0, 3, 1, 2))
    maps["logits"].square().mean().backward()
    layer = module.layers["logits"]
    assert layer.weight.grad is not None
    # By the chain rule on the last layer alone: d loss / d weight = 2 / n * logits x features.
    features = {}
    hook = layer.register_forward_pre_hook(lambda _, inputs: features.update(x=inputs[0]))
    logits = module(torch.from_numpy(images).permute(0, 3, 1, 2))["logits"]
    hook.remove()
    scale = module.numbers().activations["pool"].scale
    pooled = (features["x"] * scale).flatten(1)
    flat = logits.flatten(1)
    expected = 2 / flat.numel() * flat.T @ pooled
    units = torch.from_numpy(127 * layer.scale)[:, None]
    found = layer.weight.grad.flatten(1) / units
    torch.testing.assert_close(found, expected.detach(), rtol=1e-4, atol=1e-6)


def test_at_another_size_the_integers_stay() -> None:
    checkpoint = floats(replace(CLASSIFIER, batch_norm_epsilon=1e-3))
    start = integers_of(checkpoint)
    module = IntegerModule(build(checkpoint.spec), start)
    larger = replace(checkpoint.spec, size=(64, 56))
    images = normalize(np.stack(pictures(larger, 2)), checkpoint.preprocessing)
    expected = integer_reference_runner(build(larger), start)(images)["logits"]
    other = module.at(replace(larger, batch_norm_epsilon=1e-3))
    np.testing.assert_array_equal(outputs(other, images)["logits"], expected)


def test_the_floats_behind_the_integers_round_to_them() -> None:
    checkpoint = floats(CLASSIFIER)
    module = IntegerModule(build(checkpoint.spec), integers_of(checkpoint))
    learn(module, given(checkpoint))
    reals, integers = module.reals(), module.numbers()
    for name, conv in integers.convs.items():
        steps = reals[f"{name}.weight"] / conv.scale[:, None, None, None]
        assert np.abs(np.clip(steps, -127, 127) - conv.weight).max() < 0.501


def test_heads_of_every_task_are_tried() -> None:
    assert {type(spec.head).__name__ for spec in KINDS.values()} == {
        Classifier.__name__,
        SSD.__name__,
        "SSDLite",
        "DeepLab",
    }
