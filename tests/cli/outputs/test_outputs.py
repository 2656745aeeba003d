"""What `predict` writes beside stdout is what it says on stdout."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import mobilenetv2
from mobilenetv2.cli import main
from mobilenetv2.cli.outputs import Outputs, Wanted
from mobilenetv2.cli.outputs.file_names import FreeNames, label_folder
from mobilenetv2.errors import ImageError
from mobilenetv2.sources.input import Input
from mobilenetv2.tasks.detect import Detection
from mobilenetv2.tasks.results import Detections

EXAMPLES = Path(mobilenetv2.__file__).parent / "examples"
CAT = EXAMPLES / "cat.jpg"
FULL = Path("/dev/full")


def predict(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["predict", *map(str, arguments)])


def outputs(wanted: Wanted, label: str) -> Outputs:
    return Outputs(wanted, "detection", (label,), frames=False, tell=print)


def lines_of(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


class TestCsv:
    @pytest.mark.parametrize("kind", ["tiny_file", "tiny_detector_file", "tiny_segmenter_file"])
    def test_rows_are_the_answers(self, kind: str, tmp_path: Path, request: pytest.FixtureRequest):
        path = tmp_path / "a.csv"
        model = request.getfixturevalue(kind)
        result = predict("--model", model, "--json", "--csv", path, EXAMPLES)
        assert result.exit_code == 0, result.stderr
        rows = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
        expected = [
            (line["path"], item["label"], item["index"])
            for line in lines_of(result)
            for item in line["predictions"]
        ]
        assert [(row["path"], row["label"], int(row["index"])) for row in rows] == expected
        assert {row["error"] for row in rows} == {""}
        first = lines_of(result)[0]["predictions"][0]
        for name in first.keys() & rows[0].keys() - {"label"}:
            assert float(rows[0][name]) == first[name]

    def test_nothing_found_and_unreadable_have_a_row_each(
        self, tiny_detector_file: Path, tmp_path: Path
    ):
        bad, path = tmp_path / "bad,name.jpg", tmp_path / "a.csv"
        bad.write_bytes(b"no picture")
        result = predict("--model", tiny_detector_file, "--threshold", 1, "--csv", path, CAT, bad)
        assert result.exit_code == 1
        rows = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
        assert [(row["path"], row["label"]) for row in rows] == [(str(CAT), ""), (str(bad), "")]
        assert rows[0]["error"] == ""
        assert "bad,name.jpg" in rows[1]["error"]

    @pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
    def test_a_full_disk_is_told_of(self, tiny_file: Path):
        result = predict("--model", tiny_file, "--csv", FULL, CAT)
        assert result.exit_code == 1
        assert "cannot write /dev/full: No space left on device" in result.stderr


class TestBoxes:
    def test_coco_results_with_what_their_numbers_mean(
        self, tiny_detector_file: Path, tmp_path: Path
    ):
        number = tmp_path / "000000000139.jpg"
        number.write_bytes(CAT.read_bytes())
        path = tmp_path / "found.json"
        result = predict("--model", tiny_detector_file, "--json", "--coco", path, CAT, number)
        assert result.exit_code == 0, result.stderr
        meaning = json.loads((tmp_path / "found.images.json").read_text("ascii"))
        width, height = Image.open(CAT).size
        assert meaning["images"] == [
            {"id": 1, "file_name": "cat.jpg", "height": height, "width": width},
            {"id": 139, "file_name": number.name, "height": height, "width": width},
        ]
        names = {one["id"]: one["name"] for one in meaning["categories"]}
        found = json.loads(path.read_text("ascii"))
        expected = [
            (image, item["label"], item["box"], item["score"])
            for image, line in zip((1, 139), lines_of(result), strict=True)
            for item in line["predictions"]
        ]
        assert len(found) == len(expected) > 0
        for one, (image, label, box, score) in zip(found, expected, strict=True):
            left, top, wide, high = one["bbox"]
            assert (one["image_id"], names[one["category_id"]]) == (image, label)
            assert [left, top, left + wide, top + high] == pytest.approx(box, abs=0.011)
            assert one["score"] == score

    def test_pycocotools_takes_them(self, tiny_detector_file: Path, tmp_path: Path):
        coco = pytest.importorskip("pycocotools.coco")
        path = tmp_path / "found.json"
        predict("--model", tiny_detector_file, "--coco", path, CAT)
        truth = coco.COCO(str(tmp_path / "found.images.json"))
        loaded = truth.loadRes(str(path))
        assert len(loaded.getAnnIds()) == len(json.loads(path.read_text("ascii")))

    def test_yolo_files(self, tiny_detector_file: Path, tmp_path: Path):
        result = predict("--model", tiny_detector_file, "--json", "--yolo", tmp_path / "y", CAT)
        assert (tmp_path / "y" / "classes.txt").read_text().split() == list(
            mobilenetv2.load(tiny_detector_file).labels
        )
        (line,) = lines_of(result)
        rows = [row.split() for row in (tmp_path / "y" / "cat.txt").read_text().splitlines()]
        width, height = Image.open(CAT).size
        assert len(rows) == len(line["predictions"]) > 0
        for row, item in zip(rows, line["predictions"], strict=True):
            # Tools to correct boxes by hand take these five words and no sixth.
            index, x, y, wide, high = map(float, row)
            left, top = (x - wide / 2) * width, (y - high / 2) * height
            assert index == item["index"]
            box = [left, top, left + wide * width, top + high * height]
            assert box == pytest.approx(item["box"], abs=0.02)

    def test_nothing_found_is_an_empty_file(self, tiny_detector_file: Path, tmp_path: Path):
        predict("--model", tiny_detector_file, "--threshold", 1, "--yolo", tmp_path, CAT)
        assert (tmp_path / "cat.txt").read_bytes() == b""

    def test_labels_lie_as_their_pictures_do(self, tiny_detector_file: Path, tmp_path: Path):
        """A file in the place of another picture's would teach that picture wrong boxes."""
        for name in ("a/1.jpg", "b/1.jpg", "b/1.jpeg", "b/c/2.jpg"):
            (tmp_path / "p" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "p" / name).write_bytes(CAT.read_bytes())
        pictures = tmp_path / "p"
        result = predict("--model", tiny_detector_file, "--yolo", tmp_path / "y", pictures)
        made = (path.relative_to(tmp_path / "y") for path in (tmp_path / "y").rglob("*.txt"))
        assert sorted(path.as_posix() for path in made) == [
            "a/1.txt", "b/1-2.txt", "b/1.txt", "b/c/2.txt", "classes.txt",
        ]  # fmt: skip
        said = " ".join(result.stderr.split())
        assert "pictures share a name, so label files were given others: 1-2.txt of" in said
        assert "1.jpg" in said.partition("1-2.txt of")[2]

    def test_a_picture_called_classes_does_not_lose_the_names(
        self, tiny_detector_file: Path, tmp_path: Path
    ):
        picture = tmp_path / "classes.jpg"
        picture.write_bytes(CAT.read_bytes())
        predict("--model", tiny_detector_file, "--yolo", tmp_path / "y", picture)
        assert sorted(path.name for path in (tmp_path / "y").iterdir()) == [
            "classes-2.txt", "classes.txt",
        ]  # fmt: skip

    def test_crops_hold_the_pixels_of_their_boxes(self, tmp_path: Path):
        pixels = np.zeros((40, 60, 3), np.uint8)
        pixels[10:20, 30:50] = (250, 10, 10)
        found = Detections(
            (
                Detection("red/thing", 0, 0.9, (30.0, 10.0, 50.0, 20.0)),
                Detection("red/thing", 0, 0.8, (29.6, 9.7, 50.2, 20.4)),
            ),
            size=(40, 60),
        )
        with outputs(Wanted(crops=tmp_path), "red/thing") as files:
            files.add(Input("a/sofa.png", pixels), found, Image.new)
        first, second = (Image.open(tmp_path / "red_thing" / n) for n in ("sofa.jpg", "sofa-2.jpg"))
        assert first.size == (20, 10)
        assert np.abs(np.asarray(first).astype(int) - (250, 10, 10)).max() < 12
        assert second.size == (22, 12)

    @pytest.mark.parametrize("name", ["crops", "yolo", "coco"])
    def test_models_without_boxes_refuse(self, name: str, tiny_file: Path, tmp_path: Path):
        result = predict("--model", tiny_file, f"--{name}", tmp_path / "x", CAT)
        assert result.exit_code == 2
        assert f"--{name} is for detectors; this model is for classification" in result.stderr
        assert not (tmp_path / "x").exists()


def test_outputs_are_complete_where_a_run_ends_early(tmp_path: Path):
    found = Detections((Detection("a", 0, 0.9, (1.0, 2.0, 3.0, 4.0)),), size=(9, 9))
    path = tmp_path / "found.json"

    def interrupted() -> None:
        with outputs(Wanted(coco=path), "a") as files:
            files.add(Input("x.jpg", Path("x.jpg")), found, Image.new)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [one["bbox"] for one in json.loads(path.read_text())] == [[1.0, 2.0, 2.0, 2.0]]


def test_what_cannot_be_made_is_told_of_before_the_first_picture(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ImageError, match="cannot make the folder"):
        outputs(Wanted(save=tmp_path / "file" / "x"), "a")
    with pytest.raises(ImageError, match="cannot write"):
        outputs(Wanted(csv=tmp_path / "none" / "a.csv"), "a")


def test_names_are_given_once():
    names = FreeNames()
    assert [names.of(stem) for stem in ("cup", "cup", "cup-2", "cup")] == [
        "cup", "cup-2", "cup-2-2", "cup-3",
    ]  # fmt: skip
    assert len(names.of("ü" * 300).encode()) == 200


@pytest.mark.parametrize(
    ("label", "folder"),
    [
        ("a/b", "a_b"),
        ("..", "_"),
        ("", "_"),
        ("traffic light", "traffic light"),
        ("ü" * 300, "ü" * 100),
    ],
)
def test_labels_become_folders_below_the_one_given(label: str, folder: str):
    assert label_folder(label) == folder
