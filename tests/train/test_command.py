"""`mobilenetv2 train classify`, from the shell."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from mobilenetv2.cli import main
from mobilenetv2.train import default_recipe, recipe_from_json
from mobilenetv2.weights import store
from mobilenetv2.weights.checkpoint import Checkpoint


@pytest.fixture
def first(small: Checkpoint, tmp_path: Path) -> Path:
    path = tmp_path / "first.safetensors"
    store.save(small, path)
    return path


def arguments(data: Path, first: Path, out: Path, *more: str) -> list[str]:
    required = ["--data", data, "--model", first, "--out", out]
    return ["train", "classify", *map(str, required), "--device", "cpu", *more]


def test_trains_and_says_where_the_model_is(pictures: Path, first: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    more = ("--epochs", "1", "--batch-size", "8", "--size", "48", "--workers", "0", "--json")
    result = CliRunner().invoke(main, arguments(pictures, first, out, *more))
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["model"] == str(out / "model.safetensors")
    assert 0 <= answer["top1"] <= 1
    assert store.load(answer["model"]).spec.size == (48, 48)
    assert "4 classes, 16 pictures to train on, 4 to validate" in result.stderr
    judge = ["evaluate", "--model", answer["model"], "--data", str(pictures), "--json"]
    again = CliRunner().invoke(main, [*judge, "--split", "held-out fifth"])
    report = json.loads(again.stdout)
    assert (report["top1"], report["count"]) == (answer["top1"], 4)
    assert "learnt from" not in again.stderr
    assert "has learnt from four fifths" in CliRunner().invoke(main, judge).stderr
    assert "epoch 1: loss" in result.stderr


def test_options_override_the_recipe_file(pictures: Path, first: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.json"
    recipe.write_text('{"kind": "Recipe", "epochs": 9, "warmup_epochs": 0, "batch_size": 8}')
    out = tmp_path / "out"
    more = ("--recipe", str(recipe), "--epochs", "1", "--workers", "0")
    result = CliRunner().invoke(main, arguments(pictures, first, out, *more))
    assert result.exit_code == 0, result.output
    kept = json.loads((out / "recipe.json").read_text())
    assert (kept["epochs"], kept["batch_size"]) == (1, 8)
    assert "mean class accuracy" in result.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "must be the JSON of a Recipe"), (None, "cannot read the recipe")],
)
def test_a_bad_recipe_is_one_line(
    pictures: Path, first: Path, tmp_path: Path, content: str | None, message: str
) -> None:
    recipe = tmp_path / "recipe.json"
    if content is not None:
        recipe.write_text(content)
    more = ("--recipe", str(recipe))
    result = CliRunner().invoke(main, arguments(pictures, first, tmp_path / "out", *more))
    assert result.exit_code == 1
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def start(*arguments: str) -> subprocess.Popen[str]:
    """The command in a process group of its own, as a terminal or a batch system starts it."""
    return subprocess.Popen(
        [sys.executable, "-c", "from mobilenetv2.cli import main; main()", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )


def hear(child: subprocess.Popen[str], beginning: str) -> str:
    """What it says up to a line that begins so."""
    said = ""
    for line in child.stderr or ():
        said += line
        if line.startswith(beginning):
            break
    return said


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_saves_and_ends_with_130(
    pictures: Path, first: Path, tmp_path: Path, kind: signal.Signals
) -> None:
    """Ctrl-C in a terminal, and what batch systems, containers and `timeout` send."""
    more = ("--epochs", "10000", "--batch-size", "8", "--workers", "1")
    child = start(*arguments(pictures, first, tmp_path / "out", *more))
    said = hear(child, "epoch 1:")
    # To the whole group: the decoding process must not fall over.
    os.killpg(child.pid, kind)
    said += child.communicate(timeout=60)[1]
    assert child.returncode == 130, said
    assert "everything is saved" in said
    assert "Run the same command again to go on" in said
    assert "Traceback" not in said


def test_a_decoder_that_is_killed_ends_the_run_with_a_clear_word(
    pictures: Path, first: Path, tmp_path: Path
) -> None:
    """What a system short of memory does."""
    more = ("--epochs", "10000", "--batch-size", "8", "--workers", "1")
    child = start(*arguments(pictures, first, tmp_path / "out", *more))
    said = hear(child, "epoch 1:")
    os.kill(decoder(child.pid), signal.SIGKILL)
    said += child.communicate(timeout=60)[1]
    assert child.returncode == 1, said
    assert "a process that decodes pictures was killed" in said, said
    assert "Traceback" not in said


def decoder(parent: int) -> int:
    """A child that runs what its parent runs, by what Linux lists."""
    own = Path(f"/proc/{parent}/cmdline").read_bytes()
    threads = Path(f"/proc/{parent}/task").glob("*/children")
    children = [int(number) for file in threads for number in file.read_text().split()]
    return next(pid for pid in children if Path(f"/proc/{pid}/cmdline").read_bytes() == own)


def test_a_dry_run_counts_and_needs_neither_a_folder_nor_torch(pictures: Path) -> None:
    code = "import sys; sys.modules['torch'] = None\nfrom mobilenetv2.cli import main; main()"
    command = ["train", "classify", "--data", str(pictures), "--dry-run", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["training"], report["validation"], report["split"]) == (16, 4, "held-out fifth")
    assert {(one["training"], one["validation"]) for one in report["classes"]} == {(4, 1)}
    assert recipe_from_json(json.dumps(report["recipe"])) == default_recipe(16)


def test_a_dry_run_tells_of_uneven_classes_and_the_recipe(tmp_path: Path) -> None:
    for label, count in (("frequent", 25), ("rare", 5)):
        (tmp_path / label).mkdir()
        for index in range(count):
            Image.new("RGB", (9, 9), (index, 0, 0)).save(tmp_path / label / f"{index}.png")
    result = CliRunner().invoke(
        main, ["train", "classify", "--data", str(tmp_path), "--dry-run", "--epochs", "2"]
    )
    assert "classes are uneven, from 20 pictures of frequent to 4 of rare" in result.stdout
    told = result.stdout.partition("Recipe: ")[2]
    # Half an epoch of two, so that the rate falls again.
    assert recipe_from_json(told).warmup_epochs == 0.5


def test_a_folder_that_takes_no_files_is_refused_before_anything_is_learnt(pictures: Path) -> None:
    command = ["train", "classify", "--data", str(pictures), "--out", "/proc/run"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert "--out /proc/run takes no files" in result.stderr
    assert "choose another folder" in result.stderr
    assert "fitting" not in result.stderr


def test_without_a_folder_nothing_begins(pictures: Path) -> None:
    result = CliRunner().invoke(main, ["train", "classify", "--data", str(pictures)])
    assert result.exit_code == 2
    assert "Missing option '--out'" in result.stderr
