"""Boxes on a picture, each with a plate that says what is in it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from mobilenetv2.tasks.detect import Detection
from mobilenetv2.tasks.lettering import BLACK, Font, font, ink_on, shorten
from mobilenetv2.tasks.palette import class_color
from mobilenetv2.tasks.pixels import Pixels

Frame = tuple[int, int, int, int]
"""(left, top, right, bottom) in whole pixels, the right and the bottom one outside."""

READABLE_SIDE = 240
"""Pictures with a shorter side below this are enlarged, so that labels do not hide them,"""
ENLARGED_SIDE = 640
"""but not to more than this on the longer side."""


def draw_detections(pixels: Pixels, detections: Sequence[Detection]) -> Image.Image:
    """The picture with its boxes; small pictures are enlarged by a whole factor.

    A class always has the same color. Better boxes lie on top, and their plates choose their
    places first: above the box, inside, or below, wherever no other plate is, and off boxes that
    a plate would hide.
    """
    height, width = pixels.shape[:2]
    factor = _enlargement(height, width)
    picture = Image.fromarray(pixels)
    if factor > 1:
        picture = picture.resize((width * factor, height * factor), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    short = min(picture.size)
    line = max(2, round(short / 160))
    letters = font(min(96, max(11, round(short / 30))))
    ranked = sorted(detections, key=lambda one: -one.score)
    frames = [_frame(one.box, factor, line) for one in ranked]
    tiny = [frame for frame in frames if _could_hide(frame, letters, pen)]
    labels: list[_Label] = []
    for detection, frame in zip(ranked, frames, strict=True):
        text, size = _plate(detection, line, letters, pen, picture.width)
        choices = [_moved_inside(choice, picture.size) for choice in _places(frame, size)]
        plate = _free_place(choices, [label.plate for label in labels], tiny)
        labels.append(_Label(detection, frame, text, plate))
    for label in reversed(labels):
        _draw_box(label, line, pen)
    for label in reversed(labels):
        _draw_plate(label, line, letters, pen)
    return picture


@dataclass(frozen=True, slots=True)
class _Label:
    """A detection with everything it takes to draw it."""

    detection: Detection
    box: Frame
    text: str
    plate: Frame


def _enlargement(height: int, width: int) -> int:
    wanted = -(-READABLE_SIDE // min(height, width))
    return max(1, min(wanted, ENLARGED_SIDE // max(height, width)))


def _frame(box: Sequence[float], factor: int, line: int) -> Frame:
    left, top, right, bottom = (round(side * factor) for side in box)
    # A box thinner than its own lines would be drawn inside out.
    return left, top, max(right, left + 2 * line), max(bottom, top + 2 * line)


def _could_hide(frame: Frame, letters: Font, pen: ImageDraw.ImageDraw) -> bool:
    """Whether a box is so small that some plate could cover most of it."""
    left, top, right, bottom = pen.textbbox((0, 0), "Label 100%", letters)
    return frame[2] - frame[0] < right - left and frame[3] - frame[1] < 2 * (bottom - top)


def _plate(
    detection: Detection, line: int, letters: Font, pen: ImageDraw.ImageDraw, room: int
) -> tuple[str, tuple[int, int]]:
    """What a plate says, and its (width, height)."""
    percent = f" {detection.score:.0%}"
    padding = 2 * line
    left = room - pen.textlength(percent, letters) - 2 * padding
    text = shorten(detection.label, left, pen, letters) + percent
    width = round(pen.textlength(text, letters)) + 2 * padding
    _, ascent, _, descent = pen.textbbox((0, 0), "Ag", letters)
    return text, (width, round(descent - ascent) + 2 * line)


def _free_place(choices: Sequence[Frame], plates: Sequence[Frame], tiny: Sequence[Frame]) -> Frame:
    """The first choice that meets neither plates nor tiny boxes, else no plate, else the first."""
    for taken in ((*plates, *tiny), plates):
        for choice in choices:
            if not any(_meet(choice, other) for other in taken):
                return choice
    return choices[0]


def _places(box: Frame, plate: tuple[int, int]) -> Iterator[Frame]:
    """Where a plate may go, the best place first."""
    left, top, right, bottom = box
    width, height = plate
    above, below = top - height, bottom
    spots = [(left, above), (left, top), (right - width, above), (left, below)]
    spots += [(right - width, below), (left, bottom - height), (right, top), (left - width, top)]
    spots += [(right, bottom - height), (left - width, bottom - height)]
    for away in (height, 2 * height):
        spots += [(left, above - away), (right - width, above - away)]
        spots += [(left, below + away), (right - width, below + away)]
    if top < height:
        # Pushed down from above the picture it would hang over the box's edge.
        spots = spots[1:] + spots[:1]
    for x, y in spots:
        yield x, y, x + width, y + height


def _moved_inside(plate: Frame, size: tuple[int, int]) -> Frame:
    left, top, right, bottom = plate
    right_shift = max(0, -left) - max(0, right - size[0]) if right - left <= size[0] else -left
    down_shift = max(0, -top) - max(0, bottom - size[1]) if bottom - top <= size[1] else -top
    return left + right_shift, top + down_shift, right + right_shift, bottom + down_shift


def _meet(first: Frame, second: Frame) -> bool:
    return (
        first[0] < second[2]
        and second[0] < first[2]
        and first[1] < second[3]
        and second[1] < first[3]
    )


def _draw_box(label: _Label, line: int, pen: ImageDraw.ImageDraw) -> None:
    left, top, right, bottom = label.box
    # A dark seam on both sides keeps the line visible on ground of its own color.
    pen.rectangle((left - 1, top - 1, right, bottom), outline=BLACK, width=line + 2)
    pen.rectangle(
        (left, top, right - 1, bottom - 1), outline=class_color(label.detection.index), width=line
    )


def _draw_plate(label: _Label, line: int, letters: Font, pen: ImageDraw.ImageDraw) -> None:
    color = class_color(label.detection.index)
    left, top, right, bottom = label.plate
    pen.rectangle((left, top, right - 1, bottom - 1), fill=color)
    middle = (top + bottom) / 2
    pen.text((left + 2 * line, middle), label.text, ink_on(color), letters, anchor="lm")
