"""What a model says of a video's frames, a line each as they come: a table would never end."""

from typing import assert_never

from mobilenetv2.sources.input import Moment
from mobilenetv2.tasks.results import Detections, Prediction, Result, Segmentation

MOST = 5
"""Things that a line names."""


def frame_line(moment: Moment, result: Result) -> str:
    """The frame's time, and what is in it: "0:01:02.480  cup 68%, saucer 12%"."""
    match result:
        case Prediction() | Detections():
            said = [f"{item.label} {item.score:.0%}" for item in result.predictions]
        case Segmentation():
            pixels = result.mask.size
            said = [f"{item.label} {item.pixels / pixels:.0%}" for item in result.predictions]
        case _:
            assert_never(result)
    more = f", {len(said) - MOST} more" if len(said) > MOST else ""
    return f"{clock_time(moment.seconds)}  {', '.join(said[:MOST]) or 'nothing found'}{more}"


def clock_time(seconds: float) -> str:
    """Hours, minutes, seconds and thousandths."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest / 1000:06.3f}"
