"""Tiny models in real processes, for a round or two: no figure of speed is believed here."""

import sys

import pytest

from mobilenetv2.benchmark.engines import OURS, choose_peers
from mobilenetv2.benchmark.machine import available_cpus, cpus_for, describe_machine
from mobilenetv2.benchmark.run import benchmark, steps_of
from mobilenetv2.errors import BenchmarkError, UnknownModelError
from mobilenetv2.export.files import write_files
from mobilenetv2.export.interface import DETECTIONS
from mobilenetv2.peers.known import LITERT, NCNN, ONNXRUNTIME
from tests.peculiar import peculiar_integers

SHORT = {"rounds": 2, "seconds_per_turn": 0.01, "cold_starts": 0}


@pytest.fixture(params=["tiny_file", "tiny_detector_file", "tiny_segmenter_file"])
def model(request) -> str:
    return str(request.getfixturevalue(request.param))


def test_every_task_against_peers(model):
    report = benchmark(model, against=("onnxruntime", "litert"), **SHORT)
    ours, *peers = report.engines
    assert ours.name == OURS
    assert (ours.ratio, ours.agreement) == (None, None)
    assert [peer.name for peer in peers] == ["onnxruntime", "LiteRT"]
    for engine in report.engines:
        assert 0 < engine.latency.p10 <= engine.latency.median <= engine.latency.p90
        assert engine.latency.runs >= 2 * 3
        assert 20 < engine.peak_mebibytes < 2000
    for peer in peers:
        assert peer.agreement.relative_error < 1e-4
        assert peer.agreement.same_class > 0.99
        assert peer.agreement.within_tolerance
        assert peer.ratio.low <= peer.ratio.median <= peer.ratio.high


def test_a_control_and_cold_starts(tiny_file):
    done = []
    short = SHORT | {"cold_starts": 1}
    report = benchmark(str(tiny_file), control=True, advance=lambda: done.append(1), **short)
    assert [engine.name for engine in report.engines] == ["mobilenetv2", "compiled", "control"]
    _, compiled, control = report.engines
    assert control.ratio is not None
    assert compiled.agreement.relative_error < 1e-6
    assert compiled.cold_start.peak_mebibytes < control.cold_start.peak_mebibytes - 10
    assert len(done) == steps_of(short["rounds"], short["cold_starts"])
    for engine in report.engines:
        cold = engine.cold_start
        assert 0 < cold.result_milliseconds <= cold.process_milliseconds
        assert cold.starts == 1
        assert 8 < cold.peak_mebibytes < 2000


def test_a_tflite_file_runs_in_litert_as_it_is(shared):
    path = shared / "weights" / "deeplabv3_257_mv_gpu.tflite"
    report = benchmark(str(path), against=("litert",), **SHORT | {"rounds": 1})
    _, litert, exported = report.engines
    assert litert.note == "the file itself, which ends in a resize to 257x257"
    assert (exported.name, exported.note) == ("LiteRT, exported", "")
    for engine in (litert, exported):
        assert engine.agreement.relative_error < 1e-3
        assert engine.agreement.of == "pixels"


def test_a_quantised_file_meets_its_own_integers(shared):
    path = shared / "weights" / "tf2_mobilenet_v2_1.0_224_ptq.tflite"
    against = ("onnxruntime", "litert", "ncnn")
    report = benchmark(str(path), against=against, **SHORT | {"rounds": 1})
    _, onnxruntime, litert = report.engines
    assert report.settings.precision == "int8"
    assert litert.note == "the file itself"
    # Half a step of its probabilities in 8 bits.
    assert litert.agreement.relative_error < 0.004
    for engine in (onnxruntime, litert):
        assert engine.agreement.within_tolerance
        assert engine.agreement.same_class == 1
    assert [reason[:4] for reason in report.skipped] == ["ncnn"]


def test_what_cannot_be_restricted_is_said(tiny_file):
    report = benchmark(str(tiny_file), against=("onnxruntime",), isa="scalar", **SHORT)
    assert report.settings.isa == "scalar"
    assert report.engines[1].note == "cannot be kept to scalar"


def test_an_engine_that_computes_something_else_is_marked(tiny_file, monkeypatch):
    """The peer is given the weights of another network."""
    from dataclasses import replace

    from mobilenetv2.benchmark import engines

    def wrong(folded, target):
        weights = {name: -array for name, array in folded.weights.items()}
        return write_files(replace(folded, weights=weights), target)

    monkeypatch.setattr(engines, "write_files", wrong)
    report = benchmark(str(tiny_file), against=("onnxruntime",), **SHORT)
    assert not report.engines[1].agreement.within_tolerance


@pytest.mark.parametrize(
    "settings", [{"rounds": 0}, {"threads": 0}, {"seconds_per_turn": 0}, {"cold_starts": -1}]
)
def test_settings_out_of_range_are_refused(settings, tiny_file):
    with pytest.raises(BenchmarkError, match="at least 1"):
        benchmark(str(tiny_file), **settings)


def test_an_unknown_model_is_refused_before_any_process_starts():
    with pytest.raises(UnknownModelError):
        benchmark("no-such-model")


def test_a_runtime_that_is_not_there(monkeypatch):
    from mobilenetv2.benchmark import engines

    monkeypatch.setattr(engines, "installed", lambda peer: peer not in (NCNN, LITERT))
    with pytest.raises(BenchmarkError, match=r"LiteRT, ncnn cannot .* 'mobilenetv2\[bench\]'"):
        choose_peers(("ncnn", "litert"))
    peers, absent = choose_peers(None)
    assert ONNXRUNTIME in peers
    assert absent == ("LiteRT: not installed", "ncnn: not installed")


def test_fewer_threads_than_cores_are_held_on_the_last():
    available = available_cpus()
    if len(available) < 2:
        pytest.skip("the machine has one core, or does not tell")
    assert cpus_for(1) == available[-1:]
    assert cpus_for(len(available)) == ()


def test_the_machine_is_described():
    machine = describe_machine()
    assert machine.processor
    assert machine.cores >= 1
    assert machine.python == sys.version.split()[0]


def test_a_file_that_ends_in_boxes_is_compared_by_its_maps(tmp_path):
    """Nothing can be said of boxes map by map, so that LiteRT gets a file without that end."""
    path = tmp_path / "boxes.tflite"
    write_files(peculiar_integers("SSDLite"), path, DETECTIONS)
    _, litert = benchmark(str(path), against=("litert",), **SHORT).engines
    assert litert.name == "LiteRT"
    assert litert.agreement.relative_error < 1e-3
