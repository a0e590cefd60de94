"""The package as it is installed: quick to import, small, typed, and documented."""

import importlib.metadata
import inspect
import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import fairlane
from fairlane import _fairlane

CLASSES = [value for value in vars(fairlane).values() if inspect.isclass(value)]


def test_the_first_import_is_quick() -> None:
    def milliseconds() -> float:
        command = [sys.executable, "-X", "importtime", "-c", "import fairlane"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        spent = re.search(r"\| +(\d+) \| fairlane$", done.stderr, re.MULTILINE)
        assert spent is not None
        return int(spent[1]) / 1000

    # The best of some: what else the machine does is not the import's.
    assert any(milliseconds() < 50 for _ in range(20))


def test_the_import_brings_no_heavy_module_along() -> None:
    program = (
        "import sys; before = set(sys.modules); import fairlane; print(*set(sys.modules) - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    brought = {name.partition(".")[0] for name in done.stdout.split()}
    assert brought <= {"fairlane", "builtins"}


def test_the_wheel_is_small() -> None:
    # A wheel is the zip of what is installed.
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in Path(fairlane.__file__).parent.iterdir():
            if file.is_file():
                archive.write(file)
    assert wheel.tell() < 8 << 20


def test_the_stub_says_what_the_module_has() -> None:
    command = [sys.executable, "-m", "mypy.stubtest", "fairlane"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(fairlane.__file__).parent / "py.typed").is_file()


def test_the_version_is_that_of_the_distribution() -> None:
    assert fairlane.__version__ == importlib.metadata.version("fairlane")


def test_everything_public_is_listed() -> None:
    native = {name for name in vars(_fairlane) if not name.startswith("_")} - {"VERSION"}
    assert native <= set(fairlane.__all__)
    assert all(hasattr(fairlane, name) for name in fairlane.__all__)
    assert len(fairlane.__all__) == len(set(fairlane.__all__))


@pytest.mark.parametrize("one", CLASSES, ids=lambda one: one.__name__)
def test_everything_public_is_documented(one: type) -> None:
    assert one.__doc__
    for name, member in vars(one).items():
        if not name.startswith("_") and not isinstance(member, (str, int, bool)):
            assert member.__doc__, name
            if callable(member):
                assert inspect.signature(member)


@pytest.mark.parametrize(
    ("verb", "argument", "default"),
    [
        ("push", "lane", fairlane.DEFAULT_LANE),
        ("push", "priority", fairlane.DEFAULT_PRIORITY),
        ("push", "max_tries", fairlane.DEFAULT_MAX_TRIES),
        ("pop", "lease", fairlane.DEFAULT_LEASE),
        ("pop_many", "lease", fairlane.DEFAULT_LEASE),
        ("extend", "lease", fairlane.DEFAULT_LEASE),
        ("extend_many", "lease", fairlane.DEFAULT_LEASE),
        ("peek", "lane", fairlane.DEFAULT_LANE),
    ],
)
def test_the_shown_defaults_are_the_constants(verb: str, argument: str, default: object) -> None:
    shown = inspect.signature(getattr(fairlane.Queue, verb)).parameters[argument].default
    assert shown == default


def test_new_job_takes_what_push_takes() -> None:
    push = dict(inspect.signature(fairlane.Queue.push).parameters)
    del push["self"]
    assert push == dict(inspect.signature(fairlane.NewJob).parameters)
