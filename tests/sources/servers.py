"""Cameras on the network, of a kind: pictures one after another over HTTP, a stream of RTSP."""

import io
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from PIL import Image

from tests.sources.clips import picture
from tests.weights.faulty_server import Answer

PACKET = 7 * 188
"""Bytes of a transport stream in one packet of RTP."""


def jpegs(first: int, count: int, size: tuple[int, int] = (48, 64)) -> Answer:
    """An IP camera: JPEG after JPEG, frame numbers from `first` on, then the connection ends."""

    def answer(handler):
        handler.head(200, Content_Type="multipart/x-mixed-replace; boundary=cut")
        for number in range(first, first + count):
            data = io.BytesIO()
            Image.fromarray(picture(number, size)).save(data, "JPEG", quality=95)
            head = f"--cut\r\nContent-Type: image/jpeg\r\nContent-Length: {data.tell()}\r\n\r\n"
            handler.wfile.write(head.encode() + data.getvalue() + b"\r\n")
            handler.wfile.flush()
            threading.Event().wait(0.02)

    return answer


class RtspServer:
    """Plays a transport stream to whoever asks, over the one connection; then says nothing more.

    After `plays` of them it refuses, so that a client's patience can be seen.
    """

    def __init__(self, data: bytes, plays: int):
        self._data = data
        self._plays = plays
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._listener.getsockname()[1]}/camera"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                client.settimeout(5)
                with client, suppress(OSError):
                    self._talk(client)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _talk(self, client: socket.socket) -> None:
        lines = client.makefile("rb")
        while request := lines.readline().decode():
            head = {}
            while line := lines.readline().decode().strip():
                name, _, value = line.partition(": ")
                head[name] = value
            method = request.split()[0]
            self.asked.append(method)
            if method == "PLAY" and self.asked.count("PLAY") > self._plays:
                return
            client.sendall(self._answer(method, head))
            if method == "PLAY":
                self._play(client)
                return

    def _answer(self, method: str, head: dict[str, str]) -> bytes:
        sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\n"
        extra, body = "Session: 1\r\n", ""
        if method == "DESCRIBE":
            extra, body = "Content-Type: application/sdp\r\n", sdp
        elif method == "SETUP":
            extra += f"Transport: {head['Transport']}\r\n"
        elif method == "OPTIONS":
            extra = "Public: DESCRIBE, SETUP, PLAY\r\n"
        answer = f"RTSP/1.0 200 OK\r\nCSeq: {head['CSeq']}\r\n{extra}"
        return f"{answer}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    def _play(self, client: socket.socket) -> None:
        for number, start in enumerate(range(0, len(self._data), PACKET)):
            payload = self._data[start : start + PACKET]
            packet = struct.pack(">BBHII", 0x80, 33, number, number * 900, 7) + payload
            client.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
        # Until the client has had enough of waiting.
        client.recv(1 << 16)


@contextmanager
def rtsp(data: bytes, plays: int = 1) -> Iterator[RtspServer]:
    server = RtspServer(data, plays)
    thread = threading.Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()
