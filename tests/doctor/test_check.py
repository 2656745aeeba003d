"""The doctor for data: every layout is recognized, and what is wrong with it is said."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.doctor import check
from mobilenetv2.errors import DatasetError
from tests.datasets.annotated import coco, picture, voc, yolo


def smooth(path: Path, seed: int, size: tuple[int, int] = (200, 240)) -> Path:
    """A picture of large soft spots, as photographs are; (height, width)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 255, (6, 7, 3), np.uint8)
    Image.fromarray(noise).resize(size[::-1], Image.Resampling.BICUBIC).save(path)
    return path


def classes(root: Path, **counts: int) -> Path:
    for label, count in counts.items():
        (root / label).mkdir(parents=True)
        for index in range(count):
            picture(root / label / f"{label}{index}.png")
    return root


def masked(root: Path, **masks: np.ndarray) -> Path:
    (root / "masks").mkdir(parents=True)
    for name, mask in masks.items():
        picture(root / "images" / f"{name}.png", mask.shape)
        Image.fromarray(mask.astype(np.uint8)).save(root / "masks" / f"{name}.png")
    return root


HALF = np.repeat([[0] * 20 + [1] * 20], 30, 0)


def test_every_layout_is_recognized(tmp_path: Path):
    classes(tmp_path / "classes", ant=2, bee=2)
    table = classes(tmp_path / "table", ant=1, bee=1)
    (table / "labels.csv").write_text("path,label\nant/ant0.png,ant\nbee/bee0.png,bee\n")
    voc(tmp_path / "voc", [("ant", (5, 5, 40, 40))])
    coco(tmp_path / "coco", [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [5, 5, 30, 30]}])
    yolo(tmp_path / "yolo", {"a": "0 .5 .5 .5 .5\n"})
    masked(tmp_path / "masks", one=HALF)
    found = {folder.name: check(folder).subject for folder in sorted(tmp_path.iterdir())}
    assert {name: subject.task for name, subject in found.items()} == {
        "classes": "classification", "table": "classification", "voc": "detection",
        "coco": "detection", "yolo": "detection", "masks": "segmentation",
    }  # fmt: skip
    assert found["classes"].layout == "a folder a class"
    assert found["coco"].layout == "COCO (instances_val.json)"
    assert found["table"].parts[0].counts == (1, 1)


def test_what_is_none_of_these_is_refused_with_the_reason(tmp_path: Path):
    with pytest.raises(DatasetError, match="no such file or folder"):
        check(tmp_path / "nowhere")
    picture(tmp_path / "images/a.png")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/a.txt").write_text("0 .5 .5 .1 .1\n")
    # YOLO without its description: folders of such names are no classes.
    with pytest.raises(DatasetError, match="got none of these"):
        check(tmp_path)


def test_options_for_masks_are_refused_elsewhere(tmp_path: Path):
    with pytest.raises(DatasetError, match="--task segmentation"):
        check(classes(tmp_path, ant=1, bee=1), ignore={3})


def test_classes_are_counted_and_rare_ones_told_of(tmp_path: Path):
    found = check(classes(tmp_path, ant=21, bee=2, cow=3))
    assert found.subject.parts[0].counts == (21, 2, 3)
    assert not found.stops
    (note,) = [text for text in found.warnings if "tenth" in text]
    # Three of 21 are more than a tenth.
    assert note.startswith("1 class has fewer than a tenth of the pictures in 'all' of 'ant', 21")
    assert "(bee 2)" in note


def test_what_stops_a_training(tmp_path: Path):
    one = check(classes(tmp_path / "one", ant=2))
    assert one.stops == ("a training needs at least two classes, got ['ant']",)
    empty = check(classes(tmp_path / "empty", ant=2, bee=0))
    assert "no picture of 1 class ('bee')" in empty.stops[0]
    parts = tmp_path / "parts"
    classes(parts / "train", ant=2, bee=2)
    classes(parts / "val", ant=1, bee=1, cow=1)
    assert check(parts).stops == ("no picture of 1 class ('cow') in 'train' to learn from",)
    for part in ("test", "val"):
        classes(tmp_path / f"judged/{part}", ant=1, bee=1)
    assert check(tmp_path / "judged").stops[0] == "there is no part to train on, only test, val"
    for path in (one_class := classes(tmp_path / "broken", ant=1, bee=1)).rglob("*.png"):
        path.write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    assert "not one picture can be read" in check(one_class).stops[0]


def test_unreadable_pictures_are_named_and_do_not_stop(tmp_path: Path):
    root = classes(tmp_path, ant=3, bee=3)
    whole = smooth(tmp_path / "ant/cut.jpg", 1).read_bytes()
    (tmp_path / "ant/cut.jpg").write_bytes(whole[: len(whole) // 2])
    found = check(root)
    assert [path.name for path, _ in found.pictures.unreadable] == ["cut.jpg"]
    assert not found.stops
    # Its header is whole: a quick look does not notice.
    assert not check(root, quick=True).pictures.unreadable


def test_copies_and_lookalikes_within_and_between_parts(tmp_path: Path):
    for index in range(8):
        smooth(tmp_path / f"train/{'ant' if index % 2 else 'bee'}/{index}.png", index)
    smooth(tmp_path / "val/ant/other.png", 90)
    smooth(tmp_path / "val/bee/smaller.png", 4, (100, 120))
    copy = (tmp_path / "train/ant/1.png").read_bytes()
    (tmp_path / "val/ant/copy.png").write_bytes(copy)
    (tmp_path / "train/bee/wrong.png").write_bytes(copy)
    found = check(tmp_path)
    pairs = {(pair.first, pair.second): (pair.exact, pair.near) for pair in found.duplicates}
    assert pairs == {("train", "train"): (1, 0), ("val", "val"): (0, 0), ("train", "val"): (1, 1)}
    ((wrong, right),) = [tuple(path.name for path in pair) for pair in found.in_two_classes]
    assert (wrong, right) == ("wrong.png", "1.png")
    quick = {(p.first, p.second): (p.exact, p.near) for p in check(tmp_path, quick=True).duplicates}
    assert quick["train", "val"] == (1, 0)


def test_suspicious_boxes_by_kind(tmp_path: Path):
    # A picture of 60 x 80.
    boxes = [
        ("ant", (10, 10, 40, 40)), ("ant", (10, 10, 40, 41)), ("bee", (10, 10, 40, 40)),
        ("ant", (0, 0, 80, 60)), ("bee", (50, 50, 70, 50.3)), ("bee", (70, 50, 90, 70)),
        ("bee", (1, 50, 40, 51.2)), ("bee", (5, 55, 5.7, 59)), ("ant", (10, 10, 40, 40)),
    ]  # fmt: skip
    voc(tmp_path, boxes)
    found = check(tmp_path)
    kinds = {kind: sum(one.boxes for one in those) for kind, those in found.suspicious.items()}
    # 30 x 30 against 30 x 31 is an overlap of 0.97; the bee lies on both ants.
    assert kinds == {"whole picture": 1, "nearly the same": 1, "two classes": 1}
    said = {one.kind: one.boxes for one in found.subject.findings if one.boxes}
    assert said == {"clipped": 1, "too small": 2, "box twice": 1}
    wide = voc(tmp_path / "wide", [("ant", (5, 5, 15, 40))], (60, 2000), (60, 2000))
    assert [one.kind for one in check(wide).suspicions] == ["tiny"]


def test_masks_whose_values_mean_nothing_or_nothing_new(tmp_path: Path):
    masked(tmp_path, one=HALF, two=HALF * 0, three=HALF * 7)
    (tmp_path / "names.txt").write_text("ground\nbee\n")
    found = check(tmp_path, labels=tmp_path / "names.txt")
    assert "1 mask holds ids or colors in 'all' that are not declared" in found.stops[0]
    assert [path.name for path in found.subject.parts[0].uniform] == ["two.png"]
    assert any("1 mask in 'all' show" in text for text in found.warnings)
    assert found.subject.parts[0].pixels == (600 + 1200, 600)


def test_masks_of_another_size_and_without_a_meaning(tmp_path: Path):
    masked(tmp_path / "sizes", one=HALF, two=HALF)
    Image.fromarray(HALF[:, :10].astype(np.uint8)).save(tmp_path / "sizes/masks/two.png")
    assert [one.kind for one in check(tmp_path / "sizes").subject.findings] == [
        "mask of another size"
    ]
    smooth_edges = np.linspace(0, 254, 1200).reshape(30, 40)
    found = check(masked(tmp_path / "edges", one=smooth_edges))
    assert "edges were smoothed" in found.stops[0]
    assert found.pictures.count == 1


def test_json_is_one_object_of_plain_values(tmp_path: Path):
    yolo(tmp_path, {"a": "0 .5 .5 1 1\n0 .5 .5 .2 .2\n", "b": ""}, "names: [ant, bee]\n")
    (tmp_path / "images/film.mp4").write_bytes(b"")
    told = json.loads(json.dumps(check(tmp_path).to_json()))
    (part,) = told["splits"]
    assert part["classes"] == [{"label": "ant", "boxes": 2}, {"label": "bee", "boxes": 0}]
    assert (part["pictures"], part["without_boxes"]) == (2, 1)
    assert told["left_aside"]["video"] == 1
    assert told["pictures"]["heights"] == [60, 60, 60]
    assert [one["kind"] for one in told["suspicious_boxes"]] == ["whole picture"]


def test_parts_that_overlap_by_design_are_not_compared(tmp_path: Path):
    for name in "abc":
        picture(tmp_path / f"images/{name}.png")
        voc(tmp_path, [("ant", (5, 5, 40, 40))])
        (tmp_path / "annotations/one.xml").rename(tmp_path / f"annotations/{name}.xml")
    (tmp_path / "images/one.png").unlink()
    lists = tmp_path / "ImageSets/Main"
    lists.mkdir(parents=True)
    for name, names in {"train": "a\nb", "val": "c", "trainval": "a\nb\nc"}.items():
        (lists / f"{name}.txt").write_text(names)
    found = check(tmp_path)
    assert [(part.name, len(part.paths)) for part in found.subject.parts] == [
        ("train", 2), ("val", 1),
    ]  # fmt: skip
    assert not any(pair.exact for pair in found.duplicates)
    assert any("trainval" in text for text in found.warnings)


def test_every_long_step_tells_how_far_it_is(tmp_path: Path):
    told: list[tuple[str, int]] = []
    done: dict[str, int] = {}

    @contextmanager
    def progress(what: str, total: int) -> Iterator[Callable[[], None]]:
        told.append((what, total))
        done[what] = 0

        def advance() -> None:
            done[what] += 1

        yield advance

    check(masked(tmp_path / "masks", one=HALF, two=HALF), progress=progress)
    yolo(tmp_path / "boxes", {"a": "0 .5 .5 .5 .5\n", "b": "", "c": ""})
    check(tmp_path / "boxes", progress=progress)
    assert told == [
        ("Surveying masks", 2), ("Reading masks", 2), ("Looking at pictures", 2),
        ("Reading boxes", 3), ("Looking at pictures", 3),
    ]  # fmt: skip
    assert done == dict(told)


def test_parts_in_folders_of_their_own_are_parts(tmp_path: Path):
    for part in ("train", "test"):
        classes(tmp_path / f"seg_{part}/seg_{part}", ant=2, bee=1)
    picture(tmp_path / "seg_pred/seg_pred/1.png")
    found = check(tmp_path)
    assert [(part.name, part.counts) for part in found.subject.parts] == [
        ("train", (2, 1)), ("test", (2, 1)),
    ]  # fmt: skip
    assert any("1 picture lies in no part's folder" in note for note in found.warnings)


def test_a_part_without_classes_is_no_part_to_judge_on(tmp_path: Path):
    classes(tmp_path / "train", ant=2, bee=2)
    smooth(tmp_path / "test/1.png", 1)
    found = check(tmp_path)
    assert [part.name for part in found.subject.parts] == ["train"]
    assert not found.stops
    assert any("test: its pictures lie in no folders of classes" in note for note in found.warnings)


def test_pictures_with_masks_beside_them_are_said_to_be_for_another_task(tmp_path: Path):
    for name in ("1.jpg", "1_mask.png"):
        smooth(tmp_path / "all" / name, 1)
    assert any("`train segment --data" in note for note in check(tmp_path).warnings)
    with pytest.raises(DatasetError, match=r"1_mask.png of 1.jpg, .*`train segment --data"):
        check(tmp_path / "all")


def test_a_part_under_two_names_is_not_told_of_as_pictures_in_two_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    yolo(tmp_path / "set", {}, "train: ../train/images\nval: ../valid/images\nnames: [ant]\n")
    for seed, part in enumerate(("train", "valid")):
        smooth(tmp_path / f"set/{part}/images/{part}.png", seed)
        (tmp_path / f"set/{part}/labels").mkdir()
        (tmp_path / f"set/{part}/labels/{part}.txt").write_text("0 .5 .5 .4 .4\n")
    monkeypatch.chdir(tmp_path)
    found = check("set")
    assert [part.name for part in found.subject.parts] == ["train", "val"]
    assert not found.warnings


def test_classes_in_a_folder_that_is_called_as_those_of_other_layouts_are_pointed_at(
    tmp_path: Path,
):
    classes(tmp_path / "images", ant=1, bee=1)
    with pytest.raises(DatasetError, match=f"seem to lie in {tmp_path / 'images'}: point at it"):
        check(tmp_path)
