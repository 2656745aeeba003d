"""Videos that are written: sizes, times, colors, an end."""

from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.errors import ImageError
from mobilenetv2.sources import video_file
from mobilenetv2.sources.shots import Shot, shots
from mobilenetv2.sources.video import Video
from mobilenetv2.sources.video_file import VideoFile
from tests.sources.clips import need_av

need_av()

TIMES = [0.0, 0.1, 0.5, 0.9]
COLORS = [(200, 60, 30), (30, 200, 60), (60, 30, 200), (250, 250, 250)]


def written(path: Path, close: bool = True) -> list[Shot]:
    file = VideoFile(path, (32, 48))
    for seconds, color in zip(TIMES, COLORS, strict=True):
        file.add(np.full((32, 48, 3), color, np.uint8), seconds)
    if close:
        file.close()
    return [item for item in shots(Video(str(path))) if isinstance(item, Shot)]


@pytest.mark.parametrize("encoders", [("libx264", "mpeg4"), ("mpeg4",)])
def test_each_frame_has_its_time_and_its_colors(
    tmp_path: Path, encoders: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(video_file, "ENCODERS", encoders)
    found = written(tmp_path / "a.mp4")
    assert [shot.moment.seconds for shot in found] == pytest.approx(TIMES, abs=1e-4)
    for shot, color in zip(found, COLORS, strict=True):
        assert shot.pixels.shape == (32, 48, 3)
        assert np.abs(shot.pixels.mean((0, 1)) - color).max() < 8


def test_a_player_is_told_of_colors_and_length(tmp_path: Path):
    import av

    written(tmp_path / "a.mp4")
    with av.open(str(tmp_path / "a.mp4")) as container:
        frame = next(container.decode(video=0))
        assert frame.colorspace == 1
        # The last frame is shown as long as the one before it.
        assert container.duration == pytest.approx(1.3e6, abs=1e3)


def test_times_that_stand_still_are_pushed_on(tmp_path: Path):
    file = VideoFile(tmp_path / "a.mp4", (32, 48))
    for seconds in (0.0, 0.0, 0.0, 0.1):
        file.add(np.zeros((32, 48, 3), np.uint8), seconds)
    file.close()
    assert len([*shots(Video(str(tmp_path / "a.mp4")))]) == 4


def test_a_disk_that_refuses(tmp_path: Path, small_disk: Path):
    with pytest.raises(ImageError, match=r"cannot write .*gone.*No such file"):
        written(tmp_path / "gone" / "a.mp4")
    file = VideoFile(small_disk / "a.mp4", (480, 640))
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)

    def fill() -> None:
        for number in range(100):
            file.add(noise, number / 10)
        file.close()

    with pytest.raises(ImageError, match=r"cannot write .*a.mp4: .*space"):
        fill()
