"""`stream`, as models and compiled programs have it. Light: a program starts without pathlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, Unpack

from mobilenetv2.tasks.options import Options

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from mobilenetv2.sources.streaming import Answering, Frame, Tell
    from mobilenetv2.tasks.options import Choices

T = TypeVar("T")


class Streams:
    """`stream`, for whatever has `prepare` and `answer`."""

    def stream(
        self: Answering[T],
        source: str | Path,
        *,
        every: int = 1,
        fps: float | None = None,
        tell: Tell | None = None,
        **choices: Unpack[Choices],
    ) -> Generator[Frame, None, None]:
        """Say of a video's frames what `predict` says of pictures, one by one as they come.

        A file waits for its reader. Of what is live, a camera or a stream, frames are left out
        where the network is too slow for all; a stream that breaks off is opened again.

        Args:
            source: a video file, "camera:0", or an http(s) or rtsp address.
            every: look at each so many'th frame.
            fps: look at so many frames a second at most.
            tell: called with a sentence on what is not as stated; None warns.
            choices: as for `predict`.

        Raises:
            SourceError: it cannot be opened, broke off, or is no video but something else.
            MissingDependencyError: PyAV is not installed.
            ValueError: an option out of range, or of another task.
        """
        from mobilenetv2.sources.choice import FrameChoice
        from mobilenetv2.sources.streaming import frames_of, warn
        from mobilenetv2.sources.video import video_named

        options = Options(**choices)
        self.check(options)
        chosen = FrameChoice(every, fps)
        return frames_of(self, video_named(source), options, chosen, tell or warn)
