"""What a segmentation recipe refuses, and that it survives its own JSON."""

from typing import Any

import pytest

from mobilenetv2.errors import RecipeError
from mobilenetv2.train.segment.recipe import (
    MaskAugmentation,
    SegmentationRecipe,
    segmentation_recipe_from_json,
)


def test_json_and_back() -> None:
    recipe = SegmentationRecipe(
        size=(321, 417), output_stride=8, aspp="published",
        augmentation=MaskAugmentation(scale=(0.75, 1.5)),
    )  # fmt: skip
    assert segmentation_recipe_from_json(recipe.to_json()) == recipe


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"fit": "squash"}, "fit must be 'pad'"),
        ({"deploy_size": (8, 8)}, "deploy_size must be"),
        ({"label_smoothing": 1.0}, "label_smoothing must be"),
        ({"epochs": 0}, "epochs must be at least 1"),
    ],
)
def test_a_value_out_of_range_names_the_rule(wrong: dict[str, Any], rule: str) -> None:
    with pytest.raises(RecipeError, match=rule):
        SegmentationRecipe(**wrong)


@pytest.mark.parametrize("wrong", [{"scale": (2.0, 1.0)}, {"scale": (0, 1)}, {"flip": 1.5}])
def test_an_augmentation_out_of_range_names_the_rule(wrong: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=rf"{next(iter(wrong))} must"):
        MaskAugmentation(**wrong)


@pytest.mark.parametrize("field", ['"output_stride": 4', '"aspp": "wide"', '"class_weights": 1'])
def test_an_unknown_choice_in_a_file_is_refused(field: str) -> None:
    with pytest.raises(RecipeError, match="must be the JSON of a SegmentationRecipe"):
        segmentation_recipe_from_json(f'{{"kind": "SegmentationRecipe", {field}}}')
