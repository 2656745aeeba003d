"""Two files that belong together are replaced together, or not at all."""

from pathlib import Path

import pytest

from mobilenetv2.deploy.export import deploy
from mobilenetv2.deploy.place import place
from mobilenetv2.errors import ExportError
from mobilenetv2.model import load_checkpoint


@pytest.fixture
def pair(tmp_path):
    """Old files, new ones, and the moves between them."""
    (tmp_path / "new").mkdir()
    (tmp_path / "aside").mkdir()
    moves = []
    for name in ("model.param", "model.bin"):
        (tmp_path / name).write_text("old")
        (tmp_path / "new" / name).write_text("new")
        moves.append((tmp_path / "new" / name, tmp_path / name))
    return tmp_path, moves


def words(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def test_both_are_new(pair):
    folder, moves = pair
    place(moves, folder / "aside")
    assert words(folder) == {"model.param": "new", "model.bin": "new"}


@pytest.mark.parametrize("failing", range(4))
@pytest.mark.parametrize("error", [OSError("disk"), KeyboardInterrupt()])
def test_whatever_goes_wrong_both_are_old(pair, failing, error, monkeypatch):
    folder, moves = pair
    rename, steps = Path.rename, []

    def fail_once(self, target):
        steps.append(target)
        if len(steps) == failing + 1:
            raise error
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_once)
    with pytest.raises(type(error)):
        place(moves, folder / "aside")
    assert words(folder) == {"model.param": "old", "model.bin": "old"}


@pytest.mark.parametrize("ending", range(5))
def test_a_power_cut_leaves_no_pair_that_does_not_belong_together(pair, ending, monkeypatch):
    """Nothing can be undone then: what is on the disk after each step is what somebody finds."""
    folder, moves = pair
    rename, steps = Path.rename, []

    def record(self, target):
        result = rename(self, target)
        steps.append(words(folder))
        return result

    monkeypatch.setattr(Path, "rename", record)
    place(moves, folder / "aside")
    found = [words(folder), *steps][ending]
    assert "model.param" not in found or len(set(found.values())) == 1


def test_a_folder_in_the_way_of_the_second_file_leaves_the_first_as_it_was(tiny_file, tmp_path):
    (tmp_path / "model.param").write_text("old")
    (tmp_path / "model.bin").mkdir()
    (tmp_path / "model.bin" / "kept").write_text("")
    with pytest.raises(ExportError, match=r"model\.bin is a folder; choose another folder"):
        deploy(load_checkpoint(tiny_file), tmp_path / "model.param", verify=False)
    assert words(tmp_path) == {"model.param": "old"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.bin", "model.param"]
    assert (tmp_path / "model.bin" / "kept").exists()


def test_a_name_as_long_as_a_name_can_be(tiny_file, tmp_path):
    target = tmp_path / ("x" * 250 + ".onnx")
    deploy(load_checkpoint(tiny_file), target, verify=False)
    assert target.is_file()
