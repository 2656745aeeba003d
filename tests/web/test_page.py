"""The page, as a user meets it."""

from pathlib import Path
from threading import Thread

import pytest

from mobilenetv2.web.server import PageServer
from tests.packaged import EXAMPLES
from tests.web.chromium import Chromium

SAID = "document.getElementById('said').textContent"


@pytest.fixture
def page(browser: Chromium, address: str) -> Chromium:
    browser.emulate(1280, 800)
    browser.open(address)
    browser.until(f"{SAID} === 'Ready.'")
    return browser


def test_a_chosen_picture_is_answered(page: Chromium):
    page.choose_file("#file", EXAMPLES / "cat.jpg")
    page.until(f"{SAID}.startsWith('Most likely')")
    assert page.run("document.querySelectorAll('#list li').length") == 3
    assert page.run("document.getElementById('canvas').ariaLabel").startswith("Most likely")
    assert page.logged == []


def test_a_dropped_and_a_pasted_one_are(page: Chromium):
    for event, holder in (
        ("DragEvent('drop'", "dataTransfer"),
        ("ClipboardEvent('paste'", "clipboardData"),
    ):
        page.run(
            f"""(async () => {{
                document.getElementById("said").textContent = "";
                const blob = await (await fetch("examples/coffee.jpg")).blob();
                const {holder} = new DataTransfer();
                {holder}.items.add(new File([blob], "coffee.jpg", {{ type: blob.type }}));
                document.dispatchEvent(new {event}, {{ {holder}, cancelable: true }}));
            }})()"""
        )
        page.until(f"{SAID}.startsWith('Most likely')")


def test_what_is_no_picture_is_told_of(page: Chromium, site: Path):
    page.choose_file("#file", site / "site.json")
    page.until(f"{SAID}.includes('cannot be decoded')")


def test_the_keyboard_chooses_models_and_the_picture_is_answered_anew(page: Chromium):
    page.choose_file("#file", EXAMPLES / "cat.jpg")
    page.until(f"{SAID}.startsWith('Most likely')")
    page.run("document.querySelector('#models input:checked').focus()")
    page.press("ArrowRight", 39)
    page.until(f"{SAID}.startsWith('Found') || {SAID}.startsWith('Nothing')")
    page.press("ArrowRight", 39)
    page.until(f"{SAID}.startsWith('Shows')")
    assert page.run("location.hash") == "#masks"
    assert page.logged == []


def test_the_drawer_opens_and_closes_by_keyboard_and_the_threshold_counts(page: Chromium):
    page.choose_file("#file", EXAMPLES / "cat.jpg")
    page.until(f"{SAID}.startsWith('Most likely')")
    page.run("document.getElementById('open-settings').focus()")
    page.press("Enter", 13)
    page.until("document.getElementById('settings').open")
    page.run("document.getElementById('threshold').focus()")
    page.press("End", 35)
    page.until(f"{SAID}.startsWith('Unknown')")
    page.press("Escape", 27)
    page.until("!document.getElementById('settings').open")
    assert page.run("document.activeElement.id") == "open-settings"


@pytest.mark.parametrize("phone", [False, True])
def test_every_control_has_a_name(phone: bool, page: Chromium):
    """On a phone too, where the words of some are hidden for want of room."""
    page.emulate(360 if phone else 1280, 740, phone=phone)
    nodes = page.command("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "radio", "slider", "combobox", "image", "dialog", "link", "progressbar"}
    found = [node for node in nodes if node.get("role", {}).get("value") in roles]
    assert len(found) > 8
    for node in found:
        assert node.get("name", {}).get("value"), node


def test_the_camera_is_answered_frame_by_frame(page: Chromium):
    page.run("document.getElementById('camera').click()")
    page.until("/\\d+ fps · [\\d.]+ ms/.test(document.getElementById('meter').textContent)")
    page.until(f"{SAID}.startsWith('Most likely')")
    size = "[document.getElementById('canvas').width, document.getElementById('canvas').height]"
    width, height = page.run(size)
    assert (width, width / height) == (512, pytest.approx(4 / 3))
    page.run("document.getElementById('camera').click()")
    assert page.run("document.getElementById('camera').ariaPressed") == "false"
    assert page.logged == []


def test_after_the_first_visit_no_server_is_needed(browser: Chromium, site: Path):
    with PageServer(site, 0, isolated=False) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        browser.open(server.address)
        browser.until(f"{SAID} === 'Ready.'")
        browser.until("navigator.serviceWorker.controller !== null")
        server.shutdown()
    browser.open(server.address)
    browser.until(f"{SAID} === 'Ready.'")
    # Its own answers bear the headers that the server never sent.
    assert browser.run("crossOriginIsolated") is True
    browser.choose_file("#file", EXAMPLES / "cat.jpg")
    browser.until(f"{SAID}.startsWith('Most likely')")


def test_it_fits_a_phone(page: Chromium):
    page.emulate(360, 740, phone=True)
    assert page.run("document.documentElement.scrollWidth") <= 360
    page.choose_file("#file", EXAMPLES / "cat.jpg")
    page.until(f"{SAID}.startsWith('Most likely')")
    assert page.run("document.documentElement.scrollWidth") <= 360
