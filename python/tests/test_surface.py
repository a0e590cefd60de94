"""The surface table against the installed module and its stub, both ways.

`tests/surface/README.md` says what the table means.
"""

import ast
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import fairlane
from fairlane import _fairlane, errors

ROOT = Path(__file__).parents[2]
TABLE: dict[str, Any] = json.loads((ROOT / "tests/surface/surface.json").read_text("utf-8"))
TYPES: list[dict[str, Any]] = TABLE["types"]
EXTRAS: dict[str, str] = TABLE["extras"]["python"]
EMPTY = inspect.Parameter.empty
NATIVE = set(vars(_fairlane))
MODULES = ["_fairlane.pyi", "worker.py", "outcome.py", "background.py"]
"""Where classes are declared: what is native in the stub, the rest where it is written."""
PARSED = [ast.parse((Path(fairlane.__file__).parent / name).read_text("utf-8")) for name in MODULES]
STUBS = {node.name: node for one in PARSED for node in one.body if isinstance(node, ast.ClassDef)}

GIVEN = {
    "text": "str",
    "id": "str",
    "token": "Job | str",
    "payload": "object",
    "payloads": "Iterable[object]",
    "integer": "int",
    "count": "int",
    "number": "SupportsFloat | SupportsIndex",
    "flag": "bool",
    "span": "float | timedelta",
    "moment": "float | datetime",
    "rate": "tuple[int, float | timedelta]",
    "jobs": "Iterable[NewJob]",
    "tokens": "Iterable[Job | str]",
    "ids": "Iterable[str]",
    "policy": "BackoffPolicy | Backoff",
    "headers": "Mapping[str, str]",
    "clock": "ManualClock",
    "url": "str | PathLike[str]",
    "queue": "Queue | str | PathLike[str]",
    "handler": "Handler",
    "sources": "Iterable[tuple[Queue, int]]",
    "errors": "Errors",
    "observer": "Observer",
    "background_observer": "Observer",
    "function": "Callable[[T], object]",
    "argument": "T",
}
"""What a parameter of each type is annotated with."""

GOT = {
    "text": "str",
    "id": "str",
    "state": "str",
    "bytes": "bytes",
    "integer": "int",
    "count": "int",
    "number": "float",
    "flag": "bool",
    "span": "float",
    "moment": "float",
    "rate": "tuple[int, float]",
    "headers": "dict[str, str]",
    "any": "Any",
    "error": "Error",
    "nothing": "None",
}
"""What a result of each type is annotated with."""


DEFAULTS: dict[str, Any] = {"jobs": (), "sources": (), "errors": BaseException}
"""The defaults that JSON cannot tell."""


def here(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leaves out what the table says is absent in Python."""
    return [item for item in items if "absent" not in item.get("hosts", {}).get("python", {})]


def annotation(of: dict[str, str], kind: str) -> str:
    if kind.endswith("?"):
        return f"{annotation(of, kind[:-1])} | None"
    if kind.startswith("["):
        return f"list[{annotation(of, kind[1:-1])}]"
    return of.get(kind, kind)


def default(parameter: dict[str, Any]) -> Any:
    """Gives a default as `inspect` shows it."""
    if "default" not in parameter:
        return EMPTY
    value = parameter["default"]
    if parameter["type"] in DEFAULTS:
        return DEFAULTS[parameter["type"]]
    return value / 1000 if parameter["type"].startswith("span") and value is not None else value


def public(names: Any) -> set[str]:
    return {name for name in names if not name.startswith("_")}


def members(one: dict[str, Any]) -> set[str]:
    named = {member["name"] for member in [*here(one["methods"]), *here(one["properties"])]}
    extras = (name.partition(".") for name in EXTRAS)
    return named | public(member for name, _, member in extras if name == one["name"] and member)


def calls(one: dict[str, Any]) -> list[tuple[str, dict[str, Any], Any]]:
    """Lists what can be called of a type: its name in the stub, its row, and the thing itself."""
    of = getattr(fairlane, one["name"])
    found = [
        (method["name"], method, getattr(of, method["name"])) for method in here(one["methods"])
    ]
    made_by = "__new__" if one["name"] in NATIVE else "__init__"
    return [(made_by, one["constructor"], of), *found] if "constructor" in one else found


def declared(name: str) -> dict[str, ast.FunctionDef | ast.AnnAssign]:
    """Gives what a class declares: methods, properties and annotated attributes, by name."""
    found: dict[str, ast.FunctionDef | ast.AnnAssign] = {}
    for node in STUBS[name].body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = node
    return found


def written(node: ast.expr | None) -> str:
    """Writes an annotation; one that is a text reads as what the text says."""
    assert node is not None
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(ast.literal_eval(node)) if is_text else ast.unparse(node)


def test_the_module_has_what_the_table_names_and_nothing_else() -> None:
    names = {one["name"] for one in [*here(TYPES), *here(TABLE["constants"])]}
    names |= {f"{error['name']}Error" for error in TABLE["errors"]}
    names |= {name for name in EXTRAS if "." not in name}
    assert public(fairlane.__all__) == names
    assert public(STUBS) == {one["name"] for one in here(TYPES)}


def test_the_errors_are_those_of_the_table() -> None:
    rows = [(row["name"], row["number"], row["retryable"]) for row in TABLE["errors"]]
    assert rows == [(it.code, it.number, it.retryable) for it in errors.BY_NUMBER.values()]
    assert rows == _fairlane._error_codes()


@pytest.mark.parametrize("row", here(TABLE["constants"]), ids=lambda row: row["name"])
def test_a_constant_has_the_value_of_the_table(row: dict[str, Any]) -> None:
    value = row["value"] / 1000 if row["type"] == "span" else row["value"]
    assert getattr(fairlane, row["name"]) == value


@pytest.mark.parametrize("one", here(TYPES), ids=lambda one: one["name"])
def test_a_class_has_the_members_of_the_table_and_no_others(one: dict[str, Any]) -> None:
    of = getattr(fairlane, one["name"])
    assert public([*vars(of), *inspect.get_annotations(of)]) == members(one)
    assert public(declared(one["name"])) == members(one)


@pytest.mark.parametrize("one", [one["name"] for one in here(TYPES) if "constructor" not in one])
def test_what_has_no_constructor_is_made_by_calls_alone(one: str) -> None:
    with pytest.raises(TypeError, match="cannot create"):
        getattr(fairlane, one)()


CALLS = [
    pytest.param(one["name"], *call, id=f"{one['name']}.{call[0]}")
    for one in here(TYPES)
    for call in calls(one)
]


@pytest.mark.parametrize(("of", "name", "row", "call"), CALLS)
def test_a_call_takes_what_the_table_says(
    of: str, name: str, row: dict[str, Any], call: Any
) -> None:
    taken = [it for it in inspect.signature(call).parameters.values() if it.name != "self"]
    assert [(it.name, it.default, it.kind is it.KEYWORD_ONLY) for it in taken] == [
        (it["name"], default(it), it.get("option", False)) for it in row["parameters"]
    ]


@pytest.mark.parametrize(("of", "name", "row", "call"), CALLS)
def test_the_stub_types_a_call_as_the_table_says(
    of: str, name: str, row: dict[str, Any], call: Any
) -> None:
    stub = declared(of)[name]
    assert isinstance(stub, ast.FunctionDef)
    typed = [it for it in [*stub.args.args, *stub.args.kwonlyargs] if it.arg not in ("self", "cls")]
    assert [(it.arg, written(it.annotation)) for it in typed] == [
        (it["name"], annotation(GIVEN, it["type"])) for it in row["parameters"]
    ]
    made = {"__new__": of, "__init__": "None"}
    gives = made[name] if name in made else annotation(GOT, row["gives"])
    assert ast.unparse(stub.returns or ast.Constant(None)) == gives


@pytest.mark.parametrize("one", here(TYPES), ids=lambda one: one["name"])
def test_the_stub_types_the_properties_as_the_table_says(one: dict[str, Any]) -> None:
    for row in here(one["properties"]):
        stub = declared(one["name"])[row["name"]]
        if isinstance(stub, ast.FunctionDef):
            assert [ast.unparse(it) for it in stub.decorator_list] == ["property"], row["name"]
        typed = stub.returns if isinstance(stub, ast.FunctionDef) else stub.annotation
        assert written(typed) == annotation(GOT, row["type"]), row["name"]


def test_what_python_has_besides_is_there_and_has_a_reason() -> None:
    for name, reason in EXTRAS.items():
        of, _, member = name.partition(".")
        assert hasattr(getattr(fairlane, of), member) if member else hasattr(fairlane, of)
        assert reason
