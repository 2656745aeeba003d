"""What the fields of a recipe are called, mean and are by default, from the recipes themselves."""

import ast
import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from textwrap import dedent
from typing import Literal, get_args, get_origin, get_type_hints

from mobilenetv2.train.recipe import LoopRecipe
from mobilenetv2.weights.plain import to_plain


@dataclass(frozen=True, slots=True)
class RecipeField:
    """One field, by the name that `--set` takes."""

    name: str
    """With a dot before the part of a part: "augmentation.flip"."""
    default: object
    """As `to_plain` has it."""
    choices: tuple[str, ...]
    """The words that it may be; none where it is no word."""
    text: str
    """What its own documentation says, in one paragraph."""

    @property
    def meaning(self) -> str:
        """The documentation behind the words that are allowed."""
        words = " or ".join(filter(None, (", ".join(self.choices[:-1]), *self.choices[-1:])))
        return f"{words}. {self.text}" if words else self.text

    @property
    def shown(self) -> str:
        """The default as one would write it."""
        return written(self.default)


def recipe_fields(kind: type[LoopRecipe]) -> tuple[RecipeField, ...]:
    """All fields of a kind of recipe, in their order, those of its parts under the part's name."""
    return tuple(_fields_of(kind, ""))


def recipe_table(kinds: Mapping[str, type[LoopRecipe]]) -> str:
    """All fields of several kinds of recipe as one table in Markdown.

    Args:
        kinds: by the heading of the column with their defaults.
    """
    found = {
        heading: {field.name: field for field in recipe_fields(kind)}
        for heading, kind in kinds.items()
    }
    names = dict.fromkeys(name for each in found.values() for name in each)
    rows = [("field", *kinds, "what"), ("---",) * (len(kinds) + 2)]
    for name in names:
        defaults = [f"`{each[name].shown}`" if name in each else "" for each in found.values()]
        meanings = dict.fromkeys(each[name].meaning for each in found.values() if name in each)
        rows.append((f"`{name}`", *defaults, " / ".join(meanings)))
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def written(value: object) -> str:
    """A plain value as `--set` takes it: 0.5, auto, 224x224, none."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "x".join(map(written, value))
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value)


def _fields_of(kind: type, before: str) -> Iterator[RecipeField]:
    meanings, hints = _meanings(kind), get_type_hints(kind)
    for field in fields(kind):
        default, name = _default(field), before + field.name
        if is_dataclass(default) and not isinstance(default, type):
            yield from _fields_of(type(default), f"{name}.")
        else:
            said = meanings.get(field.name, "")
            yield RecipeField(name, to_plain(default), _words(hints[field.name]), said)


def _words(hint: object) -> tuple[str, ...]:
    parts = (hint, *get_args(hint))
    values = [value for part in parts if get_origin(part) is Literal for value in get_args(part)]
    return tuple(str(value) for value in values)


def _default(field: "Field[object]") -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _meanings(kind: type) -> dict[str, str]:
    """The strings below a class's fields; of a field that a child gives another default, the
    child's string if it has one, else its parent's.
    """
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__[:-1]):
        body = ast.parse(dedent(inspect.getsource(one))).body[0]
        if not isinstance(body, ast.ClassDef):
            continue
        for line, below in zip(body.body, body.body[1:], strict=False):
            match line, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    found[name] = " ".join(text.split())
    return found
