"""Fields of a recipe on the command line: what they mean, what they may be, and which was meant."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mobilenetv2.cli import main
from mobilenetv2.cli.train.classify import classify
from mobilenetv2.cli.train.recipe_options import FieldValue
from mobilenetv2.errors import RecipeError
from mobilenetv2.train import Augmentation, Recipe
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.recipe_fields import recipe_fields, recipe_table
from mobilenetv2.train.recipe_values import with_values
from mobilenetv2.train.segment.recipe import SegmentationRecipe
from tests.train.drawn_classes import draw_classes

KINDS = {"classify": Recipe, "detect": DetectionRecipe, "segment": SegmentationRecipe}
DOCUMENT = Path(__file__).parents[2] / "docs" / "recipe.md"


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_field_says_what_it_means(kind):
    assert [field.name for field in recipe_fields(kind) if not field.text] == []


def test_a_child_says_it_anew_or_as_its_parent_does():
    ours, theirs = (
        {field.name: field for field in recipe_fields(kind)} for kind in (Recipe, DetectionRecipe)
    )
    assert ours["fit"].text != theirs["fit"].text
    assert ours["momentum"].text == theirs["momentum"].text
    assert theirs["loss"].meaning.startswith("multibox or focal. Softmax")
    assert theirs["size"].shown == "320x320"


def test_the_document_holds_the_table_of_this_release():
    """Else: python benchmarks/recipe_table.py"""
    assert recipe_table(KINDS) in DOCUMENT.read_text("utf-8")


def test_values_are_read_by_their_fields_kind():
    given = [
        "learning_rate=1e-3", "linear-probe=false", "size=96", "deploy_size=96x128",
        "augmentation.flip=0", "augmentation.crop_scale=0.2x1", "batch_norm=frozen",
    ]  # fmt: skip
    assert with_values(Recipe(), given) == Recipe(
        learning_rate=1e-3, linear_probe=False, size=(96, 96), deploy_size=(96, 128),
        batch_norm="frozen", augmentation=Augmentation(flip=0.0, crop_scale=(0.2, 1.0)),
    )  # fmt: skip
    assert with_values(Recipe(size=(96, 96)), ["size=none"]).size is None
    assert with_values(SegmentationRecipe(), ["aspp=none"]).aspp == "none"


def test_few_epochs_warm_up_in_a_quarter_of_them():
    assert with_values(Recipe(), ["epochs=2"]).warmup_epochs == 0.5
    assert with_values(Recipe(), ["epochs=2", "warmup_epochs=1"]).warmup_epochs == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("learnign_rate=1", "did you mean learning_rate"),
        ("flip=0", "did you mean augmentation.flip"),
        ("zzz=0", "there are epochs, batch_size"),
        ("epochs", "takes field=value, such as learning_rate=1e-3"),
        ("epochs=0", "epochs must be at least 1, got 0"),
        ("fit=round", "must be one of .*'squash'"),
        ("learning_rate=fast", "--set learning_rate=fast: .* must be a number"),
    ],
)
def test_what_no_recipe_takes_is_told(given, message):
    with pytest.raises(RecipeError, match=message):
        with_values(Recipe(), [given])


def test_the_command_line_takes_them_over_the_defaults(tmp_path):
    data = draw_classes(tmp_path / "squares", 5)
    command = ["train", "classify", "--data", str(data), "--dry-run", "--set"]
    told = CliRunner().invoke(main, [*command, "weight_decay=0.05"])
    assert '"weight_decay": 0.05' in told.stdout
    twice = CliRunner().invoke(main, [*command, "epochs=3", "--epochs", "2"])
    assert twice.exit_code == 2
    assert "--epochs and --set epochs=3 say the same" in twice.stderr


def test_fields_are_listed_without_data():
    told = CliRunner().invoke(main, ["train", "detect", "--fields"])
    assert told.exit_code == 0
    assert "augmentation.zoom_out" in told.stdout
    assert "crop_scale" not in told.stdout


@pytest.mark.parametrize(
    ("begun", "offered"),
    [
        ("learn", ["learning_rate="]),
        ("augmentation.c", [f"augmentation.{one}=" for one in
                            ("crop_scale", "crop_ratio", "color_jitter", "cutmix")]),
        ("fit=s", ["fit=squash"]),
        ("epochs=", []),
    ],
)  # fmt: skip
def test_a_shell_completes_names_and_words(begun, offered):
    context = click.Context(classify, info_name="classify")
    option = next(one for one in classify.params if one.name == "values")
    assert isinstance(option.type, FieldValue)
    assert [item.value for item in option.shell_complete(context, begun)] == offered


@pytest.mark.parametrize(
    ("command", "option", "field"),
    [
        (["train", "classify"], "--patience", "patience"),
        (["train", "segment"], "--freeze", "freeze"),
        (["tune", "detect"], "--zoom-out", "augmentation.zoom_out"),
    ],
)
def test_a_field_given_as_an_option_is_told_how_to_be_set(
    command: list[str], option: str, field: str
) -> None:
    told = CliRunner().invoke(main, [*command, "--data", "x", option, "3"])
    assert told.exit_code == 2
    assert f"{option} is a field of the recipe: --set {field}=VALUE" in told.output


def test_an_option_that_is_no_field_either_is_told_as_ever() -> None:
    told = CliRunner().invoke(main, ["train", "classify", "--data", "x", "--patients", "3"])
    assert "No such option" in told.output
