"""Small inputs after reports of people who do this job, with the right value of each."""

from pathlib import Path

import pytest

from mobilenetv2.datasets.class_report import class_warnings
from mobilenetv2.datasets.mask_colors import read_colors
from mobilenetv2.datasets.mask_meaning import find_meaning
from mobilenetv2.datasets.mask_report import report_masks
from mobilenetv2.datasets.masks import read_masked
from mobilenetv2.datasets.read_boxes import read_boxes
from mobilenetv2.datasets.read_mask import read_mask
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.tasks.image import decode
from mobilenetv2.tasks.labeled import read_labeled

HALF = [40, 32, 60, 48]
CAT = [10, 10, 50, 40]

BOXES = {
    "r_case": HALF, "q_TXT": HALF, "t_ann": HALF, "u_comma": HALF, "v_names": HALF,
    "y_pose4": [20, 16, 40, 32], "a_poly": CAT, "a2_empty": CAT, "b2_float": CAT, "b_str": CAT,
    "h_ls": CAT, "h2_case": CAT, "g_ls": CAT, "z_lm": CAT, "z_csv": CAT,
    "tiff6": [10, 10, 500, 40], "voc_dots": CAT, "voc_size0": CAT, "voc_swap": CAT,
}  # fmt: skip


@pytest.fixture(scope="session")
def field(shared: Path) -> Path:
    folder = shared / "field"
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    return folder


@pytest.mark.parametrize("name", BOXES)
def test_boxes(field: Path, name: str):
    (picture,) = read_boxes(field / "boxes" / name).pictures.pictures
    assert picture.boxes.tolist() == [BOXES[name]]


@pytest.mark.parametrize(
    ("name", "words"), [("z_createml", "Create ML"), ("x_nodesc", r"classes\.txt")]
)
def test_formats_that_are_named(field: Path, name: str, words: str):
    with pytest.raises(DatasetError, match=words):
        read_boxes(field / "boxes" / name)


@pytest.mark.parametrize("name", ["binary_0_255", "m_dotpng", "m_prefix", "m_npy", "m_palette"])
def test_masks(field: Path, name: str):
    data = read_masked(field / "masks" / name)
    report = report_masks(data, find_meaning(data))
    assert len(report.labels) == 2
    assert min(report.pixels) > 0
    assert report.ignored == 0


def test_smoothed_masks(field: Path):
    with pytest.raises(DatasetError, match="edges were smoothed"):
        find_meaning(read_masked(field / "masks/m_antialias"))


@pytest.mark.parametrize(
    ("name", "labels", "count"),
    [("clsroot", ("cat", "dog"), 36), ("clssyno", ("cat", "dog"), 8), ("csv/fn.csv", ("cat",), 1),
     ("csv/semi.csv", ("cat",), 1), ("csv/quoted.csv", ("cat",), 1), ("csv/sp.csv", ("cat",), 1)],
)  # fmt: skip
def test_classes(field: Path, name: str, labels: tuple[str, ...], count: int):
    assert len(read_labeled(field / "classes" / name, labels).paths) == count


def test_classes_that_deserve_a_word(field: Path):
    with pytest.raises(DatasetError, match="must be of one class"):
        read_labeled(field / "classes/csv/onehot.csv", ("cat", "dog"))
    twice = read_labeled(field / "classes/clsdup", ("cat", "dog"))
    assert "two classes" in class_warnings(("cat", "dog"), twice, None)[0]


def test_hostile_files_end_in_words(field: Path):
    hostile = field / "hostile"
    with pytest.raises(DatasetError, match="must have the size of its picture"):
        read_mask(hostile / "mask_890_bytes.tif", 2, {(0, 0, 0): 0}, size=(40, 60))
    with pytest.raises(DatasetError, match=r"colors_5000_digits\.csv"):
        read_colors(hostile / "colors_5000_digits.csv")
    with pytest.raises(DatasetError, match=r"yolo_long_entry\.yaml"):
        read_boxes(hostile / "yolo_long_entry.yaml")
    for name in ("grey1_150Mpixel.png", "grey16_150Mpixel.png"):
        with pytest.raises(ImageError, match=rf"{name}: .*at most"):
            decode(hostile / name)
