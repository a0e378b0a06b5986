"""Questions to the data about drivers and GPU code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provisioner.compat import load_compat
from provisioner.compat._hardware import load_hardware

HARDWARE = load_hardware()


def test_the_data_is_loaded_through_compat() -> None:
    """Compat data gives the hardware data that ships, or the one that it was given."""
    assert load_compat().hardware is HARDWARE
    other = replace(HARDWARE, cuda_codes=())
    assert replace(load_compat(), given_hardware=other).hardware is other


@pytest.mark.parametrize(
    ("cuda", "linux"),
    [("12.8", "525.60.13"), ("11.8", "450.80.02"), ("11.0", "450.36.06"), ("10.2", "440.33")],
)
def test_driver_minimum(cuda: str, linux: str) -> None:
    """The row of the version itself comes before that of its major version."""
    row = HARDWARE.driver_minimum(cuda)
    assert row is not None
    assert row.linux == linux


def test_no_driver_minimum() -> None:
    """A CUDA that the data has no row for has no minimum; 1 is not 11."""
    assert HARDWARE.driver_minimum("14.0") is None
    assert HARDWARE.driver_minimum("1") is None


@pytest.mark.parametrize(
    ("toolkit", "versions"),
    [
        ("12.8.1", ["12.8.1"]),
        ("11.3", ["11.3.0", "11.3.1"]),
        ("13.3.5", ["13.3"]),
        ("12.1", ["12.1"]),
        ("9.2", []),
    ],
)
def test_toolkit_drivers(toolkit: str, versions: list[str]) -> None:
    """A toolkit is named exactly or by its series, in the question as in the data."""
    assert [row.version for row in HARDWARE.toolkit_drivers_of(toolkit)] == versions


def test_code_of_a_build() -> None:
    """Each build has one row; of what was never built there is none."""
    row = HARDWARE.cuda_code("2.7.0", "linux-x86_64", "cu128")
    assert row is not None
    assert (row.sm, row.ptx) == (("7.5", "8.0", "8.6", "9.0", "10.0", "12.0"), ("12.0",))
    assert HARDWARE.cuda_code("2.6.0", "linux-x86_64", "cu128") is None
    rocm = HARDWARE.rocm_code("2.2.0", "rocm5.7")
    assert rocm is not None
    assert "gfx1100" in rocm.gfx
    assert HARDWARE.rocm_code("2.14.0", "rocm7.14") is None


def test_generations() -> None:
    """A compute capability belongs to at most one generation."""
    row = HARDWARE.generation("6.1")
    assert row is not None
    assert (row.name, row.last_toolkit, row.last_driver) == ("Pascal", "12", "580")
    assert HARDWARE.generation("2.0") is None
