"""Render the reference tables of the READMEs from the surface table; with --check, only compare.

A README that has a reference holds it between two lines, BEGIN and END.
"""

import argparse
import json
import pathlib
import re
import sys
from collections.abc import Callable
from typing import Any

ROOT = pathlib.Path(__file__).parents[2]
TABLE = json.loads((ROOT / "tests" / "surface" / "surface.json").read_text("utf-8"))
BEGIN = "<!-- reference: rendered by tests/surface/render.py -->\n"
END = "<!-- end of the reference -->\n"

Item = dict[str, Any]


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def python_default(parameter: Item) -> str:
    value = parameter["default"]
    if parameter["type"] in ("jobs", "sources"):
        return "()"
    if parameter["type"] == "errors":
        return "BaseException"
    in_seconds = parameter["type"].startswith("span") and value is not None
    return repr(value / 1000 if in_seconds else value)


def python_call(of: str, call: Item) -> str:
    words: list[str] = []
    for parameter in call["parameters"]:
        if parameter.get("option") and "*" not in words:
            words.append("*")
        default = f"={python_default(parameter)}" if "default" in parameter else ""
        words.append(parameter["name"] + default)
    return f"{call.get('name', of)}({', '.join(words)})"


def is_javascript_option(parameter: Item) -> bool:
    if parameter.get("option", False):
        return True
    kind = parameter["type"].rstrip("?")
    is_limit = kind == "count" and parameter.get("default", ...) is None
    return "default" in parameter and (
        is_limit or kind in ("span", "jobs", "ids", "number", "flag", "payload", "payloads")
    )


def javascript_word(parameter: Item) -> str:
    value = parameter.get("default", ...)
    # An option that is nothing by default is left out, not given as nothing.
    is_shown = value not in (..., []) and not (value is None and is_javascript_option(parameter))
    return camel(parameter["name"]) + (f" = {json.dumps(value)}" if is_shown else "")


def javascript_call(of: str, call: Item) -> str:
    options = [javascript_word(it) for it in call["parameters"] if is_javascript_option(it)]
    words = [javascript_word(it) for it in call["parameters"] if not is_javascript_option(it)]
    if options:
        words.append(f"{{ {', '.join(options)} }}")
    name = camel(call["name"]) if "gives" in call else f"new {of}"
    if "gives" not in call and "name" in call:
        name = f"{of}.{camel(call['name'])}"
    return f"{name}({', '.join(words)})"


def c_call(of: str, call: Item) -> str:
    return f"fairlane_{snake(of)}_{call.get('name', 'new')}"


def c_property(of: str, name: str) -> str:
    return f"fairlane_{snake(of)}_{name}"


HOSTS: dict[str, tuple[str, Callable[[str, Item], str], Callable[[str, str], str]]] = {
    "python": ("python/README.md", python_call, lambda _, name: name),
    "node": ("node/README.md", javascript_call, lambda _, name: camel(name)),
    "c": ("c-include/README.md", c_call, c_property),
}
"""The README of a host, and how it writes calls and properties."""


def in_host(host: str, item: Item) -> Item | None:
    """Gives an item as a host has it, its parameters too; None if it has not."""
    differs = item.get("hosts", {}).get(host, {})
    if "absent" in differs:
        return None
    one = {**item, **differs}
    if "parameters" in one:
        one["parameters"] = [it for it in (in_host(host, it) for it in one["parameters"]) if it]
    return one


def about(host: str, of: str, item: Item) -> str:
    """Gives what an item is, with the names in it as the host writes them."""
    _, _, property_ = HOSTS[host]
    parameters = [it["name"] for it in item.get("parameters", [])]

    def written(found: re.Match[str]) -> str:
        # C writes the parameters of a function as the table does.
        is_as_is = host == "c" and found[1] in parameters
        return found[0] if is_as_is else f"`{property_(of, found[1])}`"

    return re.sub(r"`([a-z]+(?:_[a-z]+)+)`", written, item["about"])


def options(item: Item) -> str:
    """Tells the options of a C function, which are set one by one."""
    if "options" not in item:
        return ""
    own = f"fairlane_{item['options']}"
    taken = [it for it in item["parameters"] if it.get("option")]
    names = ", ".join(f"`{it['name']}`" for it in taken if "function" not in it)
    others = "".join(
        f" `{it['name']}` by `{own}_{it['function']}`." for it in taken if "function" in it
    )
    return f" Options, by `{own}_set_...`: {names}.{others}"


def rows(host: str, of: str, one: Item) -> list[str]:
    _, call, property_ = HOSTS[host]
    calls = [one["constructor"]] if "constructor" in one else []
    found = [in_host(host, it) for it in [*calls, *one["methods"]]]
    lines = [f"| `{call(of, it)}` | {about(host, of, it)}{options(it)} |" for it in found if it]
    found = [in_host(host, it) for it in one["properties"]]
    # A rate is two numbers in C.
    parts = ("_count", "_window") if host == "c" else ("",)
    for it in filter(None, found):
        names = [it["name"] + part for part in (parts if it["type"] == "rate" else ("",))]
        shown = ", ".join(f"`{property_(of, name)}`" for name in names)
        lines.append(f"| {shown} | {about(host, of, it)} |")
    return lines


def error(host: str, row: Item) -> str:
    name: str = row["name"]
    return f"FAIRLANE_{snake(name).upper()}" if host == "c" else f"{name}Error"


def reference(host: str) -> str:
    lines: list[str] = []
    for row in TABLE["types"]:
        one = in_host(host, row)
        if one:
            lines += [
                f"### {one['name']}",
                "",
                about(host, "Queue", one),
                "",
                "| | |",
                "| --- | --- |",
            ]
            lines += [*rows(host, row["name"], one), ""]
    lines += ["### Errors", "", "| number | | retryable | |", "| --- | --- | --- | --- |"]
    for row in TABLE["errors"]:
        retryable = "yes" if row["retryable"] else "no"
        lines.append(f"| {row['number']} | `{error(host, row)}` | {retryable} | {row['about']} |")
    lines += ["", "### Constants", "", "| | value | |", "| --- | --- | --- |"]
    for row in TABLE["constants"]:
        value = row["value"]
        if host == "python" and row["type"] == "span":
            value /= 1000
        prefix = "FAIRLANE_" if host == "c" else ""
        lines.append(f"| `{prefix}{row['name']}` | `{json.dumps(value)}` | {row['about']} |")
    return "\n".join([*lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a README is out of date")
    is_check = parser.parse_args().check
    is_stale = False
    for host, (name, _, _) in HOSTS.items():
        readme = ROOT / name
        if not readme.exists():
            continue
        text = readme.read_text("utf-8")
        before, begin, rest = text.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not end:
            print(f"{name} has no place for a reference: add {BEGIN.strip()}", file=sys.stderr)
            return 1
        rendered = before + begin + "\n" + reference(host) + "\n" + end + after
        if rendered != text and is_check:
            print(f"{name} is out of date: run tests/surface/render.py", file=sys.stderr)
            is_stale = True
        elif rendered != text:
            readme.write_text(rendered, "utf-8")
    return int(is_stale)


if __name__ == "__main__":
    sys.exit(main())
