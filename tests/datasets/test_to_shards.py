"""Shards are the same bytes for the same pictures, whatever happens while they are written."""

import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from mobilenetv2.datasets.shard_samples import Packing, Sample, keys_of
from mobilenetv2.datasets.to_shards import PLAN, Plan, write_shards
from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.archive import members_of
from mobilenetv2.shards.names import find_shards
from mobilenetv2.tasks.labeled import read_labeled
from tests.shards.tars import png

LABELS = ("ant", "bee")


def plan(folder: Path, pictures: int = 12, samples_per_shard: int = 5) -> Plan:
    """Pictures of two classes in three shards."""
    folder.mkdir(exist_ok=True)
    samples = []
    for number in range(pictures):
        path = folder / f"{number:03}.png"
        if not path.is_file():
            path.write_bytes(png(number))
        samples.append(Sample(f"{LABELS[number % 2]}/{path.stem}", path, number % 2))
    return Plan({"train": samples}, Packing(LABELS), samples_per_shard)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())
            if not path.name.startswith(".")}  # fmt: skip


def dies_after(pictures: int) -> Callable[[], None]:
    left = iter(range(pictures, 0, -1))

    def advance() -> None:
        if next(left, 0) == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    return advance


def nothing() -> None:
    pass


def test_what_is_written_is_read(tmp_path: Path):
    written = write_shards(plan(tmp_path / "pictures"), tmp_path / "out", nothing)
    assert (written.shards, written.pictures, written.kept) == (3, 12, 0)
    assert sorted(contents(tmp_path / "out")) == [
        "classes.txt", PLAN, "train-000000.tar", "train-000001.tar", "train-000002.tar",
    ]  # fmt: skip
    data = read_labeled(tmp_path / "out", LABELS)
    assert list(data.targets) == [0, 1] * 6
    assert [path.read_bytes() for path in data.paths] == [png(number) for number in range(12)]


def test_killed_at_any_picture_it_goes_on_to_the_same_bytes(tmp_path: Path):
    """Ten kills, by the one signal that nothing can answer."""
    whole = plan(tmp_path / "pictures")
    write_shards(whole, tmp_path / "undisturbed", nothing)
    moments = random.Random(3)
    for _ in range(10):
        last = moments.randrange(1, 5)
        child = os.fork()
        if child == 0:
            write_shards(whole, tmp_path / "killed", dies_after(last))
            os._exit(0)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        for shard in (tmp_path / "killed").glob("*.tar"):
            list(members_of(str(shard)))
    write_shards(whole, tmp_path / "killed", nothing)
    assert contents(tmp_path / "killed") == contents(tmp_path / "undisturbed")


def test_a_part_in_the_making_is_no_shard(tmp_path: Path):
    whole = plan(tmp_path / "pictures")
    write_shards(whole, tmp_path / "out", nothing)
    (tmp_path / "out/train-000002.tar").rename(tmp_path / "out/train-000002.tar.part")
    assert len(find_shards(tmp_path / "out")) == 2
    again = write_shards(whole, tmp_path / "out", nothing)
    assert (again.kept, again.shards, again.pictures) == (2, 3, 12)
    assert not list((tmp_path / "out").glob("*.part"))


def test_other_pictures_or_options_do_not_go_on_with_them(tmp_path: Path):
    write_shards(plan(tmp_path / "pictures"), tmp_path / "out", nothing)
    for other in (plan(tmp_path / "pictures", 11), plan(tmp_path / "pictures", 12, 6)):
        with pytest.raises(DatasetError, match="other pictures or with other options"):
            write_shards(other, tmp_path / "out", nothing)
    with pytest.raises(DatasetError, match="must be empty"):
        write_shards(plan(tmp_path / "pictures"), tmp_path / "pictures", nothing)


def test_a_picture_that_cannot_be_read_is_told_of(tmp_path: Path):
    whole = plan(tmp_path / "pictures", 3)
    (tmp_path / "pictures/001.png").unlink()
    written = write_shards(whole, tmp_path / "out", nothing)
    assert written.pictures == 2
    assert [found.path.name for found in written.left_out] == ["001.png"]


def test_keys_are_places_without_suffix_and_each_is_its_own(tmp_path: Path):
    names = ["cat/1.jpg", "cat/1.png", "cat/a.b.jpg", "cat/a_b.jpg", "Cat/1.jpg", "__x__.jpg"]
    pictures = [tmp_path / name for name in names] + [Path("/elsewhere/dog/2.jpg")]
    assert list(keys_of(pictures, tmp_path)) == [
        "cat/1", "cat/1-2", "cat/a_b", "cat/a_b-2", "Cat/1-3", "x__x__", "dog/2",
    ]  # fmt: skip


def test_a_full_disk_keeps_no_half_of_a_shard(tmp_path: Path, small_disk: Path):
    """The half may be what fills it; once there is space the same call goes on."""
    made = plan(tmp_path / "pictures", 60, 10)
    with pytest.raises(DatasetError, match="free some space and run the same command again"):
        write_shards(made, small_disk / "out", nothing)
    left = {path.name for path in (small_disk / "out").iterdir()}
    assert left >= {"train-000000.tar", PLAN, "classes.txt"}
    assert not any(name.endswith(".part") for name in left)


def test_what_was_killed_before_its_plan_was_written_begins_anew(tmp_path: Path):
    out = tmp_path / "out"
    out.mkdir()
    (out / f".{PLAN}.ab12cd34").write_text("half a pl")
    assert write_shards(plan(tmp_path / "pictures"), out, nothing).shards == 3
