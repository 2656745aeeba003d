"""A temperature changes what integers stand for, and no integer."""

import numpy as np

from mobilenetv2.model import Model
from mobilenetv2.network.spec import Classifier, MobileNetV2, Spec, Stage
from mobilenetv2.weights.temperature import divide_logits
from tests.quantized import random_quantized

SPEC = Spec(
    backbone=MobileNetV2(stages=(Stage(1, 16, 1, 2),), stem_channels=8, last_channels=16),
    head=Classifier(3),
    size=(32, 32),
    batch_norm_epsilon=None,
)


def test_integers_stay_and_logits_are_divided():
    plain = random_quantized(SPEC)
    cooler = divide_logits(plain, 2.5)
    assert plain.quantization is not None
    assert cooler.quantization is not None
    for name, conv in cooler.quantization.convs.items():
        for part in ("weight", "bias", "zero_point"):
            theirs = getattr(plain.quantization.convs[name], part)
            np.testing.assert_array_equal(getattr(conv, part), theirs)
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    before, after = (
        one.outputs(one.prepare(picture))["logits"] for one in (Model(plain), Model(cooler))
    )
    assert np.ptp(before) > 0
    np.testing.assert_allclose(after, before / 2.5, rtol=1e-6)
    np.testing.assert_allclose(
        cooler.weights["logits.weight"], plain.weights["logits.weight"] / 2.5, rtol=1e-6
    )
