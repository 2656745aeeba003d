"""Scripts joined with what they import."""

import subprocess
from pathlib import Path

import pytest

from mobilenetv2.errors import ExportError
from mobilenetv2.web.one_file import one_file
from tests.web.javascript import find_node


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "main.js"


@pytest.mark.skipif(not find_node(), reason="needs node (Debian: apt install nodejs)")
def test_a_file_of_many_runs_each_once_and_keeps_their_names_apart(tmp_path: Path):
    main = written(
        tmp_path,
        main='import { twice as double } from "./a.js";\n'
        'import {\n  name,\n  Box,\n} from "./b.js";\n'
        "const own = 1;\nexport const found = `${double(own)} ${name} ${new Box().side}`;\n",
        a='import { name } from "./b.js";\nconst own = 20;\n'
        "export function twice(x) {\n  return `${2 * x + own} ${name}`;\n}\n",
        b='console.log("runs");\nexport const name = "b";\nexport class Box {\n  side = 3;\n}\n',
    )
    joined = tmp_path / "joined.mjs"
    joined.write_text(one_file(main) + "console.log(found);\n")
    done = subprocess.run([find_node(), joined], capture_output=True, text=True, check=True)
    assert done.stdout == "runs\n22 b b 3\n"
    assert "export const found" in joined.read_text()


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"main": 'import "./a.js";\n'}, 'by name from a file beside it, got import "./a.js"'),
        (
            {"main": 'import a from "far";\n'},
            'by name from a file beside it, got import a from "far"',
        ),
        ({"main": 'export { b } from "./a.js";\n'}, "by name from a file beside it, got export"),
        (
            {"main": 'import { b } from "./a.js";\n', "a": "const b = 1;\nexport { b };\n"},
            "must export what it declares, got export { b };",
        ),
        (
            {"main": 'import { b } from "./a.js";\n', "a": 'import { c } from "./main.js";\n'},
            "imports itself by way of main, a",
        ),
    ],
)
def test_another_form_is_told(files: dict[str, str], sentence: str, tmp_path: Path):
    with pytest.raises(ExportError, match=sentence):
        one_file(written(tmp_path, **files))
