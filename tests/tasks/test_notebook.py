"""In a notebook results show themselves, and no label becomes a tag."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.tasks.classify import Classification
from mobilenetv2.tasks.detect import Detection
from mobilenetv2.tasks.results import Detections, Prediction, Result, Segmentation

MASK = np.zeros((600, 1200), np.uint8)
MASK[:150] = 1
BOX = Detection("<b>bee</b>", 1, 0.5, (1, 2, 30, 40))


class Tags(HTMLParser):
    """Counts what opens and closes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "result",
    [
        Prediction((Classification("<b>ant</b>", 0, 0.75),)),
        Prediction(()),
        Detections((BOX,) * 40),
        Detections(()),
        Segmentation(MASK, ("background", "<b>bee</b>")),
    ],
)
def test_every_tag_is_closed_and_labels_are_text(result: Result):
    html = result._repr_html_()
    tags = Tags()
    tags.feed(html)
    assert not tags.open
    assert tags.seen <= {"table", "thead", "tbody", "tr", "th", "td", "img", "i"}


def test_what_is_told():
    assert "75.0%" in Prediction((Classification("ant", 0, 0.75),))._repr_html_()
    assert "unknown" in Prediction(())._repr_html_()
    assert "none" in Prediction((), multi_label=True)._repr_html_()
    assert "nothing" in Detections(())._repr_html_()
    assert "and 10 more" in Detections((BOX,) * 40)._repr_html_()


def test_a_mask_is_shown_small_and_in_color():
    html = Segmentation(MASK, ("background", "bee"))._repr_html_()
    (data,) = re.findall(r"base64,([^\"]+)", html)
    shown = Image.open(io.BytesIO(base64.b64decode(data)))
    assert shown.size == (480, 240)
    assert len(np.unique(np.asarray(shown.convert("RGB")).reshape(-1, 3), axis=0)) == 2
    assert "75.0%" in html
    assert "25.0%" in html
