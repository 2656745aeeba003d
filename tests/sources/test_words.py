"""What the words of a command line name."""

import io
import sys
from base64 import encodebytes
from pathlib import Path

import pytest
from PIL import Image

from mobilenetv2.errors import ImageError, SourceError
from mobilenetv2.sources.input import Input, Moment, stem_of
from mobilenetv2.sources.video import Video
from mobilenetv2.sources.words import is_video_file, sources_of
from tests.weights.faulty_server import running, whole


def named(*words: object, said: list[str] | None = None) -> list[str]:
    """What is found, videos marked."""
    told = [] if said is None else said
    found = sources_of(map(str, words), told.append)
    return [f"video {one.name}" if isinstance(one, Video) else one.name for one in found]


def failure(*words: object) -> str:
    with pytest.raises((ImageError, SourceError)) as caught:
        named(*words)
    return str(caught.value)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pictures and a video, where the command runs."""
    for name in ("a.png", "b.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    (tmp_path / "clip.mp4").write_bytes(b"\0\0\0\x18ftypisom")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_files_folders_and_patterns_in_order_and_once(folder: Path):
    assert named("b.png", "a.png", "b.png") == ["b.png", "a.png"]
    assert named("*.png", "clip.mp4") == ["a.png", "b.png", "video clip.mp4"]
    assert named("*.mp4") == ["video clip.mp4"]


def test_a_video_in_a_folder_is_left_aside_with_the_way_out(folder: Path):
    said: list[str] = []
    assert named(folder, said=said) == [f"{folder}/a.png", f"{folder}/b.png"]
    assert said == [
        f"{folder}: left aside 1 x video (clip.mp4); a video is looked at where it is named "
        f"itself, as {folder}/clip.mp4"
    ]


def test_addresses_keep_their_slashes():
    words = [
        "https://host/a//b.jpg?size=1", "http://host/a.mp4", "https://host/live.m3u8",
        "rtsp://host:554/one", "RTSPS://host/two", "camera:0",
    ]  # fmt: skip
    assert named(*words) == [words[0], *(f"video {word}" for word in words[1:])]


@pytest.mark.parametrize(
    ("kind", "is_video"),
    [("image/jpeg", False), ("multipart/x-mixed-replace; boundary=x", True), ("video/mp4", True),
     ("application/vnd.apple.mpegurl", True), ("application/octet-stream", False)],
)  # fmt: skip
def test_an_address_whose_name_says_nothing_is_asked(kind: str, is_video: bool):
    with running() as server:
        server.answers = [whole(b"x", Content_Type=kind)]
        address = f"{server.url}/snapshot?cam=1"
        assert named(address) == [f"video {address}" if is_video else address]


def test_an_address_that_does_not_answer_is_an_error_among_the_pictures():
    for address in ("http://127.0.0.1:9/x", "http://[half/x"):
        assert named(address) == [address]


def test_other_addresses_are_refused():
    assert "must begin with http, https, rtsp or rtsps, got 'file:///x.jpg'" in failure(
        "file:///x.jpg"
    )


class TestLists:
    def test_lines_are_relative_to_the_list(self, folder: Path):
        (folder / "lists").mkdir()
        path = folder / "lists" / "all.txt"
        path.write_bytes(
            b"\xef\xbb\xbf../a.png\r\n\r\n  https://host/x.jpg \r\n/abs/c.png\n*.png\n"
        )
        Image.new("RGB", (4, 4)).save(folder / "lists" / "d.png")
        assert named("lists/all.txt") == [
            "lists/../a.png", "https://host/x.jpg", "/abs/c.png", "lists/d.png",
        ]  # fmt: skip

    def test_a_list_as_powershell_writes_it(self, folder: Path):
        (folder / "wide.txt").write_bytes("a.png\r\nhttps://host/ü.jpg\r\n".encode("utf-16"))
        assert named("wide.txt") == ["a.png", "https://host/ü.jpg"]
        (folder / "odd.txt").write_bytes(b"\xff\xfea")
        assert "or a list of paths and addresses" in failure("odd.txt")

    def test_remarks_are_passed_over_but_files_are_not(self, folder: Path):
        (folder / "all.txt").write_text("# the first two\na.png\n#c.png\n\n#clip.mp4\n")
        (folder / "#c.png").write_bytes(b"")
        assert named("all.txt") == ["a.png", "#c.png"]

    def test_lists_in_lists_and_lists_of_nothing_are_refused(self, folder: Path):
        (folder / "one.txt").write_text("two.txt\n")
        assert "one.txt must name pictures, videos and folders, got the list two.txt" in failure(
            "one.txt"
        )
        (folder / "empty.txt").write_text("\n \n")
        assert "must name at least one picture" in failure("empty.txt")
        (folder / "binary.txt").write_bytes(b"\0\1")
        assert "or a list of paths and addresses" in failure("binary.txt")
        assert "No such file" in failure("missing.txt")


class TestStandardInput:
    def test_a_picture_is_told_by_its_content(self, monkeypatch: pytest.MonkeyPatch):
        data = io.BytesIO()
        Image.new("RGB", (4, 4)).save(data, "JPEG")
        piped(monkeypatch, data.getvalue())
        (found,) = sources_of(["-"], print)
        assert found == Input("-", data.getvalue())

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_one_picture_behind_another_is_told(self, monkeypatch: pytest.MonkeyPatch, kind: str):
        data = io.BytesIO()
        Image.new("RGB", (4, 4)).save(data, kind)
        said: list[str] = []
        piped(monkeypatch, data.getvalue())
        assert named("-", said=said) == ["-"]
        assert not said
        piped(monkeypatch, data.getvalue() * 2)
        assert named("-", said=said) == ["-"]
        assert "one picture behind another, and the first is looked at" in said[0]

    def test_two_views_in_one_file_are_one_picture(self, monkeypatch: pytest.MonkeyPatch):
        data, view = io.BytesIO(), Image.new("RGB", (4, 4))
        view.save(data, "MPO", save_all=True, append_images=[view])
        said: list[str] = []
        piped(monkeypatch, data.getvalue())
        assert named("-", said=said) == ["-"]
        assert not said

    @pytest.mark.parametrize("head", [b"", b"data:image/png;base64,"])
    def test_base64_is_named(self, monkeypatch: pytest.MonkeyPatch, head: bytes):
        data = io.BytesIO()
        Image.new("RGB", (4, 4)).save(data, "PNG")
        piped(monkeypatch, head + encodebytes(data.getvalue()))
        assert "it holds them in base64: base64 -d FILE |" in failure("-")

    def test_it_is_read_once_however_often_it_is_named(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ):
        piped(monkeypatch, b"a.png\n")
        assert named("-", "b.png", "-") == ["a.png", "b.png"]

    def test_a_picture_of_letters_is_no_list(self, monkeypatch: pytest.MonkeyPatch):
        piped(monkeypatch, b"P3\n1 1\n255\n1 2 3\n")
        assert named("-") == ["-"]

    def test_a_list_is_relative_to_where_the_command_runs(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ):
        piped(monkeypatch, b"a.png\nclip.mp4\n")
        assert named("-") == ["a.png", "video clip.mp4"]

    @pytest.mark.parametrize(
        ("data", "message"), [(b"", "got nothing"), (b"\0\0\0\x18ftypisom", "Give a video by")]
    )
    def test_nothing_and_anything_else(
        self, monkeypatch: pytest.MonkeyPatch, data: bytes, message: str
    ):
        piped(monkeypatch, data)
        assert message in failure("-")


@pytest.mark.parametrize(
    ("name", "data", "is_video"),
    [
        ("a.MOV", b"", True),
        ("recording", b"\0\0\0\x18ftypmp42", True),
        ("recording", b"\x1a\x45\xdf\xa3", True),
        ("recording", b"RIFF\0\0\0\0AVI ", True),
        ("recording", b"G" + bytes(187) + b"G", True),
        ("recording", b"RIFF\0\0\0\0WEBP", False),
        ("recording", b"\0\0\0\x18ftypavif", False),
        ("a.jpg", b"\0\0\0\x18ftypmp42", False),
        ("recording", b"", False),
    ],
)
def test_videos_are_told_by_name_or_else_by_content(
    tmp_path: Path, name: str, data: bytes, is_video: bool
):
    (tmp_path / name).write_bytes(data)
    assert is_video_file(tmp_path / name) is is_video


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("photos/cup.jpg", "cup"),
        ("-", "stdin"),
        ("camera:0", "camera-0"),
        ("https://host/a/b%20c.jpg?x=1", "b c"),
        ("https://host/..%2f..%2fetc%2fpasswd", "passwd"),
        ("https://host/", "host"),
        ("rtsp://name:***@cam:554/stream1", "stream1"),
    ],
)
def test_files_made_of_a_source_are_called_after_it(name: str, stem: str):
    assert stem_of(name) == stem
    assert Input(name, name, Moment(12, 0.4)).stem == f"{stem}-000012"
