"""``python -m fairlane``: the program, where its script is not on the path."""

import sys

from fairlane._cli import main

sys.exit(main())
