"""Frames of files: their pixels, their times, and what is said where something is wrong."""

import os
from pathlib import Path

import pytest

from mobilenetv2.errors import SourceError
from mobilenetv2.sources import video as video_room
from mobilenetv2.sources.choice import FrameChoice
from mobilenetv2.sources.shots import Notice, Shot, shots
from mobilenetv2.sources.video import Video
from tests.sources.clips import need_av, number_of, turn_sideways, write_clip

need_av()


def frames(path: Path, choice: FrameChoice | None = None) -> tuple[list[Shot], list[str]]:
    found = list(shots(Video(str(path)), choice or FrameChoice()))
    return (
        [item for item in found if isinstance(item, Shot)],
        [item.text for item in found if isinstance(item, Notice)],
    )


def failure(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        frames(path)
    return str(caught.value)


@pytest.mark.parametrize("suffix", ["mp4", "avi", "mkv", "mov", "mpg", "ts"])
def test_frames_come_in_order_with_their_times(tmp_path: Path, suffix: str):
    found, notices = frames(write_clip(tmp_path / f"a.{suffix}", 12))
    assert [shot.moment.index for shot in found] == list(range(12))
    assert [number_of(shot.pixels) for shot in found] == list(range(12))
    times = [shot.moment.seconds for shot in found]
    assert times == pytest.approx([number / 10 for number in range(12)], abs=1e-3)
    assert not notices


def test_colors_are_red_green_blue(tmp_path: Path):
    (shot, *_), _ = frames(write_clip(tmp_path / "a.mp4", 3))
    red, green, blue = shot.pixels[5, 5].tolist()
    assert red > 180
    assert green < 70
    assert blue < 70


def test_frames_left_out_are_counted(tmp_path: Path):
    found, _ = frames(write_clip(tmp_path / "a.mp4", 12), FrameChoice(every=5))
    assert [shot.moment.index for shot in found] == [0, 5, 10]
    assert [number_of(shot.pixels) for shot in found] == [0, 5, 10]


def test_a_camera_held_upright_is_turned_upright(tmp_path: Path):
    path = write_clip(tmp_path / "a.mp4", 3)
    turn_sideways(path)
    (shot, *_), _ = frames(path)
    assert shot.pixels.shape == (64, 48, 3)
    # The red corner, upper left as recorded, is upper right after a quarter clockwise.
    assert shot.pixels[5, -5, 0] > 180
    assert shot.pixels[5, 5, 0] < 60


def test_a_change_of_size_is_told(tmp_path: Path):
    parts = [write_clip(tmp_path / f"{h}.ts", 5, (h, 64)) for h in (48, 96)]
    both = tmp_path / "both.ts"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    found, notices = frames(both)
    assert {shot.pixels.shape[:2] for shot in found} == {(48, 64), (96, 64)}
    assert [shot.moment.seconds for shot in found] == sorted(s.moment.seconds for s in found)
    assert notices == [
        f"{both}: from frame 5 (0.5 s) on it has 64 x 96 pixels, before that 64 x 48"
    ]


def test_a_file_cut_short_gives_what_it_has(tmp_path: Path):
    path = write_clip(tmp_path / "a.mp4", movflags="faststart")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    found, notices = frames(path)
    assert 5 < len(found) < 15
    (text,) = notices
    assert "states 2.0 s and ends after" in text
    assert "cut short" in text


def test_so_does_one_whose_length_stands_in_its_head_alone(tmp_path: Path):
    """Matroska, as WebM, states one length for all that it holds."""
    path = write_clip(tmp_path / "a.mkv")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    found, notices = frames(path)
    assert 5 < len(found) < 15
    assert "states 2.0 s and ends after" in notices[0]


def test_a_damaged_part_ends_no_video(tmp_path: Path):
    path = write_clip(tmp_path / "a.mp4", movflags="faststart")
    data = bytearray(path.read_bytes())
    begin = data.index(b"mdat") + 4
    third = (len(data) - begin) // 3
    data[begin + third : begin + third + 600] = bytes(range(100, 200)) * 6
    path.write_bytes(data)
    found, notices = frames(path)
    assert number_of(found[-1].pixels) == 19
    assert any("damaged parts could not be decoded" in text for text in notices)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello" * 100, "cannot be opened: invalid data"),
        (b"#EXTM3U\n#EXTINF:2,\n{other}\n#EXT-X-ENDLIST\n", "cannot be opened"),
        (b"ffconcat version 1.0\nfile '{other}'\n", "cannot be opened"),
        (b"", "cannot be opened"),
    ],
)
def test_what_holds_no_frames_itself_is_refused(tmp_path: Path, content: bytes, message: str):
    """A playlist under a video's name would lead to any file."""
    other = write_clip(tmp_path / "other.ts", 3)
    path = tmp_path / "a.mp4"
    path.write_bytes(content.replace(b"{other}", str(other).encode()))
    assert message in failure(path)


def test_files_that_are_none(tmp_path: Path):
    assert "No such file" in failure(tmp_path / "missing.mp4")
    assert "it is a folder" in failure(tmp_path)
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "it is a pipe or a device" in failure(tmp_path / "pipe.mp4")


def test_a_picture_is_for_predict(tmp_path: Path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0")
    assert "cannot be opened" in failure(path)
    assert failure(path).endswith("; a picture is for `predict`")


def test_sound_alone_is_no_video(tmp_path: Path):
    import av

    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=800)
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    assert "must hold pictures, it holds audio" in failure(path)


def test_frames_that_fill_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = write_clip(tmp_path / "a.mp4", 2)
    monkeypatch.setattr(video_room, "MAX_PIXELS", 3000)
    assert "at most 3,000 pixels, got 64 x 48" in failure(path)


@pytest.mark.parametrize("name", ["camera:99", "camera:front"])
def test_a_camera_that_is_not_there(name: str):
    text = failure(Path(name))
    assert text.startswith(("camera:99 cannot be opened", "a camera has a number"))


def test_a_name_with_a_colon_is_a_file(tmp_path: Path):
    found, _ = frames(write_clip(tmp_path / "12:30.mp4", 2))
    assert len(found) == 2
