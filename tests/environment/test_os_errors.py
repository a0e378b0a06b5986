"""Errors of the operating system as findings, one for each number that matters."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from provisioner.environment._os_errors import os_errors_as_findings
from provisioner.findings import WorldError

FOLDER = Path("/p/.torchenv/.venv")
CASES = [
    (errno.ENOSPC, "TE503", "on another disk"),
    (errno.EDQUOT, "TE503", "on another disk"),
    (errno.EROFS, "TE603", "The file system is read-only"),
    (errno.EACCES, "TE603", "owner and permissions"),
    (errno.EPERM, "TE603", "owner and permissions"),
    (errno.EIO, "TE603", "choose another `environment.path`"),
    (errno.ENOSYS, "TE603", "choose another `environment.path`"),
]


@pytest.mark.parametrize(
    ("number", "code", "advice"), CASES, ids=[errno.errorcode[c[0]] for c in CASES]
)
def test_every_error_has_a_code_and_advice(number: int, code: str, advice: str) -> None:
    """What the system says becomes one finding that names the place and what to do."""
    with pytest.raises(WorldError) as caught, os_errors_as_findings(FOLDER):
        raise OSError(number, os.strerror(number), "/p/.torchenv/.venv/0002/bin/x")
    (finding,) = caught.value.findings
    assert finding.code == code
    assert str(FOLDER) in finding.message
    assert advice.lower() in finding.do.lower()
    if code == "TE603":
        assert finding.why == (
            f"The system said: {os.strerror(number)}: `/p/.torchenv/.venv/0002/bin/x`."
        )


def test_of_two_names_the_new_one_is_told() -> None:
    """A link that cannot be made is named, and not what it would have led to."""
    with pytest.raises(WorldError) as caught, os_errors_as_findings(FOLDER):
        raise OSError(errno.EROFS, "Read-only file system", "0002", None, "/p/.venv")
    assert caught.value.findings[0].why == "The system said: Read-only file system: `/p/.venv`."
