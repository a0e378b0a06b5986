"""Libraries that print, log and change variables are kept to themselves."""

from __future__ import annotations

import logging
import os
import sys

import pytest

from provisioner.foreign import contained


def test_what_a_library_prints_is_kept(capfd: pytest.CaptureFixture[str]) -> None:
    """Output and warnings of the library go to the caller, not to the terminal."""
    with contained("chatty") as printed:
        print("out")  # noqa: T201 - the library
        sys.stderr.write("err\n")
        logging.getLogger("chatty.inner").warning("nobody listens")
    assert printed.getvalue() == "out\nerr\n"
    assert capfd.readouterr() == ("", "")


def test_variables_are_restored_after_an_error() -> None:
    """Added and changed variables are as before, however the library ended."""
    before = dict(os.environ)

    def misbehave() -> None:
        os.environ["PLAT"] = "x"
        os.environ["PATH"] = "y"
        raise SystemExit(2)

    with pytest.raises(SystemExit), contained("rude"):
        misbehave()
    assert dict(os.environ) == before
