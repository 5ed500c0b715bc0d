"""Where one JSON Schema refuses what another takes, without references: the heart of contract_changes."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

Schema = Mapping[str, Any] | bool
ANYTHING: Schema = True


class Side(Enum):
    """Whose data a schema describes. Callers may go on sending what they sent, and bear what they bore."""

    ACCEPTED = "refuses what was accepted"
    GIVEN = "gives what was never given"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A keyword at which the stricter schema takes less. `verdict` is set where that is not the whole story."""

    place: str
    keyword: str
    looser: Any
    stricter: Any
    verdict: str = ""


ANNOTATIONS = frozenset({"title", "description", "summary", "example", "examples", "deprecated", "$comment", "$schema"})
LOWER_BOUNDS = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
UPPER_BOUNDS = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
TEXTS = frozenset({"pattern", "format"})
BRANCHES = frozenset({"allOf", "anyOf"})
STRUCTURE = frozenset({"properties", "additionalProperties", "items", "required"})
VALUES = frozenset({"type", "enum", "uniqueItems", "default"})
CANNOT_COMPARE = "cannot compare"


def schema_changes(old: Schema, new: Schema, side: Side) -> list[str]:
    """Every change that breaks the other side, as `place: keyword old -> new: why`."""
    looser, stricter = (old, new) if side is Side.ACCEPTED else (new, old)
    return [_told(each, side) for each in _narrowings(looser, stricter, "", side)]


def _told(found: Narrowing, side: Side) -> str:
    old, new = (found.looser, found.stricter) if side is Side.ACCEPTED else (found.stricter, found.looser)
    return f"{found.place or '.'}: {found.keyword} {old} -> {new}: {found.verdict or side.value}"


def _narrowings(looser: Schema, stricter: Schema, place: str, side: Side) -> Iterator[Narrowing]:
    if isinstance(looser, bool) or isinstance(stricter, bool):
        if looser is not False and stricter is not True:
            yield Narrowing(place, "schema", looser, stricter)
        return
    these, those = _alternatives(looser), _alternatives(stricter)
    if len(these) + len(those) > 2 and all(_is_taken(each, those, place, side) for each in these):
        return
    looser, stricter = _with_enum(looser), _with_enum(stricter)
    for keyword in sorted((looser.keys() | stricter.keys()) - ANNOTATIONS - STRUCTURE):
        if keyword in BRANCHES:
            yield from _branches(looser, stricter, keyword, place, side)
        elif (verdict := _verdict(keyword, looser.get(keyword), stricter.get(keyword))) is not None:
            yield Narrowing(place, keyword, looser.get(keyword), stricter.get(keyword), verdict)
    yield from _structure(looser, stricter, place, side)


def _alternatives(schema: Mapping[str, Any]) -> list[Schema]:
    """What a schema is made of that says nothing but that; else itself."""
    return list(schema["anyOf"]) if schema.keys() - ANNOTATIONS == {"anyOf"} else [schema]


def _is_taken(looser: Schema, alternatives: Iterable[Schema], place: str, side: Side) -> bool:
    return any(not list(_narrowings(looser, each, place, side)) for each in alternatives)


def _with_enum(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """`const` is an `enum` of one."""
    if "const" not in schema:
        return schema
    return {name: each for name, each in schema.items() if name != "const"} | {"enum": [schema["const"]]}


def _verdict(keyword: str, looser: Any, stricter: Any) -> str | None:
    """None if the stricter value is not stricter after all; "" if it is; else what there is to say of the change."""
    if keyword == "enum" and stricter is not None:
        return "" if looser is None or set(map(json.dumps, looser)) - set(map(json.dumps, stricter)) else None
    if looser == stricter:
        return None
    if keyword == "default":
        return "means something else"
    if keyword not in LOWER_BOUNDS | UPPER_BOUNDS | TEXTS | VALUES:
        return None if _bare(looser) == _bare(stricter) else CANNOT_COMPARE
    if stricter is None or (looser is not None and _bears(keyword, looser, stricter)):
        return None
    return ""


def _bears(keyword: str, looser: Any, stricter: Any) -> bool:
    """Whether the stricter value takes all that the looser one takes."""
    if keyword in LOWER_BOUNDS:
        return bool(stricter <= looser)
    if keyword in UPPER_BOUNDS:
        return bool(stricter >= looser)
    if keyword == "type":
        return _types(looser) <= _types(stricter)
    return keyword == "uniqueItems" and not stricter


def _types(value: Any) -> set[str]:
    types = {value} if isinstance(value, str) else set(value)
    return types | {"integer"} if "number" in types else types


def _bare(node: Any) -> Any:
    """Without what is said for people only."""
    if isinstance(node, Mapping):
        return {name: _bare(each) for name, each in node.items() if name not in ANNOTATIONS}
    return [_bare(each) for each in node] if isinstance(node, list) else node


def _branches(looser: Any, stricter: Any, keyword: str, place: str, side: Side) -> Iterator[Narrowing]:
    """One by one, in their order. Another number of branches is beyond this comparison."""
    these, those = looser.get(keyword, []), stricter.get(keyword, [])
    if len(these) != len(those):
        yield Narrowing(place, keyword, these, those, CANNOT_COMPARE)
        return
    for index, (this, that) in enumerate(zip(these, those, strict=True)):
        yield from _narrowings(this, that, f"{place}.{keyword}[{index}]", side)


def _structure(looser: Any, stricter: Any, place: str, side: Side) -> Iterator[Narrowing]:
    if added := sorted(set(stricter.get("required", ())) - set(looser.get("required", ()))):
        yield Narrowing(
            place, "required", looser.get("required", []), stricter["required"], f"{_required(side)} {added}"
        )
    if "items" in looser or "items" in stricter:
        yield from _narrowings(looser.get("items", ANYTHING), stricter.get("items", ANYTHING), f"{place}[]", side)
    yield from _properties(looser, stricter, place, side)
    more, less = looser.get("additionalProperties", ANYTHING), stricter.get("additionalProperties", ANYTHING)
    for each in _narrowings(more, less, f"{place}.*", side):
        itself = (each.place, each.keyword) == (f"{place}.*", "schema")
        yield Narrowing(place, "additionalProperties", more, less) if itself else each


def _required(side: Side) -> str:
    return "asks for" if side is Side.ACCEPTED else "no longer promises"


def _properties(looser: Any, stricter: Any, place: str, side: Side) -> Iterator[Narrowing]:
    these, those = looser.get("properties", {}), stricter.get("properties", {})
    old, new = (these, those) if side is Side.ACCEPTED else (those, these)
    for name in sorted(these.keys() | those.keys()):
        if name in old and name in new:
            yield from _narrowings(these[name], those[name], f"{place}.{name}", side)
        elif name in old:
            yield Narrowing(f"{place}.{name}", "properties", *_in_order("there", "gone", side), "was removed")
        elif side is Side.GIVEN and stricter.get("additionalProperties") is False:
            yield Narrowing(f"{place}.{name}", "properties", *_in_order("ruled out", "there", side))


def _in_order(old: str, new: str, side: Side) -> tuple[str, str]:
    return (old, new) if side is Side.ACCEPTED else (new, old)
