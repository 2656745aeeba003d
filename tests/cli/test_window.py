"""The window of `predict --show`, where there is a screen."""

import os
import sys
import time
from collections.abc import Iterator

import pytest
from PIL import Image

from mobilenetv2.cli.window import Window

if sys.platform == "linux" and not os.environ.get("DISPLAY"):
    pytest.skip("a window needs a screen, and $DISPLAY names none", allow_module_level=True)


@pytest.fixture
def window() -> Iterator[Window]:
    with Window("test") as opened:
        yield opened


def test_pictures_of_any_size_are_shown_on_the_screen(window: Window):
    assert window.shows(Image.new("RGB", (9000, 300), "red"))
    window._root.update()
    assert 100 < window._root.winfo_width() <= window._root.winfo_screenwidth()


def test_frames_wait_for_their_time(window: Window):
    begin = time.monotonic()
    for seconds in (5.0, 5.1, 5.2):
        assert window.shows(Image.new("RGB", (30, 20)), seconds)
    assert 0.2 <= time.monotonic() - begin < 1


@pytest.mark.parametrize("key", ["<Escape>", "<Key-q>"])
def test_a_key_closes_it(window: Window, key: str):
    assert window.shows(Image.new("RGB", (30, 20)))
    window._root.focus_force()
    window._root.update()
    window._root.event_generate(key)
    assert not window.shows(Image.new("RGB", (30, 20)))
    window.hold()
