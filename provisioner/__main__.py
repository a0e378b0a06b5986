"""``python -m provisioner``: the same as the command ``torchenv``."""

from __future__ import annotations

import sys

from provisioner._entry import main

if __name__ == "__main__":
    sys.exit(main())
