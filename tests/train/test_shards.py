"""A run on shards is the run on what they were made of, to the last bit."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from mobilenetv2.cli import main
from mobilenetv2.datasets.read_boxes import read_boxes
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.image import decode
from mobilenetv2.train import Augmentation, Recipe, Silent, fine_tune_classifier, loop
from mobilenetv2.train.classify.data import read_training_data
from mobilenetv2.train.detect.data import read_detection_data
from mobilenetv2.train.segment.data import read_segmentation_data
from mobilenetv2.train.unlabeled import is_unlabeled
from mobilenetv2.weights.checkpoint import Checkpoint
from tests.datasets.annotated import yolo
from tests.shards.tars import png, tar
from tests.train.drawn_classes import draw_classes

RECIPE = Recipe(
    epochs=2, batch_size=4, warmup_epochs=0, fit="squash", augmentation=Augmentation(mixup=0.2)
)


Run = dict[str, torch.Tensor]


def packed(data: Path, *options: object, out: Path | None = None) -> Path:
    """The data set in shards of three pictures."""
    out = out or data.with_name(f"{data.name}-shards")
    arguments = ["shards", data, "--out", out, "--samples-per-shard", 3, *options]
    done = CliRunner().invoke(main, list(map(str, arguments)))
    assert done.exit_code == 0, done.output
    return out


class StopAt(Silent):
    """As a machine that is switched off after so many steps."""

    def __init__(self, step: int) -> None:
        self._step = step

    def step(self, step: int, total: int, loss: float) -> None:
        if step == self._step:
            raise KeyboardInterrupt


def weights(out: Path) -> Run:
    state: Run = torch.load(out / "state.pt", weights_only=True)["average"]
    return state


def same(one: Run, other: Run) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen pictures of two classes, of which twelve or more are learnt from."""
    return draw_classes(tmp_path_factory.mktemp("classes") / "data", 8)


@pytest.fixture(scope="module")
def on_the_folder(folder: Path, small: Checkpoint, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("on-the-folder")
    fine_tune_classifier(folder, out, first=small, recipe=RECIPE, device="cpu", workers=0)
    return weights(out)


def test_a_run_on_shards_that_is_cut_off_within_an_epoch_ends_with_the_same_bits(
    folder: Path, on_the_folder: Run, small: Checkpoint, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(loop, "SAVE_EVERY_SECONDS", 0.0)
    shards = packed(folder)
    fit = partial(
        fine_tune_classifier, shards, tmp_path, first=small, recipe=RECIPE, device="cpu", workers=1
    )
    with pytest.raises(KeyboardInterrupt):
        fit(reporter=StopAt(5))
    fit()
    assert same(weights(tmp_path), on_the_folder)


def test_one_shard_for_two_workers_is_no_matter(
    folder: Path, on_the_folder: Run, small: Checkpoint, tmp_path: Path
):
    """Pictures are read by number: how they are shared out among shards decides nothing."""
    shards = packed(folder, "--samples-per-shard", 100, out=tmp_path / "one")
    assert len(list(shards.glob("*.tar"))) == 1
    fine_tune_classifier(
        shards, tmp_path / "run", first=small, recipe=RECIPE, device="cpu", workers=2
    )
    assert same(weights(tmp_path / "run"), on_the_folder)


def test_the_parts_in_the_names_of_shards_are_taken(tmp_path: Path):
    for part, count in (("train", 4), ("val", 2)):
        draw_classes(tmp_path / "data" / part, count)
    before, after = (read_training_data(data, None) for data in (tmp_path / "data",
                     packed(tmp_path / "data")))  # fmt: skip
    assert (after.labels, after.split) == (before.labels, before.split)
    for one, other in ((before.training, after.training), (before.validation, after.validation)):
        assert list(one.targets) == list(other.targets)
        assert [p.read_bytes() for p in one.paths] == [p.read_bytes() for p in other.paths]


def test_boxes_and_masks_are_the_same_pictures_in_the_same_order(tmp_path: Path, drawn: Path):
    lines = {f"p{number}": f"{number % 2} .5 .5 .{number + 1} .2\n" for number in range(8)}
    yolo(tmp_path / "boxes", lines)
    before, after = (
        read_detection_data(data) for data in (tmp_path / "boxes", packed(tmp_path / "boxes"))
    )
    for one, other in ((before.training, after.training), (before.validation, after.validation)):
        for left, right in zip(one.pictures, other.pictures, strict=True):
            assert np.array_equal(decode(right.path), decode(left.path))
            for name in ("boxes", "classes", "ignored"):
                assert np.array_equal(getattr(right, name), getattr(left, name))
    ignore = frozenset({9})
    masks = read_segmentation_data(drawn, labels=drawn / "labels.txt", ignore=ignore)
    shards = packed(drawn, "--labels", drawn / "labels.txt", "--ignore", 9)
    inside = read_segmentation_data(shards)
    assert inside.meaning.labels == masks.meaning.labels
    for one, other in ((masks.training, inside.training), (masks.validation, inside.validation)):
        for left, right in zip(one.pictures, other.pictures, strict=True):
            for array, expected in zip(
                inside.meaning.read(right), masks.meaning.read(left), strict=True
            ):
                assert np.array_equal(array, expected)


def test_shards_of_pictures_alone_are_for_a_teacher(tmp_path: Path):
    tar(tmp_path / "a.tar", [("1.png", png(1))])
    tar(tmp_path / "b/b.tar", [("1.png", png(1)), ("1.cls", b"0")])
    assert is_unlabeled(tmp_path / "a.tar")
    assert not is_unlabeled(tmp_path / "b")


def test_read_boxes_counts_each_shard_s_pictures(tmp_path: Path):
    yolo(tmp_path / "boxes", {"a": "0 .5 .5 .4 .2\n", "b": ""})
    data = packed(tmp_path / "boxes")
    assert (
        replace(read_boxes(data).pictures, name="boxes").fingerprint
        == read_boxes(tmp_path / "boxes").pictures.fingerprint
    )


def test_classes_in_shards_are_added_to_those_of_a_model_by_their_names(tmp_path: Path):
    shards = packed(draw_classes(tmp_path / "data", 2))
    known = ("cat", "red")
    found = read_training_data(shards, None, known)
    assert found.labels == ("cat", "red", "blue")
    named = {path.parent.name for path, target in zip(
        found.training.paths, found.training.targets, strict=True) if target == 2}  # fmt: skip
    assert named == {"blue"}
    (shards / "classes.txt").unlink()
    with pytest.raises(DatasetError, match="by their names"):
        read_training_data(shards, None, known)


def test_imagenet_s_recipe_is_told_of_shards_before_a_step(folder: Path):
    recipe = Path(__file__).parents[2] / "docs" / "recipes" / "imagenet.json"
    asked = ["train", "classify", "--data", str(packed(folder)), "--model", "none", "--recipe",
             str(recipe), "--processes", "2", "--epochs", "1", "--dry-run", "--json"]  # fmt: skip
    shown = CliRunner().invoke(main, asked)
    assert shown.exit_code == 0, shown.output
    told = json.loads(shown.stdout)
    assert (told["recipe"]["epochs"], told["recipe"]["batch_size"]) == (1, 1024)
    assert told["recipe"]["learning_rate"] == pytest.approx(0.4)
    assert told["training"] + told["validation"] == 16
