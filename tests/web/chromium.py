"""A headless Chromium, spoken to through two pipes: the DevTools protocol, without a library."""

import base64
import itertools
import json
import os
import select
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Self

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
"""A camera that shows a moving clock, or a file: `--use-file-for-fake-video-capture=FILE.y4m`."""

_TO_BROWSER, _FROM_BROWSER = 3, 4
"""Where Chromium looks for its ends of the pipes."""


class BrowserError(Exception):
    """The browser refuses a command, ends, or a script in it throws."""


def find_chromium() -> str | None:
    """Chromium's program, where one is installed."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Chromium:
    """One browser with one page, and a profile of its own.

    Args:
        program: from `find_chromium`.
        flags: more of them.
    """

    def __init__(self, program: str, *flags: str) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        their_input, our_output = os.pipe()
        our_input, their_output = os.pipe()
        command = [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
            f"--user-data-dir={self._profile.name}", "--disable-dev-shm-usage", *flags,
        ]  # fmt: skip
        quiet = os.open(os.devnull, os.O_RDWR)
        actions = [
            (os.POSIX_SPAWN_DUP2, quiet, 1),
            (os.POSIX_SPAWN_DUP2, quiet, 2),
            # First out of each other's way: the pipes may have these very numbers.
            (os.POSIX_SPAWN_DUP2, their_input, 40),
            (os.POSIX_SPAWN_DUP2, their_output, 41),
            (os.POSIX_SPAWN_DUP2, 40, _TO_BROWSER),
            (os.POSIX_SPAWN_DUP2, 41, _FROM_BROWSER),
        ]
        self._process = os.posix_spawn(program, command, os.environ, file_actions=actions)
        for end in (their_input, their_output, quiet):
            os.close(end)
        self._input, self._output = our_input, our_output
        self._buffer = b""
        self._numbers = itertools.count(1)
        self.logged: list[str] = []
        """What the page said on its console, and errors that nobody caught."""
        target = self.command("Target.createTarget", session=None, url="about:blank")["targetId"]
        attached = self.command(
            "Target.attachToTarget", session=None, targetId=target, flatten=True
        )
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "DOM", "Network", "Log"):
            self.command(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.command("Browser.close", session=None)
        os.waitpid(self._process, 0)
        os.close(self._input)
        os.close(self._output)
        self._profile.cleanup()

    def command(
        self, method: str, *, session: str | None = "", seconds: float = 60, **given: Any
    ) -> dict[str, Any]:
        """What a command of the protocol gives.

        Raises:
            BrowserError: it is refused, or there is no answer in time.
        """
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": given}
        if session is not None:
            message["sessionId"] = session or self._session
        os.write(self._output, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + seconds
        while True:
            received = self._receive(end)
            if received.get("id") == number:
                if "error" in received:
                    raise BrowserError(f"{method}: {received['error']['message']}")
                result: dict[str, Any] = received["result"]
                return result
            self._note(received)

    def open(self, url: str) -> None:
        """Go to an address and wait until the page's own scripts have run."""
        self.logged.clear()
        self.command("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str, seconds: float = 60) -> Any:
        """The value of an expression, as JSON has it; promises are waited for.

        Raises:
            BrowserError: it throws.
        """
        answer = self.command(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True,
            userGesture=True, seconds=seconds,
        )  # fmt: skip
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"]
            text = thrown.get("exception", {}).get("description", thrown["text"])
            raise BrowserError(text)
        return answer["result"].get("value")

    def until(self, condition: str, seconds: float = 20) -> None:
        """Wait until an expression is true.

        Raises:
            BrowserError: it is not, in that time.
        """
        end = time.monotonic() + seconds
        while not self.run(condition):
            if time.monotonic() > end:
                raise BrowserError(f"never true: {condition}; the page said {self.logged}")
            time.sleep(0.02)

    def choose_file(self, selector: str, path: Path) -> None:
        """Give an <input type=file> a file, as a user does."""
        root = self.command("DOM.getDocument")["root"]["nodeId"]
        node = self.command("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.command("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    def press(self, key: str, code: int) -> None:
        """A key, down and up."""
        text = {"text": "\r"} if key == "Enter" else {}
        for kind, more in (("keyDown", text), ("keyUp", {})):
            self.command(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key,
                windowsVirtualKeyCode=code, **more,
            )  # fmt: skip

    def emulate(self, width: int, height: int, *, dark: bool = False, phone: bool = False) -> None:
        """A screen of this size, two dots a pixel on a phone, in light or dark."""
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height,
            deviceScaleFactor=2 if phone else 1, mobile=phone,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path: Path) -> None:
        """What the page looks like, as PNG."""
        shot = self.command("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))

    def _receive(self, end: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._input], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self._input, 1 << 20) if ready else b""
            if not chunk:
                raise BrowserError("the browser ended" if ready else "no answer in time")
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        received: dict[str, Any] = json.loads(message)
        return received

    def _note(self, received: dict[str, Any]) -> None:
        given = received.get("params", {})
        match received.get("method"):
            case "Runtime.exceptionThrown":
                self.logged.append(str(given["exceptionDetails"]))
            case "Log.entryAdded":
                self.logged.append(f"{given['entry']['text']} {given['entry'].get('url', '')}")
            case "Runtime.consoleAPICalled":
                self.logged.append(" ".join(str(one.get("value")) for one in given["args"]))
            case _:
                pass
