"""The checks of single values: what is accepted, and what is suggested for what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioner.spec._accelerators import (
    PLATFORMS,
    check_accelerator,
    check_platform,
    contradiction,
)
from provisioner.spec._machines import check_driver, check_glibc, check_gpu, check_macos
from provisioner.spec._places import (
    check_connections,
    check_environment_path,
    check_host,
    check_index,
    check_path,
    check_place,
    check_proxy,
    check_pytorch_index,
    check_timeout,
)
from provisioner.spec._problems import Number, UnfitError, described, one_of, shown, shown_path
from provisioner.spec._versions import check_python, check_specifier, check_wish

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    "name", ["auto", "cpu", "xpu", "cu102", "cu118", "cu130", "rocm5.0", "rocm6.2.4", "rocm7.14"]
)
def test_accelerators(name: str) -> None:
    """The names of the folders of PyTorch's index."""
    assert check_accelerator(name) == name


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("CPU", "cpu"),
        (" cu118 ", "cu118"),
        ("CU118", "cu118"),
        ("Cu11.8", "cu118"),
        ("cu-118", "cu118"),
        ("cu_118", "cu118"),
        ("cuda118", "cu118"),
        ("cuda11.8", "cu118"),
        ("cuda-11.8", "cu118"),
        ("CUDA 12.1", "cu121"),
        ("cuda:12.4", "cu124"),
        ("cuda=12.4", "cu124"),
        ("11.8", "cu118"),
        ("11.8.0", "cu118"),
        ("118", "cu118"),
        ("nvidia-cuda-13.0", "cu130"),
        ("ROCM6.4", "rocm6.4"),
        ("rocm-6.2.4", "rocm6.2.4"),
        ("rocm 7.0", "rocm7.0"),
        ("hip6.1", "rocm6.1"),
        ("XPU", "xpu"),
        ("intel", "xpu"),
        ("oneapi", "xpu"),
        ("mps", "cpu"),
        ("Metal", "cpu"),
        ("apple silicon", "cpu"),
        ("m1", "cpu"),
        ("cuda", None),
        ("gpu", None),
        ("cu", None),
        ("cu12", None),
        ("cuda9.2", None),
        ("rocm", None),
        ("rocm6", None),
        ("amd", None),
        ("Auto", "auto"),
        ("tpu", None),
        ("cu1188", None),
        ("cu118\n", "cu118"),
        ("", None),
    ],
)
def test_what_was_meant_by_an_accelerator(name: str, meant: str | None) -> None:
    """Each way of writing leads to the name, and nothing is suggested where nothing is sure."""
    with pytest.raises(UnfitError) as caught:
        check_accelerator(name)
    assert caught.value.instead == meant
    assert caught.value.instead is not None or caught.value.do


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("linux-64", "linux-x86_64"),
        ("linux_x86_64", "linux-x86_64"),
        ("Linux/amd64", "linux-x86_64"),
        ("manylinux_2_28_aarch64", "linux-aarch64"),
        ("linux-arm64", "linux-aarch64"),
        ("osx-64", "macos-x86_64"),
        ("macosx_11_0_arm64", "macos-arm64"),
        ("darwin-arm64", "macos-arm64"),
        ("apple-silicon-arm", "macos-arm64"),
        ("win-64", "windows-x86_64"),
        ("windows-aarch64", "windows-arm64"),
        ("linux-s390", None),
        ("macos", None),
        ("win32", None),
        ("freebsd", None),
        ("", None),
    ],
)
def test_what_was_meant_by_a_platform(name: str, meant: str | None) -> None:
    """The words of conda, Docker, wheel tags and ``uname`` lead to the platform."""
    with pytest.raises(UnfitError) as caught:
        check_platform(name)
    assert caught.value.instead == meant
    assert caught.value.instead is not None or caught.value.do


@pytest.mark.parametrize(
    ("accelerator", "platforms"),
    [
        ("cpu", set(PLATFORMS)),
        ("cu118", {"linux-x86_64", "linux-aarch64", "windows-x86_64"}),
        ("rocm6.4", {"linux-x86_64"}),
        ("xpu", {"linux-x86_64", "windows-x86_64"}),
    ],
)
def test_where_an_accelerator_can_be(accelerator: str, platforms: set[str]) -> None:
    """Every platform checks out, and an accelerator goes with those that it is published for."""
    for platform in PLATFORMS:
        assert check_platform(platform) == platform
        assert (contradiction(accelerator, platform) is None) == (platform in platforms)


@pytest.mark.parametrize(
    "text",
    ["sm_70", "sm_120", "sm_90a", "gfx906", "gfx90a", "gfx1100", "RTX 4090", "A100", "Tesla V100"],
)
def test_gpus(text: str) -> None:
    """An architecture of NVIDIA or AMD, or the name of a model."""
    assert check_gpu(text) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("SM_70", "sm_70"),
        ("sm80", "sm_80"),
        ("sm_90A", "sm_90a"),
        ("compute_61", "sm_61"),
        ("cc 8.6", "sm_86"),
        ("12.0", "sm_120"),
        ("GFX1100", "gfx1100"),
        ("gfx90a:xnack-", "gfx90a"),
        ("4090", None),
        ("", None),
        ("-", None),
        ("RTX\t4090", None),
        ("x" * 61, None),
    ],
)
def test_what_was_meant_by_a_gpu(text: str, meant: str | None) -> None:
    """The ways of writing an architecture lead to its name."""
    with pytest.raises(UnfitError) as caught:
        check_gpu(text)
    assert caught.value.instead == meant
    assert caught.value.instead is not None or caught.value.do


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (check_driver, ["470", "535.129.03", "450.80", "1000.1"], ["12.2", "0535", "", "535."]),
        (check_glibc, ["2.17", "2.5", "2.40"], ["2", "3.4", "2.281", "", "musl"]),
        (check_macos, ["14.5", "13", "10.15.7", "26"], ["Sonoma", "9.2", "", "14."]),
    ],
)
def test_versions_of_machines(check: Callable[[str], str], good: list[str], bad: list[str]) -> None:
    """Versions of the driver, of glibc and of macOS are numbers in their own form."""
    for text in good:
        assert check(text) == text
    for text in bad:
        with pytest.raises(UnfitError) as caught:
            check(text)
        assert caught.value.instead is not None or caught.value.do


@pytest.mark.parametrize("text", ["3.8", "3.10", "3.11.7", "3.13t", "3.13.0t", "3.99"])
def test_pythons(text: str) -> None:
    """A minor version or an exact one; ``t`` for a free-threaded build."""
    assert check_python(text) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("python3.10", "3.10"),
        ("Python 3.11.7", "3.11.7"),
        (">=3.10.2,<3.13", ">=3.10,<3.13"),
        ("^3.11", "3.11"),
        ("3.10.x", "3.10"),
        ("cp311", "3.11"),
        ("py3_12", "3.12"),
        ("cp313t", "3.13t"),
        ("3.13-freethreaded", "3.13t"),
        ("3.13 t", "3.13t"),
        ("3.13T", "3.13t"),
        ("310", "3.10"),
        ("3.010", None),
        ("3", None),
        ("2.7", None),
        ("pypy3.10", None),
        ("latest", None),
    ],
)
def test_what_was_meant_by_a_python(text: str, meant: str | None) -> None:
    """Specifiers, tags and names of programs lead to the version."""
    with pytest.raises(UnfitError) as caught:
        check_python(text)
    assert caught.value.instead == meant
    assert caught.value.instead is not None or caught.value.do


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("=2.4.0", "==2.4.0"),
        ("=>2.4", ">=2.4"),
        ("=<2.4", "<=2.4"),
        ("^2.4.1", ">=2.4.1,<3"),
        ("~2.4", "~=2.4"),
        ("2.4+", ">=2.4"),
        ("2.4.x", "==2.4.*"),
        ("2.4.*", "==2.4.*"),
        ("thing>=2.4", ">=2.4"),
        ("thing[extra] >= 2.4", ">= 2.4"),
        (">=2.4 <2.8", ">=2.4,<2.8"),
        (">=2.4 & <2.8", ">=2.4,<2.8"),
        ("new", None),
        ("2.4 or so", None),
        ("9" * 600, None),
    ],
)
def test_what_was_meant_by_a_version(text: str, meant: str | None) -> None:
    """The slips that people bring from other tools lead to the specifier, in both places."""
    for check in (check_wish, check_specifier):
        with pytest.raises(UnfitError) as caught:
            check(text)
        assert caught.value.instead == meant
        assert caught.value.instead is not None or caught.value.do


@pytest.mark.parametrize(
    "url",
    ["https://a.example/simple", "http://u:p@a.example:8080/", "file:///srv/i", "https://[::1]/s"],
)
def test_index_urls(url: str) -> None:
    """https, http and file, with or without credentials and port."""
    assert check_index(url) == check_place(url) == check_pytorch_index(url) == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "a.example", "ftp://a.example", "git+https://a.example/", "HTTPS://a.example"),
        *("https:///simple", "https://a.example:x/", "https://[::1/", "https://a.example:99999/"),
        *("https://a.example/a b", "https://a.example/\x1b[31m"),
    ],
)
def test_no_index_urls(url: str) -> None:
    """Anything else is refused with the form that is wanted."""
    with pytest.raises(UnfitError) as caught:
        check_index(url)
    assert caught.value.what == "which is not the URL of an index"
    assert caught.value.do == 'Write for instance `"https://index.example/simple"`.'


@pytest.mark.parametrize("folder", ["cu118", "cpu", "cpu/", "rocm6.4", "xpu/"])
def test_base_of_pytorchs_index(folder: str) -> None:
    """The folder of an accelerator is left out of PyTorch's index."""
    with pytest.raises(UnfitError) as caught:
        check_pytorch_index(f"https://mirror.example/whl/{folder}")
    assert caught.value.instead == "https://mirror.example/whl"


@pytest.mark.parametrize("url", ["http://p.example:3128", "socks5h://u:p@p.example", "https://p"])
def test_proxies(url: str) -> None:
    """Proxies are named by URL."""
    assert check_proxy(url) == url
    with pytest.raises(UnfitError):
        check_proxy(url.partition("://")[2])


@pytest.mark.parametrize("path", ["wheels", "../w", "/srv/w", "a b", "ünï", "C$D", "file.pem"])
def test_paths(path: str) -> None:
    """A path can be almost anything."""
    assert check_path(path) == check_place(path) == check_environment_path(path) == path


@pytest.mark.parametrize("path", ["", " ", "a\0b", "~", "~user/x", "$HOME/x", "a/${B}/c"])
def test_no_paths(path: str) -> None:
    """... but nothing that is empty or counts on being expanded."""
    with pytest.raises(UnfitError):
        check_path(path)


@pytest.mark.parametrize("path", [".", "./", "..", "../..", "/", "//", "a/..", "./a/../.."])
def test_environment_needs_a_folder_of_its_own(path: str) -> None:
    """The spec's folder and those around it hold other things."""
    with pytest.raises(UnfitError) as caught:
        check_environment_path(path)
    assert caught.value.what == "which is not a folder of its own"


@pytest.mark.parametrize(
    "host", ["localhost", "a.example", "a.example:8443", "10.0.0.1", "[::1]:80"]
)
def test_hosts(host: str) -> None:
    """A name or an address, with or without a port."""
    assert check_host(host) == host


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("https://a.example/simple", "a.example"),
        ("https://user:pw@a.example:8443/", "a.example:8443"),
        ("a.example/simple", None),
        ("*", None),
        ("a b", None),
        ("https://[::1", None),
        ("", None),
    ],
)
def test_no_hosts(text: str, meant: str | None) -> None:
    """A URL leads to its host, without credentials."""
    with pytest.raises(UnfitError) as caught:
        check_host(text)
    assert caught.value.instead == meant


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_timeouts(seconds: float) -> None:
    """A time limit is positive and finite."""
    assert check_timeout(0.5) == 0.5
    with pytest.raises(UnfitError):
        check_timeout(seconds)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        ("a\nb", '"a\\nb"'),
        ("\x1b", '"\\u001b"'),
        ("https://u:p@a.example", '"https://****@a.example"'),
        ("x" * 80, f'"{"x" * 59}…"'),
        (Number.parse("3.10"), "3.10"),
        (Number.parse("1_0.5"), "1_0.5"),
        ([1, "a", [2], {"b": 3}], '[1, "a", […], {…}]'),
        ({"a b": 1, "c": []}, '{"a b" = 1, c = […]}'),
        (["https://u:p@a.example"], '["https://****@a.example"]'),
    ],
)
def test_shown(value: object, text: str) -> None:
    """Values are shown as TOML, short, printable and without credentials."""
    assert shown(value) == text


def test_shown_path_hides_credentials() -> None:
    """A URL that slipped into the place of a key is masked like any other."""
    path = ("sources", "https://u:p@a.example")
    assert shown_path(path) == 'sources."https://****@a.example"'


def test_words() -> None:
    """Small helpers of the messages."""
    assert described(Number.parse("2.60")) == "the number `2.60`"
    assert described(False) == "`false`"  # noqa: FBT003 the value is what is tested
    assert one_of(["a"]) == "`a`"
    assert one_of(["a", "b", "c"], "and") == "`a`, `b` and `c`"


@pytest.mark.parametrize("number", [0, -1, 33])
def test_connections(number: int) -> None:
    """A few connections are fine, none or a hundred are not."""
    assert check_connections(1) == 1
    assert check_connections(32) == 32
    with pytest.raises(UnfitError):
        check_connections(number)
