"""Calling libraries that were made to be programs, and keeping to ourselves what they do beside it.

``virtualenv`` and ``python-discovery`` print (help on wrong arguments, what an interpreter says
before it answers), log warnings that reach the terminal where nobody listens, and change the
process's environment variables (``PLAT``, by way of ``distutils`` on Python 3.10).
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def contained(library: str) -> Iterator[io.StringIO]:
    """Run a library silently; yields what it printed, and restores the environment variables.

    The import of the library belongs inside, too. Standard output and error are those of the whole
    process, so no other thread may print meanwhile.

    Args:
        library: Name of its logger.
    """
    logging.getLogger(library).addHandler(logging.NullHandler())
    variables = dict(os.environ)
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            yield printed
    finally:
        for name in os.environ.keys() - variables.keys():
            del os.environ[name]
        os.environ.update(variables)
