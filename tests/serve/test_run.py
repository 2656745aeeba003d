"""Slow clients do not hold a server, and SIGTERM lets it end what it began."""

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import mobilenetv2
from mobilenetv2.serve.limits import Limits
from tests.serve.conftest import Client, serving

CAT = (Path(mobilenetv2.__file__).parent / "examples" / "cat.jpg").read_bytes()


@pytest.mark.parametrize("sent", [b"", b"POST /predict HTTP/1.1\r\nhost: x\r\n"])
def test_a_head_that_does_not_come_ends_the_connection(classifier: mobilenetv2.Model, sent: bytes):
    with (
        serving(classifier, Limits(head_seconds=0.3)) as client,
        socket.create_connection(("127.0.0.1", client.port), timeout=20) as slow,
    ):
        slow.sendall(sent)
        assert slow.recv(100) == b""
        assert client.ask("GET", "/healthz").status == 200


def test_a_body_that_does_not_come_is_told_of(classifier: mobilenetv2.Model):
    with (
        serving(classifier, Limits(body_seconds=0.3, head_seconds=5)) as client,
        socket.create_connection(("127.0.0.1", client.port), timeout=20) as slow,
    ):
        slow.sendall(b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nabc")
        answer = slow.recv(2000)
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"within 0.3 s, got 3 bytes" in answer + slow.recv(2000)


def test_sigterm_answers_first(tiny_file: Path):
    command = [sys.executable, "-m", "mobilenetv2", "serve", "--port", "0", "--model", tiny_file]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        port = None
        for line in process.stderr:
            if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", line):
                port = int(found[1])
                break
        assert port is not None
        rest = threading.Thread(target=process.stderr.read)
        rest.start()
        begun = socket.create_connection(("127.0.0.1", port), timeout=60)
        head = f"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: {len(CAT)}\r\n\r\n"
        begun.sendall(head.encode() + CAT[:1000])
        assert Client(port).ask("GET", "/healthz").status == 200
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        begun.sendall(CAT[1000:])
        assert begun.recv(100).startswith(b"HTTP/1.1 200")
        begun.close()
        assert process.wait(30) in (0, -signal.SIGTERM)
        rest.join()
