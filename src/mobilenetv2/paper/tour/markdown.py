"""Sections as Markdown."""

import re
import textwrap

from mobilenetv2.paper.tour.sections import Grid, Section

WIDTH = 100
"""Of a paragraph's lines."""


def section_markdown(section: Section, name: str, folder: str, suffix: str = ".svg") -> str:
    """Paragraphs, picture, tables; ends with the command that makes them.

    Args:
        section: what to write.
        name: of the item and of its picture's file.
        folder: of the picture, as seen from the Markdown file; empty for the same folder.
        suffix: of the picture.
    """
    parts = [_wrapped(paragraph) for paragraph in section.before]
    if section.picture:
        place = f"{folder}/{name}{suffix}" if folder else f"{name}{suffix}"
        parts.append(f"![{section.picture}]({place})")
    parts += [grid_markdown(grid) for grid in section.grids]
    parts += [_wrapped(paragraph) for paragraph in section.after]
    parts.append(f"`mobilenetv2 paper {name}`")
    return "\n\n".join(parts)


def grid_markdown(grid: Grid) -> str:
    """A table with its numbers set to the right."""
    rule = ["--:" if column in grid.right else "---" for column in range(len(grid.columns))]
    lines = [grid.columns, rule, *(map(_escape, row) for row in grid.rows)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    if not grid.fold:
        return table
    return f"<details><summary>{grid.fold}</summary>\n\n{table}\n\n</details>"


def plain(text: str) -> str:
    """Markdown of a paragraph as text for a terminal; of a link to a thread, its address."""
    text = re.sub(r"\[(?:thread|source)\]\(([^)]*)\)", r"\1", text)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[`*]", "", text)


def _wrapped(paragraph: str) -> str:
    # A command must not be broken: its spaces are hidden from the wrapping.
    whole = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", "\0"), paragraph)
    lines = textwrap.fill(whole, WIDTH, break_long_words=False, break_on_hyphens=False)
    return lines.replace("\0", " ")


def _escape(text: str) -> str:
    """A cell is text, not Markdown, but for the links in it."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("\n", " ")
