"""A folder that any web server can serve: the page, the package, the engine, and models."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from pathlib import Path

from mobilenetv2.deploy.export import Deployment, deploy
from mobilenetv2.engine.program_file import SUFFIX
from mobilenetv2.engine.wasm import wasm_modules
from mobilenetv2.errors import ExportError
from mobilenetv2.export.interface import AS_IT_IS, check_interface
from mobilenetv2.web.one_file import one_file
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.place_to_write import check_folder
from mobilenetv2.weights.whole_file import write_whole

PACKAGE = "mobilenetv2"
"""The folder of the JavaScript package below the page."""

_SCRIPTS = ("index.js", "worker.js", "team_worker.js")
"""Of the package, what a page, a worker and its helpers begin with."""

_FOR_PEOPLE = (".md", ".ts", "package.json", "sw.js")
"""Ends of names of files that no page asks for; browsers look after the service worker itself."""

TITLES = {
    "objects": ("Name it", "1000 things, animals and plants: the classes of ImageNet"),
    "everyday": ("Find things", "23 common things: people, cars, dogs, chairs ..."),
    "outline": ("Outline", "20 things, pixel by pixel: the classes of PASCAL VOC"),
    "cells": ("Blood cells", "red and white blood cells and platelets under the microscope"),
}
"""What the page calls the models in the box, and what they know; others go by their own name."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that the page offers."""

    name: str
    """Letters, digits, dots, dashes and underscores: it becomes a file's."""
    model: Checkpoint | Path = field(repr=False)
    """To be compiled, or a program file that is taken as it is."""

    @property
    def file(self) -> str:
        """Where the model lies below the page."""
        return f"models/{self.name}{SUFFIX}"


def write_site(
    folder: Path, offers: Sequence[Offer], *, verify: bool = False, offline: bool = True
) -> tuple[Deployment, ...]:
    """Write page, package, engine and models; files of an earlier site are replaced.

    Args:
        folder: made if need be.
        offers: at least one; the first is the one that the page begins with.
        verify: compare each compiled model with its checkpoint, as `deploy` does.
        offline: whether browsers keep the page, which then works without a network.

    Returns:
        What became of each checkpoint.

    Raises:
        ExportError: the disk refuses, or a model without answers.
        ParityError: a compiled model answers something else.
        MissingDependencyError: the engine for browsers was not built yet, and what builds it is
            not installed.
    """
    # What builds the engine for browsers takes minutes: what is in the way is told before it.
    for offer in offers:
        if not isinstance(offer.model, Path):
            check_interface(offer.model, AS_IT_IS, "program")
    try:
        check_folder(folder)
    except OSError as error:
        raise _refused(folder, error) from error
    modules = wasm_modules()
    try:
        (folder / "models").mkdir(parents=True, exist_ok=True)
        kept = list(_copy_sources(folder))
        kept += [
            _copy(module, folder / PACKAGE / module.name)
            for module in (modules.relaxed, modules.simd128)
        ]
        deployments = tuple(_write_models(folder, offers, verify))
        write_whole(folder / "site.json", _site(folder, offers, offline))
        listed = _list_of_files(folder, [*kept, folder / "site.json"])
        write_whole(folder / "files.js", listed)
    except OSError as error:
        raise _refused(folder, error) from error
    return deployments


def _copy(source: str | Path, target: str | Path) -> Path:
    """A file whole, or none."""
    made = Path(target)
    try:
        shutil.copyfile(source, made)
    except OSError as error:
        with suppress(OSError):
            made.unlink(missing_ok=True)
        # Not an OSError: `copytree` would go on with all the others.
        raise _refused(made, error) from error
    return made


def _refused(path: Path, error: OSError) -> ExportError:
    return ExportError(
        f"cannot write {path}: {error.strerror or error}; free some space or choose another "
        "folder, and run the same command again"
    )


def _copy_sources(folder: Path) -> Iterator[Path]:
    """The page, the package below it, and pictures to try; gives what pages ask for."""
    here = files("mobilenetv2")
    for source, target in (
        (here / "web" / "page", folder),
        (here / "examples", folder / "examples"),
    ):
        with as_file(source) as found:
            shutil.copytree(found, target, dirs_exist_ok=True, copy_function=_copy)
            names = [path.name for path in sorted(found.iterdir())]
        yield from _fetched(target / name for name in names)
    with as_file(here / "web" / "package") as found:
        yield from _fetched(_copy_package(found, folder / PACKAGE))


def _copy_package(found: Path, target: Path) -> Iterator[Path]:
    target.mkdir(exist_ok=True)
    for path in sorted(found.iterdir()):
        if path.name in _SCRIPTS:
            write_whole(target / path.name, one_file(path))
        elif path.suffix != ".js":
            _copy(path, target / path.name)
        else:
            continue
        yield target / path.name


def _fetched(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if not path.name.endswith(_FOR_PEOPLE))


def _write_models(folder: Path, offers: Sequence[Offer], verify: bool) -> Iterator[Deployment]:
    for offer in offers:
        target = folder / offer.file
        if isinstance(offer.model, Path):
            _copy(offer.model, target)
        else:
            yield deploy(offer.model, target, verify=verify)


def _site(folder: Path, offers: Sequence[Offer], offline: bool) -> str:
    """What the page reads first."""
    models = [
        {
            "name": offer.name,
            "title": TITLES.get(offer.name, (offer.name, ""))[0],
            "note": TITLES.get(offer.name, (offer.name, ""))[1],
            "file": offer.file,
            "sha256": hashlib.sha256((folder / offer.file).read_bytes()).hexdigest(),
        }
        for offer in offers
    ]
    pictures = sorted((folder / "examples").glob("*.jpg"))
    examples = [{"name": path.stem, "file": f"examples/{path.name}"} for path in pictures]
    return json.dumps({"models": models, "examples": examples, "offline": offline}, indent=1)


def _list_of_files(folder: Path, kept: Sequence[Path]) -> str:
    """What the service worker keeps, and a version that changes with any of it."""
    digest = hashlib.sha256()
    for path in kept:
        digest.update(path.read_bytes())
    site = {
        "version": digest.hexdigest()[:16],
        "files": [path.relative_to(folder).as_posix() for path in kept],
    }
    return f"self.SITE = {json.dumps(site, indent=1)};\n"
