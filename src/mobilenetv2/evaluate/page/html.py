"""The parts of a page. Text becomes `Html` by `escape` alone: no label can bring its own tags."""

import base64
import html
import io
import re
from collections.abc import Sequence
from typing import Literal, NewType

from PIL import Image

Html = NewType("Html", str)
"""Marked-up text, safe to be put into a page."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

_STYLE = """
:root { color-scheme: light dark; --ground: #fff; --ink: #16202c; --dim: #5b6876;
  --line: #d5dce3; --plate: #f3f6f9; --bar: #0072b2; --good: #00795a; --bad: #b84a00; }
@media (prefers-color-scheme: dark) { :root { --ground: #10161f; --ink: #e4eaf1; --dim: #94a3b3;
  --line: #2c3846; --plate: #18212c; --bar: #56b4e9; --good: #2ec79b; --bad: #ff8a4a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 62rem; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; border-top: 1px solid var(--line);
  padding-top: 1rem; }
p { margin: .4rem 0; } .dim { color: var(--dim); font-size: .9rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .5rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
th { color: var(--dim); font-weight: 600; vertical-align: bottom; }
.text { text-align: left; white-space: normal; min-width: 7rem; } .left { text-align: left; }
.explained { min-width: 11rem; }
.bar { display: inline-block; height: .7em; background: var(--bar); min-width: 1px; }
.grid { display: grid; gap: .8rem; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(17rem, 1fr)); }
.small { grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); }
.pairs { grid-template-columns: repeat(auto-fill, minmax(min(100%, 28rem), 1fr)); }
figure { margin: 0; background: var(--plate); border-radius: .4rem; overflow: hidden; }
figure img { display: block; width: 100%; height: auto; }
figcaption { padding: .4rem .6rem; font-size: .85rem; }
svg { display: block; width: 100%; max-width: 40rem; height: auto; color: var(--ink); }
svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
svg .axis { stroke: var(--line); stroke-width: 1; } svg .soft { fill: var(--dim); }
.keys { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .85rem; padding: 0;
  list-style: none; margin: .4rem 0; }
.key { display: inline-block; width: .8em; height: .8em; border-radius: .2em; margin-right: .4em; }
"""


def escape(text: str) -> Html:
    """Text as it is to be read; what no page may hold becomes a question mark."""
    return Html(html.escape(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)))


def join(*parts: Html) -> Html:
    """Parts one after another."""
    return Html("\n".join(parts))


def paragraph(text: str, *, dim: bool = False) -> Html:
    """One of plain text."""
    return Html(f"<p{' class=dim' * dim}>{escape(text)}</p>")


def section(heading: str, *parts: Html) -> Html:
    """A heading and what stands below it."""
    return Html(f"<section><h2>{escape(heading)}</h2>\n{join(*parts)}</section>")


def cells(*values: str) -> tuple[Html, ...]:
    """Plain texts as cells of a table."""
    return tuple(escape(value) for value in values)


def table(headings: Sequence[str], rows: Sequence[Sequence[Html]], texts: int = 1) -> Html:
    """Rows of cells; the first `texts` columns are left-aligned.

    It is scrolled for itself where a screen is narrower.
    """
    head = "".join(
        f"<th{_text(index < texts)}>{escape(name)}</th>" for index, name in enumerate(headings)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{_text(index < texts)}>{one}</td>" for index, one in enumerate(row))
        + "</tr>\n"
        for row in rows
    )
    inner = f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody>"
    return Html(f"<div class=wide><table>{inner}</table></div>")


def _text(left: bool) -> str:
    return " class=text" if left else ""


def explained(text: str, meaning: str) -> Html:
    """A cell's text with its meaning below."""
    return Html(f"<div class=explained>{escape(text)}<div class=dim>{escape(meaning)}</div></div>")


def bar(share: float) -> Html:
    """A bar of `share` times 6 em, 0..1, beginning at the left."""
    width = 6 * min(1.0, max(0.0, share))
    drawn = f'<span class=bar style="width:{width:.2f}em"></span>'
    return Html(f'<div class=left style="width:6em">{drawn}</div>')


def keys(entries: Sequence[tuple[str, str]]) -> Html:
    """A legend: CSS colors and what they stand for."""
    items = "".join(
        f'<li><span class=key style="background:{color}"></span>{escape(text)}</li>'
        for color, text in entries
    )
    return Html(f"<ul class=keys>{items}</ul>")


def picture(image: Image.Image, caption: str) -> Html:
    """A figure whose picture is inside the page."""
    content = io.BytesIO()
    image.convert("RGB").save(content, "JPEG", quality=78, optimize=True)
    data = base64.b64encode(content.getvalue()).decode("ascii")
    return Html(
        f'<figure><img loading=lazy width={image.width} height={image.height} alt="" '
        f'src="data:image/jpeg;base64,{data}"><figcaption>{escape(caption)}</figcaption></figure>'
    )


def gallery(figures: Sequence[Html], size: Literal["", "small", "pairs"] = "") -> Html:
    """Figures side by side, as many as the screen has room for."""
    return Html(f'<div class="grid {size}">{join(*figures)}</div>')


def page(title: str, *parts: Html) -> str:
    """A whole page, which fetches nothing: a browser that keeps the policy is told so."""
    return (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
        '<meta name=viewport content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
        "img-src data:; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><h1>{escape(title)}</h1>\n{join(*parts)}</body></html>\n"
    )
