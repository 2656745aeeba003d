"""The package in Firefox: another compiler, another set of what relaxed SIMD leaves open."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import mobilenetv2
from tests.packaged import EXAMPLES
from tests.web.firefox import Firefox, find_firefox


@pytest.fixture(scope="module")
def firefox() -> Iterator[Firefox]:
    program = find_firefox()
    if program is None:
        pytest.skip("Firefox is not installed (Debian: apt install firefox-esr)")
    with Firefox(program) as browser:
        yield browser


@pytest.mark.parametrize("options", ["{}", "{ kernels: 'simd128' }", "{ threads: 2 }"])
def test_a_detector_says_what_python_says(
    options: str, firefox: Firefox, address: str, tiny_detector_file: Path
):
    firefox.open(f"{address}blank.html")
    found = firefox.run(
        f"""(async () => {{
            const {{ load }} = await import("{address}mobilenetv2/index.js");
            const model = await load("models/boxes.program", {options});
            const result = await model.predict("examples/cat.jpg", {{ threshold: 0.4 }});
            model.dispose();
            return JSON.stringify(result);
        }})()"""
    )
    ours = json.loads(found)["predictions"]
    expected = mobilenetv2.load(tiny_detector_file).predict(EXAMPLES / "cat.jpg", threshold=0.4)
    theirs = expected.to_json()["predictions"]
    assert len(ours) == len(theirs) > 0
    for one, other in zip(ours, theirs, strict=True):
        assert one["label"] == other["label"]
        assert one["box"] == pytest.approx(other["box"], abs=0.5)


def test_the_page_answers(firefox: Firefox, address: str):
    """As in Chromium: the first of its examples is pressed."""
    firefox.open(address)
    said = firefox.run(
        """(async () => {
            const said = document.getElementById("said");
            const until = async (begin) => {
                while (!said.textContent.startsWith(begin))
                    await new Promise((go) => setTimeout(go, 20));
                return said.textContent;
            };
            await until("Ready.");
            document.querySelector("#examples button").click();
            return until("Most likely");
        })()"""
    )
    assert said.startswith("Most likely")
