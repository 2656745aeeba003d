"""Public detectors and segmenters in LiteRT and in ours, on photographs."""

from dataclasses import replace

import numpy as np
import pytest

from mobilenetv2.deploy.convert import example_pictures
from mobilenetv2.parity.litert import measure
from mobilenetv2.parity.outputs import picture_size
from mobilenetv2.tasks.image import decode, resize
from mobilenetv2.weights.open import read_foreign

OIDV4 = "object_detection_ssd_mobilenetv2_oidv4_fp16"


def photographs(foreign, paths):
    return [resize(decode(path), foreign.checkpoint.preprocessing) for path in paths]


def test_the_detector_gives_the_boxes_and_logits_of_its_runtime(shared):
    path = shared / "weights" / f"{OIDV4}.tflite"
    foreign = read_foreign(path)
    parity = measure(path, foreign, photographs(foreign, example_pictures()[:2]))
    assert (parity.quantity, parity.agreement_of) == ("boxes and logits", "anchors")
    assert parity.relative_error < 1e-5
    assert parity.agreement > 0.999


def test_the_float_segmenter_gives_the_logits_of_its_runtime(shared):
    path = shared / "weights" / "deeplabv3_257_mv_gpu.tflite"
    foreign = read_foreign(path)
    parity = measure(path, foreign, photographs(foreign, example_pictures()[:2]))
    assert (parity.quantity, parity.agreement_of) == ("logits", "pixels")
    assert parity.relative_error < 1e-4
    assert parity.agreement > 0.999


@pytest.mark.parametrize(
    "name", ["deeplabv3_mnv2_pascal_quant", "deeplabv3_mnv2_dm05_pascal_quant"]
)
def test_a_quantised_segmenter_gives_the_mask_of_its_runtime(shared, name):
    path = shared / "weights" / f"{name}.tflite"
    foreign = read_foreign(path)
    bird = shared / "data" / "photos" / "bird_segmentation.png"
    parity = measure(path, foreign, photographs(foreign, [bird]))
    assert (parity.quantity, parity.agreement_of) == ("mask", "pixels")
    assert parity.agreement > 0.99
    assert parity.max_error == pytest.approx(1 - parity.agreement)
    # 55 convolutions, 10 shortcuts, and the head's pooling, resizing and joining.
    assert parity.layers.layers == 68
    assert parity.layers.max_steps == 1
    assert parity.layers.within_one_step == 1


@pytest.mark.parametrize(
    ("name", "array"),
    [(OIDV4, "box3.weight"), (OIDV4, "class0.bias"), ("deeplabv3_257_mv_gpu", "aspp.image.bias")],
)
def test_a_wrong_weight_is_seen(shared, name, array):
    path = shared / "weights" / f"{name}.tflite"
    foreign = read_foreign(path)
    weights = dict(foreign.checkpoint.weights)
    weights[array] = weights[array][::-1].copy()
    wrong = replace(foreign, checkpoint=replace(foreign.checkpoint, weights=weights))
    parity = measure(path, wrong, photographs(foreign, example_pictures()[:1]))
    assert parity.relative_error > 1e-3


def test_the_grey_beside_a_picture_is_left_out():
    image = np.full((40, 30, 3), 128, np.uint8)
    assert picture_size(image) == (40, 30)
    image[:25, :30] = 7
    assert picture_size(image) == (25, 30)
