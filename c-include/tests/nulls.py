"""Writes a program that calls every function of the header with nothing but NULL and 0.

nulls.py HEADER > nulls.c: a function with a status must refuse that, with an error and without; all
others must give what they give for NULL. None may crash.
"""

import re
import sys
from pathlib import Path

header = Path(sys.argv[1]).read_text()
declared = re.findall(r"^(\w[\w ]*[ *])(fairlane_\w+)\(([^;]*)\);$", header, re.MULTILINE)

# What they give for nothing: there is an object without arguments, or no handle is involved.
MADE_OF_NOTHING = re.compile(r"_(interrupt|options|jobs|change)_new$|_version$|_fork$|fork_in_")

print('#include "check.h"\n\nint main(void) {\n  fairlane_error *error = NULL;')
for kind, name, parameters in declared:
    if MADE_OF_NOTHING.search(name):
        continue
    given = ["0"] * (0 if parameters == "void" else parameters.count(",") + 1)
    call = f"{name}({', '.join(given)})"
    if kind.strip() == "int32_t" and parameters.endswith("fairlane_error **error"):
        print(f"  CHECK({call} == FAIRLANE_INVALID_ARGUMENT);")
        given[-1] = "&error"
        print(f"  FAILS(FAIRLANE_INVALID_ARGUMENT, NULL, {name}({', '.join(given)}));")
    elif kind.strip() == "void":
        print(f"  {call};")
    elif name == "fairlane_backoff_duration":
        print(f"  CHECK({call} == FAIRLANE_NONE);")
    elif kind.strip() == "int64_t" and re.search(r"_(due_at|lease_until|died_at|wakes_at|every|next_at|last_at)$", name):
        print(f"  CHECK({call} == FAIRLANE_NONE);")
    else:
        print(f"  CHECK(!{call});")
print("  return 0;\n}")

if len(declared) < 150:
    sys.exit(f"found only {len(declared)} functions in {sys.argv[1]}")
