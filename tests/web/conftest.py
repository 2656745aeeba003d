"""The JavaScript package in node, and the page in a real browser, once for all tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from mobilenetv2.errors import MissingDependencyError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.web.server import PageServer
from mobilenetv2.web.site import Offer, write_site
from tests.web.chromium import CAMERA, Chromium, find_chromium
from tests.web.javascript import PACKAGE, JavaScript, find_node


@pytest.fixture(scope="session")
def javascript() -> Iterator[JavaScript]:
    node = find_node()
    if node is None:
        pytest.skip("node is not installed (Debian: apt install nodejs)")
    with JavaScript(node) as process:
        yield process


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Chromium, whose camera shows a red and a blue picture in turn."""
    program = find_chromium()
    if program is None:
        pytest.skip("Chromium is not installed (Debian: apt install chromium-headless-shell)")
    film = tmp_path_factory.mktemp("camera") / "camera.y4m"
    film.write_bytes(_film())
    with Chromium(program, *CAMERA, f"--use-file-for-fake-video-capture={film}") as chromium:
        yield chromium


@pytest.fixture(scope="session")
def site(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_file: Path,
    tiny_detector_file: Path,
    tiny_segmenter_file: Path,
) -> Path:
    """A ready folder with a model of every task."""
    folder = tmp_path_factory.mktemp("site")
    files = {"names": tiny_file, "boxes": tiny_detector_file, "masks": tiny_segmenter_file}
    offers = [Offer(name, load_checkpoint(path)) for name, path in files.items()]
    try:
        write_site(folder, offers)
    except MissingDependencyError as error:
        pytest.skip(str(error))
    # A page has the package in one file; a test may want a part of it alone.
    shutil.copytree(PACKAGE, folder / "parts")
    (folder / "blank.html").write_text(
        "<!doctype html><title>For tests of the package alone</title>"
    )
    return folder


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Of the site, cross-origin isolated: pages may use threads."""
    yield from _served(site, isolated=True)


@pytest.fixture(scope="session")
def plain_address(site: Path) -> Iterator[str]:
    """Of the same site from a server that sends no such headers."""
    yield from _served(site, isolated=False)


def _served(folder: Path, isolated: bool) -> Iterator[str]:
    with PageServer(folder, 0, isolated) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.address
        server.shutdown()


def _film(height: int = 96, width: int = 128) -> bytes:
    """Two frames of YUV4MPEG2, red and blue, with some noise."""
    noise = np.random.default_rng(0).integers(0, 40, (height, width), np.uint8)
    film = f"YUV4MPEG2 W{width} H{height} F30:1 Ip A1:1 C420jpeg\n".encode()
    for light, blue, red in ((60, 90, 230), (40, 240, 110)):
        chroma = [np.full((height // 2, width // 2), value, np.uint8) for value in (blue, red)]
        planes = (noise + np.uint8(light), *chroma)
        film += b"FRAME\n" + b"".join(plane.tobytes() for plane in planes)
    return film
