"""The box around a COCO object that states no box: of its polygons, or of its run lengths."""

from collections.abc import Iterable, Iterator

from mobilenetv2.tasks.whole_numbers import finite_number, whole_number

Corners = tuple[float, float, float, float]

LARGEST_MASK = 1_000_000_000
"""Pixels. Run lengths cost nothing by their size, only by their number."""


def segmentation_hull(segmentation: object) -> Corners | None:
    """(left, top, right, bottom) around an entry's `segmentation`; None where it holds nothing."""
    match segmentation:
        case [[*_], *_]:
            return _around(number for polygon in segmentation for number in _numbers(polygon))
        case list():
            return _around(_numbers(segmentation))
        case {"counts": counts, "size": [height, width]}:
            rows, columns = whole_number(height), whole_number(width)
            if rows and columns and rows * columns <= LARGEST_MASK:
                return _around_runs(_runs(counts), rows, rows * columns)
            return None
        case _:
            return None


def _numbers(polygon: object) -> list[float | None]:
    return [finite_number(item) for item in polygon] if isinstance(polygon, list) else [None]


def _around(numbers: Iterable[float | None]) -> Corners | None:
    found = list(numbers)
    values = [number for number in found if number is not None]
    if len(values) < len(found) or len(values) < 6 or len(values) % 2:
        return None
    xs, ys = values[::2], values[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def _runs(counts: object) -> Iterator[int]:
    """Lengths of runs of 0, 1, 0, 1 ...: a list, or COCO's text of five bits a letter."""
    if isinstance(counts, list):
        for item in counts:
            length = whole_number(item)
            if length is None:
                return
            yield length
    elif isinstance(counts, str):
        yield from _unpacked(counts)


def _unpacked(text: str) -> Iterator[int]:
    """Letters from "0" on hold five bits and "more follows".

    From the fourth run on, a run is written as its difference to the one but one before it.
    """
    before: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64 or shift > 40:
            return
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        if len(before) > 2:
            value += before[-2]
        before.append(value)
        yield value
        value = shift = 0


def _around_runs(runs: Iterable[int], rows: int, pixels: int) -> Corners | None:
    """Pixels are counted down the columns.

    A last run of 0 may be left out; one that ends before the picture does is of another picture.
    """
    place, inside = 0, False
    left = top = float("inf")
    right = bottom = 0.0
    for length in runs:
        if length < 0 or place + length > pixels:
            return None
        if inside and length:
            first, last = place, place + length - 1
            left, right = min(left, first // rows), max(right, last // rows + 1)
            over = first // rows != last // rows
            top = 0 if over else min(top, first % rows)
            bottom = rows if over else max(bottom, last % rows + 1)
        place, inside = place + length, not inside
    whole = place == pixels or not inside
    return (left, top, right, bottom) if right and whole else None
