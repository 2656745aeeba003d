"""The function and the command, from pictures to a file with its proof."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import mobilenetv2
from mobilenetv2.cli import console, main
from mobilenetv2.engine.library import ISA_VARIABLE
from mobilenetv2.errors import CheckpointError, DatasetError, QuantizationError
from mobilenetv2.tasks.labeled import read_labeled
from mobilenetv2.weights.to_float import to_float
from tests.calibration.networks import SPECS, floats, pictures

CONTRACT = {"float", "int8", "agreement", "loss", "loss_interval", "steps", "out"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "photos"
    made.mkdir()
    for number, pixels in enumerate(pictures(SPECS["classifier"], 12)):
        Image.fromarray(pixels).save(made / f"{number}.png")
    return made


@pytest.fixture
def labeled(tmp_path: Path, tiny_file: Path) -> Path:
    """Six pictures with the answers that the tiny classifier gives."""
    model = mobilenetv2.load(tiny_file)
    for number, pixels in enumerate(pictures(SPECS["classifier"], 6, seed=4)):
        own = tmp_path / "labeled" / model.predict(pixels).label
        own.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(own / f"{number}.png")
    return tmp_path / "labeled"


def run(*arguments: object, status: int = 0) -> tuple[str, str]:
    result = CliRunner().invoke(main, ["quantize", *map(str, arguments)])
    assert result.exit_code == status, result.output
    return result.stdout, result.stderr


def test_one_object_with_what_was_measured(
    tiny_file: Path, folder: Path, labeled: Path, tmp_path: Path
):
    out = tmp_path / "small.safetensors"
    stdout, stderr = run(
        tiny_file, "--pictures", folder, "--data", labeled, "--out", out, "--json",
        "--max-loss", 100,
    )  # fmt: skip
    report = json.loads(stdout)
    assert set(report) >= CONTRACT
    assert report["out"] == str(out)
    assert report["float"]["top1"] == 1
    assert report["loss"] == pytest.approx(100 * (1 - report["int8"]["top1"]))
    assert report["loss_interval"][0] <= report["loss"] <= report["loss_interval"][1]
    assert {"name", "snr", "gain"} <= set(report["steps"][0])
    assert len(report["worst"]) == 3
    assert "12 pictures are few" in stderr


@pytest.mark.parametrize(
    ("name", "figure", "with_labels"),
    [("ssdlite", "ap50", True), ("deeplab", "mean_iou", True), ("deeplab", "mean_iou", False)],
)
def test_the_object_of_detectors_and_segmenters(
    name: str, figure: str, with_labels: bool, folder: Path, tmp_path: Path
):
    data, out, model = tmp_path / "data", tmp_path / "small.safetensors", tmp_path / "m.safetensors"
    for part in ("images", "labels", "masks"):
        (data / part).mkdir(parents=True)
    for number, pixels in enumerate(pictures(SPECS[name], 3, seed=5)):
        Image.fromarray(pixels).save(data / "images" / f"{number}.png")
        (data / "labels" / f"{number}.txt").write_text("1 0.5 0.5 0.4 0.6\n")
        Image.fromarray((pixels[..., 0] > 128).astype(np.uint8)).save(data / f"masks/{number}.png")
    if name == "ssdlite":
        (data / "data.yaml").write_text("names: [class 0, class 1, class 2]\nval: images\n")
    mobilenetv2.Model(floats(SPECS[name])).save(model)
    more = ("--data", data) if with_labels else ()
    arguments = ("--pictures", folder, *more, "--out", out, "--json", "--max-loss", 100)
    report = json.loads(run(model, *arguments)[0])
    assert set(report) >= CONTRACT
    assert report["out"] == str(out)
    assert report["loss_of"] == (figure if with_labels else "expected")
    assert report["loss_interval"][0] <= report["loss"] <= report["loss_interval"][1]
    if not with_labels:
        assert report["float"] is report["int8"] is None
        return
    before, after = (report[side][figure] for side in ("float", "int8"))
    assert report["loss"] == pytest.approx(100 * (before - after), abs=1e-9)
    told = {one["name"]: one["value"] for one in json.loads(info(out))["metrics"]}
    assert (told[f"float_{figure}"], told[figure]) == pytest.approx((before, after))


def info(path: Path) -> str:
    return CliRunner().invoke(main, ["info", str(path), "--json"]).stdout


def test_the_file_is_known_everywhere(tiny_file: Path, folder: Path, tmp_path: Path):
    out = tmp_path / "small.safetensors"
    found = mobilenetv2.quantize(tiny_file, folder, max_loss=100)
    found.save(out)
    again = mobilenetv2.load(out)
    assert again.checkpoint.quantization is not None
    assert "calibrated on 10 pictures" in again.checkpoint.provenance.history[-1]
    assert found.fingerprint in again.checkpoint.provenance.history[-1]
    assert [metric.name for metric in again.checkpoint.metrics] == ["agreement"]
    assert out.stat().st_size < 0.5 * tiny_file.stat().st_size
    assert again.predict(folder / "0.png").predictions
    assert to_float(again.checkpoint).quantization is None


@pytest.mark.parametrize("name", ["ssd", "ssdlite", "deeplab", "deeplab with aspp"])
def test_every_head_has_a_proof(name: str, folder: Path):
    found = mobilenetv2.quantize(floats(SPECS[name]), folder, max_loss=100)
    assert 0 <= found.proof.agreement <= 1
    assert found.proof.pictures == 2
    # Weights and pictures are random: such networks amplify what rounding does.
    assert all(step.snr > 3 for step in found.proof.steps), min(s.snr for s in found.proof.steps)


def test_beyond_the_loss_nothing_is_written(tiny_file: Path, folder: Path, tmp_path: Path):
    out = tmp_path / "small.safetensors"
    more = ("--pictures", folder, "--out", out, "--json", "--max-loss", -1)
    stdout, stderr = run(tiny_file, *more, status=1)
    assert json.loads(stdout)["out"] is None
    assert not out.exists()
    assert "--max-loss" in stderr
    assert "mobilenetv2 train classify --model MODEL --quantize" in " ".join(stderr.split())
    with pytest.raises(QuantizationError, match="nothing was written"):
        mobilenetv2.quantize(tiny_file, folder, max_loss=-1).save(out)


def test_a_place_that_takes_no_file_is_refused_before_the_work(tiny_file: Path, tmp_path: Path):
    """The pictures are not there: who looks at them first would say so."""
    (tmp_path / "file").touch()
    for out, word in (
        (tmp_path, "Is a directory"),
        (tmp_path / "file/small.safetensors", "Not a directory"),
        (tmp_path / "small.onnx", "a checkpoint is a safetensors file"),
        (tiny_file, "would lose its floats"),
    ):
        _, stderr = run(tiny_file, "--pictures", tmp_path / "no", "--out", out, status=1)
        assert word in " ".join(stderr.split())
        assert str(out) in "".join(stderr.split())


def test_what_takes_long_is_counted_with_what_is_left(
    tiny_file: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Each stage reaches its end: 10 pictures are looked at twice, 2 prove."""
    monkeypatch.setattr(console, "LINE_SECONDS", -1.0)
    out = tmp_path / "small.safetensors"
    _, stderr = run(tiny_file, "--pictures", folder, "--out", out, "--max-loss", 100)
    for end in ("Preparing pictures: 10 of 10", "Calibrating: 20 of 20",
                "Comparing answers: 2 of 2", "Listening to steps: 2 of 2"):  # fmt: skip
        assert f"{end}, 0:00 left" in stderr
    assert "Trying each step in floats: 1 of " in stderr


def test_pictures_to_judge_by_are_not_calibrated_on(tiny_file: Path, labeled: Path, folder: Path):
    with pytest.raises(DatasetError, match="must not be those to judge by"):
        mobilenetv2.quantize(tiny_file, labeled, data=labeled)
    first = next(labeled.rglob("*.png"))
    (folder / "again.png").write_bytes(first.read_bytes())
    found = mobilenetv2.quantize(tiny_file, folder, data=labeled)
    assert found.calibrated_on == 12
    assert found.notes[-1].endswith("were left out: 1")


def test_labels_with_nothing_to_find_prove_nothing(folder: Path, tmp_path: Path):
    """A loss of 0 by them would let anything pass."""
    for name in ("images", "labels", "masks"):
        (tmp_path / "data" / name).mkdir(parents=True)
    Image.new("RGB", (65, 65)).save(tmp_path / "data/images/a.png")
    (tmp_path / "data/labels/a.txt").write_text("")
    (tmp_path / "data/data.yaml").write_text("names: [class 0, class 1, class 2]\nval: images\n")
    with pytest.raises(DatasetError, match="has no boxes of the model's classes"):
        mobilenetv2.quantize(floats(SPECS["ssdlite"]), folder, data=tmp_path / "data")
    (tmp_path / "data/data.yaml").unlink()
    Image.fromarray(np.full((65, 65), 255, np.uint8)).save(tmp_path / "data/masks/a.png")
    with pytest.raises(DatasetError, match="no pixels of a class: all are ignored"):
        mobilenetv2.quantize(floats(SPECS["deeplab"]), folder, data=tmp_path / "data")


def test_the_notes_of_evaluate_are_told(
    tiny_file: Path, folder: Path, labeled: Path, tmp_path: Path
):
    """A class without a picture, and a model that has learnt from what judges it."""
    model = mobilenetv2.load(tiny_file).checkpoint
    name = read_labeled(labeled, model.labels).name
    learnt = replace(model.provenance, history=(f"fine-tuned on {name}: 6 pictures",))
    path = tmp_path / "learnt.safetensors"
    mobilenetv2.Model(replace(model, provenance=learnt)).save(path)
    _, stderr = run(
        path, "--pictures", folder, "--data", labeled, "--max-loss", 100,
        "--out", tmp_path / "small.safetensors", "--json",
    )  # fmt: skip
    said = " ".join(stderr.split())
    assert f"the model has learnt from {name}: these figures are too good" in said
    judged = CliRunner().invoke(main, ["evaluate", "--model", str(path), "--data", str(labeled)])
    for line in judged.stderr.splitlines():
        assert line in stderr


def test_without_an_engine_steps_are_nodes_and_no_gain_is_known(
    tiny_file: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(ISA_VARIABLE, "numpy")
    arguments = [
        tiny_file,
        "--pictures",
        folder,
        "--max-loss",
        100,
        "--out",
        tmp_path / "s.safetensors",
    ]
    report = json.loads(run(*arguments, "--json")[0])
    assert [step["gain"] for step in report["steps"]] == [None] * len(report["steps"])
    assert "block1.expand" in {step["name"] for step in report["steps"]}
    assert len(report["worst"]) == 3
    assert "Worst: " in run(*arguments)[0]


def test_integers_are_not_quantized_again(tiny_file: Path, folder: Path):
    found = mobilenetv2.quantize(tiny_file, folder, max_loss=100)
    with pytest.raises(CheckpointError, match="--precision float32"):
        mobilenetv2.quantize(found.checkpoint, folder)


def test_a_broken_picture_is_left_out_and_told(tiny_file: Path, folder: Path):
    (folder / "broken.png").write_bytes(b"no picture")
    found = mobilenetv2.quantize(tiny_file, sorted(folder.iterdir()), max_loss=100)
    told = [path.name for path, _ in found.unreadable]
    assert told in (["broken.png"], [])
    assert np.isfinite(found.proof.loss)


def test_pictures_of_a_program_give_what_their_files_give(tiny_file: Path, folder: Path):
    paths = sorted(folder.iterdir())
    arrays = [np.asarray(Image.open(path)) for path in paths]
    from_files = mobilenetv2.quantize(tiny_file, paths).checkpoint
    from_memory = mobilenetv2.quantize(tiny_file, [arrays[0], *map(Image.fromarray, arrays[1:])])
    ours = from_memory.checkpoint
    assert all(np.array_equal(ours.weights[name], array) for name, array in
               from_files.weights.items())  # fmt: skip
    assert ours.metrics[0].dataset == "given pictures"
