"""A headless Firefox, spoken to through a socket: its Marionette protocol, without a library."""

import json
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Self

from tests.web.chromium import BrowserError

PROGRAMS = ("firefox-esr", "firefox")

PREFERENCES = {
    "marionette.port": 0,  # a free one, which it writes into its profile
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
}


def find_firefox() -> str | None:
    """Firefox's program, where one is installed."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Firefox:
    """One browser with one page, and a profile of its own.

    Args:
        program: from `find_firefox`.
    """

    def __init__(self, program: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True)
        profile = Path(self._folder.name)
        lines = (
            f'user_pref("{name}", {json.dumps(value)});' for name, value in PREFERENCES.items()
        )
        (profile / "user.js").write_text("\n".join(lines))
        self._process = subprocess.Popen(
            [program, "--headless", "--no-remote", "--marionette", "--profile", str(profile)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._number = 0
        port = self._port(profile / "MarionetteActivePort")
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._stream = self._socket.makefile("rb")
        self._receive()  # it says which protocol it speaks
        self.command("WebDriver:NewSession")
        self.command("WebDriver:SetTimeouts", script=120_000)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.command("Marionette:Quit", flags=["eForceQuit"])
        self._process.wait(60)
        self._stream.close()
        self._socket.close()
        self._folder.cleanup()

    def command(self, name: str, **given: object) -> Any:
        """What a command gives.

        Raises:
            BrowserError: it is refused, or a script throws.
        """
        self._number += 1
        message = json.dumps([0, self._number, name, given]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._receive()
        if error:
            raise BrowserError(f"{name}: {error['message']}")
        return result

    def open(self, url: str) -> None:
        """Go to an address and wait until it is loaded."""
        self.command("WebDriver:Navigate", url=url)

    def run(self, script: str) -> Any:
        """The value of an expression, as JSON has it; promises are waited for.

        Raises:
            BrowserError: it throws.
        """
        body = (
            "const told = arguments[arguments.length - 1];"
            f"Promise.resolve({script}).then((value) => told({{ value }}),"
            " (error) => told({ error: String(error) }));"
        )
        found = self.command("WebDriver:ExecuteAsyncScript", script=body, args=[])["value"]
        if "error" in found:
            raise BrowserError(found["error"])
        return found.get("value")

    def _port(self, file: Path) -> int:
        end = time.monotonic() + 120
        while not (file.is_file() and file.read_text()):
            if self._process.poll() is not None or time.monotonic() > end:
                raise BrowserError("Firefox did not start")
            time.sleep(0.05)
        return int(file.read_text())

    def _receive(self) -> Any:
        length = b""
        while (digit := self._stream.read(1)) != b":":
            if not digit:
                raise BrowserError("the browser ended")
            length += digit
        return json.loads(self._stream.read(int(length)))
