"""Masks: which belongs to which picture, and what their values mean."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from mobilenetv2.datasets.class_weights import class_weights
from mobilenetv2.datasets.mask_colors import read_colors
from mobilenetv2.datasets.mask_meaning import MaskMeaning, find_meaning
from mobilenetv2.datasets.mask_report import report_masks
from mobilenetv2.datasets.masks import read_masked
from mobilenetv2.datasets.read_mask import read_mask
from mobilenetv2.errors import DatasetError
from tests.datasets.annotated import picture

IDS = np.array([[0, 1, 2], [2, 1, 255]], np.uint8)


def save(path: Path, values: np.ndarray, **kwargs: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path, **kwargs)
    return path


def palette(path: Path) -> Path:
    image = Image.fromarray(IDS, "P")
    # Colors in an order of their own, two of them the same: they must not count.
    image.putpalette([9, 9, 9, 9, 9, 9, 200, 0, 0] + [0] * 750 + [1, 2, 3])
    image.save(path)
    return path


@pytest.mark.parametrize("kind", ["grey", "16 bits", "32 bits", "palette", "grey as rgb"])
def test_ids_are_read_whatever_stores_them(tmp_path: Path, kind: str):
    path = tmp_path / "a.png"
    match kind:
        case "grey":
            save(path, IDS)
        case "16 bits":
            save(path, IDS.astype(np.uint16))
        case "32 bits":
            path = save(tmp_path / "a.tif", IDS.astype(np.int32))
        case "palette":
            palette(path)
        case _:
            save(path, np.repeat(IDS[:, :, None], 3, 2))
    ids = read_mask(path, 3)
    assert ids.dtype == np.uint8
    assert np.array_equal(ids, IDS)


def test_colors_are_looked_up(tmp_path: Path):
    table = tmp_path / "colors.txt"
    table.write_text("64 128 64\tAnimal\n0 0 0\tVoid\n192 0 128\tTall grass\n")
    colors = read_colors(table)
    assert colors.labels == ("Animal", "Tall grass")
    pixels = np.array([[[64, 128, 64], [0, 0, 0], [192, 0, 128]]], np.uint8)
    ids = read_mask(save(tmp_path / "a.png", pixels), 2, colors.ids)
    assert ids.tolist() == [[0, 255, 1]]
    pixels[0, 0] = 1
    with pytest.raises(DatasetError, match=r"a\.png.*\(1, 1, 1\).*void"):
        read_mask(save(tmp_path / "a.png", pixels), 2, colors.ids)
    with pytest.raises(DatasetError, match="Give the table of its colors"):
        read_mask(tmp_path / "a.png", 2)


def test_black_and_white_masks_become_classes_by_a_table(tmp_path: Path):
    table = tmp_path / "colors.csv"
    table.write_text("name,r,g,b\nbackground,0,0,0\nobject,255,255,255\n")
    mask = save(tmp_path / "a.png", np.array([[0, 255]], np.uint8))
    assert read_mask(mask, 2, read_colors(table).ids).tolist() == [[0, 1]]
    assert read_mask(mask, 2).tolist() == [[0, 255]]


@pytest.mark.parametrize("text", ["", "road,1,2\n", "road,1,2,300\n", "a,1,1,1\nb,1,1,1\n"])
def test_a_table_of_colors_that_is_none_is_refused(tmp_path: Path, text: str):
    (tmp_path / "colors.csv").write_text(text)
    with pytest.raises(DatasetError, match=r"colors\.csv"):
        read_colors(tmp_path / "colors.csv")


def test_unknown_ids_are_named_with_the_file_and_the_way_out(tmp_path: Path):
    path = save(tmp_path / "a.png", IDS)
    with pytest.raises(DatasetError, match=r"a\.png.*below the 2 classes, got 2\..*ignored"):
        read_mask(path, 2)
    assert read_mask(path, 2, ignore={2}).tolist() == [[0, 1, 255], [255, 1, 255]]
    high = save(tmp_path / "high.png", np.array([[0, 1000]], np.uint16))
    with pytest.raises(DatasetError, match="got 1000"):
        read_mask(high, 2)


def test_jpeg_is_no_mask_and_broken_files_are_named(tmp_path: Path):
    with pytest.raises(DatasetError, match="JPEG changes values"):
        read_mask(save(tmp_path / "a.jpg", IDS), 3)
    content = save(tmp_path / "c.png", np.tile(IDS, (30, 30))).read_bytes()
    (tmp_path / "b.png").write_bytes(content[: len(content) // 2])
    with pytest.raises(DatasetError, match=r"b\.png cannot be decoded"):
        read_mask(tmp_path / "b.png", 3)
    with pytest.raises(DatasetError, match="no such mask"):
        read_mask(tmp_path / "d.png", 3)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("a.webp", {"quality": 80}, "WebP changes"),
        ("a.webp", {"quality": 80, "exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}, "WebP changes"),
        ("a.avif", {}, "AVIF changes"),
        ("a.tif", {"compression": "jpeg"}, "JPEG changes"),
        ("a.jp2", {"irreversible": True}, "JPEG 2000 changes"),
        ("a.mpo", {}, "JPEG changes"),
        ("a.webp", {"lossless": True}, ""),
        ("a.jp2", {}, ""),
        ("a.tif", {"compression": "tiff_lzw"}, ""),
    ],
)
def test_every_compression_that_loses_is_refused(tmp_path: Path, name: str, options, said: str):
    if name.endswith("avif") and not features.check("avif"):
        pytest.skip("this Pillow writes no AVIF")
    ids = np.tile(IDS, (20, 20))
    Image.fromarray(ids).convert("RGB").save(tmp_path / name, **options)
    if said:
        with pytest.raises(DatasetError, match=said):
            read_mask(tmp_path / name, 3)
    else:
        np.testing.assert_array_equal(read_mask(tmp_path / name, 3), ids)


@pytest.mark.parametrize(("value", "good"), [(2.0, True), (0.5, False), (np.nan, False)])
def test_ids_saved_as_floats_must_be_whole(tmp_path: Path, value: float, good: bool):
    ids = np.array([[0, 1], [value, 1]], np.float32)
    path = save(tmp_path / "a.tif", ids)
    if good:
        assert read_mask(path, 3).tolist() == ids.tolist()
    else:
        with pytest.raises(DatasetError, match=r"a\.tif: .*whole numbers, got floats"):
            read_mask(path, 3)


def test_what_else_lies_among_the_masks_is_named(tmp_path: Path):
    picture(tmp_path / "images/a.png")
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks/a.npz").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"left aside 1 x text or data file \(a\.npz\)"):
        read_masked(tmp_path / "images", tmp_path / "masks")


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("images/a.png", "masks/a.png"),
        ("images/a.jpg", "masks/a_mask.png"),
        ("images/a.png", "masks/a_L.png"),
        ("images/x/a.png", "masks/x/a.png"),
        ("images/x/a.png", "masks/a.png"),
        ("leftImg8bit/val/ulm/ulm_0_leftImg8bit.png", "gtFine/val/ulm/ulm_0_gtFine_labelIds.png"),
        ("both/a.png", "both/a_mask.png"),
    ],
)
def test_masks_are_found_by_name(tmp_path: Path, image: str, mask: str):
    picture(tmp_path / image)
    save(tmp_path / mask, IDS)
    folders = tmp_path / image.split("/")[0], tmp_path / mask.split("/")[0]
    read = read_masked(*folders)
    assert [(p.path, p.mask) for p in read.pictures] == [(tmp_path / image, tmp_path / mask)]
    assert (read.without_mask, read.without_picture) == ((), ())


def test_what_has_no_partner_is_counted(tmp_path: Path):
    for name in ("a", "b"):
        picture(tmp_path / f"bugs/val/images/{name}.png")
    for name in ("a", "c"):
        save(tmp_path / f"bugs/val/masks/{name}.png", IDS)
    read = read_masked(tmp_path / "bugs/val/images", tmp_path / "bugs/val/masks")
    assert (read.name, read.split) == ("bugs", "val")
    assert [path.stem for path in read.without_mask] == ["b"]
    assert [path.stem for path in read.without_picture] == ["c"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="a mask for at least one picture"):
        read_masked(tmp_path / "bugs/val/images", tmp_path / "empty")


def test_parts_are_taken_by_name_or_from_a_list(tmp_path: Path):
    for name in "abc":
        picture(tmp_path / f"JPEGImages/{name}.jpg")
        save(tmp_path / f"SegmentationClass/{name}.png", IDS)
    lists = tmp_path / "ImageSets/Segmentation"
    lists.mkdir(parents=True)
    (lists / "val.txt").write_text("b\n")
    folders = tmp_path / "JPEGImages", tmp_path / "SegmentationClass"
    assert [p.path.stem for p in read_masked(*folders, split="val").pictures] == ["b"]
    assert [p.path.stem for p in read_masked(*folders, split="last 2").pictures] == ["b", "c"]
    with pytest.raises(DatasetError, match="the splits are: val"):
        read_masked(*folders, split="test")


def camvid_like(root: Path) -> tuple[Path, Path]:
    for name, values in (("a", [[0, 1]]), ("b", [[1, 3]]), ("c", [[0, 9]])):
        picture(root / f"images/{name}.png", (1, 2))
        save(root / f"masks/{name}.png", np.array(values, np.uint8))
    return root / "images", root / "masks"


def test_without_declarations_the_classes_run_to_the_largest_id(tmp_path: Path):
    data = read_masked(*camvid_like(tmp_path))
    assert find_meaning(data).labels == tuple(f"class {index}" for index in range(10))
    assert len(find_meaning(data, ignore={9}).labels) == 4
    labels = tmp_path / "labels.txt"
    labels.write_text("sky\nroad\n")
    assert find_meaning(data, labels, {3, 9}) == MaskMeaning(("sky", "road"), frozenset({3, 9}))


def test_colors_follow_the_models_labels_by_name(tmp_path: Path):
    data = read_masked(*camvid_like(tmp_path))
    table = tmp_path / "colors.csv"
    table.write_text("sky,0,0,0\nroad,1,1,1\nvoid,9,9,9\n")
    meaning = find_meaning(data, ("road", "sky"), colors=table)
    assert meaning.colors == {(0, 0, 0): 1, (1, 1, 1): 0, (9, 9, 9): 255}
    with pytest.raises(DatasetError, match=r"these are not: \['sky'\]"):
        find_meaning(data, ("road", "ground"), colors=table)


def test_a_report_counts_and_leaves_out_what_cannot_be_used(tmp_path: Path):
    images, masks = camvid_like(tmp_path)
    picture(images / "small.png", (5, 5))
    save(masks / "small.png", IDS)
    (images / "broken.png").write_bytes(b"no picture")
    save(masks / "broken.png", IDS)
    picture(images / "alone.png")
    labels = ("sky", "road", "car", "tree")
    report = report_masks(read_masked(images, masks), MaskMeaning(labels))
    assert [p.path.stem for p in report.usable.pictures] == ["a", "b"]
    assert (report.pixels, report.pictures, report.ignored) == ((1, 2, 0, 1), (1, 2, 0, 1), 0)
    assert report.without_examples == ("car",)
    assert sorted(finding.kind for finding in report.findings) == [
        "mask missing", "mask of another size", "unknown id", "unreadable picture",
    ]  # fmt: skip
    (size,) = [f.detail for f in report.findings if f.kind == "mask of another size"]
    assert "small.png, 5 x 5 pixels, got 3 x 2" in size
    assert len(report.to_json()["findings"]) == 4
    assert any("1 class has no pixel: car" in warning for warning in report.warnings)


def test_a_mask_of_0_and_255_is_pointed_out(tmp_path: Path):
    picture(tmp_path / "images/a.png", (1, 2))
    save(tmp_path / "masks/a.png", np.array([[0, 255]], np.uint8))
    data = read_masked(tmp_path / "images", tmp_path / "masks")
    report = report_masks(data, MaskMeaning(("background", "object")))
    assert any("if 255 is a class of yours" in warning for warning in report.warnings)


def test_rare_classes_weigh_more_and_absent_ones_nothing():
    for rule in ("median frequency", "inverse log"):
        weights = class_weights((1000, 10, 0, 100), rule)
        assert weights[1] > weights[3] > weights[0] > weights[2] == 0
        assert weights[weights > 0].mean() == pytest.approx(1)
    with pytest.raises(DatasetError, match="at least one class"):
        class_weights((0, 0))


def test_cvats_labelmap_is_a_table_of_colors(tmp_path: Path):
    table = tmp_path / "labelmap.txt"
    table.write_text("# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:51,221,255::\n")
    assert read_colors(table).ids == {(0, 0, 0): 0, (51, 221, 255): 1}
    assert read_colors(table).labels == ("background", "cat")


@pytest.mark.parametrize("number", ["9" * 5000, "256", "-1", "1.5", "\u0661"])
def test_colors_that_are_no_numbers_of_a_byte(tmp_path: Path, number: str):
    (tmp_path / "colors.csv").write_text(f"road,{number},0,0\n", "utf-8")
    with pytest.raises(DatasetError, match=r"colors\.csv, line 1"):
        read_colors(tmp_path / "colors.csv")


@pytest.mark.parametrize("name", ["Unlabelled", "unlabeled", "void", "Ignore"])
def test_a_row_of_a_table_that_is_no_class_is_told_of(tmp_path, name):
    table = tmp_path / "class_dict.csv"
    table.write_text(f"name,r,g,b\nroad,128,64,128\n{name},0,0,0\nsky,1,2,3\n")
    assert read_colors(table).void == (name,)
    picture(tmp_path / "images/a.png")
    picture(tmp_path / "masks/a.png")
    meaning = find_meaning(read_masked(tmp_path), colors=table)
    assert meaning.labels == ("road", "sky")
    (note,) = meaning.notes
    assert note.startswith(f"class_dict.csv: pixels in the color of '{name}' are taken for pixels")
