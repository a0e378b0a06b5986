"""The digest: changes with everything that changes what is resolved, and with nothing else."""

from __future__ import annotations

from pathlib import Path
from random import Random  # noqa: TC003 hypothesis reads the annotation
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from provisioner.spec import parse_spec, spec_digest
from tests.spec.strategies import LAW, SPECS

FILE = Path("/project/torchenv.toml")
BASE = """\
[environment]
python = "3.11"
accelerator = "cu118"

[torch]
torch = "2.6"

[dependencies]
numpy = ">=1.26,<3"
lightning = { version = ">=2.4", extras = ["b", "a"] }

[sources]
index = "https://index.example/simple"
extra-indexes = ["https://a.example/simple", "https://b.example/simple"]
find-links = ["wheels"]
"""


def _digest(text: str, file: Path = FILE) -> str:
    return spec_digest(parse_spec(text, file))


def test_form() -> None:
    """64 hexadecimal digits, the same in every process and version."""
    assert _digest(BASE) == "f85e1ff67c5eb83cd8779de7c7cdb10b05b8dcf8c3044d1060ba9efc1e5602ff"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('python = "3.11"', 'python = "3.11" # a comment'),
        ('python = "3.11"\naccelerator = "cu118"', 'accelerator = "cu118"\npython = "3.11"'),
        ('accelerator = "cu118"', 'accelerator = "cu118"\npath = "elsewhere"'),
        ('accelerator = "cu118"', 'accelerator = "cu118"\nseed = true'),
        ('torch = "2.6"', 'torch = "==2.6.*"'),
        (">=1.26,<3", "< 3, >= 1.26"),
        ("lightning", "Lightning"),
        ('["b", "a"]', '["a", "B", "a"]'),
        ("https://index.example/simple", "https://user:pw@index.example/simple/"),
        ("https://a.example", "https://token@a.example"),
        ('["wheels"]', '["./wheels/"]'),
        ("[sources]", '[sources]\ntrio = "auto"\nisolated = false'),
        ("[sources]", '[sources]\nproxy = "http://user:pw@proxy.example"\ntimeout = 3'),
        ("[sources]", '[sources]\nconnections = 2\nstore = "s"\nstores = ["t"]'),
        ("[sources]", '[sources]\ncert = "a.pem"\nclient-cert = "b.pem"'),
        ("[sources]", '[sources]\ntrusted-hosts = ["a.example"]'),
        ("[sources]", '[sources]\npytorch = "https://download.pytorch.org/whl/"'),
    ],
)
def test_equal(old: str, new: str) -> None:
    """Comments, order of keys, defaults, credentials and how servers are reached do not count."""
    assert old in BASE
    assert _digest(BASE.replace(old, new)) == _digest(BASE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("3.11", "3.12"),
        ("3.11", "3.11.7"),
        ("cu118", "cpu"),
        ('accelerator = "cu118"', 'accelerator = "cu118"\nplatform = "linux-x86_64"'),
        ('accelerator = "cu118"', 'accelerator = "cu118"\nseed = false'),
        ('"2.6"', '"2.6.0"'),
        ('torch = "2.6"', 'torch = "2.6"\ntorchvision = false'),
        ('torch = "2.6"', 'torch = "2.6"\ntorchvision = "latest"'),
        ('torch = "2.6"', 'torch = "2.6"\ntorchaudio = false'),
        ("numpy", "scipy"),
        ("<3", "<2"),
        ('["b", "a"]', '["b"]'),
        ("index.example", "other.example"),
        (
            '"https://a.example/simple", "https://b.example/simple"',
            '"https://b.example/simple", "https://a.example/simple"',
        ),
        ('["https://a.example/simple", "https://b.example/simple"]', "[]"),
        ('"wheels"', '"other"'),
        ('"wheels"', '"/wheels"'),
        ("[sources]", '[sources]\ntrio = "pytorch"'),
        ("[sources]", "[sources]\nisolated = true"),
        ("[sources]", "[sources]\nno-index = true"),
        ("[sources]", '[sources]\nexclude-newer = "7 days"'),
        ("[sources]", '[sources]\nconstraints = ["c.txt"]'),
        ("[sources]", '[sources]\npytorch = "https://mirror.example/whl"'),
    ],
)
def test_different(old: str, new: str) -> None:
    """Everything that changes what is resolved counts, the order of indexes included."""
    assert old in BASE
    assert _digest(BASE.replace(old, new)) != _digest(BASE)


def test_place_does_not_count() -> None:
    """A project has the same digest wherever it is checked out and whatever the file's name."""
    assert _digest(BASE, Path("/elsewhere/deep/other.toml")) == _digest(BASE)


TARGETS = """\
[environment]
python = "3.11"

[torch]
torch = "2.6"

[targets.one]
accelerator = "cpu"

[targets.two]
accelerator = "cu118"
gpus = ["sm_70", "sm_80"]
"""


def _named_digest(text: str, target: str | None) -> str:
    return spec_digest(parse_spec(text, FILE), target)


def test_targets_have_digests_of_their_own() -> None:
    """Each target is resolved for itself, whatever its name; the order of its GPUs is nothing."""
    digests = {name: _named_digest(TARGETS, name) for name in ("one", "two")}
    assert digests["one"] != digests["two"]
    renamed = TARGETS.replace("targets.two", "targets.more")
    assert _named_digest(renamed, "more") == digests["two"]
    swapped = (
        TARGETS.replace("one", "x").replace("two", "one").replace("[targets.x]", "[targets.two]")
    )
    assert _named_digest(swapped, "two") == digests["one"]
    turned = TARGETS.replace('"sm_70", "sm_80"', '"sm_80", "sm_70"')
    assert _named_digest(turned, "two") == digests["two"]


@pytest.mark.parametrize("more", ['driver = "535"', 'glibc = "2.28"', 'platform = "linux-x86_64"'])
def test_other_targets_count(more: str) -> None:
    """One torch serves all targets, so what another one has can change what is chosen."""
    changed = f"{TARGETS}{more}\n"
    for name in ("one", "two"):
        assert _named_digest(changed, name) != _named_digest(TARGETS, name)


def test_a_name_alone_changes_nothing() -> None:
    """A sole target has the same digest with a name and without."""
    head, _, tail = TARGETS.partition("[targets.one]\n")
    accelerator, _, _ = tail.partition("\n")
    plain = head.replace("[torch]", f"{accelerator}\n[torch]")
    named = f"{head}[targets.one]\n{accelerator}\n"
    assert _digest(named) == _named_digest(named, "one") == _digest(plain)


@pytest.mark.parametrize("more", ['driver = "535"', 'gpus = ["sm_80"]', 'glibc = "2.28"'])
def test_machines_count(more: str) -> None:
    """What the machines have can hold a release back."""
    assert _digest(BASE.replace("[torch]", f"{more}\n[torch]")) != _digest(BASE)


@LAW
@given(SPECS, st.randoms(use_true_random=False))
def test_order_of_keys_does_not_count(spec: dict[str, Any], random: Random) -> None:
    """Tables and keys in another order are the same spec."""
    shuffled = tomlkit.dumps(_shuffled(spec, random))
    for name in spec.get("targets") or [None]:
        assert _named_digest(shuffled, name) == _named_digest(tomlkit.dumps(spec), name)


def _shuffled(value: object, random: Random) -> dict[str, object]:
    assert isinstance(value, dict)
    keys = sorted(value)
    random.shuffle(keys)
    return {
        key: _shuffled(value[key], random) if isinstance(value[key], dict) else value[key]
        for key in keys
    }
