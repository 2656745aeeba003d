"""Why a request is not answered, and the status that says so."""


class RefusalError(Exception):
    """What a client is told in a sentence."""

    status = 400
    retry_seconds: int | None = None
    """When to come again, where that helps."""


class TokenError(RefusalError):
    """No token, or another."""

    status = 401


class NoSuchModelError(RefusalError):
    """A name that is not the served model's."""

    status = 404


class SlowError(RefusalError):
    """A body that does not arrive."""

    status = 408


class TooLargeError(RefusalError):
    """More bytes or pixels than a request may have."""

    status = 413


class BusyError(RefusalError):
    """No place in the queue."""

    status = 503
    retry_seconds = 1


class LateError(RefusalError):
    """An answer that took too long."""

    status = 503
    retry_seconds = 1
