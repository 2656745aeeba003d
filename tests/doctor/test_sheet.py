"""The sheet of examples: boxes and masks are drawn where they are."""

from pathlib import Path

import numpy as np
from PIL import Image

from mobilenetv2.doctor import check
from mobilenetv2.doctor.sheet import draw_examples
from mobilenetv2.tasks.contact_sheet import TILE
from mobilenetv2.tasks.palette import class_color
from tests.datasets.annotated import voc_xml


def test_a_box_is_drawn_in_its_class_color_at_its_place(tmp_path: Path):
    (tmp_path / "images").mkdir()
    Image.new("RGB", (240, 240), "white").save(tmp_path / "images/one.png")
    voc_xml(tmp_path / "annotations/one.xml", [("ant", (60, 60, 180, 180))], (240, 240))
    sheet = np.asarray(draw_examples(check(tmp_path)))
    tile = sheet[8 : 8 + TILE, 8 : 8 + TILE]
    assert tuple(tile[120, 60]) == class_color(0)
    assert tuple(tile[120, 120]) == (255, 255, 255)


def test_a_mask_is_painted_half_over_its_picture(tmp_path: Path):
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (240, 240), "white").save(tmp_path / "images/one.png")
    mask = np.zeros((240, 240), np.uint8)
    mask[:, 120:] = 1
    Image.fromarray(mask).save(tmp_path / "masks/one.png")
    (tmp_path / "names.txt").write_text("background\nbee\n")
    sheet = np.asarray(draw_examples(check(tmp_path, labels=tmp_path / "names.txt")))
    tile = sheet[8 : 8 + TILE, 8 : 8 + TILE]
    assert tuple(tile[100, 20]) == (255, 255, 255)
    assert tuple(tile[100, 200]) == tuple(127 + part // 2 for part in class_color(0))
