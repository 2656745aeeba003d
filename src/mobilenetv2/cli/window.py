"""Results in a window, where there is a screen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from PIL import Image

SCREEN_SHARE = 0.9
"""Of the screen's sides that a window may take; larger pictures are shown smaller."""

WAIT = 0.02
"""Seconds between two looks at keys and buttons while nothing is shown."""


class Window:
    """Shows one picture at a time; closed by its button, by Q or by Escape."""

    def __init__(self, title: str) -> None:
        """Open it.

        Raises:
            UsageError: there is no screen, or Python was built without its window library.
        """
        try:
            import tkinter

            from PIL import ImageTk
        except ImportError as error:
            raise click.UsageError(
                "--show needs Python's tkinter, which is missing here (Debian: python3-tk); "
                "--save writes what it would show"
            ) from error
        try:
            self._root = tkinter.Tk(className="mobilenetv2")
        except tkinter.TclError as error:
            raise click.UsageError(
                f"--show needs a screen: {error}; --save writes what it would show"
            ) from error
        self._photo_of = ImageTk.PhotoImage
        self._photo: ImageTk.PhotoImage | None = None
        self._open = True
        self._began: float | None = None
        self._label = tkinter.Label(self._root, borderwidth=0)
        self._label.pack()
        self._root.title(title)
        self._root.protocol("WM_DELETE_WINDOW", self._shut)
        for key in ("<Escape>", "q", "Q"):
            self._root.bind(key, lambda _event: self._shut())

    def __enter__(self) -> Self:
        """It is open already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take it away."""
        self._root.destroy()

    def shows(self, image: Image.Image, seconds: float | None = None) -> bool:
        """Show a picture; False once somebody has closed the window.

        Args:
            image: what.
            seconds: when, counted from the first one; None for at once.
        """
        self._wait(seconds)
        room = (
            round(self._root.winfo_screenwidth() * SCREEN_SHARE),
            round(self._root.winfo_screenheight() * SCREEN_SHARE),
        )
        if image.width > room[0] or image.height > room[1]:
            image = image.copy()
            image.thumbnail(room)
        # The label keeps no reference; without one of ours the picture would be gone at once.
        self._photo = self._photo_of(image, master=self._root)
        self._label.configure(image=self._photo)
        return self._is_open()

    def hold(self) -> None:
        """Stay until somebody closes the window."""
        while self._open:
            self._root.update()
            time.sleep(WAIT)

    def _wait(self, seconds: float | None) -> None:
        """A file can be read faster than it is meant to be seen."""
        if seconds is None:
            return
        if self._began is None:
            self._began = time.monotonic() - seconds
        while (left := self._began + seconds - time.monotonic()) > 0 and self._is_open():
            time.sleep(min(left, WAIT))

    def _is_open(self) -> bool:
        self._root.update()
        return self._open

    def _shut(self) -> None:
        self._open = False
