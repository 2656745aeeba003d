"""A recipe survives JSON and refuses nonsense."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenetv2.errors import RecipeError
from mobilenetv2.train.classify.recipe import (
    Augmentation,
    Recipe,
    default_recipe,
    recipe_from_json,
)

recipes = st.builds(
    Recipe,
    epochs=st.integers(10, 1000),
    size=st.none() | st.tuples(st.integers(32, 512), st.integers(32, 512)),
    optimizer=st.sampled_from(["sgd", "adamw", "rmsprop"]),
    learning_rate=st.floats(1e-6, 1),
    batch_norm=st.sampled_from(["auto", "batch", "frozen", "folded"]),
    augmentation=st.builds(Augmentation, mixup=st.floats(0, 1), flip=st.floats(0, 1)),
)


@given(recipes)
def test_json_and_back(recipe: Recipe) -> None:
    assert recipe_from_json(recipe.to_json()) == recipe


def test_fields_left_out_take_their_default() -> None:
    assert recipe_from_json('{"kind": "Recipe", "epochs": 3}') == Recipe(epochs=3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not json", "must be the JSON of a Recipe"),
        ('{"kind": "Recipe", "epoch": 3}', "free of unknown fields, got .*epoch"),
        ('{"kind": "Recipe", "epochs": 0}', "epochs must be at least 1, got 0"),
        ('{"kind": "Recipe", "epochs": "3"}', "recipe.epochs must be of type int"),
        ('{"kind": "Augmentation"}', "must be a Recipe"),
        ("[" * 100_000, "must be the JSON of a Recipe"),
    ],
)
def test_what_is_no_recipe_is_refused(text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        recipe_from_json(text)


@pytest.mark.parametrize(
    "change",
    [
        {"batch_size": 0},
        {"size": (16, 224)},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"backbone_rate": 1.5},
        {"dropout": 1.0},
        {"warmup_epochs": 21.0},
        {"clip_norm": -1.0},
        {"seed": -1},
        {"balance": 1.5},
    ],
)
def test_every_range_is_held(change: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match=f"{next(iter(change))} must .*, got "):
        replace(Recipe(epochs=20), **change)


@pytest.mark.parametrize(
    "change",
    [{"crop_scale": (0.5, 0.2)}, {"crop_ratio": (0.0, 1.0)}, {"flip": 2.0}, {"mixup": -1.0}],
)
def test_every_range_of_augmentation_is_held(change: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match=f"{next(iter(change))} must .*, got "):
        Augmentation(**change)


def test_auto_batch_norm_depends_on_the_batch() -> None:
    assert Recipe(batch_norm="auto", batch_size=16).batch_norm_rule == "batch"
    assert Recipe(batch_norm="auto", batch_size=15).batch_norm_rule == "frozen"
    assert Recipe(batch_norm="folded", batch_size=2).batch_norm_rule == "folded"


@pytest.mark.parametrize(
    ("pictures", "epochs", "batch_size"),
    [(16, 60, 16), (120, 60, 20), (590, 34, 32), (2020, 10, 32)],
)
def test_the_default_goes_by_how_many_pictures_there_are(
    pictures: int, epochs: int, batch_size: int
) -> None:
    recipe = default_recipe(pictures)
    assert (recipe.epochs, recipe.batch_size) == (epochs, batch_size)
    assert recipe.learning_rate == pytest.approx(3e-4 * (batch_size / 32) ** 0.5)


def test_a_narrow_network_learns_faster() -> None:
    assert default_recipe(590, width=0.5).learning_rate == 2 * Recipe().learning_rate


def test_a_small_batch_learns_more_slowly() -> None:
    assert default_recipe(590, batch_size=8).learning_rate == Recipe().learning_rate / 2
