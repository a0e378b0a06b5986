"""Reading what the engine says of each package: its version, its index, and what wants it."""

from __future__ import annotations

from provisioner.lockfile._origins import parse_resolution

OUTPUT = """\
filelock==3.16.0
    # via
    #   -c /somewhere/constraints-0.txt
    #   torch
    #   triton
    # from https://registry.example/simple
torch @ file:///somewhere/torch-2.13.0%2Bcpu-cp311-cp311-manylinux_2_28_x86_64.whl
    # via torchenv-request (/somewhere/pyproject.toml)
Torch.Vision==0.28.0+cpu
    # via torchenv-request (/somewhere/pyproject.toml)
    # from https://download.pytorch.org/whl/cpu
triton==3.5.0
    # via Torch
    # from https://download.pytorch.org/whl/cpu
"""


def test_versions_and_indexes() -> None:
    """Each package has its version and index; a file has neither."""
    assert parse_resolution(OUTPUT).origins == {
        "filelock": ("3.16.0", "https://registry.example/simple"),
        "torch": ("", None),
        "torch-vision": ("0.28.0+cpu", "https://download.pytorch.org/whl/cpu"),
        "triton": ("3.5.0", "https://download.pytorch.org/whl/cpu"),
    }


def test_what_wants_it() -> None:
    """Packages count as what wants another; the request and files do not."""
    assert parse_resolution(OUTPUT).parents == {
        "filelock": {"torch", "triton"},
        "torch": frozenset(),
        "torch-vision": frozenset(),
        "triton": {"torch"},
    }


def test_needed_directly_or_not() -> None:
    """What something needs is found over several steps, and a circle ends."""
    text = "a==1\n# via c\nb==1\n# via a\nc==1\n# via b\nd==1\n# via e\n"
    resolution = parse_resolution(text)
    assert resolution.needed_by({"b"}) == {"a", "b", "c"}
    assert resolution.needed_by({"d"}) == frozenset()


def test_noise_is_skipped() -> None:
    """Comments, options and lines that are no requirement do not count."""
    text = "# x\n--index-url y\n???\n\n    # from z\n    # via y\n"
    assert parse_resolution(text).origins == {}
