"""docs/paper.md is what `mobilenetv2 paper all --out docs` writes, and its pictures are there."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from mobilenetv2.paper.cells import MEANINGS, Comparison
from mobilenetv2.paper.draw.style import picture_bytes
from mobilenetv2.paper.items import CHAPTERS, ITEMS, Shown
from mobilenetv2.paper.page import paper_page
from mobilenetv2.paper.tour.markdown import grid_markdown, plain
from mobilenetv2.paper.tour.sections import Grid
from mobilenetv2.paper.write import verdicts_json

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def shown() -> dict[str, Shown]:
    """Every item, computed once."""
    return {item.name: item.show() for item in ITEMS}


def test_the_page_is_the_one_that_is_made(shown: dict[str, Shown]):
    assert (DOCS / "paper.md").read_text("utf-8") == paper_page(shown)


def test_the_verdicts_are_those_that_are_made(shown: dict[str, Shown]):
    text = (DOCS / "paper" / "verdicts.json").read_text("utf-8")
    assert text == verdicts_json(shown)
    cells = json.loads(text)
    assert {cell["verdict"] for cell in cells} == set(MEANINGS)
    assert len(cells) == sum(
        len(one.data.cells) for one in shown.values() if isinstance(one.data, Comparison)
    )


def test_every_link_and_picture_of_the_page_leads_somewhere():
    page = (DOCS / "paper.md").read_text("utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", page):
        if not target.startswith("https://"):
            assert (DOCS / target).is_file(), target
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.strip("# ").lower()).replace(" ", "-")
        for line in page.splitlines()
        if line.startswith("#")
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= headings


def test_every_picture_can_be_drawn(shown: dict[str, Shown], tmp_path: Path):
    drawn = []
    for name, one in shown.items():
        figure = one.figure()
        if figure is None:
            continue
        (tmp_path / f"{name}.svg").write_bytes(picture_bytes(figure, ".svg"))
        root = ET.parse(tmp_path / f"{name}.svg").getroot()
        assert root.tag.endswith("svg")
        assert 10_000 < (tmp_path / f"{name}.svg").stat().st_size < 300_000
        assert (DOCS / "paper" / f"{name}.svg").is_file()
        drawn.append(name)
    assert {"figure1", "figure2", "figure3", "figure4", "figure5", "figure7"} <= set(drawn)
    assert {"memory", "theorem1"} <= set(drawn)


def test_a_picture_drawn_twice_is_the_same_file(shown: dict[str, Shown], tmp_path: Path):
    for name in ("a", "b"):
        figure = shown["figure3"].figure()
        assert figure is not None
        (tmp_path / f"{name}.svg").write_bytes(picture_bytes(figure, ".svg"))
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_every_item_is_in_one_chapter_under_a_name_of_its_own():
    names = [item.name for chapter in CHAPTERS for item in chapter.items]
    assert len(set(names)) == len(names) == len(ITEMS)
    assert {f"table{n}" for n in range(1, 8)} | {f"figure{n}" for n in range(1, 8)} <= set(names)


def test_markdown_of_a_table():
    grid = Grid(("a", "b"), (("x*y|z", "1"),), frozenset({1}), fold="More")
    assert grid_markdown(grid) == (
        "<details><summary>More</summary>\n\n"
        "| a | b |\n| --- | --: |\n| x\\*y\\|z | 1 |\n\n</details>"
    )
    assert (
        plain("**so** ([thread](https://x/issues/1)) in `code`")
        == "so (https://x/issues/1) in code"
    )
