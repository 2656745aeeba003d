"""How honest files are damaged: the same damage for the same seed, on any machine."""

import copy
import json
import random
import struct
from collections.abc import Callable
from typing import Any

EXTREMES = (
    0, 1, -1, 2, 3, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 255, 256, 1000, 32767, 32768, 65535,
    65536, 10**6, 2**24, 2**30, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53, 2**62, 2**63 - 1,
)  # fmt: skip
"""Numbers at which something overflows, ends, or becomes too large."""

STRANGE: tuple[Any, ...] = (
    *EXTREMES, 2**63, 10**30, 10**400, -(2**63), 0.0, -0.0, 0.5, 1e-300, 1e300, 1e999, -1e999,
    float("nan"), True, False, None, "", "0", "nan", "\0", "\x1b[2J", "ü" * 200, "../a.jpg",
    "a" * 5000, [], {}, [[]], [[[[[]]]]], {"kind": "Spec"},
)  # fmt: skip

Mutation = Callable[[bytes, random.Random, list[bytes]], bytes]


def damaged(data: bytes, dice: random.Random, seeds: list[bytes]) -> bytes:
    """One to a dozen changes to bytes: bits, bytes, numbers, pieces, ends."""
    content = bytearray(data)
    for _ in range(1 + min(11, int(dice.expovariate(0.7)))):
        if not content:
            break
        _change(content, dice, seeds)
    return bytes(content)


def _change(content: bytearray, dice: random.Random, seeds: list[bytes]) -> None:
    place = dice.randrange(len(content))
    match dice.randrange(10):
        case 0 | 1:
            content[place] ^= 1 << dice.randrange(8)
        case 2 | 3:
            content[place] = dice.choice((0, 1, 2, 4, 8, 16, 32, 64, 127, 128, 254, 255))
        case 4 | 5 | 6:
            width, letter = dice.choice(((1, "b"), (2, "h"), (4, "i"), (8, "q")))
            value = dice.choice(EXTREMES) * dice.choice((1, 1, -1))
            bits = value & ((1 << (8 * width)) - 1)
            order = dice.choice("<<>")
            place -= place % width if dice.random() < 0.8 else 0
            content[place : place + width] = struct.pack(order + letter.upper(), bits)
        case 7:
            other = dice.choice(seeds)
            start, length = dice.randrange(len(other)), dice.choice((1, 4, 16, 100, 1000))
            content[place : place + length] = other[start : start + length]
        case 8:
            length = dice.choice((1, 2, 4, 16, 256))
            if dice.random() < 0.5:
                del content[place : place + length]
            else:
                content[place:place] = content[place : place + length]
        case _:
            if dice.random() < 0.3:
                del content[place:]


def reworded(data: bytes, dice: random.Random, seeds: list[bytes]) -> bytes:
    """Changes to text: numbers, words and lines become strange, move, go, or come twice."""
    if dice.random() < 0.2:
        return damaged(data, dice, seeds)
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    for _ in range(dice.choice((1, 1, 2, 4))):
        place = dice.randrange(len(lines))
        line = lines[place]
        match dice.randrange(6):
            case 0:
                lines[place:place] = [line] * dice.choice((1, 1, 2, 50))
            case 1 if len(lines) > 1:
                del lines[place]
            case 2:
                lines[place] = (
                    dice.choice((" ", "\t", "- ", "[", "{", "&a ", "*a", "!!int ")) + line
                )
            case 3:
                other = dice.randrange(len(lines))
                lines[place], lines[other] = lines[other], line
            case _:
                lines[place] = _one_word_changed(line, dice)
        if not lines:
            lines = [""]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _one_word_changed(line: str, dice: random.Random) -> str:
    splitter = dice.choice((" ", ",", ":", ">", "<", '"', ";"))
    words = line.split(splitter)
    strange = dice.choice(STRANGE)
    text = strange if isinstance(strange, str) else json.dumps(strange, default=str)
    words[dice.randrange(len(words))] = text
    return splitter.join(words)


def restated(data: bytes, dice: random.Random, seeds: list[bytes]) -> bytes:
    """Changes to the values of a JSON document; in one of five cases to its bytes."""
    if dice.random() < 0.2:
        return damaged(data, dice, seeds)
    value = change_value(json.loads(data), dice)
    text = json.dumps(value)
    if dice.random() < 0.02:
        depth = dice.choice((50, 300, 990, 2000, 20_000))
        text = text.replace("null", "[" * depth + "]" * depth, 1)
    return text.encode("utf-8", "surrogatepass")


def change_value(value: Any, dice: random.Random) -> Any:
    """One to four parts of it replaced, removed, doubled or moved, in place."""
    holder = [value]
    for _ in range(dice.choice((1, 1, 2, 4))):
        place: Any = holder
        key: Any = 0
        while isinstance(place[key], dict | list) and place[key] and dice.random() < 0.85:
            place = place[key]
            key = (
                dice.choice(list(place)) if isinstance(place, dict) else dice.randrange(len(place))
            )
        _change_part(place, key, dice)
        if not holder:
            holder = [None]
    return holder[0]


def _change_part(place: Any, key: Any, dice: random.Random) -> None:
    match dice.randrange(6):
        case 0 if isinstance(place, dict):
            del place[key]
        case 1 if isinstance(place, list):
            place[key:key] = [place[key]] * dice.choice((1, 2, 100))
        case 2 if isinstance(place, dict):
            place[dice.choice(list(place))] = place[key]
        case 3 if isinstance(place[key], int):
            place[key] *= dice.choice((-1, 2, 10**6, 10**18))
        case 3 if isinstance(place[key], float):
            place[key] *= dice.choice((-1.0, 2.0, 0.5, 1e18, 1e300))
        case _:
            place[key] = copy.deepcopy(dice.choice(STRANGE))


def safetensors_changed(data: bytes, dice: random.Random, seeds: list[bytes]) -> bytes:
    """Changes to a safetensors file: its header, the JSON texts in its metadata, or its bytes."""
    kind = dice.randrange(5)
    if kind == 0:
        return damaged(data, dice, seeds)
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    texts = header.get("__metadata__", {})
    structured = [name for name, text in texts.items() if text[:1] in ("{", "[")]
    if kind == 1 or not structured:
        header = change_value(header, dice)
    else:
        name = dice.choice(structured)
        texts[name] = restated(texts[name].encode(), dice, seeds).decode("utf-8", "replace")
    changed = json.dumps(header).encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(changed)) + changed + data[8 + length :]
