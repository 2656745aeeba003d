"""What a video is before it is opened: a file, a camera, an address; and how each is opened."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, assert_never

from mobilenetv2.errors import MissingDependencyError, SourceError
from mobilenetv2.reading import require_file
from mobilenetv2.sources.input import kind_of
from mobilenetv2.tasks.find_pictures import looks_like_picture
from mobilenetv2.transfer.address import without_password
from mobilenetv2.transfer.patience import Patience

# The extra [video]: imported where a video is opened.
if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

PATIENCE = Patience(timeout=10.0, attempts=4, pause=1.0)
"""A stream may be silent for ten seconds, and is opened again four times within seven."""

MAX_PIXELS = 36_000_000
"""Of one frame: 8192 x 4320, and a little."""

_FILE_FORMATS = (
    "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,gif,apng,h264,hevc,m4v,mjpeg,mxf,"
    "ivf,obu,rm,dv,3gp,nut,wtv,yuv4mpegpipe"
)
"""Containers that hold their frames themselves: a playlist could lead to any file or address."""

_WEB = "http,https,tls,tcp,crypto,httpproxy"
_RTSP = "rtsp,rtsps,rtp,srtp,tcp,udp,tls"

Kind = Literal["file", "camera", "web", "rtsp"]

_CAMERA = "camera:"


@dataclass(frozen=True, slots=True)
class Video:
    """A file's path, "camera:0", or an http(s) or rtsp(s) address."""

    address: str

    @property
    def kind(self) -> Kind:
        """By how it begins."""
        begin = self.address[:8].lower()
        if begin.startswith(_CAMERA):
            return "camera"
        if begin.startswith(("rtsp://", "rtsps://")):
            return "rtsp"
        return "web" if begin.startswith(("http://", "https://")) else "file"

    @property
    def name(self) -> str:
        """The address without a password: it is printed, and stands in results."""
        return without_password(self.address)


def video_named(source: object) -> Video:
    """The video that a path or an address names.

    Args:
        source: as `Model.stream` was given it.

    Raises:
        SourceError: it is something else, such as pictures, which `predict` takes.
    """
    if isinstance(source, str | os.PathLike):
        return Video(os.fspath(source))
    raise SourceError(
        "a video is named by a file's path, an address or 'camera:0', got "
        f"{kind_of(source)}; for pictures and frames that a program has: model.predict(...), "
        "which takes one, a list or any iterable"
    )


def require_pyav(purpose: str) -> None:
    """Say how to install it.

    Raises:
        MissingDependencyError: it is not.
    """
    if find_spec("av") is None:
        raise MissingDependencyError("PyAV", "video", purpose)


def is_stream_address(text: str) -> bool:
    """Whether text names a camera or a stream of RTSP, which no picture can be."""
    return Video(text).kind in ("camera", "rtsp")


@contextmanager
def opened(
    video: Video, patience: Patience = PATIENCE
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and its best video stream, closed at the end.

    Raises:
        SourceError: there is none, it is no video, or its frames are too large.
        MissingDependencyError: PyAV is not installed.
    """
    require_pyav("reading videos")
    import av

    try:
        container = _open(video, patience)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        if isinstance(error, SourceError):
            raise
        raise SourceError(
            f"{video.name} cannot be opened: {reason_of(error)}{_hint(video)}"
        ) from error
    with container:
        stream = container.streams.best("video")
        if not isinstance(stream, av.VideoStream):
            others = ", ".join(sorted({other.type for other in container.streams})) or "nothing"
            raise SourceError(f"{video.name} must hold pictures, it holds {others}")
        context = stream.codec_context
        require_frame_room(video, context.height, context.width)
        context.options = {"max_pixels": str(MAX_PIXELS)}
        # Threads by frames each keep some: what comes from a camera shall come at once.
        stream.thread_type = "AUTO" if video.kind == "file" else "SLICE"
        yield container, stream


def require_frame_room(video: Video, height: int, width: int) -> None:
    """Refuse frames that would fill the memory.

    Raises:
        SourceError: with their size.
    """
    if height * width > MAX_PIXELS:
        raise SourceError(
            f"{video.name}: a frame may have at most {MAX_PIXELS:,} pixels, got {width} x {height}"
        )


def reason_of(error: BaseException) -> str:
    """What FFmpeg says, in a few words."""
    import av

    if isinstance(error, av.error.ExitError):
        return "it fell silent"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text if text.isupper() else text[:1].lower() + text[1:]


def _open(video: Video, patience: Patience) -> InputContainer:
    import av

    times = (patience.timeout, patience.timeout)
    match video.kind:
        case "file":
            require_file(video.address, SourceError)
            # With a protocol before it, so that a colon in a name makes no other of it.
            return av.open(
                f"file:{video.address}",
                container_options={"protocol_whitelist": "file", "format_whitelist": _FILE_FORMATS},
            )
        case "web":
            # Some servers close a connection without a word, and FFmpeg would ask for the next
            # part over it: once more, at once, over a new one. Else that part's frames are lost.
            options = {
                "protocol_whitelist": _WEB,
                "reconnect_on_network_error": "1",
                "reconnect_delay_max": "0",
            }
            return av.open(video.address, container_options=options, timeout=times)
        case "rtsp":
            options = {"protocol_whitelist": _RTSP, "rtsp_flags": "prefer_tcp"}
            return av.open(video.address, container_options=options, timeout=times)
        case "camera":
            device, system = _device(video)
            return av.open(device, format=system, timeout=times)
        case _ as never:
            assert_never(never)


def _device(video: Video) -> tuple[str, str]:
    """A camera's name and the system's format of cameras, as FFmpeg calls them."""
    number = video.address[len(_CAMERA) :]
    if sys.platform == "win32":
        if number.isdecimal():
            raise SourceError(
                f"{video.name}: on Windows a camera is named, as in 'camera:Integrated Camera'; "
                "the device manager lists them"
            )
        return f"video={number}", "dshow"
    if not number.isdecimal():
        raise SourceError(f"a camera has a number, as in camera:0, got {video.name!r}")
    return (number, "avfoundation") if sys.platform == "darwin" else (f"/dev/video{number}", "v4l2")


def _hint(video: Video) -> str:
    """The way out."""
    match video.kind:
        case "camera":
            found = sorted(Path("/dev").glob("video*")) if sys.platform == "linux" else []
            here = ", ".join(f"camera:{path.name.removeprefix('video')}" for path in found)
            return f"; this machine has {here or 'no camera that can be seen from here'}"
        case "file":
            if looks_like_picture(video.address):
                return "; a picture is for `predict`"
            return "; it may be cut short, or be no video"
        case "web" | "rtsp":
            return "; does a player open it?"
        case _ as never:
            assert_never(never)
