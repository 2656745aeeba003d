"""Streams over the network: how they are played, break off, and are opened again."""

import threading
from pathlib import Path

import pytest

from mobilenetv2.errors import SourceError
from mobilenetv2.sources.shots import Notice, Shot, shots
from mobilenetv2.sources.video import Video
from mobilenetv2.transfer.patience import Patience
from tests.sources.clips import need_av, number_of, write_clip
from tests.sources.servers import jpegs, rtsp
from tests.weights.faulty_server import (
    Answer,
    Handler,
    held,
    redirect,
    running,
    status,
    whole,
)

need_av()

QUICK = Patience(timeout=0.6, attempts=2, pause=0.01)


def entire(data: bytes) -> Answer:
    """A server that knows no Range, as Python's own: everything, whatever was asked for."""

    def answer(handler: Handler) -> None:
        handler.head(200, Content_Type="video/mp4", Content_Length=len(data))
        handler.wfile.write(data)

    return answer


def index_behind(path: Path, gap: int) -> bytes:
    """An MP4 with so many bytes between pictures and index that no buffer holds both."""
    before, index, after = path.read_bytes().partition(b"moov")
    free = gap.to_bytes(4, "big") + b"free" + bytes(gap - 8)
    return before[:-4] + free + before[-4:] + index + after


def parts_of(data: bytes) -> Answer:
    """Sends what is asked for by HTTP 1.1, and closes the connection as it was asked to."""

    def answer(handler: Handler) -> None:
        handler.protocol_version = "HTTP/1.1"
        start = handler.offset()
        place = f"bytes {start}-{len(data) - 1}/{len(data)}"
        handler.head(206, Content_Length=len(data) - start, Content_Range=place)
        handler.wfile.write(data[start:])

    return answer


def watched(address: str) -> tuple[list[Shot], list[str]]:
    """Frames, and notices with the error at the end."""
    found: list[Shot] = []
    said: list[str] = []
    try:
        for item in shots(Video(address), patience=QUICK):
            if isinstance(item, Notice):
                said.append(item.text)
            else:
                found.append(item)
    except SourceError as error:
        said.append(str(error))
    return found, said


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("clip")
    return write_clip(folder / "a.mp4", movflags="faststart").read_bytes()


@pytest.fixture(scope="module")
def transport_stream(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_clip(tmp_path_factory.mktemp("clip") / "a.ts").read_bytes()


def test_a_film_over_http(clip: bytes):
    with running() as server:
        server.answers = [whole(clip)]
        found, said = watched(f"{server.url}/a.mp4")
    assert [number_of(shot.pixels) for shot in found] == list(range(20))
    assert not any(shot.live for shot in found)
    assert not said


def test_a_film_that_stalls_goes_on_where_it_was(clip: bytes):
    gate = threading.Event()
    with running() as server:
        server.answers = [held(clip, len(clip) * 2 // 3, gate), whole(clip)]
        found, said = watched(f"{server.url}/a.mp4")
        gate.set()
    assert [number_of(shot.pixels) for shot in found][-5:] == [15, 16, 17, 18, 19]
    assert [shot.moment.index for shot in found] == list(range(20))
    (text,) = said
    assert "fell silent; it is opened again" in text


def test_a_film_with_its_index_at_the_end_wants_a_server_that_sends_parts(tmp_path: Path):
    film = index_behind(write_clip(tmp_path / "a.mp4"), 300_000)
    with running() as server:
        server.answers = [entire(film)]
        found, said = watched(f"{server.url}/a.mp4")
    assert not found
    (text,) = said
    assert "a.mp4 broke off after 0 frames (0.0 s)" in text
    assert "(no Range requests), download it first" in text


def test_a_server_that_closes_without_a_word_loses_no_frame(tmp_path: Path):
    """Asked to close it does, and does not say so: the next part is asked for over nothing."""
    film = index_behind(write_clip(tmp_path / "a.mp4"), 60_000)
    with running() as server:
        server.answers = [parts_of(film)]
        found, said = watched(f"{server.url}/a.mp4")
    assert [number_of(shot.pixels) for shot in found] == list(range(20))
    assert len(server.asked) > 1
    assert not said


def test_pictures_one_after_another_and_a_camera_that_is_gone(clip: bytes):
    with running() as server:
        server.answers = [jpegs(0, 4), jpegs(4, 4), status(404)]
        found, said = watched(f"{server.url}/a.mjpg")
    assert [number_of(shot.pixels) for shot in found] == list(range(8))
    assert all(shot.live for shot in found)
    times = [shot.moment.seconds for shot in found]
    assert times == sorted(times)
    assert "broke off after 4 frames" in said[0]
    assert (
        "2 attempts to open it again failed: it cannot be opened: server returned 404" in said[-1]
    )


def test_rtsp_is_played_and_its_silence_told(transport_stream: bytes):
    with rtsp(transport_stream) as server:
        found, said = watched(server.url)
    # The last frame of a stream that fell silent cannot be known to be whole.
    assert [number_of(shot.pixels) for shot in found] == list(range(19))
    assert server.asked[:4] == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]
    assert server.asked.count("PLAY") == 3
    assert "broke off after 19 frames (1.8 s): it fell silent" in said[0]
    assert "2 attempts to open it again failed" in said[-1]


def test_a_stream_that_cannot_be_opened_is_not_waited_for():
    found, said = watched("rtsp://name:secret@127.0.0.1:9/x")
    assert not found
    (text,) = said
    assert text.startswith("rtsp://name:***@127.0.0.1:9/x cannot be opened: connection refused")


@pytest.mark.parametrize("address", ["a.mp4", "a.m3u8"])
def test_no_server_leads_to_files_of_this_machine(tmp_path: Path, address: str):
    other = write_clip(tmp_path / "other.ts", 3)
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{other}\n#EXT-X-ENDLIST\n"
    with running() as server:
        server.answers = [
            redirect(f"file://{other}") if address == "a.mp4" else whole(playlist.encode())
        ]
        found, said = watched(f"{server.url}/{address}")
    assert not found
    assert "cannot be opened" in said[0]
