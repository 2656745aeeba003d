"""A diagnosis in sentences: what would stop a training, and what a person should know."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mobilenetv2.datasets.duplicates import Duplicates
from mobilenetv2.datasets.findings import MEANINGS, counted, tally
from mobilenetv2.datasets.imbalance import imbalance_note
from mobilenetv2.doctor.diagnosis import Diagnosis
from mobilenetv2.doctor.pictures import LONG, SMALL_SIDE
from mobilenetv2.doctor.subject import Part, Subject
from mobilenetv2.doctor.suspicious_boxes import BOX_MEANINGS

NAMES_SHOWN = 8


def told(found: Diagnosis) -> Diagnosis:
    """The same with its sentences."""
    return replace(found, stops=tuple(_stops(found)), warnings=tuple(_warnings(found)))


def _stops(found: Diagnosis) -> Iterator[str]:
    """What `train` refuses, or what leaves it nothing to learn."""
    subject, facts = found.subject, found.pictures
    yield from subject.stops
    if facts.count and len(facts.unreadable) == facts.count:
        yield f"not one picture can be read; the first: {facts.unreadable[0][1]}"
    learnt = subject.parts[0]
    match subject.task:
        case "classification":
            if len(subject.labels) < 2:
                yield f"a training needs at least two classes, got {list(subject.labels)}"
            yield from _empty_classes(subject, learnt)
        case "detection":
            if not sum(learnt.counts):
                yield f"there is not one box to learn from in {learnt.name!r}"
        case "segmentation":
            pass


def _empty_classes(subject: Subject, learnt: Part) -> Iterator[str]:
    """`train classify` refuses a folder without a picture, and judging on what it did not teach."""
    empty = _without(subject, learnt)
    if empty and len(subject.parts) == 1:
        yield f"no picture of {_names(empty)}: fill these or remove them"
    elif empty:
        yield f"no picture of {_names(empty)} in {learnt.name!r} to learn from"


def _warnings(found: Diagnosis) -> Iterator[str]:
    """From what is worst to what is best to know."""
    subject, facts = found.subject, found.pictures
    if facts.unreadable:
        many = counted(len(facts.unreadable), "picture cannot", "pictures cannot")
        yield f"{many} be read and will be left out; the first: {facts.unreadable[0][1]}"
    if found.in_two_classes:
        many = counted(len(found.in_two_classes), "picture lies", "pictures lie")
        one, other = found.in_two_classes[0]
        yield f"{many} in two classes, byte by byte, such as {one} and {other}"
    yield from (_about_duplicates(pair) for pair in found.duplicates if pair.exact or pair.near)
    yield from _about_classes(subject)
    yield from _about_findings(subject)
    for kind, those in found.suspicious.items():
        much = f"{counted(sum(one.boxes for one in those), 'box', 'boxes')}, " + counted(
            len(those), "file"
        )
        yield f"{BOX_MEANINGS[kind]} ({much}; {those[0].path.name}: {those[0].detail})"
    yield from _about_masks(subject)
    if facts.small:
        many = counted(len(facts.small), "picture has", "pictures have")
        yield f"{many} a side under {SMALL_SIDE} pixels, such as {facts.small[0]}"
    if facts.long:
        many = counted(len(facts.long), "picture is", "pictures are")
        yield f"{many} more than {LONG:.0f} times as long as wide, such as {facts.long[0]}"
    yield from subject.notes
    if found.note:
        yield found.note


def _about_duplicates(pair: Duplicates) -> str:
    within = pair.first == pair.second
    where = f"in {pair.first!r}" if within else f"both in {pair.first!r} and in {pair.second!r}"
    told = []
    if pair.exact:
        again = (
            f"come{'s' * (pair.exact == 1)} again" if within else "is" if pair.exact == 1 else "are"
        )
        told.append(f"{counted(pair.exact, 'picture')} {again} {where}")
    if pair.near:
        look = "looks much like another" if pair.near == 1 else "look much like another"
        told.append(f"{counted(pair.near, 'picture')} {look} {where}")
    one, other = pair.examples[0]
    follows = "" if within else f": figures on {pair.second!r} will be too good"
    return f"{', '.join(told)} (for example {other} and {one}){follows}"


def _about_classes(subject: Subject) -> Iterator[str]:
    learnt = subject.parts[0]
    what = "boxes" if subject.task == "detection" else "pictures"
    note = imbalance_note(subject.labels, learnt.counts, f"{what} in {learnt.name!r}")
    if note:
        yield note
    for part in subject.parts:
        empty = _without(subject, part)
        if empty and (part is not learnt or subject.task != "classification"):
            yield f"no {what} of {_names(empty)} in {part.name!r}"


def _about_findings(subject: Subject) -> Iterator[str]:
    for kind, count in tally(subject.findings).items():
        # Said of pictures and of classes already.
        if kind in ("unreadable picture", "class without examples"):
            continue
        first = next(one for one in subject.findings if one.kind == kind)
        much = f"{counted(count.boxes, 'box', 'boxes')}, " if count.boxes else ""
        much += counted(count.files, "file")
        yield f"{MEANINGS[kind]} ({much}; {first.path.name}: {first.detail})"


def _about_masks(subject: Subject) -> Iterator[str]:
    for part in subject.parts:
        if part.uniform:
            many = counted(len(part.uniform), "mask", "masks")
            yield (
                f"{many} in {part.name!r} show one class alone, or none: nothing was drawn, or "
                f"all of it, such as that of {part.uniform[0].name}"
            )


def _without(subject: Subject, part: Part) -> list[str]:
    pairs = zip(subject.labels, part.counts, strict=False)
    return [label for label, count in pairs if not count]


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    quoted = ", ".join(repr(name) for name in names[:NAMES_SHOWN])
    return f"{counted(len(names), 'class', 'classes')} ({quoted}{more})"
