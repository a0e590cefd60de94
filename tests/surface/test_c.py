"""The surface table against the C header, both ways: what the table names is compiled against the
header, each function with its whole type; and all that the header declares is named by the table.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from render import snake

ROOT = Path(__file__).parents[2]
TABLE: dict[str, Any] = json.loads((ROOT / "tests/surface/surface.json").read_text("utf-8"))
EXTRAS: dict[str, str] = TABLE["extras"]["c"]
HEADER = (ROOT / "c-include" / "fairlane.h").read_text("utf-8")

Item = dict[str, Any]

GIVEN = {
    "text": "const char *, size_t",
    "id": "const char *, size_t",
    "token": "const char *, size_t",
    "payload": "const void *, size_t",
    "payloads": "const void *const *, const size_t *",
    "url": "const char *, size_t",
    "integer": "int64_t",
    "count": "size_t",
    "number": "double",
    "flag": "bool",
    "span": "int64_t",
    "moment": "int64_t",
    "rate": "int64_t, int64_t",
    "jobs": "const fairlane_new_jobs *",
    "tokens": "const char *const *, const size_t *, size_t",
    "ids": "const char *const *, const size_t *, size_t",
    "policy": "int64_t, int64_t, double, bool",
    "clock": "const fairlane_manual_clock *",
    "Queue": "const fairlane_queue *",
    "handler": "fairlane_handler, void *",
    "function": "fairlane_background_function, void *",
    "argument": "void *",
}
"""What a parameter of each type is in C."""

WRITTEN = {
    "nothing": "",
    "id": "fairlane_id *",
    "bytes": "fairlane_bytes **",
    "integer": "int64_t *",
    "count": "uint64_t *",
    "flag": "bool *",
    "span": "int64_t *",
    "[Job]": "fairlane_job **, size_t *",
    "[error?]": "fairlane_error **",
}
"""Where a function that can fail writes its result."""

RETURNED = {
    "text": ("const char *", "size_t *"),
    "id": ("const char *", "size_t *"),
    "bytes": ("const void *", "size_t *"),
    "state": ("int32_t", ""),
    "integer": ("int64_t", ""),
    "count": ("uint64_t", ""),
    "number": ("double", ""),
    "flag": ("bool", ""),
    "span": ("int64_t", ""),
    "moment": ("int64_t", ""),
}
"""What a property gives, and what it takes besides."""


def here(items: list[Item]) -> list[Item]:
    return [item for item in items if "absent" not in of_c(item)]


def of_c(item: Item) -> dict[str, Any]:
    differs: dict[str, Any] = item.get("hosts", {}).get("c", {})
    return differs


def joined(*types: str) -> str:
    return ", ".join(it for it in types if it)


def handle(of: str) -> str:
    return f"fairlane_{snake(of)}"


def written(kind: str) -> str:
    kind = kind.rstrip("?")
    if kind in WRITTEN:
        return WRITTEN[kind]
    return f"{handle(kind[1:-1])}_list **" if kind.startswith("[") else f"{handle(kind)} **"


def taken(parameters: list[Item]) -> str:
    types = (of_c(it).get("type") or GIVEN[it["type"].rstrip("?")] for it in here(parameters))
    return joined(*types)


class Functions:
    """The functions that the table names: each with its type, `%s` in the place of its name."""

    def __init__(self) -> None:
        self.types: dict[str, str] = {}
        for one in here(TABLE["types"]):
            self.add_type(one)

    def add(self, name: str, gives: str, takes: str) -> None:
        self.types[name] = f"{gives} (*const %s)({takes or 'void'})"

    def add_type(self, one: Item) -> None:
        own = handle(one["name"])
        constructor = one.get("constructor", {})
        if "constructor" in one and "absent" not in of_c(constructor):
            takes = self.taken_by(constructor)
            name = f"{own}_{of_c(constructor).get('name', 'new')}"
            self.add(name, "int32_t", joined(takes, f"{own} **", "fairlane_error **"))
        for method in here(one["methods"]):
            name = f"{own}_{of_c(method).get('name', method['name'])}"
            if "type" in of_c(method):
                self.types[name] = of_c(method)["type"]
                continue
            takes = joined(f"const {own} *", self.taken_by(method), written(method["gives"]))
            if method["gives"].startswith("[") and method["gives"] not in WRITTEN:
                self.add_list(handle(method["gives"][1:-1]))
            self.add(name, "int32_t", joined(takes, "fairlane_error **"))
        for row in here(one["properties"]):
            self.add_property(own, row)
        if "part" not in of_c(one):
            self.add(f"{own}_free", "void", f"{own} **")

    def add_list(self, item: str) -> None:
        self.add(f"{item}_list_count", "size_t", f"const {item}_list *")
        self.add(f"{item}_list_at", f"const {item} *", f"const {item}_list *, size_t")
        self.add(f"{item}_list_free", "void", f"{item}_list **")

    def taken_by(self, call: Item) -> str:
        """Gives what a call takes, and adds the functions of its options."""
        differs = of_c(call)
        parameters = (differs if "parameters" in differs else call)["parameters"]
        if "options" not in differs:
            return joined(taken(parameters), differs.get("more", ""))
        options = f"fairlane_{differs['options']}"
        self.add(f"{options}_new", f"{options} *", "")
        self.add(f"{options}_free", "void", f"{options} **")
        for one in here(parameters):
            if one.get("option"):
                takes = joined(f"{options} *", taken([one]), "fairlane_error **")
                function = of_c(one).get("function", f"set_{one['name']}")
                self.add(f"{options}_{function}", "int32_t", takes)
        others = [one for one in parameters if not one.get("option")]
        return joined(taken(others), f"const {options} *")

    def add_property(self, own: str, row: Item) -> None:
        kind = row["type"].rstrip("?")
        if kind == "rate":
            for part in ("count", "window"):
                self.add(f"{own}_{row['name']}_{part}", "int64_t", f"const {own} *")
            return
        gives, takes = RETURNED.get(kind, (f"const {handle(kind)} *", ""))
        gives = of_c(row).get("gives", gives)
        self.add(f"{own}_{row['name']}", gives, joined(f"const {own} *", takes))


def constants() -> dict[str, Any]:
    named = {f"FAIRLANE_{row['name']}": row["value"] for row in TABLE["constants"]}
    for row in TABLE["errors"]:
        named[f"FAIRLANE_{snake(row['name']).upper()}"] = row["number"]
    for row in here(TABLE["choices"]):
        first, *_ = snake(str(of_c(row).get("name", row["name"]))).split("_")
        for number, value in enumerate(row["values"], of_c(row).get("first", 1)):
            named[f"FAIRLANE_{first}_{value}".upper().replace(" ", "_")] = number
    return named


def translation_unit() -> Iterator[str]:
    yield "#include <fairlane.h>"
    for number, (name, kind) in enumerate(Functions().types.items()):
        # Not static: one that is not used would be warned of.
        yield f"extern {kind % f'check_{number}'};"
        yield f"{kind % f'check_{number}'} = {name};"
    for number, (name, value) in enumerate(constants().items()):
        is_right = (
            f"sizeof({name}) == {len(value) + 1}"
            if isinstance(value, str)
            else f"{name} == {value}"
        )
        yield f"extern char constant_{number}[{is_right} ? 1 : -1];"


def test_what_the_table_names_is_in_the_header_with_its_type(tmp_path: Path) -> None:
    source = tmp_path / "surface.c"
    source.write_text("\n".join([*translation_unit(), ""]))
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only"]
    command = ["cc", *flags, f"-I{ROOT / 'c-include'}", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_the_header_declares_is_named_by_the_table() -> None:
    functions = set(re.findall(r"^[a-z].*?\b(fairlane_\w+)\(", HEADER, re.MULTILINE))
    macros = set(re.findall(r"^#define (FAIRLANE_\w+) ", HEADER, re.MULTILINE))
    named = {*Functions().types, *constants(), *EXTRAS}
    assert sorted((functions | macros) - named) == []
    assert sorted(set(EXTRAS) - functions - macros) == []


def test_what_c_has_besides_has_a_reason() -> None:
    assert all(EXTRAS.values())
