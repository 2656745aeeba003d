"""Pictures of 12 bits in 16, taught and asked about as if somebody had stretched them before."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from mobilenetv2.cli import main
from mobilenetv2.deploy.export import deploy
from mobilenetv2.engine.compiled_model import CompiledModel
from mobilenetv2.errors import DatasetError, ImageError, TrainingError
from mobilenetv2.model import Model, load_checkpoint
from mobilenetv2.tasks.stretch import stretched
from mobilenetv2.train import Recipe, fine_tune_classifier
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.segment.recipe import SegmentationRecipe
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.description import to_texts
from tests.train.drawn_classes import draw_classes, draw_coco
from tests.train.segment.drawn_shapes import draw

COMMON = {"epochs": 1, "batch_size": 4, "size": (64, 64), "warmup_epochs": 0}


def deepened(folder: Path) -> tuple[Path, Path]:
    """The pictures below a folder as thermal cameras have them, and those stretched by hand."""
    deep, plain = folder.with_name("deep"), folder.with_name("plain")
    for path in folder.rglob("*"):
        for target in (deep, plain):
            (target / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
        places = [target / path.relative_to(folder) for target in (deep, plain)]
        if path.is_dir():
            continue
        if path.suffix != ".png" or "masks" in path.parts:
            for place in places:
                place.write_bytes(path.read_bytes())
            continue
        grey = np.asarray(Image.open(path).convert("L")).astype(np.uint16)
        Image.fromarray(grey * 8 + 7000).save(places[0])
        stretched(places[0]).save(places[1])
    return deep, plain


def taught(lesson: str, data: Path, first: Path, out: Path, *more: str) -> Checkpoint:
    arguments = ["train", lesson, "--data", str(data), "--model", str(first), "--out", str(out)]
    plain = ["--epochs", "1", "--batch-size", "4", "--size", "64", "--workers", "0"]
    asked = [*arguments, *plain, "--device", "cpu", *more]
    result = CliRunner().invoke(main, asked)
    assert result.exit_code == 0, result.output
    return store.load(out / "model.safetensors")


@pytest.fixture
def first(small: Checkpoint, tmp_path: Path) -> Path:
    store.save(small, tmp_path / "first.safetensors")
    return tmp_path / "first.safetensors"


@pytest.fixture(params=["classify", "detect", "segment"])
def lesson(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    folder = tmp_path / "drawn"
    match request.param:
        case "classify":
            draw_classes(folder, 5)
        case "detect":
            draw_coco(folder, 5)
        case _:
            for index in range(5):
                draw(folder, index)
    return request.param, folder


def test_a_run_has_the_bits_of_one_on_pictures_stretched_by_hand(
    lesson: tuple[str, Path], first: Path, tmp_path: Path
) -> None:
    task, folder = lesson
    deep, plain = deepened(folder)
    more = ["--ignore", "9"] if task == "segment" else []
    made = taught(task, deep, first, tmp_path / "one", "--stretch", *more)
    expected = taught(task, plain, first, tmp_path / "two", *more)
    assert made.preprocessing == replace(expected.preprocessing, stretch=True)
    for name, array in expected.weights.items():
        np.testing.assert_array_equal(made.weights[name], array)
    picture = next(path.relative_to(deep) for path in deep.rglob("*.png"))
    asked = [Model(one, threads=1).predict(root / picture).to_json()
             for one, root in ((made, deep), (expected, plain))]  # fmt: skip
    assert asked[0] == asked[1]


@pytest.mark.parametrize("suffix", [".onnx", ".tflite", ".program"])
def test_it_travels(small: Checkpoint, tmp_path: Path, suffix: str) -> None:
    taught_so = replace(small, preprocessing=replace(small.preprocessing, stretch=True))
    path = tmp_path / f"net{suffix}"
    assert "whoever feeds" in deploy(taught_so, path, verify=False).left_to_others
    assert not deploy(small, tmp_path / f"other{suffix}", verify=False).left_to_others
    ramp = np.linspace(1000, 2000, 64 * 64).reshape(64, 64).astype(np.uint16)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    back = CompiledModel(path) if suffix == ".program" else Model(load_checkpoint(path))
    expected = Model(small).predict(stretched(tmp_path / "a.png"))
    assert back.predict(tmp_path / "a.png").label == expected.label
    with pytest.raises(ImageError, match="--stretch"):
        Model(small).predict(tmp_path / "a.png")


def test_arrays_of_whole_numbers_are_such_pictures_too(small: Checkpoint) -> None:
    taught_so = replace(small, preprocessing=replace(small.preprocessing, stretch=True))
    ramp = np.linspace(1000, 2000, 64 * 64).reshape(64, 64).astype(np.uint16)
    eight = np.rint((ramp - 1000.0) * 0.255).astype(np.uint8)
    expected = Model(small).predict(eight).to_json()
    assert Model(taught_so).predict(ramp).to_json() == expected
    assert Model(small).predict(ramp[:, :, None], stretch=True).to_json() == expected


def test_files_that_know_of_none_stay_as_they_were(small: Checkpoint) -> None:
    assert "stretch" not in to_texts(small)["preprocessing"]


def test_who_goes_on_from_such_weights_need_not_ask_again(first: Path, tmp_path: Path) -> None:
    from mobilenetv2.train.subject import preparing

    before = store.load(first)
    so = replace(before, preprocessing=replace(before.preprocessing, stretch=True))
    for recipe in (Recipe(), DetectionRecipe(), SegmentationRecipe()):
        assert preparing(so, recipe, (32, 32), "pad").stretch
        assert preparing(before, replace(recipe, stretch=True), (32, 32), "pad").stretch
        assert preparing(before, recipe, (32, 32), "pad").stretch is None


def test_it_is_part_of_what_a_run_is(small: Checkpoint, tmp_path: Path) -> None:
    data = draw_classes(tmp_path / "drawn", 5)
    recipe = Recipe(**COMMON, fit="squash")
    options = {"first": small, "workers": 0, "device": "cpu"}
    fine_tune_classifier(data, tmp_path / "out", recipe=recipe, **options)
    other = replace(recipe, stretch=True)
    with pytest.raises(TrainingError, match="stretch: was False, now True"):
        fine_tune_classifier(data, tmp_path / "out", recipe=other, **options)


def test_without_it_such_pictures_end_a_run_and_the_way_out_is_named(
    small: Checkpoint, tmp_path: Path
) -> None:
    deep, _ = deepened(draw_classes(tmp_path / "drawn", 5))
    with pytest.raises(DatasetError, match="--stretch"):
        fine_tune_classifier(
            deep, tmp_path / "out", first=small, recipe=Recipe(**COMMON), workers=0, device="cpu"
        )


def test_check_and_info_know_of_it(first: Path, tmp_path: Path) -> None:
    deep, _ = deepened(draw_classes(tmp_path / "drawn", 5))
    for more, unreadable in (((), 10), (("--stretch",), 0)):
        result = CliRunner().invoke(main, ["check", str(deep), "--json", *more])
        assert len(json.loads(result.stdout)["pictures"]["unreadable"]) == unreadable
    before = store.load(first)
    so = replace(before, preprocessing=replace(before.preprocessing, stretch=True))
    store.save(so, tmp_path / "so.safetensors")
    told = [CliRunner().invoke(main, ["info", str(path)]).output
            for path in (first, tmp_path / "so.safetensors")]  # fmt: skip
    assert ["stretched" in text for text in told] == [False, True]
