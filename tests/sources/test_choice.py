"""Which frames are looked at."""

import pytest

from mobilenetv2.errors import OptionError
from mobilenetv2.sources.choice import FrameChoice


def taken(choice: FrameChoice, rate: float, frames: int) -> list[int]:
    found, last = [], None
    for index in range(frames):
        if choice.takes(index, index / rate, last):
            found.append(index)
            last = index / rate
    return found


def test_each_third():
    assert taken(FrameChoice(every=3), 25, 8) == [0, 3, 6]


@pytest.mark.parametrize("rate", [23.976, 25, 29.97, 60])
@pytest.mark.parametrize("fps", [0.5, 5, 12])
def test_as_many_a_second_as_asked_for(rate: float, fps: float):
    """Also where the video's rate is no multiple: an error would add up over a minute."""
    seconds = 60
    assert abs(len(taken(FrameChoice(fps=fps), rate, round(rate * seconds))) - fps * seconds) <= 1


def test_no_more_frames_than_there_are():
    assert taken(FrameChoice(fps=100), 10, 5) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"every": 0}, "every must be at least 1, got 0"),
        ({"fps": 0.0}, "fps must be above 0, got 0"),
        ({"fps": float("nan")}, "fps must be above 0, got nan"),
        ({"every": 2, "fps": 5.0}, "by every or by fps, got every=2 and fps=5"),
    ],
)
def test_mistakes(values: dict[str, float], message: str):
    with pytest.raises(OptionError, match=message):
        FrameChoice(**values)
