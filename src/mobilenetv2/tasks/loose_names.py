"""Names of files and folders compared as people and other machines write them."""

import unicodedata


def file_key(name: str) -> str:
    """Equal for names that differ by case or by Unicode form (NFC, as Macs' NFD) alone."""
    return unicodedata.normalize("NFC", name).casefold()
