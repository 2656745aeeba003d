"""What one client may take of a server, so that the others are still served."""

from dataclasses import dataclass

from mobilenetv2.engine.library import default_threads
from mobilenetv2.errors import OptionError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Each beyond its default is the operator's own choice.

    Raises:
        OptionError: a limit below what makes sense.
    """

    workers: int = 0
    """Pictures worked on at once; 0: as many as there are cores, up to four."""
    queue: int = 64
    """Pictures that wait for a worker; more are sent away with 503."""
    megabytes: float = 20.0
    """Of a request's body."""
    megapixels: float = 24.0
    """Of a picture: its header tells before anything is decoded."""
    seconds: float = 30.0
    """Until an answer, waiting included; then 503."""
    body_seconds: float = 30.0
    """For a body to arrive; then 408."""
    head_seconds: float = 10.0
    """For a request's head to arrive; then the connection is closed."""

    def __post_init__(self) -> None:
        for name in ("megabytes", "megapixels", "seconds", "body_seconds", "head_seconds"):
            value = getattr(self, name)
            if not value > 0:
                raise OptionError(f"{name} must be above 0, got {value!r}")
        for name in ("workers", "queue"):
            value = getattr(self, name)
            if value < 0:
                raise OptionError(f"{name} must be at least 0, got {value!r}")

    @property
    def threads(self) -> int:
        """`workers`, decided."""
        return self.workers or default_threads()

    @property
    def bytes(self) -> int:
        """`megabytes` in bytes."""
        return int(self.megabytes * 1e6)

    @property
    def pixels(self) -> int:
        """`megapixels` in pixels."""
        return int(self.megapixels * 1e6)
