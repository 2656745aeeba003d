"""Noise step by step, on the engine and where there is none."""

import pytest

from mobilenetv2.calibration.calibrate import Calibrated, Stages, calibrate
from mobilenetv2.engine.library import ISA_VARIABLE
from mobilenetv2.network.spec import Classifier, MobileNetV2, Spec
from mobilenetv2.quantization.steps import measure_noise, two_networks
from tests.calibration.networks import floats, pictures

SPEC = Spec(MobileNetV2(last_channels=32), Classifier(4), width=0.1, size=(32, 32))


@pytest.fixture(scope="module")
def calibrated() -> Calibrated:
    return calibrate(floats(SPEC), pictures(SPEC, 4), lambda: None, Stages())


def test_numpy_hears_what_the_engine_hears(
    calibrated: Calibrated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's steps are some of numpy's, which takes each node for one."""
    heard = {}
    judged = pictures(SPEC, 2, seed=7)
    for isa in ("", "numpy"):
        monkeypatch.setenv(ISA_VARIABLE, isa) if isa else None
        networks = two_networks(calibrated)
        assert networks.native is not bool(isa)
        maps, answers = measure_noise(networks, judged, lambda: None)
        heard[isa] = dict(zip(networks.names, zip(maps, answers, strict=True), strict=True))
    assert set(heard[""]) < set(heard["numpy"])
    # One step computed in floats is one node there, and expand to project here.
    for name, (own, _) in heard[""].items():
        assert heard["numpy"][name][0] == pytest.approx(own, abs=0.05), name
    assert heard["numpy"]["logits"][1] == pytest.approx(heard[""]["logits"][1], abs=0.05)
