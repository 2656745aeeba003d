"""On photographs the page says what the command line says, with the models in the box."""

import base64
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.model import load_checkpoint
from mobilenetv2.tasks.find_pictures import find_pictures
from mobilenetv2.web.server import PageServer
from mobilenetv2.web.site import Offer, write_site
from tests.web.chromium import Chromium

FOLDERS = {"objects": "imagenet-flickr", "everyday": "coco128-val", "outline": "coco128-val"}
COUNTS = {"objects": 24, "everyday": 14, "outline": 12}
"""50 in all."""


def said(
    browser: Chromium, folder: Path, name: str, pictures: list[Path]
) -> list[dict[str, object]]:
    """The page's answers, each with its mask where there is one."""
    write_site(folder, [Offer(name, load_checkpoint(name))])
    (folder / "pictures").mkdir()
    for path in pictures:
        shutil.copy(path, folder / "pictures")
    (folder / "blank.html").write_text("<!doctype html>")
    with PageServer(folder, 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        browser.open(f"{server.address}blank.html")
        answers = browser.run(
            f"""(async () => {{
                const {{ load }} = await import("./mobilenetv2/index.js");
                const model = await load("models/{name}.program");
                const answers = [];
                for (const name of {json.dumps([path.name for path in pictures])}) {{
                    const {{ predictions, mask, size }} = await model.predict(`pictures/${{name}}`);
                    const blob = mask && new Blob([mask]);
                    const text = blob && await new Promise((done) => {{
                        const reader = new FileReader();
                        reader.onload = () => done(reader.result.split(",")[1]);
                        reader.readAsDataURL(blob);
                    }});
                    answers.push({{ predictions, size, mask: text ?? null }});
                }}
                model.dispose();
                return answers;
            }})()""",
            seconds=240,
        )
        server.shutdown()
    return answers


@pytest.fixture(params=FOLDERS)
def answered(
    request: pytest.FixtureRequest, shared: Path, browser: Chromium, tmp_path: Path
) -> tuple[str, list[tuple[dict[str, object], mobilenetv2.Model]]]:
    """A model's name, and of each picture what the page and what Python says."""
    name = request.param
    pictures = find_pictures(shared / "data" / FOLDERS[name])[: COUNTS[name]]
    model = mobilenetv2.load(name)
    answers = said(browser, tmp_path, name, pictures)
    return name, list(zip(answers, map(model.predict, pictures), strict=True))


def test_it_says_the_same(answered):
    name, pairs = answered
    assert len(pairs) == COUNTS[name]
    for found, expected in pairs:
        if name == "objects":
            assert found["predictions"][0]["label"] == expected.label
        elif name == "everyday":
            same_boxes(found["predictions"], expected.to_json()["predictions"])
        else:
            mask = np.frombuffer(base64.b64decode(found["mask"]), np.uint8)
            assert (mask.reshape(found["size"]) == expected.mask).mean() >= 0.99


def test_the_network_is_given_the_same_pixels(
    shared: Path, browser: Chromium, address: str, site: Path
):
    """Of 50 photographs within 1 of 255: decoded, turned and resized as in Python."""
    pictures = find_pictures(shared / "data" / "imagenet-flickr")[:50]
    model = mobilenetv2.load("objects")
    for number, path in enumerate(pictures):
        (pixels,) = model.prepare(path).inputs
        (site / f"pixels-{number}.bin").write_bytes(np.ascontiguousarray(pixels).tobytes())
        shutil.copy(path, site / f"picture-{number}")
    browser.open(f"{address}blank.html")
    differences = browser.run(
        f"""(async () => {{
            const {{ fit }} = await import("./parts/fit.js");
            const toPixels = (await import("./parts/pixels.js")).pixelReader();
            const preprocessing = {json.dumps(asdict(load_checkpoint("objects").preprocessing))};
            const largest = [];
            for (let number = 0; number < {len(pictures)}; number++) {{
                const own = fit(await toPixels(`picture-${{number}}`), preprocessing);
                const answer = await fetch(`pixels-${{number}}.bin`);
                const theirs = new Uint8Array(await answer.arrayBuffer());
                largest.push(own.reduce((most, value, at) => {{
                    return Math.max(most, Math.abs(value - theirs[at]));
                }}, own.length === theirs.length ? 0 : 255));
            }}
            return largest;
        }})()""",
        seconds=240,
    )
    assert len(differences) == 50
    assert max(differences) <= 1


def same_boxes(ours: list[dict], theirs: list[dict]):
    """Boxes that are well above the threshold are in both lists, within two pixels."""
    for some, others in ((ours, theirs), (theirs, ours)):
        for one in some:
            if one["score"] > 0.32:
                assert any(
                    one["label"] == other["label"]
                    and np.abs(np.subtract(one["box"], other["box"])).max() <= 2
                    for other in others
                ), one


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_is_turned_as_its_exif_says(
    turn: int, browser: Chromium, address: str, site: Path
):
    """Red left, green right above; blue and white below: after turning as before."""
    colors = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
    upright = Image.fromarray(colors.repeat(16, 0).repeat(24, 1))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(back[turn])) if turn in back else upright
    exif = Image.Exif()
    exif[0x0112] = turn
    stored.save(site / f"turned-{turn}.jpg", exif=exif, quality=95)
    browser.open(f"{address}blank.html")
    size, seen = browser.run(
        f"""(async () => {{
            const {{ pixelReader }} = await import("./parts/pixels.js");
            const {{ width, height, data }} = await pixelReader()("turned-{turn}.jpg");
            const at = (x, y) => [...data.slice((y * width + x) * 4, (y * width + x) * 4 + 3)];
            return [[height, width], [at(5, 5), at(40, 5), at(5, 28), at(40, 28)]];
        }})()"""
    )
    assert size == [32, 48]
    np.testing.assert_allclose(seen, colors.reshape(4, 3), atol=4)
