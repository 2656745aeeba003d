"""A folder that any web server can serve."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import mobilenetv2
from mobilenetv2.engine.program_file import ProgramFile
from mobilenetv2.errors import ExportError, MissingDependencyError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.web.site import Offer, write_site
from tests.web.javascript import find_node


def test_it_says_which_models_there_are(site: Path):
    described = json.loads((site / "site.json").read_text("utf-8"))
    assert [model["name"] for model in described["models"]] == ["names", "boxes", "masks"]
    for model in described["models"]:
        content = (site / model["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == model["sha256"]
        assert ProgramFile(str(site / model["file"])).task
    assert all((site / picture["file"]).is_file() for picture in described["examples"])


def test_what_the_page_names_is_there(site: Path):
    named = re.findall(r'(?:href|src)="([^"#]+)"', (site / "index.html").read_text("utf-8"))
    for script in site.glob("*.js"):
        named += re.findall(
            r'^(?:import|export|\}) .*from "([^"]+)"', script.read_text("utf-8"), re.M
        )
    assert len(named) > 12
    assert not [name for name in named if not (site / name).is_file()]


def test_what_is_kept_for_later_is_all_but_the_models(site: Path):
    text = (site / "files.js").read_text("utf-8")
    kept = json.loads(text.removeprefix("self.SITE = ").rstrip(";\n"))
    assert all((site / name).is_file() for name in kept["files"])
    assert {"index.html", "app.js", "site.json", "mobilenetv2/worker.js"} <= set(kept["files"])
    assert len([name for name in kept["files"] if name.endswith(".wasm")]) == 2
    assert not [name for name in kept["files"] if name.endswith((".program", ".ts", "sw.js"))]


BROTLI = """
const { readFileSync } = require("fs"), { brotliCompressSync } = require("zlib");
const packed = (name) => brotliCompressSync(readFileSync(name)).length;
console.log(process.argv.slice(1).map(packed).reduce((one, other) => one + other));
"""


def test_a_page_fetches_seventy_kilobytes_of_code(site: Path):
    """As servers pack them beforehand: the package's page, its worker and the engine."""
    node = find_node()
    if node is None:
        pytest.skip("node, which packs with brotli, is not installed (Debian: apt install nodejs)")
    for module in ("mobilenetv2-relaxed.wasm", "mobilenetv2-simd128.wasm"):
        files = [site / "mobilenetv2" / name for name in ("index.js", "worker.js", module)]
        command = [node, "-e", BROTLI, *map(str, files)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert 30_000 < int(done.stdout) < 70_000


def test_npm_makes_a_package_of_it(site: Path):
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed (Debian: apt install npm)")
    command = [npm, "pack", "--dry-run", "--json", "--offline", str(site / "mobilenetv2")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    (packed,) = json.loads(done.stdout)
    names = {file["path"] for file in packed["files"]}
    assert packed["version"] == mobilenetv2.__version__
    assert {"index.js", "worker.js", "team_worker.js", "index.d.ts", "package.json"} <= names
    assert {"mobilenetv2-relaxed.wasm", "mobilenetv2-simd128.wasm"} <= names


def test_a_program_file_is_taken_as_it_is_and_another_version_is_told(site: Path, tmp_path: Path):
    program = site / "models" / "boxes.program"
    try:
        write_site(tmp_path, [Offer("mine", program)], offline=False)
        before = (tmp_path / "files.js").read_text()
        write_site(tmp_path, [Offer("mine", program), Offer("other", program)], offline=False)
    except MissingDependencyError as error:
        pytest.skip(str(error))
    assert (tmp_path / "models" / "mine.program").read_bytes() == program.read_bytes()
    assert json.loads((tmp_path / "site.json").read_text())["offline"] is False
    # Browsers fetch a page anew when this file has changed.
    assert (tmp_path / "files.js").read_text() != before


def test_a_model_is_proved_where_that_is_asked_for(tiny_file: Path, tmp_path: Path):
    offer = Offer("names", load_checkpoint(tiny_file))
    try:
        (deployment,) = write_site(tmp_path, [offer], verify=True)
    except MissingDependencyError as error:
        pytest.skip(str(error))
    assert deployment.files == (tmp_path / "models" / "names.program",)
    assert deployment.parity is not None
    assert deployment.parity.max_error < 1e-4


def test_a_full_disk_is_told_by_the_file_that_it_refused(site: Path, small_disk: Path):
    """And no file is there in half: one that looks like the page must not be served for it."""
    try:
        with pytest.raises(ExportError, match=r"write .*\.\w+: No space left .* run the same"):
            write_site(small_disk, [Offer("mine", site / "models" / "boxes.program")])
    except MissingDependencyError as error:
        pytest.skip(str(error))
    page = Path(mobilenetv2.__file__).parent / "web" / "page"
    for path in filter(Path.is_file, small_disk.iterdir()):
        assert path.read_bytes() == (page / path.name).read_bytes()
