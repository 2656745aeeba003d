"""Tars are walked by their headers alone, and what a hostile or broken one says is refused."""

import gzip
import tarfile
from pathlib import Path

import pytest

from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.archive import members_of
from tests.shards.tars import tar

LONG = "d" * 90 + "/" + "e" * 90


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_places_are_those_of_python_s_own_tarfile(tmp_path: Path, form: int):
    sizes = (0, 1, 511, 512, 513, 20_000)
    names = [f"cat/{size:05}.jpg" for size in sizes] + [f"{LONG}.jpg"]
    path = tar(tmp_path / "a.tar", [(name, b"x" * size) for name, size in zip(names, (*sizes, 7),
               strict=True)], form)  # fmt: skip
    with tarfile.open(path) as file:
        expected = [(info.name, info.offset_data, info.size) for info in file.getmembers()]
    assert [(m.inside, m.offset, m.size) for m in members_of(str(path))] == expected


def test_names_beyond_ascii_and_content(tmp_path: Path):
    path = tar(tmp_path / "a.tar", [("Käse/ü.jpg", b"abc"), ("./b.jpg", b"")])
    first, second = members_of(str(path))
    assert (first.inside, first.name, first.stem, first.suffix) == (
        "Käse/ü.jpg",
        "ü.jpg",
        "ü",
        ".jpg",
    )
    assert str(first.parent) == "a/Käse"
    assert first.read_bytes() == b"abc"
    assert (second.inside, second.read_bytes()) == ("b.jpg", b"")


def test_folders_and_what_webdataset_keeps_for_itself_are_no_members(tmp_path: Path):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as file:
        folder = tarfile.TarInfo("cat")
        folder.type = tarfile.DIRTYPE
        file.addfile(folder)
        for name in ("__meta__", "cat/._1.jpg", "cat/1.jpg"):
            file.addfile(tarfile.TarInfo(name))
    assert [member.inside for member in members_of(str(path))] == ["cat/1.jpg"]


@pytest.mark.parametrize("kept", [100, 512, 1000, 1024, 1536, 2048])
def test_a_tar_that_was_cut_off_is_refused_wherever(tmp_path: Path, kept: int):
    """Between two members too, where tarfile takes it for a whole one."""
    path = tar(tmp_path / "a.tar", [("a.jpg", b"x" * 500), ("b.jpg", b"x" * 500)])
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DatasetError, match=r"a\.tar: .*cut off"):
        list(members_of(str(path)))


def test_an_empty_tar_holds_nothing_and_an_empty_file_is_no_tar(tmp_path: Path):
    assert list(members_of(str(tar(tmp_path / "a.tar", [])))) == []
    (tmp_path / "b.tar").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"b\.tar: .*0 bytes"):
        list(members_of(str(tmp_path / "b.tar")))


def test_a_compressed_tar_says_what_to_do(tmp_path: Path):
    path = tar(tmp_path / "a.tar", [("a.jpg", b"")])
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(DatasetError, match=r"gzip, .* Unpack it first"):
        list(members_of(str(path)))


def test_a_name_that_begins_as_a_compressed_file_does_is_a_name(tmp_path: Path):
    path = tar(tmp_path / "a.tar", [("BZ.jpg", b"x")])
    assert [member.inside for member in members_of(str(path))] == ["BZ.jpg"]


def test_a_second_tar_behind_the_first_is_not_lost_silently(tmp_path: Path):
    one, two = (tar(tmp_path / name, [("a.jpg", b"x")]) for name in ("a.tar", "b.tar"))
    one.write_bytes(one.read_bytes() + two.read_bytes())
    with pytest.raises(DatasetError, match="something follows"):
        list(members_of(str(one)))


@pytest.mark.parametrize("name", ["../a.jpg", "/a.jpg", "cat/../../a.jpg"])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str):
    with pytest.raises(DatasetError, match="within it"):
        list(members_of(str(tar(tmp_path / "a.tar", [(name, b"x")]))))


@pytest.mark.parametrize(
    ("kind", "word"),
    [(tarfile.SYMTYPE, "a link"), (tarfile.LNKTYPE, "a hard link"), (tarfile.FIFOTYPE, "a pipe"),
     (tarfile.GNUTYPE_SPARSE, "a sparse file")],
)  # fmt: skip
def test_links_pipes_and_sparse_files_are_refused_by_name(tmp_path: Path, kind: bytes, word: str):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as file:
        info = tarfile.TarInfo("cat/1.jpg")
        info.type, info.linkname = kind, "/etc/passwd"
        file.addfile(info)
    with pytest.raises(DatasetError, match=f"cat/1.jpg.*{word}"):
        list(members_of(str(path)))


def test_sparse_sizes_and_sizes_beyond_the_file_are_refused(tmp_path: Path):
    info = tarfile.TarInfo("a.jpg")
    cases = (
        ({"GNU.sparse.size": "9" * 12}, "sparse"),
        ({"size": "9" * 15}, "cut off"),
        ({"size": "-5"}, "no size"),
    )
    for headers, word in cases:
        info.pax_headers = headers
        path = tmp_path / "a.tar"
        path.write_bytes(info.tobuf(tarfile.PAX_FORMAT) + b"\0" * 1024)
        with pytest.raises(DatasetError, match=word):
            list(members_of(str(path)))


def test_a_damaged_header_is_told_by_its_checksum(tmp_path: Path):
    path = tar(tmp_path / "a.tar", [("a.jpg", b"x")])
    content = bytearray(path.read_bytes())
    content[3] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DatasetError, match="checksum"):
        list(members_of(str(path)))
