"""Which folders hold pictures and nothing that could be a label."""

import pytest

from mobilenetv2.errors import DatasetError
from mobilenetv2.train.unlabeled import (
    is_unlabeled,
    unlabeled_boxes,
    unlabeled_classes,
    unlabeled_masks,
)
from tests.datasets.annotated import picture


@pytest.fixture
def photos(tmp_path):
    picture(tmp_path / "photos/a.png")
    return tmp_path / "photos"


def test_pictures_alone_are(photos):
    (photos / ".DS_Store").write_text("a system's own")
    (photos / "@eaDir").mkdir()
    assert is_unlabeled(photos)


@pytest.mark.parametrize("name", ["labels.csv", "a.txt", "a.xml", "instances.json"])
def test_a_file_of_text_beside_them_may_be_labels(photos, name):
    (photos / name).write_text("perhaps")
    assert not is_unlabeled(photos)


def test_folders_may_be_classes(photos):
    picture(photos / "cat/b.png")
    assert not is_unlabeled(photos)


def test_nothing_is_no_picture(tmp_path):
    assert not is_unlabeled(tmp_path)
    assert not is_unlabeled(tmp_path / "missing")
    for read in (unlabeled_classes, lambda data: unlabeled_boxes(data, ("a",))):
        with pytest.raises(DatasetError, match="must be a folder with at least one picture"):
            read(tmp_path / "missing")


def test_masks_among_pictures_are_no_pictures(photos):
    picture(photos / "a_mask.png")
    for read in (
        lambda: unlabeled_classes(photos).paths,
        lambda: [one.path for one in unlabeled_boxes(photos, ("a",))[0].pictures],
        lambda: [one.path for one in unlabeled_masks(photos).pictures],
    ):
        assert list(read()) == [photos / "a.png"]
