"""`mobilenetv2 shards`, as a user runs it; and what was made is read like what it was made of."""

import json
from pathlib import Path

import numpy as np
from click.testing import CliRunner, Result
from PIL import Image

from mobilenetv2.cli import main
from mobilenetv2.datasets.mask_meaning import find_meaning
from mobilenetv2.datasets.masks import read_masked
from mobilenetv2.datasets.read_boxes import read_boxes
from mobilenetv2.shards.look_through import open_index
from mobilenetv2.tasks.image import decode
from mobilenetv2.tasks.labeled import read_labeled
from tests.datasets.annotated import picture, yolo


def shards(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["shards", *map(str, arguments)])


def test_a_folder_a_class_in_parts(tmp_path: Path):
    for place in ("train/ant/1", "train/bee/2", "val/ant/3", "val/bee/4", "train/bee/5"):
        picture(tmp_path / f"data/{place}.png")
    done = shards(tmp_path / "data", "--out", tmp_path / "out", "--json")
    told = json.loads(done.stdout)
    assert (told["task"], told["shards"], told["pictures"]) == ("classification", 2, 5)
    assert told["parts"] == {"train": 3, "val": 2}
    for part in ("train", "val"):
        before = read_labeled(tmp_path / "data", ("ant", "bee"), part)
        after = read_labeled(tmp_path / "out", ("ant", "bee"), part)
        assert list(after.targets) == list(before.targets)
        assert [path.name for path in after.paths] == [path.name for path in before.paths]
    again = shards(tmp_path / "data", "--out", tmp_path / "out")
    assert "2 shards were there already" in again.stderr
    assert "5 pictures in 2 shards" in again.stdout


def test_boxes_come_back_to_the_last_bit(tmp_path: Path):
    yolo(
        tmp_path / "data", {"a": "0 .5 .51 .4 .43\n1 .5 .5 .1 .1\n", "b": "", "c": "1 .3 .3 .1 .1"}
    )
    assert shards(tmp_path / "data", "--out", tmp_path / "out").exit_code == 0
    before, after = (read_boxes(tmp_path / name).pictures for name in ("data", "out"))
    assert after.labels == before.labels
    for one, other in zip(before.pictures, after.pictures, strict=True):
        assert (one.boxes == other.boxes).all()
        assert (one.classes == other.classes).all()
        assert (one.areas == other.areas).all()
        assert (one.size, one.path.name) == (other.size, other.path.name)


def test_masks_become_ids_whatever_they_were(tmp_path: Path):
    """Colors need no table afterwards, and ids to ignore are 255."""
    picture(tmp_path / "data/images/1.png", (4, 6))
    colors = np.zeros((4, 6, 3), np.uint8)
    colors[:, 2:4], colors[:, 4:] = (255, 0, 0), (0, 0, 255)
    (tmp_path / "data/masks").mkdir()
    Image.fromarray(colors).save(tmp_path / "data/masks/1.png")
    (tmp_path / "colors.txt").write_text("road,0,0,0\nsky,255,0,0\nvoid,0,0,255\n")
    done = shards(tmp_path / "data", "--out", tmp_path / "out", "--colors", tmp_path / "colors.txt")
    assert done.exit_code == 0, done.output
    data = read_masked(tmp_path / "out")
    meaning = find_meaning(data)
    assert meaning.labels[:2] == ("road", "sky")
    assert meaning.read(data.pictures[0])[1][0].tolist() == [0, 0, 1, 1, 255, 255]


def test_smaller_pictures_take_their_boxes_and_masks_along(tmp_path: Path):
    yolo(tmp_path / "data", {"a": "0 .5 .5 .4 .4\n"})
    picture(tmp_path / "data/images/a.png", (120, 80), orientation=6)
    assert shards(tmp_path / "data", "--out", tmp_path / "out", "--size", 40).exit_code == 0
    (found,) = read_boxes(tmp_path / "out").pictures.pictures
    assert (found.size, found.path.suffix) == ((40, 60), ".jpg")
    np.testing.assert_allclose(found.boxes, [[18, 12, 42, 28]], atol=1e-4)


def test_a_picture_that_is_small_enough_keeps_its_bytes(tmp_path: Path):
    for place in ("ant/1", "bee/2"):
        picture(tmp_path / f"data/{place}.png", (30, 40))
    assert shards(tmp_path / "data", "--out", tmp_path / "out", "--size", 30).exit_code == 0
    first = open_index(tmp_path / "out").picture(0)
    assert first.read_bytes() == (tmp_path / "data/ant/1.png").read_bytes()
    assert decode(first).shape == (30, 40, 3)


def test_shards_are_cut_anew_from_shards(tmp_path: Path):
    for number in range(4):
        picture(tmp_path / f"data/{('ant', 'bee')[number % 2]}/{number}.png")
    for size, source in ((3, "data"), (2, "three")):
        out = tmp_path / {3: "three", 2: "two"}[size]
        shards(tmp_path / source, "--out", out, "--samples-per-shard", size)
    three, two = (open_index(tmp_path / name) for name in ("three", "two"))
    assert [p.read_bytes() for p in three.pictures()] == [p.read_bytes() for p in two.pictures()]
    assert list(three.labels()) == list(two.labels())


def test_check_and_evaluate_read_them(tmp_path: Path, tiny_file: Path):
    for number in range(6):
        picture(tmp_path / f"data/{('ant', 'bee', 'cow')[number % 3]}/{number}.png")
    shards(tmp_path / "data", "--out", tmp_path / "out")
    done = CliRunner().invoke(main, ["check", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "out: for classification, shards, 3 classes" in done.stdout
    both = [
        json.loads(CliRunner().invoke(
            main, ["evaluate", "--model", str(tiny_file), "--data", str(tmp_path / name), "--json"]
        ).stdout)
        for name in ("data", "out")
    ]  # fmt: skip
    assert both[0]["top1"] == both[1]["top1"]
