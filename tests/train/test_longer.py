"""A finished run that goes on to more epochs, and which of its epochs was best."""

import json

import pytest
from click.testing import CliRunner, Result

from mobilenetv2.cli import main
from mobilenetv2.errors import TrainingError
from mobilenetv2.train import Recipe
from mobilenetv2.train.identity import check_identity
from mobilenetv2.train.ranking import best_told
from mobilenetv2.weights import store
from tests.train.drawn_classes import draw_classes


def rows(out):
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_a_run_goes_on_up_to_more_epochs_by_its_own_recipe(tmp_path, small):
    data, out, first = tmp_path / "squares", tmp_path / "run", tmp_path / "first.safetensors"
    draw_classes(data, 10)
    store.save(small, first)

    def train(*more: object) -> Result:
        command = ["train", "classify", "--data", data, "--model", first, "--out", out]
        return CliRunner().invoke(
            main, [*map(str, command), "--workers", "0", "--batch-size", "4", *map(str, more)]
        )

    assert train("--epochs", 2, "--size", 32, "--set", "weight_decay=0.07").exit_code == 0
    before = rows(out)
    refused = train("--epochs", 4, "--size", 32, "--set", "weight_decay=0.07")
    assert "--resume to go on up to more epochs" in refused.stderr
    done = train("--epochs", 4, "--resume")
    assert done.exit_code == 0, done.output
    assert "goes on where a run of 4 epochs has it by now, at 50% of its peak" in done.stderr
    after = rows(out)
    assert after[:2] == before
    assert [row["epoch"] for row in after] == [1, 2, 3, 4]
    # It had fallen to its end, stands where the longer run has it, and falls again.
    assert after[2]["learning_rate"] > after[3]["learning_rate"]
    assert after[2]["learning_rate"] > before[1]["learning_rate"]
    recipe = json.loads((out / "recipe.json").read_text())
    assert (recipe["epochs"], recipe["weight_decay"], recipe["size"]) == (4, 0.07, [32, 32])
    assert "go on to more, got 3" in train("--epochs", 3, "--resume").stderr


def test_resume_wants_a_run(tmp_path):
    data = draw_classes(tmp_path / "squares", 2)
    command = ["train", "classify", "--data", str(data), "--resume", "--out", str(tmp_path / "no")]
    stderr = CliRunner().invoke(main, command).stderr
    assert "holds no run that has begun" in stderr
    assert "Give the same command without --resume" in stderr


def test_a_folder_without_a_state_begins_anew_by_its_recipe_and_says_so(tmp_path, small):
    data, first = draw_classes(tmp_path / "squares", 5), tmp_path / "first.safetensors"
    store.save(small, first)
    out = tmp_path / "run"
    out.mkdir()
    recipe = Recipe(epochs=1, batch_size=4, size=(32, 32), warmup_epochs=0, weight_decay=0.07)
    (out / "recipe.json").write_text(recipe.to_json())
    command = ["train", "classify", "--data", data, "--model", first, "--out", out, "--resume"]
    done = CliRunner().invoke(main, [*map(str, command), "--workers", "0"])
    assert done.exit_code == 0, done.output
    assert "holds no state of a run, so there is nothing to go on with: begins anew" in done.stderr
    assert json.loads((out / "recipe.json").read_text())["weight_decay"] == 0.07


def test_a_run_of_which_no_step_was_kept_did_not_begin_otherwise(tmp_path):
    def identity(weights: str, epochs: int) -> dict[str, str]:
        return {"recipe": json.dumps({"epochs": epochs}), "first weights": weights}

    with pytest.raises(TrainingError, match=r"no step was kept.*remove .*state\.pt.*begin anew"):
        check_identity(identity("a", 4), identity("b", 4), tmp_path, kept=False)
    # There is nothing that a shorter run would throw away.
    check_identity(identity("a", 4), identity("a", 2), tmp_path, longer=True, kept=False)


@pytest.mark.parametrize(("quantized", "refused"), [(1, True), (3, False)])
def test_what_follows_epochs_in_integers_is_in_integers(tmp_path, quantized, refused):
    def identity(epochs: int, quantize_epochs: int) -> dict[str, str]:
        recipe = {"epochs": epochs, "quantize_epochs": quantize_epochs}
        return {"recipe": json.dumps(recipe)}

    old, new = identity(4, 1), identity(6, quantized)
    if refused:
        with pytest.raises(TrainingError, match="quantize_epochs must be 3, got 1"):
            check_identity(old, new, tmp_path, longer=True)
    else:
        check_identity(old, new, tmp_path, longer=True)


def test_the_best_epoch_is_named_where_it_beat_the_last():
    history = [
        {"epoch": epoch, "step": 10 * epoch, "val_top1": top1}
        for epoch, top1 in ((1, 0.9), (2, 0.7), (3, 0.8), (4, 0.75))
    ]
    told = best_told(history, "top1", 0)
    assert told == (
        "epoch 1 was better than the last on the validation pictures, top1 90.00 of 100 beside "
        "75.00"
    )
    # Epochs in floats are not ranked with those in integers.
    assert best_told(history, "top1", 10).startswith("epoch 3 ")
    assert best_told(history[:1], "top1", 0) == best_told([], "top1", 0) == ""
