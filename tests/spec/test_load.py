"""Reading a good spec: every key arrives as the inner value that it stands for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from provisioner.findings import ExitCode, SpecError
from provisioner.spec import (
    Dependency,
    Follow,
    LeaveOut,
    Sources,
    Spec,
    TargetWish,
    VersionWish,
    load_spec,
    parse_spec,
)
from tests.spec.cases_io import CASES

SHORT = '[environment]\npython = "3.11"\naccelerator = "cpu"\n[torch]\ntorch = "2.6"\n'
FILE = Path("/project/torchenv.toml")


def _spec(more: str = "", file: Path = FILE) -> Spec:
    return parse_spec(SHORT + more, file)


def _wish(text: str) -> VersionWish:
    return parse_spec(SHORT.replace('"2.6"', f'"{text}"'), FILE).torch


def test_short_form() -> None:
    """The short form of the design: what is not said has its default."""
    file = CASES / "good" / "short.toml"
    spec = load_spec(file)
    assert spec == Spec(
        file=file,
        stem="short",
        targets=(TargetWish(name=None, python="3.10", accelerator="cu118"),),
        path=file.parent / ".venv",
        seed=True,
        torch=VersionWish(text="2.2.0", specifier=SpecifierSet("==2.2.0")),
        torchvision=VersionWish(text="0.17.0", specifier=SpecifierSet("==0.17.0")),
        torchaudio=LeaveOut(),
        sources=Sources(),
        lines=(
            ("environment", 1),
            ("environment.python", 2),
            ("environment.accelerator", 3),
            ("torch", 5),
            ("torch.torch", 6),
            ("torch.torchvision", 7),
            ("torch.torchaudio", 8),
        ),
    )
    assert spec.lock_file == file.parent / "pylock.short.toml"
    assert spec.line_of("torch.torch") == 6
    assert spec.line_of("torch.nothing") is None


def test_every_key() -> None:
    """Every key of the spec arrives; paths are absolute, names normalised, lists are tuples."""
    folder = CASES / "good"
    spec = load_spec(folder / "every-key.toml")
    assert (spec.python, spec.accelerator, spec.platform) == (
        "3.13.1t",
        "rocm6.2.4",
        "linux-x86_64",
    )
    assert (spec.path, spec.seed) == (folder / "envs" / "rocm", False)
    assert spec.torch.specifier == SpecifierSet(">=2.6,<2.8")
    assert spec.torchvision == VersionWish(text="0.21", specifier=SpecifierSet("==0.21.*"))
    assert spec.torchaudio == VersionWish(text="latest", specifier=SpecifierSet())
    assert [str(one) for one in spec.dependencies] == [
        "lightning[dev,extra-one]<3,>=2.4",
        "numpy",
        "ruamel-yaml==0.18.*",
        "zope-event",
    ]
    assert [one.line for one in spec.dependencies] == [17, 16, 18, 19]
    assert spec.sources == Sources(
        pytorch="https://user:secret@mirror.example/whl",
        trio="pytorch",
        isolated=True,
        index="https://user:secret@index.example/simple",
        extra_indexes=("https://packages.example/simple", "file:///srv/index"),
        find_links=(str(folder / "wheels"), "/srv/wheels", "https://files.example/wheels.html"),
        constraints=(str(folder.parent / "constraints.txt"),),
        no_index=False,
        proxy="http://user:secret@proxy.example:3128",
        cert=str(folder / "certificates" / "company.pem"),
        client_cert="/srv/client.pem",
        trusted_hosts=("index.example", "packages.example:8443", "[::1]:8080"),
        timeout_s=2.5,
        relative=tuple(sorted((str(folder.parent / "constraints.txt"), str(folder / "wheels")))),
    )


def test_targets_inherit() -> None:
    """A target has what `[environment]` says, but for what it says itself or cannot have."""
    file = CASES / "good" / "targets.toml"
    spec = load_spec(file)
    cluster, laptop, old = spec.targets
    assert cluster == TargetWish(
        name="cluster",
        python="3.11",
        accelerator="cu118",
        platform="linux-x86_64",
        driver="535.129.03",
        gpus=("sm_70", "RTX 4090"),
        glibc="2.28",
    )
    assert laptop == TargetWish(
        name="laptop", python="3.11", accelerator="cpu", platform="macos-arm64", macos="13.0"
    )
    assert old == TargetWish(
        name="old_1", python="3.10.4", accelerator="cu118", driver="470", glibc="2.17"
    )


def test_targets_are_found_by_name() -> None:
    """Each target has a lock of its own, and knows the key that each of its values is from."""
    file = CASES / "good" / "targets.toml"
    spec = load_spec(file)
    old = spec.target("old_1")
    assert spec.lock_file_of("old_1") == file.parent / "pylock.targets-old_1.toml"
    assert spec.key_of(old, "driver") == "targets.old_1.driver"
    assert spec.key_of(old, "accelerator") == "environment.accelerator"
    with pytest.raises(LookupError):
        spec.target("laptop2")
    with pytest.raises(ValueError, match="too many values"):
        _ = spec.python


def test_a_single_named_target_is_the_sole_one() -> None:
    """Without `[environment]`, and with a name, a spec still has one target."""
    spec = load_spec(CASES / "good" / "targets-alone.toml")
    assert spec.sole == TargetWish(
        name="one",
        python="3.12",
        accelerator="rocm6.4",
        platform="linux-x86_64",
        gpus=("gfx90a",),
    )
    assert spec.lock_file.name == "pylock.targets-alone-one.toml"
    assert (spec.python, spec.platform) == ("3.12", "linux-x86_64")


def test_an_empty_table_of_targets_says_nothing() -> None:
    """Then `[environment]` is the one target."""
    assert _spec("[targets]\n").targets == _spec().targets


def test_silence_is_not_a_default() -> None:
    """Sources that the spec does not mention stay unknown, for pip's configuration to decide."""
    spec = _spec()
    assert spec.sources == Sources()
    assert (spec.torchvision, spec.torchaudio) == (Follow(), Follow())
    assert _spec("[sources]\nextra-indexes = []\n").sources.extra_indexes == ()


@pytest.mark.parametrize(
    ("text", "specifier"),
    [
        ("2", "==2.*"),
        ("2.6", "==2.6.*"),
        (" 2.6 ", "==2.6.*"),
        ("v2.6", "==2.6.*"),
        ("2.2.0", "==2.2.0"),
        ("2.6rc1", "==2.6rc1"),
        ("2.6.0.dev20250101", "==2.6.0.dev20250101"),
        (">=2.4,<2.8", ">=2.4,<2.8"),
        (">= 2.4 , < 2.8", ">=2.4,<2.8"),
        ("==2.4.*", "==2.4.*"),
        ("~=2.4", "~=2.4"),
        ("latest", ""),
    ],
)
def test_version_wishes(text: str, specifier: str) -> None:
    """A release, a release line, a specifier or ``latest``."""
    assert _wish(text) == VersionWish(text=text, specifier=SpecifierSet(specifier))


def test_dependency_line_is_that_of_its_name() -> None:
    """A dependency knows the line on which its name stands, in every style."""
    more = '[dependencies]\n\nnumpy = "*"\n[dependencies."a.b"]\nextras = [\n"x"]\n'
    assert _spec(more).dependencies == (
        Dependency(name="a-b", specifier=SpecifierSet(), extras=("x",), line=9),  # type: ignore[arg-type]  # a literal
        Dependency(name="numpy", specifier=SpecifierSet(), line=8),  # type: ignore[arg-type]  # a literal
    )


def test_byte_order_mark_and_crlf_say_nothing(tmp_path: Path) -> None:
    """A file from a Windows editor reads like any other, with the same lines."""
    file = tmp_path / "torchenv.toml"
    file.write_bytes(b"\xef\xbb\xbf" + SHORT.replace("\n", "\r\n").encode())
    assert load_spec(file) == parse_spec(SHORT, file)
    assert parse_spec("\N{ZERO WIDTH NO-BREAK SPACE}" + SHORT, file) == parse_spec(SHORT, file)


def test_schema_comment_is_a_comment() -> None:
    """The first line may name the schema for editors."""
    spec = parse_spec(f"#:schema ../schemas/torchenv.schema.json\n{SHORT}", FILE)
    assert spec.line_of("environment") == 2


def test_relative_file_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spec that is named from the working folder has absolute paths all the same."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "mine.toml").write_text(
        SHORT.replace("[torch]", 'path = "../env"\n[torch]')
    )
    monkeypatch.chdir(tmp_path)
    spec = load_spec(Path("sub/mine.toml"))
    assert spec.file == tmp_path / "sub" / "mine.toml"
    assert spec.path == tmp_path / "env"


def test_link_is_not_followed(tmp_path: Path) -> None:
    """A spec that is reached through a link lies where the link lies."""
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "torchenv.toml").write_text(SHORT)
    link = tmp_path / "here.toml"
    link.symlink_to(tmp_path / "there" / "torchenv.toml")
    assert load_spec(link).lock_file == tmp_path / "pylock.here.toml"


@pytest.mark.parametrize("name", ["torchenv.toml", "a_b-9.toml", "pyproject.toml"])
def test_names_that_can_name_a_lock(name: str) -> None:
    """Lower-case letters, digits, hyphens and underscores."""
    assert _spec(file=Path(name)).stem == name.removesuffix(".toml")


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("My Spec.toml", "my-spec.toml"),
        ("Torchenv.toml", "torchenv.toml"),
        ("torchenv.gpu.toml", "torchenv-gpu.toml"),
        ("torchenv.txt", "torchenv.toml"),
        ("torchenv", "torchenv.toml"),
        ("umgebüng.toml", "umgeb-ng.toml"),
        ("日本.toml", "torchenv.toml"),
        (".toml", "toml.toml"),
    ],
)
def test_names_that_cannot(name: str, better: str) -> None:
    """Every other name is refused with one that would do (``TE108``)."""
    with pytest.raises(SpecError) as caught:
        _spec(file=Path(name))
    (finding,) = caught.value.findings
    assert finding.code == "TE108"
    assert finding.message == f"`{name}` cannot be the name of a spec."
    assert finding.why == (
        "The lock is named after the spec, `pylock.<name>.toml`, so the name has lower-case "
        "letters, digits, `-` and `_` only, and ends with `.toml`."
    )
    assert finding.do == f"Name the file `{better}`, for instance."


def test_a_lock_is_not_a_spec() -> None:
    """Naming the lock in the place of the spec is answered as what it is."""
    with pytest.raises(SpecError) as caught:
        _spec(file=Path("pylock.torchenv.toml"))
    assert caught.value.findings[0].why == "A lock is made from a spec; it cannot be one."


def test_name_and_content_are_judged_together() -> None:
    """A bad name does not hide what is wrong inside, and the place is told where it is known."""
    with pytest.raises(SpecError) as caught:
        parse_spec("[environment]\npython = 3\n", Path("My Spec.toml"))
    assert [(one.code, str(one.where)) for one in caught.value.findings] == [
        ("TE107", "My Spec.toml:1: environment.accelerator"),
        ("TE104", "My Spec.toml:2: environment.python"),
        ("TE108", "My Spec.toml"),
        ("TE107", "My Spec.toml: torch"),
    ]
    assert caught.value.exit_code is ExitCode.REFUSED


def test_types_cost_no_models() -> None:
    """Importing the package for its types imports neither pydantic nor tomlkit."""
    code = "import provisioner.spec, sys; print({'pydantic', 'tomlkit'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env=dict(os.environ),
    )
    assert done.stdout == "set()\n"
