"""Reading where the engine took each package from."""

from __future__ import annotations

from provisioner.lockfile._resolve import parse_origins

OUTPUT = """\
filelock==3.16.0
    # from https://registry.example/simple
torch @ file:///somewhere/torch-2.13.0%2Bcpu-cp311-cp311-manylinux_2_28_x86_64.whl
Torch.Vision==0.28.0+cpu
    # from https://download.pytorch.org/whl/cpu
"""


def test_versions_and_indexes() -> None:
    """Each package has its version and index; a file has neither."""
    assert parse_origins(OUTPUT) == {
        "filelock": ("3.16.0", "https://registry.example/simple"),
        "torch": ("", None),
        "torch-vision": ("0.28.0+cpu", "https://download.pytorch.org/whl/cpu"),
    }


def test_noise_is_skipped() -> None:
    """Comments, options and lines that are no requirement do not count."""
    assert parse_origins("# x\n--index-url y\n???\n\n    # from z\n") == {}
