"""The paper is a test: every published count follows from the one description."""

from dataclasses import replace

import pytest

from mobilenetv2.network.build import build
from mobilenetv2.network.count import analyze
from mobilenetv2.network.graph import Conv
from mobilenetv2.network.spec import (
    SSD,
    Backbone,
    Classifier,
    DeepLab,
    MobileNetV1,
    MobileNetV2,
    ResNet101,
    Spec,
    SSDLite,
)

# TF-slim's table of checkpoints: width, resolution, MAdds (M, rounded down), parameters (M), and
# the exact counts behind them: MAdds, weights, trainable parameters, all with 1000 classes.
SLIM_V2 = [
    (1.4, 224, 582, 6.06, 582_195_824, 6_059_840, 6_108_776),
    (1.3, 224, 509, 5.34, 509_374_560, 5_341_536, 5_386_792),
    (1.0, 224, 300, 3.47, 300_774_272, 3_469_760, 3_504_872),
    (1.0, 192, 221, 3.47, 221_316_608, 3_469_760, 3_504_872),
    (1.0, 160, 154, 3.47, 154_083_200, 3_469_760, 3_504_872),
    (1.0, 128, 99, 3.47, 99_074_048, 3_469_760, 3_504_872),
    (1.0, 96, 56, 3.47, 56_289_152, 3_469_760, 3_504_872),
    (0.75, 224, 209, 2.61, 209_069_792, 2_608_784, 2_636_424),
    (0.75, 192, 153, 2.61, 153_941_888, 2_608_784, 2_636_424),
    (0.75, 160, 107, 2.61, 107_295_200, 2_608_784, 2_636_424),
    (0.75, 128, 69, 2.61, 69_129_728, 2_608_784, 2_636_424),
    (0.75, 96, 39, 2.61, 39_445_472, 2_608_784, 2_636_424),
    (0.5, 224, 97, 1.95, 97_131_840, 1_949_136, 1_968_680),
    (0.5, 192, 71, 1.95, 71_701_760, 1_949_136, 1_968_680),
    (0.5, 160, 50, 1.95, 50_184_000, 1_949_136, 1_968_680),
    (0.5, 128, 32, 1.95, 32_578_560, 1_949_136, 1_968_680),
    (0.5, 96, 18, 1.95, 18_885_440, 1_949_136, 1_968_680),
    (0.35, 224, 59, 1.66, 59_285_808, 1_662_048, 1_677_128),
    (0.35, 192, 43, 1.66, 43_896_512, 1_662_048, 1_677_128),
    (0.35, 160, 30, 1.66, 30_874_800, 1_662_048, 1_677_128),
    (0.35, 128, 20, 1.66, 20_220_672, 1_662_048, 1_677_128),
    (0.35, 96, 11, 1.66, 11_934_128, 1_662_048, 1_677_128),
]

SLIM_V1 = [
    (1.0, 224, 568_740_352, 4_231_976),
    (1.0, 192, 418_121_728, 4_231_976),
    (1.0, 160, 290_675_200, 4_231_976),
    (1.0, 128, 186_400_768, 4_231_976),
    (0.75, 224, 325_400_448, 2_585_560),
    (0.75, 192, 239_273_472, 2_585_560),
    (0.75, 160, 166_396_800, 2_585_560),
    (0.75, 128, 106_770_432, 2_585_560),
    (0.5, 224, 149_497_088, 1_331_592),
    (0.5, 192, 109_970_432, 1_331_592),
    (0.5, 160, 76_524_800, 1_331_592),
    (0.5, 128, 49_160_192, 1_331_592),
    (0.25, 224, 41_030_272, 470_072),
    (0.25, 192, 30_212_608, 470_072),
    (0.25, 160, 21_059_200, 470_072),
    (0.25, 128, 13_570_048, 470_072),
]

CHANNELS = {
    1.4: (48, 24, 32, 48, 88, 136, 224, 448, 1792),
    1.3: (40, 24, 32, 40, 80, 128, 208, 416, 1664),
    1.0: (32, 16, 24, 32, 64, 96, 160, 320, 1280),
    0.75: (24, 16, 24, 24, 48, 72, 120, 240, 1280),
    0.5: (16, 8, 16, 16, 32, 48, 80, 160, 1280),
    0.35: (16, 8, 8, 16, 24, 32, 56, 112, 1280),
}


@pytest.mark.parametrize(
    ("width", "side", "millions", "kernels_m", "madds", "weights", "all_"), SLIM_V2
)
def test_mobilenet_v2(
    width: float, side: int, millions: int, kernels_m: float, madds: int, weights: int, all_: int
):
    spec = Spec(width=width, size=(side, side))
    counted = analyze(spec)
    assert counted.madds == madds
    assert madds // 1_000_000 == millions
    assert counted.parameters.kernels == weights
    assert (
        round(analyze(replace(spec, head=Classifier(1001))).parameters.kernels / 1e6, 2)
        == kernels_m
    )
    assert counted.parameters.trainable == all_


@pytest.mark.parametrize(
    ("width", "side", "millions", "kernels_m", "madds", "weights", "all_"), SLIM_V2
)
def test_one_class_more_costs_one_row_of_the_classifier(
    width: float, side: int, millions: int, kernels_m: float, madds: int, weights: int, all_: int
):
    counted = analyze(Spec(width=width, size=(side, side), head=Classifier(1001)))
    features = CHANNELS[width][-1]
    assert counted.madds == madds + features
    assert counted.parameters.kernels == weights + features
    assert counted.parameters.trainable == all_ + features + 1


@pytest.mark.parametrize(("width", "side", "madds", "all_"), SLIM_V1)
def test_mobilenet_v1(width: float, side: int, madds: int, all_: int):
    counted = analyze(Spec(backbone=MobileNetV1(), width=width, size=(side, side)))
    assert (counted.madds, counted.parameters.trainable) == (madds, all_)


def test_four_conventions_of_parameters():
    counted = analyze(Spec()).parameters
    assert counted.kernels == 3_469_760
    assert counted.kernels_and_biases == 3_470_760
    assert counted.folded == 3_487_816
    assert counted.trainable == 3_504_872


def test_folding_does_not_change_the_count():
    assert analyze(Spec(batch_norm_epsilon=None)).parameters == analyze(Spec()).parameters


def test_breakdown_of_the_300_million():
    groups = {"expand": 0, "project": 0, "depthwise": 0, "last": 0, "stem": 0, "logits": 0}
    for layer in analyze(Spec()).layers:
        if layer.madds:
            groups[layer.name.rpartition(".")[2]] += layer.madds
    assert groups == {
        "expand": 129_755_136,
        "project": 118_114_304,
        "depthwise": 20_716_416,
        "last": 20_070_400,
        "stem": 10_838_016,
        "logits": 1_280_000,
    }


@pytest.mark.parametrize("width", CHANNELS)
def test_channels_of_each_width(width: float):
    graph = build(Spec(width=width))
    nodes = graph.by_name
    first_of_stage = (0, 1, 3, 6, 10, 13, 16)
    names = ("stem", *(f"block{i}.project" for i in first_of_stage), "last")
    assert tuple(nodes[name].shape.channels for name in names) == CHANNELS[width]


@pytest.mark.parametrize("width", CHANNELS)
def test_seventeen_blocks_ten_shortcuts(width: float):
    nodes = build(Spec(width=width)).by_name
    assert [i for i in range(20) if f"block{i}.depthwise" in nodes] == list(range(17))
    shortcuts = [i for i in range(17) if f"block{i}.add" in nodes]
    assert shortcuts == [2, 4, 5, 7, 8, 9, 11, 12, 14, 15]


def test_the_first_block_has_no_expand():
    nodes = build(Spec()).by_name
    assert "block0.expand" not in nodes
    assert len(build(Spec()).convs) == 53


# Table 5 and 6: heads and extra layers alone at 320, then whole systems.
@pytest.mark.parametrize(
    ("head", "weights", "parameters", "madds"),
    [
        (SSD(80), 14_770_368, 14_776_629, 1_259_068_672),
        (SSD(79), 14_623_488, 14_629_716, 1_245_058_048),
        (SSD(90), 16_239_168, 16_245_759, 1_399_174_912),
        (SSDLite(80), 2_093_696, 2_113_141, 177_617_344),
        (SSDLite(79), 2_077_376, 2_096_788, 176_060_608),
        (SSDLite(90), 2_256_896, 2_276_671, 193_184_704),
    ],
)
def test_ssd_heads(head: SSD | SSDLite, weights: int, parameters: int, madds: int):
    layers = [
        layer
        for layer in analyze(Spec(head=head, size=(320, 320))).layers
        if layer.name.startswith(("box", "class", "extra"))
    ]
    assert sum(layer.weights for layer in layers) == weights
    assert sum(layer.parameters for layer in layers) == parameters
    assert sum(layer.madds for layer in layers) == madds


@pytest.mark.parametrize(
    ("backbone", "parameters", "madds"),
    [
        (MobileNetV2(), 4_337_013, 788_830_144),
        (MobileNetV1(), 5_100_661, 1_309_162_944),
    ],
)
def test_ssdlite_systems(backbone: MobileNetV2 | MobileNetV1, parameters: int, madds: int):
    counted = analyze(Spec(backbone=backbone, head=SSDLite(80), size=(320, 320)))
    assert (counted.parameters.trainable, counted.madds) == (parameters, madds)


@pytest.mark.parametrize(("side", "anchors"), [(320, 2034), (300, 1917)])
def test_anchor_counts(side: int, anchors: int):
    graph = build(Spec(head=SSDLite(80), size=(side, side)))
    boxes = [graph.by_name[name].shape for name in graph.outputs if name.startswith("box")]
    assert sum(shape.elements for shape in boxes) == anchors * 4


def test_the_first_tap_is_the_expansion_of_block_13():
    graph = build(Spec(head=SSDLite(80), size=(320, 320)))
    tap = graph.by_name["box0.depthwise"].sources[0]
    assert tap == "block13.expand"
    assert graph.by_name[tap].shape == (20, 20, 576)


@pytest.mark.parametrize(
    ("backbone", "output_stride", "rates", "parameters", "madds"),
    [
        (MobileNetV2(), 16, (), 2_113_557, 2_740_709_056),
        (MobileNetV2(), 16, (6, 12, 18), 4_523_541, 5_363_508_928),
        (MobileNetV2(), 8, (), 2_113_557, 8_825_853_632),
        (MobileNetV2(), 8, (12, 24, 36), 4_523_541, 19_001_546_432),
        (MobileNetV1(), 16, (6, 12, 18), 11_145_301, 12_760_886_976),
        (ResNet101(), 16, (6, 12, 18), 58_164_437, 76_052_470_720),
    ],
)
def test_deeplab(
    backbone: Backbone,
    output_stride: int,
    rates: tuple[int, ...],
    parameters: int,
    madds: int,
):
    head = DeepLab(21, rates)
    spec = Spec(backbone=backbone, head=head, size=(513, 513), output_stride=output_stride)
    counted = analyze(spec)
    assert (counted.parameters.trainable, counted.madds) == (parameters, madds)


@pytest.mark.parametrize(
    ("backbone", "rates", "published_billions"),
    [
        (MobileNetV1(), (6, 12, 18), 14.25),
        (MobileNetV2(), (6, 12, 18), 5.8),
        (MobileNetV2(), (), 2.75),
        (ResNet101(), (6, 12, 18), 81.0),
    ],
)
def test_table_7_at_output_stride_16_counts_atrous_maps_as_tensorflow_pads_them(
    backbone: Backbone, rates: tuple[int, ...], published_billions: float
):
    spec = Spec(backbone=backbone, head=DeepLab(21, rates), size=(513, 513), output_stride=16)
    assert analyze(spec).madds_tfprof / 1e9 == pytest.approx(published_billions, rel=5e-3)


@pytest.mark.parametrize(
    ("backbone", "rates", "published_billions"),
    [
        (MobileNetV2(), (12, 24, 36), 387),
        (MobileNetV2(), (), 152.6),
        (ResNet101(), (12, 24, 36), 4870.6),
    ],
)
def test_table_7_multi_scale_is_twelve_passes_at_output_stride_8(
    backbone: Backbone, rates: tuple[int, ...], published_billions: float
):
    sides = [int(512 * scale + 1) for scale in (0.5, 0.75, 1, 1.25, 1.5, 1.75)]
    specs = [
        Spec(backbone=backbone, head=DeepLab(21, rates), size=(side, side), output_stride=8)
        for side in sides
    ]
    passes = 2 * sum(analyze(spec).madds_tfprof for spec in specs)
    assert passes / 1e9 == pytest.approx(published_billions, rel=5e-3)


def test_only_the_last_three_blocks_are_dilated_at_output_stride_16():
    graph = build(Spec(head=DeepLab(), size=(513, 513), output_stride=16))
    depthwise = [n for n in graph.nodes if isinstance(n, Conv) and n.depthwise]
    assert [node.dilation for node in depthwise] == [1] * 14 + [2] * 3
    graph = build(Spec(head=DeepLab(), size=(513, 513), output_stride=8))
    depthwise = [n for n in graph.nodes if isinstance(n, Conv) and n.depthwise]
    assert [node.dilation for node in depthwise] == [1] * 7 + [2] * 7 + [4] * 3


def test_memory_of_section_5_1():
    memory = analyze(Spec()).memory
    assert (memory.op_by_op, memory.op_by_op_at) == (1_505_280, "block1.depthwise")
    assert (memory.fused, memory.fused_at) == (602_112, "block0")
