"""The interactive page shows what Python counts, driven as a reader drives it."""

import html
import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.paper.explorer.page import Setting, Shown, count_in_python, explorer_page
from mobilenetv2.paper.explorer.rules import HEADS, OUTPUT_STRIDES, head_rules

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)

needs_browser = pytest.mark.skipif(
    not CHROMIUM, reason="needs a Chromium: apt-get install chromium"
)

DRIVER = """
<script>
const asked = @SETTINGS@;
const type = (id, value) => { $(id).value = value; $(id).dispatchEvent(new Event("input")); };
const seen = asked.map((s) => {
  type("head", s.head); type("width", s.width); type("side", s.side);
  type("expansion", s.expansion); type("stride", String(s.output_stride));
  const names = ["madds", "parameters", "kernels", "op-by-op", "fused"];
  const totals = names.map((id) => $(id).textContent);
  const lines = [...$("layers").tBodies[0].rows];
  const rows = lines.map((row) => [...row.cells].map((cell) => cell.textContent));
  return { totals, rows, problem: $("problem").textContent };
});
const answers = document.createElement("pre");
answers.id = "answers";
answers.textContent = JSON.stringify(seen);
document.body.append(answers);
</script>
"""


@pytest.fixture(scope="module")
def page() -> str:
    return explorer_page()


def drive(page: str, settings: list[dict[str, object]], folder: Path) -> list[dict[str, list]]:
    """Type each setting into the page's own controls in a headless browser, and read it off."""
    script = DRIVER.replace("@SETTINGS@", json.dumps(settings))
    file = folder / "driven.html"
    file.write_text(page.replace("</body>", script + "</body>"), encoding="utf-8")
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
        f"--user-data-dir={folder / 'profile'}", file.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    match = re.search(r'<pre id="answers">(.*?)</pre>', done.stdout, re.DOTALL)
    assert match, done.stderr[-2000:]
    answers = json.loads(html.unescape(match[1]))
    assert len(answers) == len(settings)
    return answers


def random_setting(chance: random.Random) -> Setting:
    return Setting(
        width=chance.choice([round(chance.uniform(0.1, 2.0), 3), 1.0, 0.35, 0.5, 0.75, 1.4]),
        side=chance.choice([chance.randint(32, 640), 96, 224, 320, 513]),
        expansion=chance.randint(1, 10),
        output_stride=chance.choice(OUTPUT_STRIDES),
        head=chance.choice(sorted(HEADS)),
    )


def as_text(shown: Shown) -> dict[str, list]:
    totals = (shown.madds, shown.parameters, shown.kernels, shown.op_by_op, shown.fused)
    rows = [
        [
            row.name,
            f"{row.side}x{row.side}",
            *(f"{n:,}" for n in (row.channels, row.madds, row.parameters, row.op_by_op, row.fused)),
        ]
        for row in shown.rows
    ]
    return {"totals": [f"{n:,}" for n in totals], "rows": rows, "problem": ""}


@needs_browser
def test_two_hundred_random_settings_show_what_python_counts(page: str, tmp_path: Path):
    chance = random.Random(20180113)
    settings = [random_setting(chance) for _ in range(200)]
    asked = [
        {
            "head": s.head, "width": s.width, "side": s.side,
            "expansion": s.expansion, "output_stride": s.output_stride,
        }
        for s in settings
    ]  # fmt: skip
    for setting, seen in zip(settings, drive(page, asked, tmp_path), strict=True):
        assert seen == as_text(count_in_python(setting)), setting


@needs_browser
def test_a_setting_that_cannot_be_says_so_and_leaves_the_figures(page: str, tmp_path: Path):
    good = {"head": "classifier", "width": 1, "side": 224, "expansion": 6, "output_stride": 32}
    bad = [good | {"width": 0}, good | {"side": 10.5}, good | {"expansion": 11}]
    for seen in drive(page, bad, tmp_path):
        assert re.search(r"from (0\.05|32|1) to (4|2048|10)", seen["problem"])
        assert seen["totals"][0].count(",") >= 2


def test_the_page_fetches_nothing(page: str):
    assert not re.search(r"(https?:)?//[a-z]|import\(|fetch\(|XMLHttpRequest|src=|href=", page)
    assert "@" not in re.sub(r"@media", "", page)


def test_the_committed_page_is_the_one_that_is_made(page: str):
    committed = Path(__file__).parents[2] / "docs" / "paper" / "explorer.html"
    assert committed.read_text("utf-8") == page


def test_rules_are_read_off_the_graph():
    rules = {rule["name"]: rule for rule in head_rules(Classifier(1000), 32)}
    assert rules["stem"]["channels"] == ["scaled", 32]
    assert rules["block1.expand"]["channels"] == ["times"]
    assert rules["block1.depthwise"]["channels"] == ["same"]
    assert rules["last"]["channels"] == ["widened", 1280]
    assert rules["logits"]["channels"] == ["constant", 1000]
    # A shortcut that width 1 does without, because its channels differ, is there as a possibility.
    assert "block10.add" in rules
    assert "block10.add" not in build(Spec()).by_name
