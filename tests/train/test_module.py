"""The torch module computes what the reference computes, for every head, padding and size."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mobilenetv2.engine.reference import random_weights, reference_runner
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import (
    SSD,
    Classifier,
    DeepLab,
    MobileNetV1,
    MobileNetV2,
    ResNet101,
    Spec,
    SSDLite,
)
from mobilenetv2.train.module import GraphModule, load_weights, weights_of

SMALL = Spec(head=Classifier(7), width=0.35, size=(64, 64))
SPECS = {
    "classifier": SMALL,
    "torch padding": replace(SMALL, padding="torch"),
    "odd size": replace(SMALL, size=(75, 61)),
    "odd size, torch padding": replace(SMALL, size=(75, 61), padding="torch"),
    "folded": replace(SMALL, batch_norm_epsilon=None),
    "stride 16": replace(SMALL, output_stride=16),
    "stride 8": replace(SMALL, output_stride=8, size=(49, 64)),
    "scaled last": replace(SMALL, backbone=MobileNetV2(last_channel="scaled")),
    "relu6 bottleneck": replace(SMALL, backbone=MobileNetV2(bottleneck_activation="relu6")),
    "expansion shortcut": replace(SMALL, backbone=MobileNetV2(shortcut="expansion")),
    "no shortcut": replace(SMALL, backbone=MobileNetV2(shortcut="none")),
    "ssd": replace(SMALL, head=SSD(3), size=(96, 96)),
    "ssdlite": replace(SMALL, head=SSDLite(3), size=(96, 80), padding="torch"),
    "ssdlite, 1x1 predictors": replace(SMALL, head=SSDLite(3, predictor_kernels=(1,) * 6)),
    "deeplab": replace(SMALL, head=DeepLab(5), size=(65, 97), output_stride=16),
    "deeplab, aspp": replace(
        SMALL, head=DeepLab(5, aspp_rates=(12, 24, 36), channels=16), output_stride=8
    ),
    "deeplab, folded": replace(
        SMALL, head=DeepLab(5, channels=16), output_stride=16, batch_norm_epsilon=None
    ),
    "v1": Spec(MobileNetV1(), Classifier(7), width=0.25, size=(64, 64)),
    "v1 ssdlite": Spec(MobileNetV1(), SSDLite(2), width=0.25, size=(64, 64)),
    "resnet-101": Spec(ResNet101(), DeepLab(5), size=(33, 40), output_stride=16),
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_module_agrees_with_the_reference(spec: Spec) -> None:
    graph = build(spec)
    weights = random_weights(graph, seed=3)
    images = np.random.default_rng(4).uniform(-1, 1, (2, *spec.size, 3)).astype(np.float32)
    module = GraphModule(graph, weights).eval()
    with torch.no_grad():
        maps = module(torch.from_numpy(images).permute(0, 3, 1, 2))
    expected = reference_runner(graph, weights)(images)
    assert maps.keys() == expected.keys()
    for name, reference in expected.items():
        ours = maps[name].permute(0, 2, 3, 1).numpy()
        assert ours.shape == reference.shape
        assert np.abs(ours - reference).max() < 1e-4 * np.abs(reference).max(), name


def test_weights_go_in_and_come_out_under_the_graphs_names() -> None:
    graph = build(SMALL)
    weights = random_weights(graph, seed=1)
    out = weights_of(GraphModule(graph, weights))
    assert out.keys() == graph.parameter_shapes.keys()
    for name, array in weights.items():
        assert np.array_equal(out[name], array)
        assert out[name].flags.c_contiguous
        assert out[name].dtype == np.float32


def test_weights_of_another_shape_are_refused_by_name() -> None:
    module = GraphModule(build(SMALL))
    weights = random_weights(build(replace(SMALL, head=Classifier(8))), seed=1)
    with pytest.raises(CheckpointError, match=r"logits.weight: needs \(7, .*got \(8, "):
        load_weights(module, weights)


def test_batch_statistics_move_only_in_training() -> None:
    graph = build(SMALL)
    images = torch.rand(4, 3, *SMALL.size)
    for statistics, moves in (("batch", True), ("frozen", False)):
        module = GraphModule(graph, random_weights(graph, 1), statistics=statistics)
        before = weights_of(module)["stem.mean"]
        module.eval()(images)
        assert np.array_equal(weights_of(module)["stem.mean"], before)
        module.train()(images)
        assert (not np.array_equal(weights_of(module)["stem.mean"], before)) == moves


def test_frozen_training_still_teaches_gamma_and_beta() -> None:
    module = GraphModule(build(SMALL), random_weights(build(SMALL), 1), statistics="frozen").train()
    module(torch.rand(2, 3, *SMALL.size))["logits"].square().sum().backward()
    missing = [name for name, value in module.named_parameters() if value.grad is None]
    assert missing == []


def test_dropout_acts_before_the_logits_in_training_alone() -> None:
    module = GraphModule(
        build(SMALL), random_weights(build(SMALL), 1), statistics="frozen", dropout=0.5
    )
    images = torch.rand(1, 3, *SMALL.size)
    with torch.no_grad():
        assert torch.equal(module.eval()(images)["logits"], module(images)["logits"])
        module.train()
        assert not torch.equal(module(images)["logits"], module(images)["logits"])


def test_outputs_stay_float32_under_autocast() -> None:
    module = GraphModule(build(SMALL), random_weights(build(SMALL), 1)).eval()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        assert module(torch.rand(1, 3, *SMALL.size))["logits"].dtype == torch.float32


def test_gradients_of_a_kernel_larger_than_its_map_are_written():
    """In bfloat16 some were what the memory held before: here no number."""
    graph = build(replace(SMALL, head=SSDLite(3), size=(96, 80)))
    layers = GraphModule(graph, random_weights(graph, 0), statistics="frozen").layers
    layer = next(
        layers[conv.name]
        for conv in graph.convs
        if conv.depthwise and conv.stride == 2 and graph.by_name[conv.source].shape[:2] == (1, 1)
    )
    source = torch.randn(4, layer.node.in_channels, 1, 1).to(memory_format=torch.channels_last)
    for _ in range(60):
        layer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            value = layer(source).float().sum()
        for dtype in (torch.float32, torch.bfloat16):
            counts = (64, 288, 576, 1152, 2304, 4096, 9216, 65536) * 3
            freed = [torch.full((count,), torch.nan, dtype=dtype) for count in counts]
            del freed
        value.backward()
        assert layer.weight.grad.isfinite().all()
        assert not layer.weight.grad[:, :, 0].any()
