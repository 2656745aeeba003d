"""Which shards a word means."""

from pathlib import Path

import pytest

from mobilenetv2.errors import DatasetError, MissingDependencyError
from mobilenetv2.shards.names import expand_braces, find_shards, is_shards
from mobilenetv2.shards.place import as_written, mark
from tests.shards.tars import png, tar


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a-{008..011}.tar", ["a-008.tar", "a-009.tar", "a-010.tar", "a-011.tar"]),
        ("a-{8..10}.tar", ["a-8.tar", "a-9.tar", "a-10.tar"]),
        ("{0..6..3}.tar", ["0.tar", "3.tar", "6.tar"]),
        ("{2..0}.tar", ["2.tar", "1.tar", "0.tar"]),
        ("{a,b}{1,2}.tar", ["a1.tar", "a2.tar", "b1.tar", "b2.tar"]),
        ("{x,y{1..2}}.tar", ["x.tar", "y1.tar", "y2.tar"]),
        ("{a}.tar", ["{a}.tar"]),
        ("{a.tar", ["{a.tar"]),
    ],
)
def test_braces_are_read_as_a_shell_reads_them(pattern: str, names: list[str]):
    assert expand_braces(pattern) == names


def test_a_range_without_end_is_refused_before_it_is_written_out():
    with pytest.raises(DatasetError, match="at most 1,000,000"):
        expand_braces("a-{0..999999999999}.tar")
    with pytest.raises(DatasetError, match="at most 1,000,000"):
        expand_braces("a-{0..9999}{0..9999}.tar")


def test_a_folder_a_pattern_and_a_range_mean_the_same(tmp_path: Path):
    for number in range(3):
        tar(tmp_path / f"train-{number:06}.tar", [])
    expected = tuple(str(tmp_path / f"train-{number:06}.tar") for number in range(3))
    for word in ("", "train-*.tar", "train-{000000..000002}.tar"):
        assert is_shards(tmp_path / word)
        assert find_shards(tmp_path / word) == expected


def test_a_missing_shard_is_named(tmp_path: Path):
    tar(tmp_path / "a-0.tar", [])
    with pytest.raises(DatasetError, match=r"a-1\.tar: no such shard; of 3 .* 2 are not there"):
        find_shards(tmp_path / "a-{0..2}.tar")
    with pytest.raises(DatasetError, match="at least one"):
        find_shards(tmp_path / "b-*.tar")


def test_a_tar_beside_pictures_or_folders_does_not_make_a_folder_of_shards(tmp_path: Path):
    tar(tmp_path / "pets.tar", [])
    assert is_shards(tmp_path)
    (tmp_path / "1.png").write_bytes(png(1))
    assert not is_shards(tmp_path)
    (tmp_path / "1.png").unlink()
    (tmp_path / "cat").mkdir()
    assert not is_shards(tmp_path)


def test_compressed_shards_are_refused_by_name(tmp_path: Path):
    (tmp_path / "a.tar.gz").write_bytes(b"")
    assert is_shards(tmp_path / "a.tar.gz")
    with pytest.raises(DatasetError, match=r"a\.tar\.gz.*Unpack it first"):
        find_shards(tmp_path / "a.tar.gz")


@pytest.mark.parametrize(
    "url", ["s3://a/b.tar", "gs://a/{0..1}.tar", "memory://b.tar", "file:///a/b.tar"]
)
def test_a_url_is_whole_again_after_path_has_eaten_a_slash(url: str):
    assert as_written(Path(url)) == as_written(url) == url
    assert is_shards(Path(url))


def test_without_fsspec_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "fsspec.core", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'mobilenetv2\[remote\]'"):
        mark("s3://bucket/a.tar")
