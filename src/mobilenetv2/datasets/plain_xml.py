"""XML of annotations: bounded, without document types, in any encoding that it declares."""

import codecs
import re
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

MAX_XML_BYTES = 64_000_000
"""Of one file. CVAT keeps thousands of pictures in one; a parser is not asked to take more."""

MAX_DEPTH = 100

_DECLARATION = re.compile(
    rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["'][^>]*\?>"""
)

_NATIVE = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso8859-1", "ascii"})
"""What the parser decodes by itself."""

_WIDER = {"gb2312": "gb18030", "gbk": "gb18030"}
"""Files that say the older name hold letters of the newer one."""


class _NoDoctype(ElementTree.TreeBuilder):
    """Entities can be bombs, or files of the machine; annotations need none."""

    depth = 0

    def doctype(self, name: str, _public: str | None, _system: str | None) -> None:
        raise ValueError(
            f"an annotation must not declare a document type, got <!DOCTYPE {name[:40]}>"
        )

    def start(self, tag: str, attrs: dict[str, str]) -> ElementTree.Element:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValueError(f"elements may be {MAX_DEPTH} deep, not more")
        # A namespace says nothing here: "{http://...}object" is an object.
        return super().start(tag.rpartition("}")[2], attrs)

    def end(self, tag: str) -> ElementTree.Element:
        self.depth -= 1
        return super().end(tag.rpartition("}")[2])


def read_xml(path: Path) -> ElementTree.Element:
    """The root element.

    Raises:
        ValueError: too large or too deep, no XML, an encoding that is not known, a document type.
    """
    if path.stat().st_size > MAX_XML_BYTES:
        raise ValueError(f"an annotation may have {MAX_XML_BYTES:,} bytes, not more")
    try:
        parser = ElementTree.XMLParser(target=_NoDoctype())
        root: ElementTree.Element = ElementTree.fromstring(_text(path.read_bytes()), parser)
    except (ElementTree.ParseError, LookupError, OSError) as error:
        raise ValueError(f"not well-formed XML: {error}") from error
    return root


def annotation_kind(path: Path) -> Literal["voc", "cvat"] | None:
    """By the root element: `<annotation>` is Pascal VOC's, `<annotations>` is CVAT's."""
    with path.open("rb") as file:
        begin = file.read(4096).replace(b"\0", b"")
    found = re.search(rb"<(?:[\w.-]+:)?(annotations?)[\s>/]", begin)
    if not found:
        return None
    return "voc" if found[1] == b"annotation" else "cvat"


def _text(content: bytes) -> bytes | str:
    """As it is where the parser can decode it, else decoded, without its declaration."""
    declared = _DECLARATION.match(content)
    if not declared:
        return content
    name = declared[1].decode()
    codec = codecs.lookup(name).name
    if codec in _NATIVE:
        return content
    try:
        return content[declared.end() :].decode(_WIDER.get(codec, codec))
    # "hex" and "zlib" are codecs too, and refuse with errors of their own.
    except (UnicodeDecodeError, LookupError) as error:
        raise ValueError(f"the declared encoding {name!r} does not fit: {error}") from error
