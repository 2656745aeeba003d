"""Which text is an address of the web, and how much of it may be printed."""

import re
from typing import TypeGuard


def is_web_address(value: object) -> TypeGuard[str]:
    """Whether a value is text that begins with http:// or https://."""
    return isinstance(value, str) and value[:8].lower().startswith(("http://", "https://"))


def without_password(address: str) -> str:
    """The address as it is printed and stands in results: NAME:***@HOST."""
    return re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1:***@", address)
