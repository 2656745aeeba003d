"""Parts of a page: nothing that a data set calls itself becomes markup."""

from html.parser import HTMLParser

import numpy as np
from PIL import Image

from mobilenetv2.evaluate.page.html import cells, escape, page, paragraph, picture, table
from mobilenetv2.evaluate.page.plots import Axis, Line, confusion_plot, line_plot, reliability_plot
from mobilenetv2.metrics.reliability import reliability

HOSTILE = "<script>alert(1)</script>\"'&\x00\x1b\ud800"


class Tags(HTMLParser):
    """Opens and closes as a browser does, and refuses what does not match."""

    EMPTY = frozenset({"meta", "img", "line", "rect", "polyline"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_labels_and_names_are_text_wherever_they_stand():
    image = Image.new("RGB", (8, 8))
    line = Line(HOSTILE, (1, 2, 3), np.array([0.0, 1.0]), np.array([1.0, 0.0]))
    counts = np.array([[2, 1], [0, 3]])
    text = page(
        HOSTILE,
        paragraph(HOSTILE),
        table((HOSTILE,), [cells(HOSTILE)]),
        picture(image, HOSTILE),
        line_plot([line], Axis(HOSTILE), Axis(HOSTILE)),
        confusion_plot(counts, [HOSTILE] * 2, [HOSTILE] * 2),
    )
    read = Tags(text)
    assert read.open == []
    assert "script" not in {tag for tag, _ in read.seen}
    assert text.encode("utf-8")
    assert "\x00" not in text
    assert "\x1b" not in text


def test_a_page_fetches_nothing():
    text = page("title", picture(Image.new("RGB", (8, 8)), ""), line_plot([], Axis("x"), Axis("y")))
    for tag, attributes in Tags(text).seen:
        assert tag not in {"script", "link", "iframe", "object"}
        assert not (attributes.get("src") or "data:").partition("data:")[0]
        assert "href" not in attributes
    assert "default-src 'none'" in text
    assert "url(" not in text


def test_escape_keeps_what_can_be_read():
    assert escape("a < b & ü 猫") == "a &lt; b &amp; ü 猫"


def test_a_curve_runs_from_corner_to_corner():
    line = Line("a", (255, 0, 0), np.array([1.0, 9.0]), np.array([4.0, 0.0]))
    drawn = line_plot([line], Axis("epoch", 1, 9), Axis("loss", 0, 4))
    assert 'points="44.0,10.0 344.0,310.0"' in drawn
    assert 'stroke="#ff0000"' in drawn
    # Round numbers alone: every second epoch, every unit of loss.
    assert [tick for tick in range(10) if f">{tick}<" in drawn] == [0, 1, 2, 3, 4, 6, 8]


def test_reliability_has_a_bar_for_every_bin_with_an_answer():
    drawn = reliability_plot(reliability([0.1, 0.95, 0.97], [True, True, False]))
    assert drawn.count("<rect") == 2


def test_large_counts_have_room_in_their_cells():
    counts = np.array([[9999, 12_345, 5_425_000, 54_250_000, 1_000_000_000]])
    drawn = confusion_plot(counts, ["a"], list("abcde"))
    for text in (">9999<", ">12k<", ">5.4M<", ">54M<", ">1G<"):
        assert text in drawn
