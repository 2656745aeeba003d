"""Pictures behind addresses: what a server may do, and what it may not."""

import io
import threading
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.errors import ImageError
from mobilenetv2.tasks import web_picture
from mobilenetv2.tasks.image import decode
from mobilenetv2.tasks.web_picture import MAX_REDIRECTS, fetch_picture
from mobilenetv2.transfer.patience import Patience
from tests.weights.faulty_server import (
    cut,
    endless,
    held,
    redirect,
    running,
    status,
    trickle,
    trickling_head,
    whole,
)

QUICK = Patience(timeout=0.4, attempts=2, pause=0.0)


def png(size: tuple[int, int] = (30, 20)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, "red").save(data, "PNG")
    return data.getvalue()


@pytest.fixture
def server():
    with running() as running_server:
        yield running_server


def failure(address: str, patience: Patience = QUICK) -> str:
    """What is said, which begins with the address."""
    with pytest.raises(ImageError) as caught:
        fetch_picture(address, patience)
    text = str(caught.value)
    assert text.startswith(f"{address}: ")
    return text.removeprefix(f"{address}: ")


def test_an_address_is_a_picture_in_python_too(server, tiny_file: Path):
    server.answers = [whole(png())]
    model = mobilenetv2.load(tiny_file)
    assert model.predict(f"{server.url}/a.png") == model.predict(png())
    assert decode(server.url.upper().replace("127", "127")).shape == (20, 30, 3)


def test_a_path_has_lost_a_slash():
    with pytest.raises(ImageError, match="give an address as text: Path takes one of its slashes"):
        decode(Path("https://host/a.png"))


def test_redirects_are_followed(server):
    server.answers = [redirect(f"{server.url}/b"), redirect("/c"), whole(png())]
    assert fetch_picture(f"{server.url}/a", QUICK) == png()
    assert [path for path, _ in server.asked] == ["/a", "/b", "/c"]


def test_but_not_without_end(server):
    server.answers = [redirect(f"/{number}") for number in range(MAX_REDIRECTS + 2)]
    assert "302" in failure(f"{server.url}/a")
    assert len(server.asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x"])
def test_and_to_nothing_but_the_web(server, target: str):
    server.answers = [redirect(target)]
    assert "redirect" in failure(f"{server.url}/a").lower()
    assert len(server.asked) == 1


def test_a_refusal_stands_and_a_bad_moment_passes(server):
    server.answers = [status(404)]
    assert "the server answered 404" in failure(f"{server.url}/a")
    server.answers = [status(503), whole(png())]
    assert fetch_picture(f"{server.url}/a", QUICK) == png()


def test_a_cut_is_noticed_and_tried_again(server):
    server.answers = [cut(png(), 20), whole(png())]
    assert fetch_picture(f"{server.url}/a", QUICK) == png()
    server.answers = [cut(png(), 20)]
    assert f"ended after 20 of {len(png())} bytes (2 attempts)" in failure(f"{server.url}/a")


def test_silence_and_slowness_are_left(server):
    gate = threading.Event()
    server.answers = [held(png(), 20, gate)]
    assert "the server fell silent (2 attempts)" in failure(f"{server.url}/a")
    gate.set()
    slow = replace(QUICK, attempts=1, window=0.2, slowest=1000)
    server.answers = [trickle(bytes(5000), 10, 0.05)]
    assert "less than 1,000 bytes a second" in failure(f"{server.url}/a", slow)
    server.answers = [trickling_head(png(), 0.05)]
    assert "head was not there within 0.2 s" in failure(f"{server.url}/a", slow)


def test_a_body_has_its_time(server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(web_picture, "MAX_SECONDS", 0.2)
    server.answers = [trickle(bytes(50_000), 100, 0.02)]
    assert "must be there within 0.2 seconds" in failure(f"{server.url}/a")


def test_too_much_is_refused_before_and_while_it_comes(server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(web_picture, "MAX_BYTES", 100_000)
    server.answers = [whole(bytes(100_001))]
    assert "at most 100,000 bytes are taken, the server offers 100,001" in failure(server.url)
    server.answers = [endless()]
    assert "the server sends more" in failure(server.url)


def test_pixels_are_counted_before_decoding(server):
    """A header of 60,000 x 60,000, as decompression bombs have it."""
    data = bytearray(png())
    data[16:24] = (60_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    server.answers = [whole(bytes(data))]
    with pytest.raises(ImageError, match=r"^http://.*/a: a picture may have at most"):
        decode(f"{server.url}/a")


@pytest.mark.parametrize(
    ("kind", "message"),
    [("text/html", "a web page came"), ("multipart/x-mixed-replace", "`Model.stream` takes it")],
)
def test_what_is_no_picture(server, kind: str, message: str):
    server.answers = [whole(b"x", Content_Type=kind)]
    assert message in failure(server.url)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("http:///a.png", "must name a host"),
        ("http://127.0.0.1:9/a.png", "cannot be reached"),
        ("http://127.0.0.1:x/a.png", ""),
        ("http://[half/a.png", "no address that can be asked"),
        (f"http://{'a' * 70}.example/a.png", ""),
        ("http://127.0.0.1/a b\n.png", ""),
    ],
)
def test_addresses_that_lead_nowhere(address: str, message: str):
    assert message in failure(address)


def test_addresses_as_people_copy_them(server):
    """With spaces and any letters; what is escaped already stays as it is."""
    server.answers = [whole(png())]
    assert fetch_picture(f"{server.url}/Größe 1%20a/b.png?n=a b&c=%2F#x") == png()
    ((asked, _),) = server.asked
    assert asked == "/Gr%C3%B6%C3%9Fe%201%20a/b.png?n=a%20b&c=%2F"


def test_a_camera_asks_for_a_name_and_a_password_and_nobody_else_sees_them(server):
    server.answers = [redirect("http://localhost:9/"), whole(b"x")]
    host = server.url.removeprefix("http://")
    with pytest.raises(ImageError) as caught:
        fetch_picture(f"http://me:se%2Fcret@{host}/snapshot.jpg", QUICK)
    assert str(caught.value).startswith(f"http://me:***@{host}/snapshot.jpg: ")
    assert server.asked[0][1]["Authorization"] == "Basic bWU6c2UvY3JldA=="
    server.answers = [redirect("/elsewhere"), whole(png())]
    server.asked.clear()
    assert fetch_picture(f"http://me:secret@{host}/a.png", QUICK) == png()
    assert "Authorization" not in server.asked[1][1]
