"""Requests a second and the slowest hundredth, beside LitServe with onnxruntime: docs/serve.md.

python benchmarks/serving/run.py MODEL PICTURES --peer-python PYTHON [--seconds 60] [--json FILE]

Needs wrk. PYTHON has litserve, onnxruntime and Pillow. Both servers get the same weights, the same
form with the same picture, 64 connections; they take turns. While ours is loaded, others send
garbage, half a request, and every picture of a folder, whose answers are compared.
"""

import argparse
import http.client
import json
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

import mobilenetv2
from mobilenetv2.tasks.find_pictures import find_pictures

CONNECTIONS = 64
LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "multipart/form-data; boundary=B"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
file:close()
"""


def main() -> None:
    """Read the options, and let the two servers take turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    pictures = find_pictures(given.pictures)[:200]
    model = mobilenetv2.load(given.model)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "body").write_bytes(_form(pictures[0].read_bytes()))
        (folder / "post.lua").write_text(LUA.format(body=folder / "body"))
        onnx = folder / "model.onnx"
        subprocess.run([sys.executable, "-m", "mobilenetv2", "export", given.model, onnx],
                       check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        height, width = model.checkpoint.spec.size
        ours = [sys.executable, "-m", "mobilenetv2", "serve", "--model", given.model, "--port"]
        peer = [given.peer_python, str(Path(__file__).with_name("peer.py")), str(onnx)]
        rows: dict[str, list[dict[str, float]]] = {"ours": [], "litserve": []}
        for _ in range(given.rounds):
            with serving([*ours, "8501"], 8501) as process:
                before = _resident(process.pid)
                with trouble(8501, model, pictures) as wrong:
                    rows["ours"].append(load(8501, "/predict", folder, given.seconds))
                rows["ours"][-1] |= {
                    "wrong": wrong[0], "compared": wrong[1],
                    "mb_before": before, "mb_after": _resident(process.pid),
                }  # fmt: skip
            with serving([*peer, "8502", str(height), str(width)], 8502):
                rows["litserve"].append(load(8502, "/predict", folder, given.seconds))
    ratio = median(one["rps"] for one in rows["ours"]) / median(
        one["rps"] for one in rows["litserve"]
    )
    result = {"machine": platform.processor() or platform.machine(), "model": given.model,
              "connections": CONNECTIONS, "seconds": given.seconds, "ratio": ratio, "rows": rows,
              "command": " ".join(sys.argv)}  # fmt: skip
    print(json.dumps(result, indent=1))
    if given.json:
        given.json.write_text(json.dumps(result, indent=1) + "\n")


@contextmanager
def serving(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server that answers."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env = None if command[0] == sys.executable else own
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(
            command, env=env, stderr=said, stdout=subprocess.DEVNULL, start_new_session=True
        ) as process,
    ):
        for _ in range(1200):
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1) as one:
                    # Asked for often enough, a free port may be given to the asker itself, which
                    # is then connected to nobody and keeps the port from the server.
                    if one.getsockname() != one.getpeername():
                        break
            except OSError:
                pass
            time.sleep(0.5)
        time.sleep(2)
        if process.poll() is not None:
            said.seek(0)
            raise SystemExit(f"the server ended with {process.returncode}:\n{said.read()}")
        try:
            yield process
        finally:
            # LitServe's workers outlive it, and a polite word.
            os.killpg(process.pid, signal.SIGTERM)
            time.sleep(3)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def load(port: int, path: str, folder: Path, seconds: int) -> dict[str, float]:
    """What wrk measures: requests a second, milliseconds, and what was not answered with 200."""
    said = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--timeout", "10", "--latency",
         "-s", str(folder / "post.lua"), f"http://127.0.0.1:{port}{path}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    if refused:
        raise SystemExit(f"port {port} refused {refused[1]} requests: no comparison\n{said}")
    return {
        "rps": float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]),
        "p50_ms": _milliseconds(re.search(r"50%\s+(\S+)", said)[1]),
        "p99_ms": _milliseconds(re.search(r"99%\s+(\S+)", said)[1]),
    }


@contextmanager
def trouble(port: int, model: mobilenetv2.Model, pictures: list[Path]) -> Iterator[list[int]]:
    """Garbage, slow clients, and pictures whose answers are compared: [wrong, compared]."""
    counts, end = [0, 0], threading.Event()

    def compare() -> None:
        while not end.is_set():
            for picture in pictures:
                if end.is_set():
                    return
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                connection.request("POST", "/predict", picture.read_bytes())
                reply = connection.getresponse()
                answer = json.loads(reply.read())
                connection.close()
                if reply.status == 200:
                    counts[0] += answer != model.predict(picture).to_json()
                    counts[1] += 1
                time.sleep(0.2)

    def disturb() -> None:
        while not end.is_set():
            head = b"POST /predict HTTP/1.1\r\nhost: x\r\n"
            for sent in (b"\x16\x03garbage\r\n\r\n", head, head + b"content-length: 9\r\n\r\nabc"):
                with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
                    one.sendall(sent)
                    time.sleep(0.3)

    threads = [threading.Thread(target=compare), threading.Thread(target=disturb)]
    for thread in threads:
        thread.start()
    yield counts
    end.set()
    for thread in threads:
        thread.join()


def _form(picture: bytes) -> bytes:
    head = b'--B\r\nContent-Disposition: form-data; name="request"; filename="a.jpg"\r\n'
    return head + b"Content-Type: image/jpeg\r\n\r\n" + picture + b"\r\n--B--\r\n"


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}[unit]


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1000


if __name__ == "__main__":
    main()
