"""`info --memory` prints the plan whose peak section 5.1 gives."""

import json

from click.testing import CliRunner

from mobilenetv2.cli.info import info


def test_the_peak_is_the_papers():
    done = CliRunner().invoke(info, ["--memory", "--json"])
    facts = json.loads(done.stdout)
    assert facts["peak_bytes"] == facts["arena_bytes"] == 4 * 602_112
    assert facts["peak_step"] == "block0.project"
    assert 0 < facts["working_bytes"] < 512 * 1024
    assert len(facts["steps"]) == 20


def test_the_table_has_every_step():
    done = CliRunner().invoke(info, ["--memory", "--width", "0.35", "--size", "96"])
    assert done.exit_code == 0
    assert "2,408,448" not in done.stdout
    for name in ("stem", "block16.project", "logits"):
        assert name in done.stdout


def test_detectors_have_a_plan_too():
    done = CliRunner().invoke(info, ["--memory", "--head", "ssdlite", "--json"])
    assert json.loads(done.stdout)["arena_bytes"] > 0
