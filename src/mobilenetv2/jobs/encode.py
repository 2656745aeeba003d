"""What stands in a part: the objects of `predict --json`, as lines or as columns."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, assert_never

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.errors import JobError, MissingDependencyError

if TYPE_CHECKING:
    import pyarrow

Format = Literal["jsonl", "parquet"]

Line = dict[str, object]
"""What `Answer.to_json` says of a picture or a frame."""


def require_format(kind: Format) -> None:
    """See that it can be written.

    Raises:
        MissingDependencyError: Parquet, without pyarrow.
    """
    if kind == "parquet":
        _arrow()


def encoded(lines: Sequence[Line], kind: Format, task: Task, *, multi_label: bool = False) -> bytes:
    """A part's content.

    JSON lines are the objects of `predict --json`. Parquet has the columns `path`, `frame` and
    `time` (of a video's frame), `task`, `predictions` (a list of structures with the fields that
    they have in JSON) and `error`; with `multi_label` that, too, as JSON says it of a picture that
    may have several labels.
    """
    match kind:
        case "jsonl":
            return b"".join(map(_json_line, lines))
        case "parquet":
            return _parquet(lines, _schema(task, multi_label))
        case _:
            assert_never(kind)


def counted(path: Path, kind: Format) -> tuple[int, int]:
    """How many lines a part has, and how many of them have an error instead of an answer.

    Raises:
        JobError: it cannot be read.
    """
    try:
        match kind:
            case "jsonl":
                return _counted_lines(path)
            case "parquet":
                from pyarrow import parquet

                errors = parquet.read_table(path, columns=["error"])["error"]
                return len(errors), len(errors) - int(errors.null_count)
            case _:
                assert_never(kind)
    except (OSError, ValueError) as error:
        raise JobError(
            f"{path} cannot be read: {error}. Remove it, and the same command makes it anew"
        ) from error


def _counted_lines(path: Path) -> tuple[int, int]:
    lines = errors = 0
    with path.open("rb") as file:
        for line in file:
            lines += 1
            # A label may be called so, too: only where the word is, the line is read.
            errors += b'"error"' in line and "error" in json.loads(line)
    return lines, errors


def _json_line(line: Line) -> bytes:
    text = json.dumps(line, ensure_ascii=False)
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # a file's name that is no Unicode
        return json.dumps(line).encode() + b"\n"


def _parquet(lines: Sequence[Line], schema: pyarrow.Schema) -> bytes:
    arrow = _arrow()
    from pyarrow import parquet

    rows = [
        line | {"path": str(line["path"]).encode("utf-8", "backslashreplace").decode()}
        for line in lines
    ]
    target = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(rows, schema=schema), target)
    return target.getvalue()


def _schema(task: Task, multi_label: bool) -> pyarrow.Schema:
    arrow = _arrow()
    answer = [("label", arrow.string()), ("index", arrow.int64())]
    match task:
        case "classification":
            answer += [("score", arrow.float64())]
        case "detection":
            answer += [("score", arrow.float64()), ("box", arrow.list_(arrow.float64(), 4))]
        case "segmentation":
            answer += [("pixels", arrow.int64()), ("share", arrow.float64())]
        case _:
            assert_never(task)
    return arrow.schema(
        [
            ("path", arrow.string()),
            ("frame", arrow.int64()),
            ("time", arrow.float64()),
            ("task", arrow.string()),
            *([("multi_label", arrow.bool_())] if multi_label else []),
            ("predictions", arrow.list_(arrow.struct(answer))),
            ("error", arrow.string()),
        ]
    )


def _arrow() -> pyarrow:
    try:
        import pyarrow
    except ImportError as error:
        raise MissingDependencyError("pyarrow", "parquet", "--format parquet") from error
    return pyarrow
