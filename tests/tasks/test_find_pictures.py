"""What is a picture in a folder, and what is left aside with a word."""

import inspect
import os
import sys
from pathlib import Path

import pytest
from PIL import Image, features

from mobilenetv2.tasks.find_pictures import (
    _NEVER,
    _OFTEN,
    describe_left_aside,
    find_pictures,
    look_through,
    looks_like_picture,
    picture_suffixes,
)
from mobilenetv2.tasks.image import decode

WRITTEN = {
    "a.jfif": "JPEG", "a.jpe": "JPEG", "a.JPG": "JPEG", "a.mpo": "MPO", "a.pgm": "PPM",
    "a.jp2": "JPEG2000", "a.ico": "ICO", "a.tga": "TGA", "a.pcx": "PCX", "a.apng": "PNG",
    "a.dib": "DIB", "a.sgi": "SGI", "a.qoi": "QOI", "a.avif": "AVIF",
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_whatever_pillow_opens_is_found_and_decoded(tmp_path: Path, name: str):
    if name == "a.avif" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    if name == "a.qoi":
        body = b"\xfe\x10\x20\x30" * 256 + b"\0" * 7 + b"\1"
        (tmp_path / name).write_bytes(b"qoif" + bytes([0, 0, 0, 16, 0, 0, 0, 16, 3, 0]) + body)
    else:
        Image.new("RGB", (16, 16), "red").convert("L" if name == "a.pgm" else "RGB").save(
            tmp_path / name, WRITTEN[name]
        )
    assert find_pictures(tmp_path) == [tmp_path / name]
    assert decode(tmp_path / name).shape == (16, 16, 3)


@pytest.mark.parametrize("name", ["a.pdf", "a.eps", "a.mp4", "a.txt", "a.h5", "a.pcd", "a"])
def test_other_names_are_no_pictures(name: str):
    assert not looks_like_picture(name)


def test_files_without_a_known_suffix_go_by_their_first_bytes(tmp_path: Path):
    Image.new("RGB", (4, 4)).save(tmp_path / "scan", "PNG")
    Image.new("RGB", (4, 4)).save(tmp_path / "a.jpg_large", "JPEG")
    (tmp_path / "README").write_text("no picture")
    assert [path.name for path in find_pictures(tmp_path)] == ["a.jpg_large", "scan"]


def test_everything_else_is_counted_by_kind(tmp_path: Path):
    names = (
        "a.mp4", "b.MOV", "c.pdf", "d.nef", "e.txt", "f.xyz", ".DS_Store", "Thumbs.db", "g.heic",
        "@eaDir/h.png", ".thumbnails/i.png", "lost+found/j.png", ".ipynb_checkpoints/k.png",
    )  # fmt: skip
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = look_through(tmp_path)
    assert not [path for path in found.pictures if path.suffix != ".heic"]
    told = describe_left_aside(found.left_aside)
    for part in ("2 x video (a.mp4, ...)", "1 x document", "1 x RAW", "1 x text", "1 x other file",
                 "2 x hidden or system file", "4 x thumbnail or system folder"):  # fmt: skip
        assert part in told
    assert "text" not in describe_left_aside(found.left_aside, but=["text or data file"])


def test_pipes_dead_links_and_linked_folders_are_never_opened(tmp_path: Path):
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in/pipe.png")
    (tmp_path / "in/dead.png").symlink_to(tmp_path / "nowhere.png")
    (tmp_path / "in/loop").symlink_to(tmp_path)
    found = look_through(tmp_path / "in")
    assert found.pictures == ()
    assert "2 x pipe, device or dead link" in describe_left_aside(found.left_aside)
    assert "1 x linked folder (loop)" in describe_left_aside(found.left_aside)


def test_pictures_come_in_the_order_of_sorted_paths(tmp_path: Path):
    names = (
        "b.png",
        "b/c.png",
        "b-1/a.png",
        "b0.png",
        "a/z/q.png",
        "a/b.png",
        "B.png",
        "c d/e.png",
    )
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    found = find_pictures(tmp_path)
    assert found == sorted(tmp_path / name for name in names)


def test_folders_deeper_than_pythons_stack_are_looked_through(tmp_path: Path):
    folder = tmp_path.joinpath(*["a"] * 200)
    folder.mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(folder / "b.png")
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)
    try:
        assert find_pictures(tmp_path) == [folder / "b.png"]
    finally:
        sys.setrecursionlimit(usual)


def test_suffixes_told_without_asking_pillow_are_told_as_pillow_does():
    assert picture_suffixes() >= _OFTEN
    assert not picture_suffixes() & _NEVER
