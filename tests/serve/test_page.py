"""The server's page in a browser: a picture that is chosen is answered, and so is what is none."""

from pathlib import Path

import pytest

import mobilenetv2
from tests.serve.conftest import serving
from tests.web.chromium import Chromium, find_chromium

EXAMPLES = Path(mobilenetv2.__file__).parent / "examples"


@pytest.mark.parametrize("width", [1100, 390])
def test_a_chosen_picture_is_answered_on_a_desk_and_a_phone(
    tiny_detector_file: Path, tmp_path: Path, width: int
):
    program = find_chromium()
    if program is None:
        pytest.skip("Chromium is not installed (Debian: apt install chromium-headless-shell)")
    model = mobilenetv2.load(tiny_detector_file, threads=1)
    (tmp_path / "none.jpg").write_bytes(b"no picture")
    with serving(model) as client, Chromium(program) as browser:
        browser.emulate(width, 800, phone=width < 500)
        browser.open(f"http://127.0.0.1:{client.port}/")
        browser.choose_file("#file", EXAMPLES / "cat.jpg")
        browser.until("!document.getElementById('picture').hidden")
        found = model.predict(EXAMPLES / "cat.jpg").predictions
        rows = browser.run(
            "[...document.querySelectorAll('tbody td:first-child')].map(one => one.textContent)"
        )
        assert rows == [one.label for one in found]
        assert browser.run("document.documentElement.scrollWidth <= innerWidth")
        browser.choose_file("#file", tmp_path / "none.jpg")
        browser.until("document.getElementById('said').textContent.includes('is not a picture')")
        assert not browser.logged or all("400" in line for line in browser.logged)
