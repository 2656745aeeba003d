"""Curves of a run, from the log beside its model."""

import json
from pathlib import Path

from mobilenetv2.evaluate.page.curves import read_log, run_section


def log(folder: Path, rows: list[object]) -> Path:
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "model.safetensors"


def test_a_log_lies_in_the_runs_folder_beside_the_model(tmp_path: Path):
    rows = [{"epoch": 1, "train_loss": 2.0}, {"epoch": 2, "train_loss": 1.0}]
    model = log(tmp_path, rows)
    assert read_log(model) == read_log(tmp_path) == tuple(rows)
    assert read_log(tmp_path / "nowhere/model.safetensors") == ()
    assert read_log(Path("objects")) == ()


def test_what_is_no_log_of_ours_has_no_curves(tmp_path: Path):
    assert read_log(log(tmp_path, [[1, 2], "epoch", {"epoch": "one"}, {"epoch": None}])) == ()
    (tmp_path / "log.jsonl").write_text("{not json")
    assert read_log(tmp_path) == ()


def test_losses_and_shares_have_plots_of_their_own():
    rows = [
        {"epoch": 1, "step": 9, "train_loss": 2.0, "val_loss": 1.5, "val_top1": 0.5,
         "val_pictures": 40},
        {"epoch": 2, "step": 18, "train_loss": 1.0},
        {"epoch": 3, "step": 27, "train_loss": float("nan"), "val_loss": 1.0, "val_top1": 0.75,
         "val_pictures": 40},
    ]  # fmt: skip
    drawn = run_section(rows)
    assert drawn.count("<svg") == 2
    for name in ("training loss", "validation loss", "validation top1"):
        assert name in drawn
    # A count of pictures is no share, and a loss that is no number has no place.
    assert "pictures" not in drawn
    assert "nan" not in drawn


def test_odd_losses_have_an_axis_all_the_same():
    for odd in (0.0, -2.0, 1e299):
        rows = [{"epoch": epoch, "train_loss": odd} for epoch in (1, 2)]
        assert "<polyline" in run_section(rows)
    assert run_section([{"epoch": 1, "train_loss": 10**400}, {"epoch": 2}]) == ""


def test_a_run_of_one_epoch_has_no_curve():
    assert run_section([{"epoch": 1, "train_loss": 2.0}]) == ""
    assert run_section([]) == ""
