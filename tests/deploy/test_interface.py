"""What goes into an exported file and what comes out of it can be chosen, and says the same."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from click.testing import CliRunner

from mobilenetv2.cli import main
from mobilenetv2.deploy.convert import example_pictures
from mobilenetv2.deploy.export import deploy
from mobilenetv2.engine.oracle import oracle
from mobilenetv2.errors import ExportError, ParityError
from mobilenetv2.export.files import file_tensors, write_files
from mobilenetv2.export.interface import Interface
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.network.build import build
from mobilenetv2.parity.answers import AnswerComparison, Answers, decide, decided
from mobilenetv2.peers import litert, onnxruntime
from mobilenetv2.tasks.image import decode, prepare
from mobilenetv2.tasks.options import Options
from mobilenetv2.weights import store
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.to_float import to_float
from tests.deploy.test_round_trip import require_same
from tests.peculiar import peculiar, peculiar_integers

pytest.importorskip("ai_edge_litert")

TYPES = ("float32", "uint8", "int8")


def picture_for(checkpoint):
    shape = (1, *checkpoint.spec.size, 3)
    return np.random.default_rng(3).normal(0, 1, shape).astype(np.float32)


def apart(checkpoint, kind, path, interface) -> float:
    """The largest difference from our integers, in steps."""
    graph, tensors = build(checkpoint.spec), file_tensors(checkpoint, kind, interface)
    picture = picture_for(checkpoint)
    run = (litert if kind == "tflite" else onnxruntime).open_file(str(path), 1)
    fed = tensors.input(picture)
    assert fed.dtype == (interface.input or ("int8" if kind == "tflite" else "uint8"))
    found = run(fed)
    errors = []
    for name, ours in oracle(graph, checkpoint.numbers)(picture).items():
        if kind == "tflite":
            assert found[name].dtype == (interface.output or "int8")
        real = tensors.output(name, found[name], graph.by_name[name].shape)
        errors.append(np.abs(real - ours).max() / checkpoint.quantization.activations[name].scale)
    return float(max(errors))


@pytest.mark.parametrize("name", ["classifier", "SSDLite", "DeepLab with ASPP"])
def test_every_type_of_a_tflite_file_gives_our_integers_to_the_last(name, tmp_path):
    ours = peculiar_integers(name)
    for source, result in product((None, *TYPES), (None, *TYPES)):
        interface = Interface(source, result)
        path = write_files(ours, tmp_path / f"{source}-{result}.tflite", interface)[0]
        assert apart(ours, "tflite", path, interface) < 0.01, interface
        require_same(ours, load_checkpoint(path))


@pytest.mark.parametrize("source", [None, *TYPES])
def test_every_input_of_an_onnx_file_gives_our_integers(source, tmp_path):
    ours, interface = peculiar_integers("classifier"), Interface(source)
    path = write_files(ours, tmp_path / "model.onnx", interface)[0]
    # onnxruntime adds in floats: a step here and there.
    assert apart(ours, "onnx", path, interface) < 1.01
    require_same(ours, load_checkpoint(path))


@pytest.mark.parametrize("name", ["SSD", "SSDLite", "SSDLite of residuals", "integers"])
def test_boxes_of_a_file_are_those_that_we_find(name, tmp_path):
    """Of 70 x 90 pixels, not of the input's shape, and cut at the edges as ours are."""
    ours = peculiar_integers("SSDLite") if name == "integers" else fold_checkpoint(peculiar(name))
    options = Options(threshold=0.4, max_detections=30, nms=0.45)
    interface = Interface("float32", detections=options)
    path = write_files(ours, tmp_path / "model.tflite", interface)[0]
    picture = picture_for(ours)
    found = decided(ours, litert.open_file(str(path), 1)(picture), (70, 90))
    expected = decide(ours, oracle(build(ours.spec), ours.numbers)(picture), (70, 90), options)
    comparison = AnswerComparison("boxes", options)
    comparison.add(expected, found)
    answers = comparison.result()
    assert len(expected) > 5
    # Ours are cut at the picture's edges before they are compared with each other.
    assert answers.share > 0.8
    best, theirs = expected.predictions[0], found.predictions[0]
    assert theirs.label == best.label
    assert theirs.score == pytest.approx(best.score, abs=1e-5)
    assert theirs.box == pytest.approx(best.box, abs=0.01)
    require_same(ours, load_checkpoint(path))


def test_the_boxes_of_cells(tmp_path):
    """As `predict` finds them in floats, of a picture that is not square."""
    ours = to_float(load_checkpoint("cells"))
    path = write_files(ours, tmp_path / "cells.tflite", Interface(detections=Options()))[0]
    pixels = decode(example_pictures()[1])
    run = litert.open_file(str(path), 1)
    found = decided(ours, run(prepare(pixels, ours.preprocessing)[None]), pixels.shape[:2])
    expected = Model(ours).predict(pixels)
    assert len(expected) >= 2
    assert [item.label for item in found.predictions] == [i.label for i in expected.predictions]
    boxes, scores = expected.to_arrays().boxes, expected.to_arrays().scores
    np.testing.assert_allclose(found.to_arrays().boxes, boxes, atol=0.01)
    np.testing.assert_allclose(found.to_arrays().scores, scores, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "suffix", "interface", "words"),
    [
        ("classifier", "tflite", Interface("uint8"), "takes and gives float32, got uint8"),
        ("classifier", "tflite", Interface(detections=Options()), "got a Classifier as tflite"),
        ("SSD", "onnx", Interface(detections=Options()), "got a SSD as onnx"),
        ("classifier", "param", Interface("float32"), "a file for ncnn has one form only"),
        ("classifier", "program", Interface("float32"), "a file for program has one form only"),
    ],
)
def test_what_a_file_cannot_have_is_refused(name, suffix, interface, words, tmp_path):
    with pytest.raises(ExportError, match=words):
        deploy(peculiar(name), tmp_path / f"model.{suffix}", interface=interface)
    assert list(tmp_path.iterdir()) == []


def test_outputs_in_integers_are_tflites(tmp_path):
    with pytest.raises(ExportError, match="gives its outputs in real numbers, got --output uint8"):
        deploy(
            peculiar_integers("classifier"),
            tmp_path / "model.onnx",
            interface=Interface(output="uint8"),
        )


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
@pytest.mark.parametrize("name", ["classifier", "SSDLite", "DeepLab"])
def test_the_proof_counts_answers_and_integers(name, suffix, tmp_path):
    deployment = deploy(peculiar_integers(name), tmp_path / f"model.{suffix}")
    assert deployment.answers.share > 0.99
    assert deployment.answers.count > 0
    assert deployment.exact == 1 if suffix == "tflite" else deployment.exact > 0.7
    assert (deployment.steps_apart == 0) == (deployment.exact == 1)


@pytest.mark.parametrize("changed", ["labels", "preprocessing", "spec"])
def test_a_file_that_says_something_else_never_appears(changed, tmp_path, monkeypatch):
    """Its numbers are right, so that nothing but what a user gets can tell."""
    from mobilenetv2.export import files

    ours = peculiar("SSDLite")
    anchors = replace(ours.spec.head.anchors, cell_pixels=None)
    other = {
        "labels": replace(ours, labels=("a", "b", "c")),
        "preprocessing": replace(ours, preprocessing=replace(ours.preprocessing, fit="crop")),
        "spec": replace(
            ours, spec=replace(ours.spec, head=replace(ours.spec.head, anchors=anchors))
        ),
    }[changed]
    written = files.exported_json
    monkeypatch.setattr(files, "exported_json", lambda _: written(fold_checkpoint(other)))
    with pytest.raises(ParityError, match=f"gives other|come back as it was: .*{changed}"):
        deploy(ours, tmp_path / "model.tflite")
    assert list(tmp_path.iterdir()) == []


def test_how_far_the_furthest_integer_is_off_is_said(tmp_path):
    """Scales as one picture's ranges have them: onnxruntime rounds a sum to the other side."""
    store.save(peculiar_integers("DeepLab"), tmp_path / "ours.safetensors")
    arguments = ["export", str(tmp_path / "ours.safetensors"), str(tmp_path / "model.onnx")]
    said = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    assert 0 < said["steps_apart"] < 10
    text = CliRunner().invoke(main, arguments)
    assert f"equal, the furthest {said['steps_apart']} of 255 steps apart" in text.output


def test_the_command_line(tmp_path):
    store.save(peculiar_integers("SSDLite"), tmp_path / "ours.safetensors")
    target = tmp_path / "model.tflite"
    arguments = ["export", str(tmp_path / "ours.safetensors"), str(target), "--input", "uint8"]
    run = CliRunner().invoke(main, [*arguments, "--output", "float", "--json"])
    assert run.exit_code == 0, run.output
    said = json.loads(run.stdout)
    assert said["exact"] == 1
    assert said["answers"]["same"] == said["answers"]["count"] > 0
    assert set(said["answers"]) == {"kind", "same", "count"}
    text = CliRunner().invoke(main, [*arguments, "--detections", "--threshold", "0.2"])
    assert "boxes; 100.000% of the outputs' integers equal" in text.output
    alone = CliRunner().invoke(main, [*arguments, "--threshold", "0.2"])
    assert alone.exit_code == 2
    assert "add --detections" in alone.output


def test_answers_are_told_in_the_deployment(tiny_file, tmp_path):
    found = deploy(load_checkpoint(tiny_file), tmp_path / "model.program").answers
    assert found == Answers("labels", 3, 3)
