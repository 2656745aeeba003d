"""What is said of a folder of classes before training."""

import time
from pathlib import Path

from mobilenetv2.datasets.class_report import class_warnings
from mobilenetv2.datasets.equal_files import equal_files
from mobilenetv2.tasks.labeled import LabeledPictures
from tests.datasets.annotated import picture

NOBODY = LabeledPictures("none", (), ())


def labeled(root: Path, *files: tuple[str, int]) -> LabeledPictures:
    paths = [picture(root / name) for name, _ in files]
    return LabeledPictures("set", tuple(paths), tuple(target for _, target in files))


def test_names_that_differ_by_spelling_alone(tmp_path: Path):
    names = ("Cat", "cat", "dog", "c_at", "caf\u00e9", "cafe\u0301")
    data = labeled(tmp_path, *((f"{index}.png", index) for index in range(len(names))))
    first, second = class_warnings(names, data, None)
    assert "'Cat', 'cat', 'c_at'" in first
    assert "'caf\u00e9', 'cafe\u0301'" in second
    assert class_warnings(("cat", "dog", "cow", "bee", "ant", "elk"), data, None) == ()


def test_a_model_may_know_such_classes_that_no_picture_shows(tmp_path: Path):
    """ImageNet's dog is a Cardigan, its knitwear a cardigan."""
    names = ("Cardigan", "cardigan", "dog")
    assert class_warnings(names, labeled(tmp_path, ("a.png", 1), ("b.png", 2)), None) == ()


def test_one_picture_in_two_classes(tmp_path: Path):
    data = labeled(tmp_path, ("cat/a.png", 0), ("dog/a.png", 1), ("dog/b.png", 1))
    (told,) = class_warnings(("cat", "dog"), data, None)
    assert "1 picture lies in two classes" in told
    assert "'cat' and 'dog'" in told


def test_one_picture_twice_in_a_class_is_nobodys_trouble(tmp_path: Path):
    data = labeled(tmp_path, ("cat/x/a.png", 0), ("cat/y/a.png", 0), ("dog/b.png", 1))
    assert class_warnings(("cat", "dog"), data, None) == ()


def test_pictures_that_are_learnt_and_judged(tmp_path: Path):
    training = labeled(tmp_path / "train", ("cat/a.png", 0), ("dog/b.png", 1))
    judged = labeled(tmp_path / "val", ("cat/a.png", 0), ("dog/c.png", 1))
    (told,) = class_warnings(("cat", "dog"), training, judged)
    assert "1 picture is both learnt from and judged on" in told
    (told,) = class_warnings(("cat", "dog"), training, training)
    assert "2 pictures are both" in told


def test_equal_files_are_equal_bytes(tmp_path: Path):
    for name, content in (("a", b"12"), ("b", b"12"), ("c", b"13"), ("d", b"1")):
        (tmp_path / name).write_bytes(content)
    paths = sorted(tmp_path.iterdir())
    assert equal_files([*paths, paths[0], tmp_path / "gone"]) == [(paths[0], paths[1])]


def test_what_lies_in_no_class_and_no_part_is_told_of(tmp_path: Path):
    for name in ("ant", "bee"):
        picture(tmp_path / "classes" / name / "1.png")
        for part in ("train", "val", "trainval"):
            picture(tmp_path / "parts" / part / name / "1.png")
    picture(tmp_path / "classes/loose.png")
    (said,) = class_warnings(("ant", "bee"), NOBODY, None, tmp_path / "classes")
    assert "1 picture lies in no class's folder and is left out" in said
    said = class_warnings(("ant", "bee"), NOBODY, None, tmp_path / "parts")
    assert any("2 pictures lie in no part's folder" in one for one in said)


def test_thousands_of_classes_take_time_in_proportion(tmp_path: Path):
    one = picture(tmp_path / "one.png")
    for number in range(3000):
        (tmp_path / f"classes/{number:04}").mkdir(parents=True)
        (tmp_path / f"classes/{number:04}/a.png").hardlink_to(one)
    begun = time.process_time()
    assert class_warnings(("ant", "bee"), NOBODY, None, tmp_path / "classes") == ()
    assert time.process_time() - begun < 5  # by comparing each picture with each class: 60 s


def test_linked_classes_are_not_said_to_be_left_aside(tmp_path: Path):
    for name in ("ant", "bee"):
        picture(tmp_path / "stored" / name / "1.png")
        (tmp_path / "classes").mkdir(exist_ok=True)
        (tmp_path / "classes" / name).symlink_to(tmp_path / "stored" / name)
    (tmp_path / "stored/ant/up").symlink_to(tmp_path)
    (said,) = class_warnings(("ant", "bee"), NOBODY, None, tmp_path / "classes")
    assert "left aside 1 x linked folder (up)" in said
