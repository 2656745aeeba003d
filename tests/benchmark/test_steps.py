"""Where the time goes: no figure of speed is believed here, all that can be counted is."""

import pytest

from mobilenetv2.benchmark.steps import StepReport, time_steps
from mobilenetv2.engine import library
from mobilenetv2.errors import BenchmarkError, EngineError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.network.count import analyze

pytestmark = pytest.mark.skipif(
    not library.available(), reason="the engine was not built: there is no C++ compiler"
)


def timed(model: object, **options: object) -> StepReport:
    return time_steps(str(model), **{"rounds": 2, "seconds_per_turn": 0.005} | options)


@pytest.fixture(params=["tiny_file", "tiny_detector_file", "tiny_segmenter_file"])
def model(request: pytest.FixtureRequest) -> object:
    return request.getfixturevalue(request.param)


def test_steps_hold_every_convolution_once_and_all_of_the_work(model):
    report = timed(model)
    whole = analyze(load_checkpoint(model).spec)
    convolutions = {layer.name for layer in whole.layers if layer.madds}
    named = [name for step in report.steps for name in step.layers]
    assert len(named) == len(convolutions)
    assert set(named) == convolutions
    assert sum(step.multiply_adds for step in report.steps) == whole.madds
    assert sum(step.weights for step in report.steps) == whole.parameters.kernels


def test_every_step_has_a_time_and_what_multiplies_a_share_of_the_peak(model):
    done = []
    # Medians of so many that a crowded machine does not decide.
    report = timed(model, rounds=11, advance=lambda: done.append(1))
    assert len(done) == report.rounds == 11
    assert all(step.microseconds > 0 for step in report.steps)
    assert report.microseconds == sum(step.microseconds for step in report.steps)
    measures = report.isa != "scalar"
    for step in report.steps:
        assert (step.of_peak is not None) == (measures and step.multiply_adds > 0)
        assert step.of_peak is None or 0 < step.of_peak < 2


def test_integers_are_said_to_be(shared):
    report = timed(shared / "weights" / "tf2_mobilenet_v2_1.0_224_ptq.tflite")
    assert report.precision == "int8"
    assert report.steps[-1].layers == ("logits",)
    assert report.to_json()["microseconds"] == report.microseconds


def test_plain_kernels_have_no_peak(tiny_file):
    report = timed(tiny_file, isa="scalar")
    assert (report.isa, report.peak) == ("scalar", None)
    assert all(step.of_peak is None for step in report.steps)


def test_what_cannot_be_timed_is_refused(tiny_file, monkeypatch):
    with pytest.raises(BenchmarkError, match="rounds must be at least 1"):
        timed(tiny_file, rounds=0)
    with pytest.raises(EngineError, match="an instruction set must be one of"):
        timed(tiny_file, isa="mmx")
    monkeypatch.setenv(library.ISA_VARIABLE, library.NUMPY)
    with pytest.raises(BenchmarkError, match="networks run in numpy here"):
        timed(tiny_file)
