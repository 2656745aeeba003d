"""Colors tell classes apart, and text stays readable on them."""

from mobilenetv2.tasks.lettering import BLACK, WHITE, ink_on
from mobilenetv2.tasks.palette import class_color


def luminance(color: tuple[int, int, int]) -> float:
    parts = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
             for v in (part / 255 for part in color)]  # fmt: skip
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_150_classes_have_150_colors():
    assert len({class_color(index) for index in range(150)}) == 150


def test_the_first_classes_are_far_apart():
    colors = [class_color(index) for index in range(21)]
    for index, first in enumerate(colors):
        for second in colors[:index]:
            assert sum(abs(a - b) for a, b in zip(first, second, strict=True)) > 55


def test_labels_can_be_read_on_every_class_color():
    for index in range(255):
        light, dark = sorted(
            (luminance(class_color(index)), luminance(ink_on(class_color(index)))), reverse=True
        )
        assert (light + 0.05) / (dark + 0.05) >= 4.4  # WCAG AA asks 4.5 of small text
    assert ink_on(WHITE) == BLACK
    assert ink_on(BLACK) == WHITE
