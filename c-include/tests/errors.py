"""Makes files that cannot be opened, holds the lock of one, and runs a program on them.

errors.py PROGRAM [ARGUMENT...]: the folder of the files is the program's last argument.
"""

import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

with tempfile.TemporaryDirectory() as folder:
    files = Path(folder)
    (files / "garbage.db").write_bytes(b"no database " * 1000)
    with sqlite3.connect(files / "newer.db") as newer:
        newer.execute(
            "CREATE TABLE fairlane_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL)"
            " STRICT, WITHOUT ROWID"
        )
        newer.execute("INSERT INTO fairlane_meta VALUES ('schema_version', 999)")
    locked = sqlite3.connect(files / "locked.db", isolation_level=None)
    locked.execute("PRAGMA journal_mode = WAL")
    locked.execute("BEGIN EXCLUSIVE")
    locked.execute("CREATE TABLE held (by INTEGER)")
    sys.exit(subprocess.run([*sys.argv[1:], folder], check=False).returncode)
