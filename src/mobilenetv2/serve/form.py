"""The file in a multipart form, without a copy on a disk."""

import logging

from python_multipart.multipart import MultipartParser, parse_options_header

from mobilenetv2.serve.refusals import RefusalError

_SILENT = logging.Logger("mobilenetv2.serve.form", logging.CRITICAL + 1)


class _Files:
    """Keeps the first part that has a file's name and is not empty, and counts the others."""

    def __init__(self) -> None:
        self.found: bytearray | None = None
        self.others = 0
        self._field = bytearray()
        self._value = bytearray()
        self._is_file = False
        self._complete = False
        self._empty = True

    def on_part_begin(self) -> None:
        self._is_file = False

    def on_header_begin(self) -> None:
        self._field.clear()
        self._value.clear()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if bytes(self._field).lower() == b"content-disposition":
            _, options = parse_options_header(bytes(self._value))
            self._is_file = b"filename" in options

    def on_headers_finished(self) -> None:
        self._empty = True
        if self._is_file and not self._complete:
            self.found = bytearray()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._empty = False
        if self._is_file and self.found is not None and not self._complete:
            self.found += data[start:end]

    def on_part_end(self) -> None:
        if not self._is_file or self._empty:
            return
        self.others += self._complete
        self._complete = True


def only_file(body: bytes, boundary: bytes) -> bytes | None:
    """The content of a form's file; None where there is none.

    A field for a file in which none was chosen, as browsers send it, is none.

    Raises:
        FormParserError: the body is no form with this boundary.
        RefusalError: there are several.
    """
    files = _Files()
    # What is wrong with a form is told to its sender; the parser would write it to stderr as well.
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": files.on_part_begin,
            "on_header_begin": files.on_header_begin,
            "on_header_field": files.on_header_field,
            "on_header_value": files.on_header_value,
            "on_header_end": files.on_header_end,
            "on_headers_finished": files.on_headers_finished,
            "on_part_data": files.on_part_data,
            "on_part_end": files.on_part_end,
        },
    )
    parser.logger = _SILENT
    parser.write(body)
    parser.finalize()
    if files.others:
        raise RefusalError(
            f"a form holds one picture, got {files.others + 1}; send each by a request of its own"
        )
    return None if files.found is None else bytes(files.found)
