"""`predict` speaks of boxes and of masks in the words it uses for labels."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import mobilenetv2
from mobilenetv2.cli import main
from mobilenetv2.deploy.export import deploy
from mobilenetv2.engine import library
from mobilenetv2.model import load_checkpoint

EXAMPLES = Path(mobilenetv2.__file__).parent / "examples"
CAT = EXAMPLES / "cat.jpg"


def predict(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["predict", *map(str, arguments)])


def json_line(result: Result) -> dict[str, object]:
    (line,) = result.stdout.splitlines()
    return json.loads(line)


class TestDetectors:
    def test_json_lines_keep_the_contract(self, tiny_detector_file: Path):
        model = mobilenetv2.load(tiny_detector_file)
        result = predict("--model", tiny_detector_file, "--json", "--threshold", 0.5, CAT)
        assert result.exit_code == 0, result.stderr
        line = json_line(result)
        assert set(line) == {"path", "task", "predictions"}
        assert line["task"] == "detection"
        assert line["predictions"] == model.predict(CAT, threshold=0.5).to_json()["predictions"]
        assert set(line["predictions"][0]) == {"label", "index", "score", "box"}

    def test_options_reach_the_model(self, tiny_detector_file: Path):
        options = ("--threshold", 0.6, "--max-detections", 3, "--nms", 0.1)
        line = json_line(predict("--model", tiny_detector_file, "--json", *options, CAT))
        expected = mobilenetv2.load(tiny_detector_file).predict(
            CAT, threshold=0.6, max_detections=3, nms=0.1
        )
        assert len(line["predictions"]) == 3
        assert line["predictions"] == expected.to_json()["predictions"]

    def test_a_table_with_a_line_a_box(self, tiny_detector_file: Path):
        result = predict("--model", tiny_detector_file, "--max-detections", 4, EXAMPLES)
        assert result.exit_code == 0
        assert len(result.stdout.splitlines()) == 1 + 3 * 4
        assert "bottom" in result.stdout

    def test_finding_nothing_is_an_answer(self, tiny_detector_file: Path, tmp_path: Path):
        result = predict("--model", tiny_detector_file, "--threshold", 1, CAT, "--save", tmp_path)
        assert result.exit_code == 0
        assert "nothing found" in result.stdout
        assert Image.open(tmp_path / "cat.predicted.jpg").size == Image.open(CAT).size
        result = predict("--model", tiny_detector_file, "--threshold", 1, "--json", CAT)
        assert json_line(result)["predictions"] == []


class TestSegmenters:
    def test_masks_are_saved_and_named(self, tiny_segmenter_file: Path, tmp_path: Path):
        result = predict("--model", tiny_segmenter_file, "--json", "--save", tmp_path, CAT)
        assert result.exit_code == 0, result.stderr
        line = json_line(result)
        assert line["task"] == "segmentation"
        assert line["mask"] == str(tmp_path / "cat.mask.png")
        mask = np.asarray(Image.open(tmp_path / "cat.mask.png"))
        assert mask.shape == Image.open(CAT).size[::-1]
        counts = {item["index"]: item["pixels"] for item in line["predictions"]}
        for index, pixels in counts.items():
            assert (mask == index).sum() == pixels
        assert sum(counts.values()) == mask.size
        assert (tmp_path / "cat.predicted.jpg").is_file()

    def test_masks_of_one_name_stay_apart(self, tiny_segmenter_file: Path, tmp_path: Path):
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir()
            Image.new("RGB", (30, 30)).save(tmp_path / folder / "x.png")
        out = tmp_path / "out"
        predict("--model", tiny_segmenter_file, "--save", out, tmp_path / "a", tmp_path / "b")
        assert sorted(path.name for path in out.iterdir()) == [
            "x-2.mask.png", "x-2.predicted.jpg", "x.mask.png", "x.predicted.jpg",
        ]  # fmt: skip

    def test_scales_and_flip_reach_the_model(self, tiny_segmenter_file: Path):
        options = ("--scales", "0.5,1,1.5", "--flip")
        line = json_line(predict("--model", tiny_segmenter_file, "--json", *options, CAT))
        model = mobilenetv2.load(tiny_segmenter_file)
        expected = model.predict(CAT, scales=(0.5, 1, 1.5), flip=True)
        assert line["predictions"] == expected.to_json()["predictions"]
        assert "mask" not in line

    def test_a_table_with_a_line_a_class(self, tiny_segmenter_file: Path):
        result = predict("--model", tiny_segmenter_file, CAT)
        assert "background" in result.stdout
        assert "pixels" in result.stdout


@pytest.mark.skipif(not library.available(), reason="the engine was not built")
@pytest.mark.parametrize("name", ["tiny.program", "renamed.bin"])
def test_a_compiled_classifier_answers_like_its_model(tiny_file: Path, tmp_path: Path, name: str):
    path = tmp_path / "tiny.program"
    deploy(load_checkpoint(tiny_file), path, verify=False)
    path = path.rename(tmp_path / name)
    labels = [
        [answer["label"] for answer in json_line(result)["predictions"]]
        for result in (predict("--model", model, "--json", CAT) for model in (path, tiny_file))
    ]
    assert labels[0] == labels[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--nms", "0.4"], "nms is not for classification, which takes top"),
        (["--labels", "antt"], "labels must be among the model's"),
        (["--scales", "1,x"], "numbers with commas"),
        (["--scales", "99"], "scales must hold one or more numbers in 0.1..4.0"),
        (["--threshold", "2"], "--threshold"),
    ],
)
def test_mistakes_are_usage_errors(tiny_file: Path, arguments: list[str], message: str):
    result = predict("--model", tiny_file, *arguments, CAT)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_name_too_long_does_not_end_a_batch(tiny_file: Path):
    """No file can have it, so that even asking whether it is there raises."""
    result = predict("--model", tiny_file, "--json", "x" * 300 + ".jpg", "a\0b.jpg", CAT)
    assert result.exit_code == 1
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert ["error" in line for line in lines] == [True, True, False]
    assert "2 of 3 pictures could not be read" in result.stderr


def test_annotated_pictures_of_the_longest_names_are_saved(
    tiny_segmenter_file: Path, tmp_path: Path
):
    """Their own ending leaves no room for ours; two of them stay apart."""
    pictures = [tmp_path / f"{'é' * 124}{end}.jpg" for end in "ab"]
    for picture in pictures:
        picture.write_bytes(CAT.read_bytes())
    saved = tmp_path / "saved"
    result = predict("--model", tiny_segmenter_file, "--json", "--save", saved, *pictures)
    assert result.exit_code == 0, result.output
    masks = [Path(json.loads(line)["mask"]) for line in result.stdout.splitlines()]
    assert [mask.name for mask in masks] == ["é" * 100 + ".mask.png", "é" * 100 + "-2.mask.png"]
    assert all(mask.is_file() for mask in masks)
