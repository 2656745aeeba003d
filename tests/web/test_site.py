"""A folder that any web server can serve."""

import hashlib
import json
import re
from pathlib import Path

import pytest

from mobilenetv2.engine.program_file import ProgramFile
from mobilenetv2.errors import MissingDependencyError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.web.site import Offer, write_site


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
