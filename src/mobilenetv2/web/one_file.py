"""Scripts of the JavaScript package with all that they import in one file each.

A browser learns what a script imports once it has it, and asks again: twenty files in four rounds
were a quarter of the work until a page's first answer. The package stays files with one idea each;
what a page fetches is joined when a site is written.
"""

import re
from pathlib import Path

from mobilenetv2.errors import ExportError

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";\n', re.M)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.M)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.M)


def one_file(entry: Path) -> str:
    """The text of a script that does what `entry` with its imports does, and exports the same.

    Each imported file becomes a function that runs once, so that its names are its own.

    Args:
        entry: a script; what it imports lies beside it.

    Raises:
        ExportError: an import or an export in another form than the package's, or a circle.
    """
    parts: dict[str, str] = {}
    own = _without_imports(entry, parts, ())
    return "\n".join([*parts.values(), own])


def _without_imports(path: Path, parts: dict[str, str], above: tuple[str, ...]) -> str:
    """A file's text that takes what it imports from `parts`, to which that is added before."""
    if path.stem in above:
        raise ExportError(f"{path} imports itself by way of {', '.join(above)}: break the circle")

    def taken(match: re.Match[str]) -> str:
        names, file = match.groups()
        if file not in parts:
            parts[file] = _as_function(path.with_name(f"{file}.js"), parts, (*above, path.stem))
        return f"const {{{re.sub(r' as ', ': ', names)}}} = ${file};\n"

    text = _IMPORT.sub(taken, path.read_text("utf-8"))
    if other := re.search(r"^import\b.*|^export\b.* from .*", text, re.M):
        raise ExportError(f"{path} must import by name from a file beside it, got {other.group()}")
    return text


def _as_function(path: Path, parts: dict[str, str], above: tuple[str, ...]) -> str:
    text = _without_imports(path, parts, above)
    names = _EXPORT.findall(text)
    text = _EXPORT.sub("", text)
    if other := _OTHER.search(text):
        raise ExportError(f"{path} must export what it declares, got {other.group()}")
    return f"const ${path.stem} = (() => {{\n{text}return {{ {', '.join(names)} }};\n}})();\n"
