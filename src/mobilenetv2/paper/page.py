"""The whole tour as one Markdown page, and what its verdicts add up to."""

from collections.abc import Mapping
from typing import Any

from mobilenetv2.paper.cells import MEANINGS, Comparison
from mobilenetv2.paper.items import CHAPTERS, ITEMS, Shown
from mobilenetv2.paper.tour.markdown import grid_markdown, section_markdown
from mobilenetv2.paper.tour.sections import Grid

FOLDER = "paper"
"""Of the pictures, beside the page."""

INTRODUCTION = """# The paper, run

A guided tour of *MobileNetV2: Inverted Residuals and Linear Bottlenecks* (Sandler, Howard, Zhu,
Zhmoginov, Chen; [arXiv 1801.04381](https://arxiv.org/abs/1801.04381), version 4): every table,
every figure and the two theorems, each made by the command below it from the one description of
the network in `src/mobilenetv2/network`. Read from top to bottom it explains the paper; read
across, it is a list of what the paper prints beside what comes out.

This page is generated: `mobilenetv2 paper all --out docs`. A single item prints with
`mobilenetv2 paper table4`, and `--json` gives its data. From Python each is a function:
`mobilenetv2.paper.table_4()`.

**The idea in a paragraph.** A network's maps are wide, but what they carry is thought to be narrow.
So keep it narrow between blocks, where it has to be stored, and make it wide only inside of one,
where cheap depthwise filters work on it. Do not put a ReLU where it is narrow, since there it
destroys information. And join the narrow ends by shortcuts, so that gradients have a way.

[Set a network and see what it costs](paper/explorer.html): an interactive page without a server;
download it and open it in a browser."""


def paper_page(shown: Mapping[str, Shown[Any]]) -> str:
    """The Markdown of `docs/paper.md`.

    Args:
        shown: every item, computed, by name.
    """
    parts = [INTRODUCTION, _verdicts(shown), _contents()]
    titles = {item.name: item.title for item in ITEMS}
    for chapter in CHAPTERS:
        parts.append(f"## {chapter.title}")
        for item in chapter.items:
            one = shown[item.name]
            if len(chapter.items) > 1:
                parts.append(f"### {titles[item.name]}")
            parts.append(section_markdown(one.section, item.name, FOLDER))
    return "\n\n".join(parts) + "\n"


def _verdicts(shown: Mapping[str, Shown[Any]]) -> str:
    tables = [one.data for one in shown.values() if isinstance(one.data, Comparison)]
    total = sum(len(table.cells) for table in tables)
    rows = [
        (verdict, str(sum(table.count(verdict) for table in tables)), meaning)
        for verdict, meaning in MEANINGS.items()
    ]
    grid = Grid(("verdict", "figures", "meaning"), tuple(rows), frozenset({1}))
    return (
        f"**The outcome.** Of {total} printed figures and entries in tables 1 to 7 and the "
        f"text:\n\n{grid_markdown(grid)}\n\n"
        "Errata of other places, and of public copies of the network, are listed in "
        "[errata.md](errata.md)."
    )


def _contents() -> str:
    lines = [f"- [{chapter.title}](#{_anchor(chapter.title)})" for chapter in CHAPTERS]
    return "\n".join(lines)


def _anchor(title: str) -> str:
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -")
    return kept.replace(" ", "-")
