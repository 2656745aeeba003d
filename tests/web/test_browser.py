"""The package in a real browser answers as Python does."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from tests.packaged import EXAMPLES
from tests.web.chromium import BrowserError, Chromium

CAT = EXAMPLES / "cat.jpg"


def asked(browser: Chromium, name: str, load: str = "{}", predict: str = "{}") -> dict[str, object]:
    """What a model of the site says of the cat."""
    return browser.run(
        f"""(async () => {{
            const {{ load }} = await import("./mobilenetv2/index.js");
            const model = await load("models/{name}.program", {load});
            const result = await model.predict("examples/cat.jpg", {predict});
            model.dispose();
            const {{ threads, kernels, labels }} = model;
            return {{ threads, kernels, labels, json: JSON.stringify(result) }};
        }})()"""
    )


def test_a_classifier(browser: Chromium, address: str, tiny_file: Path):
    browser.open(f"{address}blank.html")
    found = json.loads(asked(browser, "names")["json"])
    expected = mobilenetv2.load(tiny_file).predict(CAT).to_json()
    assert found.keys() == expected.keys()
    for one, other in zip(found["predictions"], expected["predictions"], strict=True):
        assert one["label"] == other["label"]
        assert one["score"] == pytest.approx(other["score"], abs=1e-4)


def test_a_detector(browser: Chromium, address: str, tiny_detector_file: Path):
    browser.open(f"{address}blank.html")
    found = json.loads(asked(browser, "boxes", predict="{ threshold: 0.4 }")["json"])
    expected = mobilenetv2.load(tiny_detector_file).predict(CAT, threshold=0.4).to_json()
    assert len(found["predictions"]) == len(expected["predictions"]) > 0
    for one, other in zip(found["predictions"], expected["predictions"], strict=True):
        assert one["label"] == other["label"]
        assert one["box"] == pytest.approx(other["box"], abs=0.5)


def test_a_segmenter(browser: Chromium, address: str, tiny_segmenter_file: Path):
    browser.open(f"{address}blank.html")
    found = json.loads(asked(browser, "masks")["json"])
    expected = mobilenetv2.load(tiny_segmenter_file).predict(CAT).to_json()
    shares = {one["label"]: one["share"] for one in expected["predictions"]}
    assert {one["label"]: one["share"] for one in found["predictions"]} == pytest.approx(
        shares, abs=0.005
    )


@pytest.mark.parametrize("kernels", ["relaxed", "simd128"])
@pytest.mark.parametrize("threads", [1, 2])
def test_both_modules_with_one_and_two_threads(
    kernels: str, threads: int, browser: Chromium, address: str
):
    browser.open(f"{address}blank.html")
    found = asked(browser, "names", f"{{ kernels: '{kernels}', threads: {threads} }}")
    assert found["threads"] == threads
    assert str(found["kernels"]).startswith(kernels)
    # Floats differ in their last bits: the relaxed module multiplies and adds in one.
    scores, others = (
        [one["score"] for one in json.loads(answer["json"])["predictions"]]
        for answer in (found, asked(browser, "names"))
    )
    assert scores == pytest.approx(others, abs=1e-4)


def test_a_page_that_is_not_isolated_answers_on_one_thread(
    browser: Chromium, address: str, plain_address: str
):
    browser.open(f"{address}blank.html")
    expected = asked(browser, "boxes")["json"]
    browser.open(f"{plain_address}blank.html")
    assert browser.run("crossOriginIsolated") is False
    found = asked(browser, "boxes")
    assert (found["threads"], found["json"]) == (1, expected)
    with pytest.raises(BrowserError, match="threads must be 1 on a page that is not cross-origin"):
        asked(browser, "boxes", "{ threads: 2 }")


@pytest.mark.parametrize(
    ("span", "preprocessing", "sentence"),
    [
        ((0, 4095), "{}", "upper ones to be seen, in these it has 0 to 15 of 255"),
        ((0, 65535), "{}", "seen"),
        ((0, 65535), "{ stretch: true }", "taught on grey pictures of 16 bits"),
    ],
)
def test_16_bits_of_which_a_browser_keeps_8(
    span: tuple[int, int], preprocessing: str, sentence: str, browser: Chromium, address: str,
    site: Path,
):  # fmt: skip
    values = np.linspace(*span, 64 * 64).reshape(64, 64).astype(np.uint16)
    Image.fromarray(values).save(site / "deep.png")
    browser.open(f"{address}blank.html")
    found = browser.run(
        f"""(async () => {{
            const {{ pixelReader }} = await import("./parts/pixels.js");
            const picture = await (await fetch("deep.png", {{ cache: "reload" }})).blob();
            return pixelReader()(picture, {preprocessing}).then(() => "seen", (e) => e.message);
        }})()"""
    )
    assert sentence in found


PICTURES = {
    "an <img>": "Object.assign(new Image(), { src: 'examples/cat.jpg' })",
    "a Blob": "await (await fetch('examples/cat.jpg')).blob()",
    "an ImageBitmap": "await createImageBitmap(await (await fetch('examples/cat.jpg')).blob())",
    "ImageData": "drawn.getContext('2d').getImageData(0, 0, drawn.width, drawn.height)",
    "a <canvas>": "drawn",
    "a VideoFrame": "new VideoFrame(drawn, { timestamp: 0 })",
}


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES.keys())
def test_a_picture_in_any_form(picture: str, browser: Chromium, address: str):
    browser.open(f"{address}blank.html")
    found = browser.run(
        f"""(async () => {{
            const {{ load }} = await import("./mobilenetv2/index.js");
            const image = Object.assign(new Image(), {{ src: "examples/cat.jpg" }});
            await image.decode();
            const drawn = document.createElement("canvas");
            Object.assign(drawn, {{ width: image.naturalWidth, height: image.naturalHeight }});
            drawn.getContext("2d").drawImage(image, 0, 0);
            const model = await load("models/names.program");
            const results = await Promise.all([
                model.predict({picture}), model.predict("examples/cat.jpg"),
            ]);
            model.dispose();
            return results.map((one) => [one.size, one.predictions.map((a) => a.score)]);
        }})()"""
    )
    (size, scores), (expected_size, expected) = found
    assert size == expected_size == [300, 451]
    assert scores == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("model.predict(7)", "a picture must be an address, a Blob"),
        ("model.predict(new Blob(['no picture']))", "PictureError: .* cannot be decoded"),
        ("model.predict('nowhere.jpg')", "could not be fetched: the server says 404"),
        ("model.predict('examples/cat.jpg', { top: 0 })", "top must be a whole number, at least 1"),
        ("(model.dispose(), model.predict('examples/cat.jpg'))", "disposed of; load it again"),
        ("load('models/none.program')", "DownloadError: .*the server says 404"),
        ("load('index.html')", "ModelError: the program is damaged"),
        ("load('models/names.program', { sha256: '00' })", "must have the SHA-256 00, got"),
        ("load('models/names.program', { threads: 0 })", "threads must be a whole number from 1"),
        ("load('models/names.program', { kernels: 'avx' })", 'must be "relaxed", "simd128"'),
        ("load('models/names.program', { engine: 'examples/' })", "could not be loaded: .* 404"),
        ("load(broken)", "ModelError: the engine refuses: "),
    ],
)
def test_an_error_says_the_way_out(code: str, sentence: str, browser: Chromium, address: str):
    browser.open(f"{address}blank.html")
    with pytest.raises(BrowserError, match=sentence):
        browser.run(
            f"""(async () => {{
                const {{ load }} = await import("./mobilenetv2/index.js");
                const model = await load("models/names.program");
                const broken = await (await fetch("models/names.program")).arrayBuffer();
                const length = Number(new DataView(broken).getBigUint64(0, true));
                // The program's words begin behind the header; the fourth one counts its tensors.
                new DataView(broken).setBigInt64(8 + length + 24, 1n << 40n, true);
                await {code};
            }})()"""
        )


def test_a_model_that_was_loaded_once_needs_no_server(browser: Chromium, address: str, site: Path):
    browser.open(f"{address}blank.html")
    sha256 = json.loads((site / "site.json").read_text())["models"][0]["sha256"]
    script = f"""(async () => {{
        const {{ load }} = await import("./mobilenetv2/index.js");
        const told = [];
        const onProgress = (progress) => told.push(progress);
        const model = await load("models/names.program", {{ sha256: "{sha256}", onProgress }});
        model.dispose();
        return told;
    }})()"""
    browser.run("caches.delete('mobilenetv2-models')")
    told = browser.run(script)
    size = (site / "models" / "names.program").stat().st_size
    assert told[-1] == {"received": size, "expected": size}
    assert browser.run(script) == []
