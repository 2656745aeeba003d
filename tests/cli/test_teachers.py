"""What `mobilenetv2 train` says of teachers, and of pictures without labels."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from mobilenetv2.cli import main
from mobilenetv2.weights import store
from tests.datasets.annotated import picture

pytest.importorskip("torchvision")


def train(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["train", *map(str, arguments)])


def flat(text: str) -> str:
    """On one line, however wide the terminal is."""
    return " ".join(text.split())


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Five pictures and nothing else."""
    for name in "abcde":
        picture(tmp_path / f"photos/{name}.png")
    return tmp_path / "photos"


@pytest.mark.parametrize(
    ("lesson", "network"),
    [
        ("classify", "tiny_file"),
        ("detect", "tiny_detector_file"),
        ("segment", "tiny_segmenter_file"),
    ],
)
class TestEveryTask:
    def test_a_dry_run_tells_teachers_and_pictures(self, lesson, network, photos, request):
        model = request.getfixturevalue(network)
        result = train(lesson, "--data", photos, "--model", model, "--teacher", model,
                       "--teacher", model, "--dry-run")  # fmt: skip
        assert result.exit_code == 0, result.output
        assert result.stdout.count("Taught by random weights (MobileNetV2 0.1 at ") == 2
        assert "4 pictures to train on" in flat(result.stdout)
        assert "held-out fifth, by the teachers' answers" in flat(result.stdout)

    def test_a_dry_run_as_json_has_a_list_of_teachers(self, lesson, network, photos, request):
        model = request.getfixturevalue(network)
        result = train(lesson, "--data", photos, "--model", model, "--teacher", model, "--dry-run",
                       "--json")  # fmt: skip
        (told,) = json.loads(result.stdout)["teachers"]
        assert told.endswith("; CC0-1.0)")

    def test_a_folder_of_pictures_is_enough(self, lesson, network, photos, request, tmp_path):
        model = request.getfixturevalue(network)
        result = train(lesson, "--data", photos, "--model", model, "--teacher", model, "--out",
                       tmp_path / "run", "--epochs", 1, "--batch-size", 2, "--workers", 0,
                       "--json")  # fmt: skip
        assert result.exit_code == 0, result.output
        taught = store.load(json.loads(result.stdout)["model"])
        assert taught.labels == store.load(model).labels
        assert "taught by random weights" in taught.provenance.history[-1]
        assert "no label" in flat(result.stderr)

    def test_without_a_teacher_it_is_refused(self, lesson, network, photos, request):
        model = request.getfixturevalue(network)
        result = train(lesson, "--data", photos, "--model", model, "--unlabeled", "--dry-run")
        assert result.exit_code == 2
        assert "--unlabeled needs a --teacher" in result.output

    def test_a_teacher_of_another_task_is_refused(self, lesson, network, photos, request):
        model = request.getfixturevalue(network)
        other = "tiny_detector_file" if lesson == "classify" else "tiny_file"
        result = train(lesson, "--data", photos, "--model", model, "--teacher",
                       request.getfixturevalue(other), "--dry-run")  # fmt: skip
        assert result.exit_code == 1
        assert "a teacher must be of the student's task" in flat(result.output)


def test_folders_are_no_classes_where_told_so(tiny_file, photos, tmp_path):
    for path in photos.iterdir():
        picture(tmp_path / "sorted" / ("x" if path.stem < "c" else "y") / path.name)
    both = ("classify", "--data", tmp_path / "sorted", "--model", tiny_file, "--teacher", tiny_file)
    refused = train(*both, "--dry-run")
    assert "lacks 2 of 2: ['x', 'y']" in flat(refused.output)
    assert "--unlabeled" in flat(refused.output)
    told = train(*both, "--dry-run", "--unlabeled")
    assert "3 classes, 4 pictures to train on, 1 to validate" in flat(told.stdout)


def test_masks_beside_unlabeled_are_a_contradiction(tiny_segmenter_file, photos):
    result = train("segment", "--data", photos, "--masks", photos, "--model", tiny_segmenter_file,
                   "--teacher", tiny_segmenter_file, "--unlabeled", "--dry-run")  # fmt: skip
    assert result.exit_code == 2
    assert "--unlabeled looks at no label, got --masks as well" in result.output


def test_masks_are_learnt_beside_a_teacher(tiny_segmenter_file, photos, tmp_path):
    (tmp_path / "masks").mkdir()
    for path in photos.iterdir():
        Image.fromarray(np.full((60, 80), 2, np.uint8)).save(tmp_path / "masks" / path.name)
    (tmp_path / "labels.txt").write_text("background\nbee\ncow\n")
    result = train("segment", "--data", photos, "--masks", tmp_path / "masks", "--labels",
                   tmp_path / "labels.txt", "--model", tiny_segmenter_file, "--teacher",
                   tiny_segmenter_file, "--out", tmp_path / "run", "--epochs", 1, "--workers", 0,
                   "--batch-size", 2)  # fmt: skip
    assert result.exit_code == 0, result.output
    assert {"train_loss", "train_teacher_loss"} <= set(
        (tmp_path / "run/log.csv").read_text().splitlines()[0].split(",")
    )
