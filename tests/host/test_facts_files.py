"""Facts files: what `torchenv host --json` writes is what `torchenv plan --host` reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.api.host import FACTS_VARIABLE, facts_body, host_facts, read_facts
from provisioner.documents import document
from provisioner.findings import PlanError
from provisioner.host import Gpu, GpuStack, HostFacts, probe_host
from tests.spec.json_schema import errors
from tests.support import HOST_PYTHON

if TYPE_CHECKING:
    from provisioner.findings import Finding
    from tests.support import Command, Workspace

MACHINES: Final = sorted(Path(__file__).with_name("machines").glob("*.json"))
SCHEMA: Final = json.loads(
    (Path(__file__).parents[2] / "schemas/host.schema.json").read_text(encoding="utf-8")
)


def write(folder: Path, content: object) -> Path:
    """Write a facts file; text as it is, anything else as JSON."""
    file = folder / "facts.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def refusal(file: Path) -> list[Finding]:
    """Return what is said of a facts file that is not read."""
    with pytest.raises(PlanError) as caught:
        read_facts(file)
    return list(caught.value.findings)


def reasons(folder: Path, content: object) -> list[str]:
    """Return why a content is no facts file."""
    found = refusal(write(folder, content))
    assert {one.code for one in found} == {"TE331"}
    return [one.why for one in found]


@pytest.mark.parametrize("file", MACHINES, ids=lambda file: file.stem)
def test_recorded_machines_are_facts_files(file: Path) -> None:
    """Each recorded machine matches the schema, and says the same after it was read."""
    content = json.loads(file.read_text(encoding="utf-8"))
    assert errors(SCHEMA, content) == []
    assert document("host", {"facts": facts_body(read_facts(file))}, ()) == content


VERSIONS = st.from_regex(r"\d{1,3}(\.\d{1,3}){1,2}", fullmatch=True)
STACKS = st.builds(
    GpuStack,
    state=st.sampled_from(["present", "absent", "unreadable", "unknown"]),
    driver=st.none() | VERSIONS,
    gpus=st.lists(
        st.builds(Gpu, name=st.none() | st.text(), arch=st.sampled_from([None, "sm_89", "gfx90a"])),
        max_size=3,
    ).map(tuple),
    evidence=st.text(),
)
FACTS = st.builds(
    HostFacts,
    platform=st.sampled_from(["linux-x86_64", "macos-arm64", "freebsd14-riscv64"]),
    libc=st.sampled_from(["glibc", "musl", "none"]),
    libc_version=st.none() | VERSIONS,
    macos_version=st.none() | VERSIONS,
    nvidia=STACKS,
    amd=STACKS,
    intel=STACKS,
    container=st.none() | st.booleans(),
    wsl=st.none() | st.booleans(),
    rosetta=st.none() | st.booleans(),
    bits=st.sampled_from([None, 32, 64]),
    evidence=st.dictionaries(st.text(), st.text(), max_size=2).map(lambda d: tuple(d.items())),
)


@given(FACTS)
def test_facts_survive_the_file(tmp_path_factory: pytest.TempPathFactory, facts: HostFacts) -> None:
    """What is written is what is read, whatever a driver says about itself."""
    written = document("host", {"facts": facts_body(facts)}, ())
    read = read_facts(write(tmp_path_factory.mktemp("facts"), written))
    assert (read, read.evidence) == (facts, facts.evidence)


def test_a_short_file_is_enough(tmp_path: Path) -> None:
    """By hand one writes what one knows; the rest is not known."""
    file = write(tmp_path, {"facts": {"platform": "linux-aarch64"}})
    assert read_facts(file) == HostFacts(
        platform="linux-aarch64", libc="none", libc_version=None, macos_version=None
    )


def test_a_byte_order_mark_is_no_part_of_the_facts(tmp_path: Path) -> None:
    """Editors and shells of Windows write one."""
    file = write(tmp_path, {"facts": {"platform": "windows-x86_64"}})
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert read_facts(file).platform == "windows-x86_64"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A file that cannot be read is named, with the system's words."""
    file = tmp_path / "nothing.json"
    (finding,) = refusal(file)
    assert finding.code == "TE330"
    assert finding.message == f"The facts file `{file}` cannot be read."
    assert finding.why == "The system says: No such file or directory."
    assert finding.do == (
        "Write it with `torchenv host --json > facts.json` on the machine to plan for, or "
        "leave out `--host` and `TORCHENV_HOST_FACTS` to plan for this machine."
    )


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """A binary file is no facts file."""
    file = tmp_path / "facts.json"
    file.write_bytes(b"\xff\xfe\x00")
    (finding,) = refusal(file)
    assert (finding.code, finding.why) == ("TE330", "It is no UTF-8 text.")


WRONG: list[tuple[object, list[str]]] = [
    ("", ["It is no JSON: Expecting value: line 1 column 1 (char 0)."]),
    ("[" * 100000, ["It holds a number or a nesting without end."]),
    ("[]", ["It holds a list, not a JSON object."]),
    ({}, ["`facts` is missing."]),
    ({"facts": {}}, ["`facts.platform` is missing."]),
    ({"facts": None}, ["`facts` is `None`, and has to be an object with keys."]),
    ({"facts": {"platform": "linux-x86_64", "gpus": []}}, ["`facts.gpus` is no key of it."]),
    (
        {"schema": "torchenv/plan/1", "facts": {"platform": "linux-x86_64"}},
        ["`schema` is `'torchenv/plan/1'`: input should be 'torchenv/host/1'."],
    ),
    (
        {"facts": {"platform": "linux-x86_64", "bits": "64", "nvidia": {"driver": 535}}},
        [
            "`facts.bits` is `'64'`: input should be 32 or 64.",
            "`facts.nvidia.driver` is `535`: input should be a valid string.",
        ],
    ),
    (
        {"facts": {"platform": "linux-x86_64", "amd": {"gpus": [{"arch": "gfx 1100"}]}}},
        [
            "`facts.amd.gpus.0.arch` is `'gfx 1100'`: string should match pattern '^[a-z0-9_-]+$'.",
        ],
    ),
]


@pytest.mark.parametrize(("content", "expected"), WRONG)
def test_wrong_files_are_explained(tmp_path: Path, content: object, expected: list[str]) -> None:
    """Everything that is wrong is told at its key."""
    assert reasons(tmp_path, content) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["facts", "platform", "nvidia", "gpus", "x"]), inner)
    ),
    max_leaves=8,
)


@given(JSON)
def test_any_json_is_read_or_explained(
    tmp_path_factory: pytest.TempPathFactory,
    content: Any,  # noqa: ANN401  any JSON value
) -> None:
    """No content of a facts file leads to anything but facts or findings."""
    file = write(tmp_path_factory.mktemp("facts"), content)
    try:
        codes = {"read" for _ in [read_facts(file)]}
    except PlanError as exc:
        codes = {one.code for one in exc.findings}
    assert codes in ({"read"}, {"TE331"})


@pytest.mark.parametrize(
    ("machine", "arch", "evidence"),
    [
        ("desktop-arc-a770", "dg2", "`/sys/class/drm`; the architecture from the GPU's name"),
        ("desktop-radeon-7900", "gfx1100", "`/sys/class/kfd/kfd/topology/nodes`"),
    ],
)
def test_names_lead_to_architectures(machine: str, arch: str, evidence: str) -> None:
    """A GPU of which only the name is known gets the architecture that the data has for it."""
    (file,) = (one for one in MACHINES if one.stem == machine)
    facts = host_facts(facts=file)
    (stack,) = (one for one in (facts.nvidia, facts.amd, facts.intel) if one.gpus)
    assert (stack.gpus[0].arch, stack.evidence) == (arch, evidence)


def test_a_name_that_is_not_known_stays(tmp_path: Path) -> None:
    """A GPU that the data does not have keeps its unknown architecture, and its evidence."""
    gpus = [{"name": "GeForce GTX 860M"}]
    nvidia = {"state": "present", "gpus": gpus, "evidence": "NVML"}
    file = write(tmp_path, {"facts": {"platform": "linux-x86_64", "nvidia": nvidia}})
    assert host_facts(facts=file) == read_facts(file)


def test_the_library_probes_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file the facts are this machine's, with the GPUs only where they are wanted."""
    monkeypatch.delenv(FACTS_VARIABLE, raising=False)
    assert host_facts(gpus=False) == probe_host({})
    assert host_facts().nvidia.state != "unknown"


@pytest.mark.e2e
def test_the_command_writes_and_reads(workspace: Workspace, torchenv: Command) -> None:
    """The facts of a machine plan for it elsewhere, by flag and by variable."""
    workspace.write_spec(torch="2.9.1", torchvision=False, torchaudio=False)
    here = torchenv("host", "--json").check().stdout
    file = write(workspace.root, here)
    told = json.loads(here)
    assert told["facts"]["platform"] == read_facts(file).platform
    assert HOST_PYTHON in {one["version"].rpartition(".")[0] for one in told["pythons"]}
    facts_only = torchenv("host", "--json", environ={FACTS_VARIABLE: str(file)}).check().stdout
    assert json.loads(facts_only)["pythons"] == []
    mac = next(one for one in MACHINES if one.stem == "macbook-m3")
    planned = json.loads(torchenv("plan", "--json", "--host", str(mac)).check().stdout)
    assert planned["targets"]["default"]["platform"] == "macos-arm64"
    text = mac.read_text(encoding="utf-8")
    piped = torchenv("plan", "--json", "--host", "-", stdin=text).check().stdout
    assert json.loads(piped) == planned
