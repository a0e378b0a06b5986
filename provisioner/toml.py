"""The standard library's TOML reader, under one name on every supported Python.

``tomlkit`` edits and writes; reading alone is much faster with this one.
"""

from __future__ import annotations

import sys

if sys.version_info >= (3, 11):
    from tomllib import TOMLDecodeError, loads
else:
    from tomli import TOMLDecodeError, loads

__all__ = ["TOMLDecodeError", "loads"]
