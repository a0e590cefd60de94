"""Takes the code out of the tables of a guide, so that tests run what readers read."""

import ast
import inspect
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import fairlane

ROW = re.compile(r"^\|(?P<theirs>[^|]+)\|(?P<ours>[^|]*`[^|]*)\|[^|]+\|$", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")


@contextmanager
def running(process: "subprocess.Popen[str]") -> Iterator["subprocess.Popen[str]"]:
    """Kills a process in the end: a test that fails neither waits for it nor leaves it behind."""
    with process:
        try:
            yield process
        finally:
            process.kill()


class Ours:
    """The code of a row."""

    def __init__(self, cell: str) -> None:
        self.code = "\n".join(CODE.findall(cell))

    def __call__(self, **names: object) -> Any:
        """Runs the code with these names, and those of fairlane; gives the value of a single
        expression or assignment, and otherwise all names."""
        scope: dict[str, Any] = {"fairlane": fairlane, **names}
        scope |= {name: getattr(fairlane, name) for name in fairlane.__all__}
        statements = ast.parse(self.code).body
        if len(statements) == 1 and isinstance(statements[0], ast.Expr):
            return eval(self.code, scope)
        exec(self.code, scope)  # noqa: S102 - that is what the tests are for
        return self._declared(statements, scope)

    async def awaited(self, **names: object) -> Any:
        """Runs an assignment that awaits what it assigns; gives that."""
        scope: dict[str, Any] = dict(names)
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        running = eval(compile(self.code, "row", "exec", flags), scope)
        assert inspect.isawaitable(running)
        await running
        return self._declared(ast.parse(self.code).body, scope)

    def _declared(self, statements: list[ast.stmt], scope: dict[str, Any]) -> Any:
        if len(statements) == 1 and isinstance(statements[0], ast.Assign):
            name = statements[0].targets[0]
            assert isinstance(name, ast.Name)
            return scope[name.id]
        return scope


class Guide:
    """The rows of a page that no test has claimed yet, by the words of their first column."""

    def __init__(self, page: str) -> None:
        text = Path(__file__).with_name(page).read_text()
        self.unclaimed = {
            row["theirs"].strip().replace("`", ""): Ours(row["ours"]) for row in ROW.finditer(text)
        }
        assert self.unclaimed, f"{page} has no rows"

    def row(self, theirs: str) -> pytest.MarkDecorator:
        """Gives the test the code of that row, as its argument `ours`."""
        assert theirs in self.unclaimed, f"no such row, or claimed twice: {theirs}"
        ours = self.unclaimed.pop(theirs)
        return pytest.mark.parametrize("ours", [pytest.param(ours, id=theirs)])
