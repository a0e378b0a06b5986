"""PipConfig says what pip itself would use, and a finding where pip cannot say it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from provisioner.findings import WorldError
from provisioner.host import PipConfig, probe_pip_config
from provisioner.host._pip import pip_config_from
from provisioner.host._pip_inside import settings_from, settings_inside
from provisioner.host._pip_settings import PipSetting, parse_pip_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

# pip's own option parser is the judge: what it hands to `pip install` is the right answer.
_ORACLE = """
import json
from pip._internal.commands import create_command
options = create_command("install").parser.get_default_values()
names = "extra_index_urls find_links constraints trusted_hosts timeout proxy cert".split()
answer = {name: getattr(options, name) for name in names}
answer["index_url"] = options.index_url
answer["no_index"] = bool(options.no_index)
answer["only_binary"] = sorted(options.format_control.only_binary)
answer["no_binary"] = sorted(options.format_control.no_binary)
print(json.dumps(answer))
"""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Configuration files and variables in a world of their own."""

    root: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        """The environment in which pip sees these files as the user's and the system's."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root / "home"),
            "XDG_CONFIG_HOME": str(self.root / "home/.config"),
            "XDG_CONFIG_DIRS": str(self.root / "xdg"),
            **self.variables,
        }

    def write(self, place: str, text: str) -> Machine:
        """Add the file ``place`` below the root."""
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return self

    def probe(self) -> PipConfig:
        """What torchenv makes of it."""
        return probe_pip_config(self.environ, cwd=self.root)

    def enter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make this world the one that this process runs in."""
        environ = self.environ
        for name in os.environ.keys() - environ.keys():
            monkeypatch.delenv(name)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(self.root)

    def oracle(self) -> dict[str, Any]:
        """What pip makes of it."""
        done = subprocess.run(
            [sys.executable, "-c", _ORACLE],
            env=self.environ,
            cwd=self.root,
            capture_output=True,
            text=True,
            check=True,
        )
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


_SYSTEM, _USER, _LEGACY = "xdg/pip/pip.conf", "home/.config/pip/pip.conf", "home/.pip/pip.conf"

_CASES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "nothing": ({}, {}),
    "user over legacy over system": (
        {
            _SYSTEM: "[global]\nindex-url = https://system.example/s\ntimeout = 7\n",
            _LEGACY: "[global]\nindex-url = https://legacy.example/s\n"
            "trusted-host = a.example\n b.example:8080\n",
            _USER: "[global]\nindex_url = https://u:p%40@user.example/s\n",
        },
        {},
    ),
    "install over global, whatever the file": (
        {
            _SYSTEM: "[install]\nindex-url = https://install.example/s\n",
            _USER: "[global]\nindex-url = https://global.example/s\n[download]\ntimeout = 3\n",
        },
        {},
    ),
    "variables over files": (
        {_USER: "[install]\nfind-links = https://a.example/l\nno-index = true\n"},
        {"PIP_FIND_LINKS": "https://b.example/l https://c.example/l", "PIP_NO_INDEX": "off"},
    ),
    "empty values count as not set": (
        {_USER: "[global]\nindex-url = https://a.example/s\nproxy =\n"},
        {"PIP_INDEX_URL": "", "PIP_PROXY": ""},
    ),
    "several lines": (
        {
            _USER: "[global]\nextra-index-url =\n    https://a.example/s\n\n"
            "    https://b.example/s\n# why\n    https://c.example/s\nindex-url: https://d.example/s\n"
        },
        {},
    ),
    "aliases": ({}, {"PIP_DEFAULT_TIMEOUT": "42.5", "PIP_PYPI_URL": "https://a.example/s"}),
    "formats add up and move": (
        {
            _SYSTEM: "[global]\nonly-binary = Torch,numpy\n",
            _USER: "[install]\nno-binary = torch,foo_bar\n",
        },
        {"PIP_ONLY_BINARY": "foo.bar"},
    ),
    "all and none": ({_USER: "[global]\nonly-binary = a,:all:,b,:none:,c\n"}, {}),
    "all covers": ({_USER: "[global]\nno-binary = a\nonly-binary = :all:,b\n"}, {}),
    "no files": (
        {_USER: "[global]\nindex-url = https://a.example/s\n"},
        {"PIP_CONFIG_FILE": os.devnull},
    ),
    "quiet pip": (
        {_USER: "[global]\nquiet = 3\nindex-url = https://a.example/s\n"},
        {"PIP_QUIET": "3"},
    ),
    "loud pip": ({_USER: "[global]\nverbose = 3\nindex-url = https://a.example/s\n"}, {}),
    "odd text": (
        {_USER: '[global]\nproxy = http://u:it\'s "[red]"@p.example:8080\ncert = /a b/c.pem\n'},
        {},
    ),
}


@pytest.mark.parametrize("name", _CASES)
def test_probe_agrees_with_pip(name: str, tmp_path: Path) -> None:
    """Merging, precedence, lists and booleans come out exactly as in `pip install`."""
    files, variables = _CASES[name]
    machine = Machine(root=tmp_path, variables={"PIP_CERT": "/ca.pem", **variables})
    for place, text in files.items():
        machine.write(place, text)
    found, pip = machine.probe(), machine.oracle()
    assert (found.index_url or found.default_index) == pip["index_url"]
    assert list(found.extra_index_urls) == pip["extra_index_urls"]
    assert list(found.find_links) == pip["find_links"]
    assert list(found.trusted_hosts) == pip["trusted_hosts"]
    assert (found.timeout_s or 15) == pip["timeout"]
    assert found.proxy == pip["proxy"]
    assert found.cert == pip["cert"]
    assert found.no_index == pip["no_index"]
    assert sorted(found.only_binary) == pip["only_binary"]
    assert sorted(found.no_binary) == pip["no_binary"]


@pytest.mark.parametrize("name", _CASES)
def test_pip_says_the_same_inside_of_this_process(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The quick way to ask gives what the program gives, whatever is configured."""
    files, variables = _CASES[name]
    machine = Machine(root=tmp_path, variables={"PIP_CERT": "ca.pem", **variables})
    for place, text in files.items():
        machine.write(place, text)
    outside = machine.probe()
    machine.enter(monkeypatch)
    settings = settings_inside()
    assert settings is not None
    assert (
        pip_config_from(settings, cwd=tmp_path, default_index=outside.default_index)
        == outside
        == probe_pip_config(machine.environ)
    )


def test_question_about_this_process_starts_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a question about other variables needs pip as a program."""
    broken = tmp_path / "python"
    monkeypatch.setattr(sys, "executable", str(broken))
    assert probe_pip_config(os.environ).default_index is not None
    with pytest.raises(WorldError, match="TE410"):
        probe_pip_config({**os.environ, "PIP_TIMEOUT": "3.5"}, python=str(broken))


@pytest.mark.parametrize(
    "values",
    [
        {"global.timeout": "3", "install.find-links": "/a"},
        {"/etc/pip.conf": {"global.timeout": "3"}, "/pip.conf": {"install.find-links": "/a"}},
    ],
)
def test_settings_may_be_kept_by_file(values: dict[str, Any]) -> None:
    """Pips before 25.3 merge the files of a kind, later ones keep them apart: the same settings."""
    found = settings_from(_internals(values))
    assert found == (
        PipSetting(kind="user", section="global", key="timeout", value="3"),
        PipSetting(kind="user", section="install", key="find-links", value="/a"),
    )


@pytest.mark.parametrize("values", [{"timeout": "3"}, {"global.timeout": 3}, {"/f": {"a.b": None}}])
def test_unknown_internals_are_refused(values: dict[str, Any]) -> None:
    """What is not a setting as pip has them is never half understood."""
    with pytest.raises(TypeError, match="no setting"):
        settings_from(_internals(values))


def _internals(values: dict[str, Any]) -> SimpleNamespace:
    """A pip whose user's files say ``values``."""
    configuration = SimpleNamespace(
        load=lambda: None, get_values_in_config=lambda kind: {"user": values}[kind]
    )
    return SimpleNamespace(
        Configuration=lambda *, isolated: None if isolated else configuration,
        OVERRIDE_ORDER=("user",),
    )


def test_config_file_variable_replaces_the_users_file(tmp_path: Path) -> None:
    """`PIP_CONFIG_FILE` stands above the system's files and shuts out the user's."""
    chosen = tmp_path / "chosen.conf"
    chosen.write_text("[global]\nindex-url = https://chosen.example/s\n", encoding="utf-8")
    machine = Machine(root=tmp_path, variables={"PIP_CONFIG_FILE": str(chosen)})
    machine.write(_SYSTEM, "[global]\nindex-url = https://system.example/s\nretries = 1\n")
    machine.write(_USER, "[global]\nindex-url = https://user.example/s\ntimeout = 3\n")
    found = machine.probe()
    assert (found.index_url, found.retries, found.timeout_s) == (
        "https://chosen.example/s",
        1,
        None,
    )


def test_relative_places_become_absolute(tmp_path: Path) -> None:
    """A folder or file of the configuration means the same wherever it is used later."""
    machine = Machine(
        root=tmp_path,
        variables={
            "PIP_FIND_LINKS": "wheels file:///srv/w https://a.example/l",
            "PIP_CONSTRAINT": "constraints.txt https://a.example/c.txt",
            "PIP_INDEX_URL": "simple",
            "PIP_CLIENT_CERT": "client.pem",
            "PIP_CACHE_DIR": "cache",
        },
    )
    found = machine.probe()
    assert found.find_links == (f"{tmp_path}/wheels", "file:///srv/w", "https://a.example/l")
    assert found.constraints == (f"{tmp_path}/constraints.txt", "https://a.example/c.txt")
    assert found.index_url == (tmp_path / "simple").as_uri()
    assert found.client_cert == f"{tmp_path}/client.pem"
    assert found.cache_dir == f"{tmp_path}/cache"


def test_printed_form_has_no_urls(tmp_path: Path) -> None:
    """A log of the value cannot leak what its URLs carry."""
    places = "https://u:secret@a.example/s"
    names = ("INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "PROXY", "CONSTRAINT")
    found = Machine(root=tmp_path, variables={f"PIP_{name}": places for name in names}).probe()
    assert found.proxy == places
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("text", "variables", "reason"),
    [
        ("[global\n", {}, "File contains no section headers."),
        ("[global]\nx\n", {}, "home/.config/pip/pip.conf"),
        ("", {"PIP_TIMEOUT": "soon"}, "invalid floating-point value: 'soon'"),
        ("", {"PIP_NO_INDEX": "maybe"}, "`no-index` is `maybe`, which is neither yes nor no"),
        ("", {"PIP_KEYRING_PROVIDER": "x"}, "invalid choice: 'x'"),
    ],
)
def test_unreadable_configuration_is_a_finding(
    text: str, variables: dict[str, str], reason: str, tmp_path: Path
) -> None:
    """Whatever is wrong, the user reads pip's own reason and what to do."""
    machine = Machine(root=tmp_path, variables=variables).write(_USER, text)
    with pytest.raises(WorldError) as raised:
        machine.probe()
    finding = raised.value.findings[0]
    assert finding.code == "TE410"
    assert finding.message == "pip's configuration cannot be read."
    assert reason in finding.why
    assert "PIP_CONFIG_FILE=/dev/null" in finding.do


def test_unreadable_configuration_of_this_process_is_the_same_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the quick way fails, the program is asked and says why."""
    Machine(root=tmp_path).write(_USER, "[global\n").enter(monkeypatch)
    assert settings_inside() is None
    with pytest.raises(WorldError, match="TE410") as raised:
        probe_pip_config(dict(os.environ))
    assert "File contains no section headers." in raised.value.findings[0].why


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("[https://u:secret@a.example\n", {}),
        ("", {"PIP_TIMEOUT": "https://u:secret@a.example"}),
        ("", {"PIP_NO_INDEX": "https://u:secret@a.example"}),
    ],
)
def test_reason_is_masked(text: str, variables: dict[str, str], tmp_path: Path) -> None:
    """A secret in what pip quotes back is hidden."""
    machine = Machine(root=tmp_path, variables=variables).write(_USER, text)
    with pytest.raises(WorldError) as raised:
        machine.probe()
    assert "https://****@a.example" in raised.value.findings[0].why
    assert "secret" not in str(raised.value.findings)


def test_python_without_pip_is_a_finding(tmp_path: Path) -> None:
    """A stripped installation gets a reason, not a traceback."""
    silent = tmp_path / "python"
    silent.write_text("#!/bin/sh\necho 'No module named pip' >&2\nexit 1\n", encoding="utf-8")
    silent.chmod(0o755)
    with pytest.raises(WorldError, match="TE410") as raised:
        probe_pip_config({}, cwd=tmp_path, python=str(silent))
    assert "No module named pip" in raised.value.findings[0].why


@pytest.mark.parametrize(
    "output",
    [
        "",
        "usage: pip\n",
        "env_var:\n  PIP_A='\n",
        "env_var:\nnovel:\n    global.a: b\n",
        "env:\n?\n",
    ],
)
def test_unknown_output_is_refused(output: str) -> None:
    """A pip that prints something else is reported, never half understood."""
    with pytest.raises(ValueError, match="pip"):
        parse_pip_settings(output)


def test_start_up_noise_is_ignored() -> None:
    """What `sitecustomize` prints before pip speaks does not matter."""
    settings = parse_pip_settings("hello\nenv_var:\n  PIP_NO_INDEX='1'\nenv:\nglobal:\n")
    assert settings == (PipSetting(kind="env_var", section=":env:", key="no-index", value="1"),)


def test_every_file_of_a_kind_may_repeat_the_merged_values() -> None:
    """Older pips print a kind's merged values under each of its files: the same result."""
    output = (
        "env_var:\nenv:\nglobal:\n  /a.conf, exists: True\n    global.timeout: 3\n"
        "  /b.conf, exists: True\n    global.timeout: 3\nsite:\n  /c.conf, exists: False\nuser:\n"
    )
    found = pip_config_from(parse_pip_settings(output), cwd=Path("/"), default_index=None)
    assert found == PipConfig(timeout_s=3.0)


@pytest.mark.parametrize(
    ("variables", "provider"),
    [
        ({}, "auto"),
        ({"PIP_NO_INPUT": "1"}, "disabled"),
        ({"PIP_NO_INPUT": "1", "PIP_KEYRING_PROVIDER": "subprocess"}, "subprocess"),
        ({"PIP_KEYRING_PROVIDER": "import"}, "import"),
    ],
)
def test_keyring(variables: dict[str, str], provider: str, tmp_path: Path) -> None:
    """`auto` may ask its user, so that it is off where pip may not ask."""
    machine = Machine(root=tmp_path, variables=variables)
    assert machine.probe().keyring_provider == provider
