"""What the C interface costs over the core: the same loops, in memory, taking turns.

Needs cargo-c and a C compiler; builds both in the release profile. `--quick` takes fewer turns.
"""

import os

from overhead import ROOT, Command, compare, run

PREFIX = ROOT / "target" / "benchmarks-c"


def build() -> Command:
    """Builds the loops through C. They are built apart: cargo-c has flags of its own."""
    run("cargo", "cinstall", "--package", "fairlane-c", "--prefix", PREFIX, "--libdir", "lib")
    loop = PREFIX / "c_loop"
    libraries = PREFIX / "lib"
    run(
        *("cc", "-O2", "-std=c99", f"-I{PREFIX}/include", ROOT / "tests/benchmarks/c_loop.c"),
        *(f"-L{libraries}", f"-Wl,-rpath,{libraries}", "-lfairlane", "-o", loop),
    )
    return [loop]


if __name__ == "__main__":
    os.environ.pop("LD_LIBRARY_PATH", None)
    compare("C", build(), {"one": 1.05, "batch": 1.2})
