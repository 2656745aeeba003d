"""Which text is an address of the web."""

from typing import TypeGuard


def is_web_address(value: object) -> TypeGuard[str]:
    """Whether a value is text that begins with http:// or https://."""
    return isinstance(value, str) and value[:8].lower().startswith(("http://", "https://"))
