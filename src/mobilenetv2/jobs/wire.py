"""A part as text, for a worker on another machine."""

import base64
import json
from pathlib import Path

from mobilenetv2.errors import JobError
from mobilenetv2.jobs.job import Part
from mobilenetv2.jobs.listing import Source
from mobilenetv2.shards.member import Member
from mobilenetv2.shards.place import is_url
from mobilenetv2.sources.input import Input
from mobilenetv2.sources.video import Video


def part_to_text(part: Part) -> str:
    """JSON of ASCII letters; paths become absolute, names stay as they were given.

    Raises:
        JobError: pixels, which no command line names.
    """
    return json.dumps({"part": part.number, "sources": [_plain(one) for one in part.sources]})


def part_from_text(text: str) -> Part:
    """The part that `part_to_text` was given."""
    plain = json.loads(text)
    sources = plain["sources"]
    given = {one["video"]: one["name"] for one in sources if "video" in one}
    return Part(plain["part"], tuple(map(_source, sources)), given)


def _plain(source: Source) -> dict[str, str]:
    if isinstance(source, Video):
        on_disk = source.kind == "file"
        address = str(Path(source.address).absolute()) if on_disk else source.address
        return {"name": source.name, "video": address}
    picture = source.picture
    match picture:
        case Path():
            return {"name": source.name, "file": str(picture.absolute())}
        case Member():
            place = f"{picture.offset}:{picture.size}"
            shard = picture.shard
            shard = shard if is_url(shard) else str(Path(shard).absolute())
            return {"name": source.name, "shard": shard, "at": place, "inside": picture.inside}
        case str():
            return {"name": source.name, "address": picture}
        case bytes():
            return {"name": source.name, "base64": base64.b64encode(picture).decode()}
        case _:
            raise JobError(f"a job's pictures are files, addresses or bytes, got {source}")


def _source(plain: dict[str, str]) -> Source:
    match plain:
        case {"video": address}:
            return Video(address)
        case {"name": name, "file": path}:
            return Input(name, Path(path))
        case {"name": name, "shard": shard, "at": place, "inside": inside}:
            offset, size = map(int, place.split(":"))
            return Input(name, Member(shard, offset, size, inside))
        case {"name": name, "address": address}:
            return Input(name, address)
        case {"name": name, "base64": text}:
            return Input(name, base64.b64decode(text))
        case _:
            raise JobError(f"a part holds sources as `part_to_text` writes them, got {plain}")
