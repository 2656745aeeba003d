"""A folder where a model is asked for: the model that a run has put there, or a word that helps."""

import json
import shutil

import pytest
from click.testing import CliRunner

from mobilenetv2.catalog.labels import imagenet_labels
from mobilenetv2.cli import main
from mobilenetv2.errors import CheckpointError, UnknownModelError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.weights.folder import model_file
from mobilenetv2.weights.open import read_foreign
from mobilenetv2.weights.store import load


@pytest.fixture
def run_folder(tiny_file, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    shutil.copy(tiny_file, folder / "model.safetensors")
    shutil.copy(tiny_file, folder / "best.safetensors")
    (folder / "log.csv").write_text("epoch")
    return folder


def said(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 1, result.output
    return result.stderr


def test_a_runs_folder_stands_for_its_model(run_folder):
    assert load_checkpoint(run_folder).labels == ("ant", "bee", "cow")
    result = CliRunner().invoke(main, ["info", str(run_folder), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["labels"] == ["ant", "bee", "cow"]


def test_convert_and_export_take_it_too(run_folder, tmp_path):
    for command, target in (("convert", "new.safetensors"), ("export", "new.onnx")):
        arguments = [command, str(run_folder), str(tmp_path / target)]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, result.output
        assert load_checkpoint(tmp_path / target).labels == ("ant", "bee", "cow")
    assert load(tmp_path / "new.safetensors").license == "CC0-1.0"


def test_which_of_its_epochs_a_run_stands_for_is_said(run_folder):
    told = CliRunner().invoke(main, ["info", str(run_folder)]).stderr
    assert "model.safetensors, its last epoch, is taken" in told
    (run_folder / "model.safetensors").unlink()
    result = CliRunner().invoke(main, ["info", str(run_folder)])
    assert result.exit_code == 0, result.output
    assert "has not ended: best.safetensors, its best epoch so far, is taken" in result.stderr


@pytest.mark.parametrize("command", ["info", "convert", "export"])
def test_a_folder_of_other_files_names_what_there_is(run_folder, tmp_path, command):
    (run_folder / "model.safetensors").unlink()
    (run_folder / "best.safetensors").rename(run_folder / "epoch7.safetensors")
    rest = [tmp_path / "out.onnx"] if command == "export" else []
    words = said(command, run_folder, *rest)
    assert "is a folder, and none in which a run has kept an epoch" in words
    assert "name one of the files in it: epoch7.safetensors" in words


def test_a_folder_of_pictures_says_that_it_is_one(tmp_path):
    with pytest.raises(UnknownModelError, match=r"is a folder, .*; there is no model in it"):
        load_checkpoint(tmp_path)
    with pytest.raises(CheckpointError, match=r"is a folder, .*; there is no model in it"):
        read_foreign(tmp_path)


def test_a_known_name_wins_over_a_folder_of_pictures(tmp_path, monkeypatch):
    """People keep the pictures of `objects` in a folder of that name."""
    (tmp_path / "objects").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_checkpoint("objects").labels == imagenet_labels()


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", ""])
def test_names_that_nothing_can_have_are_unknown(name):
    with pytest.raises(UnknownModelError):
        load_checkpoint(name)


def test_other_paths_are_what_they_are(tmp_path, tiny_file):
    assert model_file(tiny_file) == tiny_file
    assert model_file(tmp_path / "missing") == tmp_path / "missing"


@pytest.mark.parametrize("given", ["", None, 3, b"objects", ["objects"]])
def test_what_is_no_name_at_all(given):
    with pytest.raises(UnknownModelError, match=r"a model is a file, a run's folder or a name"):
        load_checkpoint(given)
