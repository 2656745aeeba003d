"""Every count of the fact sheet, read from the sheet itself where it is at hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from mobilenetv2.network.count import Analysis, analyze
from mobilenetv2.network.spec import (
    SSD,
    Backbone,
    Classifier,
    DeepLab,
    MobileNetV1,
    MobileNetV2,
    Spec,
    SSDLite,
)


@pytest.fixture(scope="module")
def facts(shared: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared / "paper/facts.json").read_text())
    return loaded


def counts(analysis: Analysis) -> dict[str, int]:
    return {
        "madds": analysis.madds,
        "weights": analysis.parameters.kernels,
        "params": analysis.parameters.trainable,
    }


@pytest.mark.parametrize(("family", "backbone"), [("v2", MobileNetV2()), ("v1", MobileNetV1())])
def test_classifiers(facts: dict[str, Any], family: str, backbone: Backbone):
    assert facts[family]
    for row in facts[family]:
        for classes, suffix in ((1000, ""), (1001, "_1001")):
            side = row["res"]
            head = Classifier(classes)
            spec = Spec(backbone=backbone, width=row["width"], size=(side, side), head=head)
            for name, value in counts(analyze(spec)).items():
                assert row.get(name + suffix, value) == value, (row["width"], side, name)


def test_detectors(facts: dict[str, Any]):
    published = facts["ssd_heads_320"]
    for name, head in (("ssd_81", SSD(80)), ("ssdlite_81", SSDLite(80))):
        layers = [
            layer
            for layer in analyze(Spec(head=head, size=(320, 320))).layers
            if layer.name.startswith(("box", "class", "extra"))
        ]
        assert published[name] == {
            "weights": sum(layer.weights for layer in layers),
            "params": sum(layer.parameters for layer in layers),
            "madds": sum(layer.madds for layer in layers),
        }
    for name, backbone in (("v2", MobileNetV2()), ("v1", MobileNetV1())):
        spec = Spec(backbone=backbone, head=SSDLite(80), size=(320, 320))
        expected = published[f"{name}_ssdlite_81_total"]
        assert expected == {key: counts(analyze(spec))[key] for key in expected}


@pytest.mark.parametrize(
    ("name", "backbone", "output_stride", "rates"),
    [
        ("v2_os16_noaspp", MobileNetV2(), 16, ()),
        ("v2_os16_aspp", MobileNetV2(), 16, (6, 12, 18)),
        ("v2_os8_noaspp", MobileNetV2(), 8, ()),
        ("v2_os8_aspp", MobileNetV2(), 8, (12, 24, 36)),
        ("v1_os16_aspp", MobileNetV1(), 16, (6, 12, 18)),
    ],
)
def test_deeplab(
    facts: dict[str, Any], name: str, backbone: Backbone, output_stride: int, rates: tuple[int, ...]
):
    head = DeepLab(21, rates)
    spec = Spec(backbone=backbone, head=head, size=(513, 513), output_stride=output_stride)
    expected = facts["deeplab_513"][name]
    assert expected == {key: counts(analyze(spec))[key] for key in expected}
