"""Writes the table of recipe fields in docs/recipe.md anew: python benchmarks/recipe_table.py"""

from pathlib import Path

from mobilenetv2.train import Recipe
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.recipe_fields import recipe_table
from mobilenetv2.train.segment.recipe import SegmentationRecipe

DOCUMENT = Path(__file__).parents[1] / "docs" / "recipe.md"


def main() -> None:
    """Replace everything from the table's first line to its last."""
    kinds = {"classify": Recipe, "detect": DetectionRecipe, "segment": SegmentationRecipe}
    text = DOCUMENT.read_text("utf-8")
    before, rest = text.split("| field |", 1)
    lines = rest.splitlines(keepends=True)
    after = lines[next(i for i, line in enumerate(lines) if i and not line.startswith("|")) :]
    DOCUMENT.write_text(before + recipe_table(kinds) + "".join(after), "utf-8")
    print(f"wrote {DOCUMENT}")


if __name__ == "__main__":
    main()
