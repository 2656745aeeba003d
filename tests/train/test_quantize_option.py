"""How many of the epochs `--quantize` means."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mobilenetv2.cli.train.options import Run, run_options
from mobilenetv2.train import Recipe, recipe_from_json


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), 0),
        (("--quantize",), -(-Recipe().epochs // 4)),
        (("--quantize", "--epochs", "2"), 1),
        (("--epochs", "3"), 0),
    ],
    ids=str,
)
def test_the_option_means_the_last_quarter(arguments: tuple[str, ...], expected: int) -> None:
    heard: list[int] = []

    @click.command()
    @run_options
    def learn(run: Run) -> None:
        heard.append(run.recipe(recipe_from_json, Recipe).quantize_epochs)

    CliRunner().invoke(learn, ["--dry-run", *arguments], catch_exceptions=False)
    assert heard == [expected]


def test_an_option_leaves_a_recipes_own_number_and_fewer_epochs_cut_it(tmp_path: Path) -> None:
    path = tmp_path / "recipe.json"
    path.write_text(Recipe(epochs=8, quantize_epochs=3).to_json())
    heard: list[int] = []

    @click.command()
    @run_options
    def learn(run: Run) -> None:
        heard.append(run.recipe(recipe_from_json, Recipe).quantize_epochs)

    for more in ([], ["--quantize"], ["--epochs", "2"]):
        CliRunner().invoke(
            learn, ["--dry-run", "--recipe", str(path), *more], catch_exceptions=False
        )
    assert heard == [3, 3, 2]
