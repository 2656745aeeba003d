"""The index of shards: what it holds, where it is kept, and when it is made anew."""

import os
import pickle
from pathlib import Path

import pytest

from mobilenetv2.errors import DatasetError
from mobilenetv2.shards import look_through
from mobilenetv2.shards.index import Index
from mobilenetv2.shards.look_through import open_index, places
from mobilenetv2.shards.names import find_shards
from mobilenetv2.shards.rows import pictures_of
from tests.shards.tars import classes, png, tar


@pytest.fixture
def shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two shards of three pictures and of two."""
    monkeypatch.setenv("MOBILENETV2_CACHE", str(tmp_path / "cache"))
    classes(tmp_path / "shards/a-0.tar", [("cat/1", "0"), ("dog/2", "1"), ("cat/3", "0")])
    classes(tmp_path / "shards/a-1.tar", [("dog/4", "1"), ("cat/5", "0")], seed=10)
    return tmp_path / "shards"


def looked_through(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Index, list[str]]:
    """The index, and the shards that were walked for it."""
    walked: list[str] = []
    rows_of = look_through.rows_of

    def watched(shard: str):
        walked.append(Path(shard).name)
        return rows_of(shard)

    with monkeypatch.context() as patch:
        patch.setattr(look_through, "rows_of", watched)
        return open_index(folder), sorted(walked)


def test_every_sample_by_number(shards: Path):
    index = open_index(shards)
    assert [member.inside for member in index.pictures()] == [
        "cat/1.png", "dog/2.png", "cat/3.png", "dog/4.png", "cat/5.png",
    ]  # fmt: skip
    assert [label for label, _ in index.labels()] == [b"0", b"1", b"0", b"1", b"0"]
    assert index.picture(3).read_bytes() == png(10)
    assert index.picture(3).shard.endswith("a-1.tar")
    assert index.pictures()[-1] == index.picture(4)
    with pytest.raises(IndexError):
        index.pictures()[5]


def test_it_is_kept_and_only_what_changed_is_walked_again(shards: Path, monkeypatch):
    first, walked = looked_through(shards, monkeypatch)
    assert walked == ["a-0.tar", "a-1.tar"]
    again, walked = looked_through(shards, monkeypatch)
    assert walked == []
    assert again.fingerprint == first.fingerprint
    classes(shards / "a-1.tar", [("dog/9", "1")])
    os.utime(shards / "a-1.tar", ns=(1, 1))
    changed, walked = looked_through(shards, monkeypatch)
    assert walked == ["a-1.tar"]
    assert [member.stem for member in changed.pictures()] == ["1", "2", "3", "9"]
    assert changed.fingerprint != first.fingerprint


@pytest.mark.parametrize("damage", ["cut", "bit", "other"])
def test_a_damaged_index_is_made_anew(shards: Path, monkeypatch, damage: str):
    open_index(shards)
    file = places(find_shards(shards))[0]
    content = bytearray(file.read_bytes())
    match damage:
        case "cut":
            content = content[: len(content) // 2]
        case "bit":
            content[content.index(b"cat/1.png")] ^= 4
        case _:
            content = bytearray(b"something else")
    file.write_bytes(bytes(content))
    index, walked = looked_through(shards, monkeypatch)
    assert walked == ["a-0.tar", "a-1.tar"]
    assert len(index) == 5


def test_where_shards_lie_read_only_it_is_kept_in_the_cache(shards: Path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != shards)
    assert looked_through(shards, monkeypatch)[0].file == places(find_shards(shards))[1]
    assert looked_through(shards, monkeypatch)[1] == []
    assert not list(shards.glob(".*"))


def test_a_moved_folder_of_shards_keeps_its_index_s_use(shards: Path, tmp_path: Path, monkeypatch):
    open_index(shards)
    moved = shards.rename(tmp_path / "moved")
    index, _ = looked_through(moved, monkeypatch)
    assert index.picture(0).read_bytes() == png(0)


def test_another_process_maps_the_same_file(shards: Path):
    index = open_index(shards)
    sent = pickle.dumps(index.pictures())
    assert len(sent) < 500
    assert list(pickle.loads(sent)) == list(index.pictures())


def test_what_belongs_to_a_key_may_stand_anywhere_in_its_shard(tmp_path: Path):
    """As `tar --sort=name` of folders by kind has it."""
    tar(tmp_path / "a.tar", [("1.cls", b"7"), ("2.cls", b"8"), ("1.jpg", b"x"), ("2.JPG", b"y")])
    index = open_index(tmp_path)
    assert [index.label(row) for row in (0, 1)] == [(b"7", False), (b"8", False)]


def test_masks_and_json(tmp_path: Path):
    tar(tmp_path / "a.tar", [("1.jpg", b"x"), ("1.mask.png", b"mask"), ("1.json", b'{"a": 1}'),
                             ("2.jpg", b"y")])  # fmt: skip
    index = open_index(tmp_path)
    mask = index.mask(0)
    assert mask is not None
    assert (mask.inside, mask.read_bytes()) == ("1.mask.png", b"mask")
    assert index.mask(1) is None
    assert [index.label(row) for row in (0, 1)] == [(b'{"a": 1}', True), (b"", False)]


def test_pictures_alone_need_no_index(tmp_path: Path):
    path = tar(tmp_path / "a.tar", [("1.jpg", b"x"), ("1.mask.png", b"m"), ("a.b/2.PNG", b"y"),
                                    ("2.cls", b"1"), ("x.jpg.txt", b"")])  # fmt: skip
    assert [member.inside for member in pictures_of(str(path))] == ["1.jpg", "a.b/2.PNG"]
    assert list(tmp_path.iterdir()) == [path]


def test_cls_counts_before_json(tmp_path: Path):
    tar(tmp_path / "a.tar", [("1.json", b"{}"), ("1.cls", b"3"), ("1.jpg", b"x")])
    tar(tmp_path / "b.tar", [("1.cls", b"3"), ("1.json", b"{}"), ("1.jpg", b"x")])
    assert list(open_index(tmp_path).labels()) == [(b"3", False)] * 2


def test_a_key_twice_in_a_shard_is_refused_by_name(tmp_path: Path):
    for twice in ("cat/1.png", "cat/1.jpg"):
        tar(tmp_path / "a.tar", [("cat/1.jpg", b"x"), (twice, b"y")])
        with pytest.raises(DatasetError, match=rf"a\.tar: .*{twice}.* beside 'cat/1\.jpg'"):
            open_index(tmp_path)


def test_the_same_key_in_two_shards_is_two_pictures(tmp_path: Path):
    """Many tools number anew in each shard."""
    for name in ("a", "b"):
        tar(tmp_path / f"{name}.tar", [("0.jpg", name.encode())])
    assert [member.read_bytes() for member in open_index(tmp_path).pictures()] == [b"a", b"b"]


def test_what_is_left_aside_is_told(tmp_path: Path):
    tar(
        tmp_path / "a.tar", [("1.jpg", b"x"), ("2.cls", b"3"), ("1.txt", b"a cat"), ("README", b"")]
    )
    tar(tmp_path / "b.tar", [])
    notes = "\n".join(open_index(tmp_path).notes)
    for told in ("1 keys have no picture, such as '2'", "KEY.txt, such as 1.txt", "README",
                 "b.tar holds no picture"):  # fmt: skip
        assert told in notes


def test_shards_without_any_picture_are_refused(tmp_path: Path):
    tar(tmp_path / "a.tar", [("1.txt", b"x")])
    with pytest.raises(DatasetError, match="at least one picture"):
        open_index(tmp_path)


def test_a_shard_that_shrinks_under_a_run_is_named(shards: Path):
    index = open_index(shards)
    os.truncate(shards / "a-1.tar", 600)
    with pytest.raises(DatasetError, match=r"a-1\.tar/cat/5\.png: a shard must stay"):
        index.picture(4).read_bytes()


@pytest.mark.parametrize("scheme", ["file", "memory"])
def test_by_fsspec_from_wherever(shards: Path, tmp_path: Path, scheme: str):
    fsspec = pytest.importorskip("fsspec")
    place = f"file://{shards}"
    if scheme == "memory":
        place = f"memory://{tmp_path.name}"
        store = fsspec.filesystem("memory")
        for path in shards.glob("*.tar"):
            store.pipe_file(f"{tmp_path.name}/{path.name}", path.read_bytes())
    local = [member.read_bytes() for member in open_index(shards).pictures()]
    for word in (place, f"{place}/a-{{0..1}}.tar", Path(f"{place}/*.tar")):
        index = open_index(word)
        assert [member.read_bytes() for member in index.pictures()] == local
        assert index.file is not None
        assert index.file.is_relative_to(tmp_path / "cache")
    with pytest.raises(DatasetError, match=r"none\.tar"):
        open_index(f"{place}/none.tar")
