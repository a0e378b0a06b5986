"""What the engine says when it fails, as findings in torchenv's words."""

from __future__ import annotations

import pytest

from provisioner.lockfile._engine_errors import explain_engine
from provisioner.lockfile._sources import Index, LockSources
from provisioner.process import Completed

PYTORCH = Index(name="pytorch", url="https://registry.example/whl/cpu")
DEFAULT = Index(name="default", url="https://registry.example/simple")


def sources(*general: Index) -> LockSources:
    """Return sources with these general indexes."""
    return LockSources(trio=PYTORCH, general=general, find_links=(), constraints=(), no_index=False)


def failed(stderr: str) -> Completed:
    """Return an engine that ended with this text."""
    return Completed(argv=("uv",), exit_code=1, stdout="", stderr=stderr)


NOT_FOUND = """\
error: No solution found when resolving dependencies
  cause: Because {0} was not found in the package registry and torchenv-request depends on {0}, \
we can conclude that your requirements are unsatisfiable.
"""
FORBIDDEN = """
hint: An index URL (https://registry.example/simple) could not be queried due to a lack of valid \
authentication credentials (401 Unauthorized)
"""
NO_WHEEL = """\
error: No solution found when resolving dependencies
  cause: Because a==1 has no usable wheels and only a==1 is available, we can conclude that all \
versions of a cannot be used.

hint: Wheels are required for `a` because building from source is disabled for all packages \
(i.e., with `--no-build`)
"""
NOT_BUILT = """\
error: Failed to build `mypkg @ file:///srv/mypkg`
  cause: Failed to resolve requirements from `build-system.requires`
  cause: Because hatchlin was not found in the package registry and you require hatchlin, we can \
conclude that your requirements are unsatisfiable.
"""
FIRST_INDEX = """\
error: No solution found when resolving dependencies
  cause: Because there is no version of a==2 and torchenv-request depends on a==2, we can conclude \
that your requirements are unsatisfiable.

hint: `a` was found on https://registry.example/whl, but not at the requested version (a==2). If \
all indexes are equally trusted, use `--index-strategy unsafe-best-match` to consider all versions.
"""


@pytest.mark.parametrize(
    ("stderr", "code", "message"),
    [
        (NOT_FOUND.format("numpyy"), "TE403", "`numpyy` is on none of the indexes."),
        (
            NOT_FOUND.format("a") + FORBIDDEN,
            "TE402",
            "An index wants a user and a password or token, and was given none that it accepts.",
        ),
        (NO_WHEEL, "TE403", "`a` has no wheel for the target."),
        (FIRST_INDEX, "TE405", "No set of versions satisfies all requirements."),
        (
            "error: Couldn't parse requirement in `limits.txt` at position 0\n",
            "TE413",
            "A constraint file cannot be understood.",
        ),
        (
            "error: Failed to initialize cache at `/proc/x`\n",
            "TE505",
            "The store cannot be written.",
        ),
        (
            NOT_BUILT,
            "TE446",
            "`mypkg` could not be built, so what it needs is not known.",
        ),
        ("error: something new\n", "TE409", "The engine could not resolve the requirements."),
    ],
)
def test_cause(stderr: str, code: str, message: str) -> None:
    """The most precise cause is named."""
    finding = explain_engine(failed(stderr), sources(DEFAULT))
    assert (finding.code, finding.message) == (code, message)


@pytest.mark.parametrize("stderr", [NOT_FOUND.format("a") + FORBIDDEN, NO_WHEEL, FIRST_INDEX])
def test_words_of_the_engine_stay_inside(stderr: str) -> None:
    """Neither its options, which nobody can set here, nor the throwaway project are quoted."""
    why = explain_engine(failed(stderr), sources(DEFAULT)).why
    assert "`--" not in why
    assert "torchenv-request" not in why


def test_the_rest_of_a_hint_stays() -> None:
    """Of a hint only the sentence about the option goes; addresses in it stay whole."""
    why = explain_engine(failed(FIRST_INDEX), sources(DEFAULT)).why
    assert why.endswith(
        "`a` was found on https://registry.example/whl, but not at the requested version (a==2)."
    )


def test_address_beside_an_option_stays() -> None:
    """What is no hint is quoted whole."""
    said = "error: Failed to read `--find-links` URL: http://127.0.0.1:8/x/\n"
    assert "`--find-links` URL: http://127.0.0.1:8/x/" in (
        explain_engine(failed(said), sources(DEFAULT)).why
    )


def test_isolated_without_pip() -> None:
    """PyTorch's index has no pip, which the user did not ask for: said how to leave it out."""
    finding = explain_engine(failed(NOT_FOUND.format("pip")), sources(PYTORCH))
    assert finding.do == "PyTorch's index has no `pip`: leave it out with `seed = false`."


def test_missing_where_it_is_routed() -> None:
    """Of a package that only the trio's index may serve, that one is named and no other."""
    why = explain_engine(failed(NOT_FOUND.format("triton")), sources(DEFAULT), {"triton"}).why
    assert PYTORCH.public in why
    assert DEFAULT.public not in why
