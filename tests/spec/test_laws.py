"""Laws of reading a spec, on thousands of specs that nobody wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tomlkit
from hypothesis import example, given
from hypothesis import strategies as st

from provisioner.codes import TITLES
from provisioner.findings import SpecError
from provisioner.spec import LeaveOut, Spec, TargetWish, VersionWish, parse_spec, spec_digest
from provisioner.spec.schema import spec_schema
from tests.spec.json_schema import errors
from tests.spec.strategies import LAW, SPECS, VALUES, mutated_texts

FILE = Path("/project/torchenv.toml")
SCHEMA = spec_schema()


def _read(text: str) -> Spec | None:
    """Read a spec; None where it is refused in the way that a spec is refused."""
    try:
        return parse_spec(text, FILE)
    except SpecError as exc:
        refusal = exc
    assert refusal.findings
    for finding in refusal.findings:
        assert finding.code in TITLES
        assert finding.where is not None
        assert finding.where.line is None or 1 <= finding.where.line <= text.count("\n") + 1
        assert (finding.message + finding.why + finding.do.replace("\n", "")).isprintable()
    return None


@LAW
@given(mutated_texts() | st.text())
@example("a = " + "[" * 5000)
@example("a = '''" + "\n" * 500)
@example('"\\U0011FFFF" = 1')
@example("a = {b = 1}\na.c = 2")
@example("[a]\nb = 1\n[[a]]")
@example("[environment]\npython = 0x" + "F" * 5000)
@example("[sources]\ntimeout = 0x" + "F" * 5000)
@example("[dependencies]\na = [0x" + "F" * 5000 + "]")
def test_only_spec_errors(text: str) -> None:
    """Whatever the text, reading it gives a spec or a ``SpecError`` whose findings can be shown."""
    spec = _read(text)
    if spec is not None:
        assert all(len(spec_digest(spec, target.name)) == 64 for target in spec.targets)


@LAW
@given(SPECS)
def test_valid_specs_are_read(data: dict[str, Any]) -> None:
    """Every spec that keeps to the rules is accepted, and says what was written."""
    spec = parse_spec(tomlkit.dumps(data), FILE)
    environment, torch = data["environment"], data["torch"]
    targets = data.get("targets") or {None: environment}
    assert [target.name for target in spec.targets] == sorted(targets)
    for name, own in targets.items():
        target = spec.target(name)
        assert target.python == own.get("python", environment["python"])
        assert target.accelerator == own.get("accelerator", environment["accelerator"])
        assert target.glibc == own.get("glibc", environment.get("glibc"))
    assert spec.seed == environment.get("seed", True)
    assert spec.torch.text == torch["torch"]
    assert isinstance(spec.torchaudio, LeaveOut) == ("torchaudio" in torch)
    assert len(spec.dependencies) == len(data.get("dependencies", {}))
    assert all(spec.line_of(f"environment.{key}") for key in environment)


@LAW
@given(SPECS)
def test_round_trip(data: dict[str, Any]) -> None:
    """A spec that is written from its inner form reads as the same spec."""
    spec = parse_spec(tomlkit.dumps(data), FILE)
    again = parse_spec(tomlkit.dumps(_written(spec)), FILE)
    assert again.dependencies == _without_lines(again, spec)
    assert again.targets == spec.targets
    for target in spec.targets:
        assert spec_digest(again, target.name) == spec_digest(spec, target.name)
    assert again.sources == spec.sources


def _without_lines(again: Spec, spec: Spec) -> tuple[Any, ...]:
    """Give the dependencies of ``spec`` the lines of ``again``, which lays them out otherwise."""
    assert len(again.dependencies) == len(spec.dependencies)
    return tuple(
        type(old)(name=old.name, specifier=old.specifier, extras=old.extras, line=new.line)
        for old, new in zip(spec.dependencies, again.dependencies, strict=True)
    )


def _written(spec: Spec) -> dict[str, Any]:
    environment: dict[str, Any] = {"path": str(spec.path), "seed": spec.seed}
    targets = {target.name: _written_target(target) for target in spec.targets}
    if None in targets:
        environment |= targets.pop(None)
    torch: dict[str, Any] = {"torch": spec.torch.text}
    for name, wish in (("torchvision", spec.torchvision), ("torchaudio", spec.torchaudio)):
        if isinstance(wish, VersionWish | LeaveOut):
            torch[name] = wish.text if isinstance(wish, VersionWish) else False
    dependencies = {
        one.name: {"version": str(one.specifier) or "*", "extras": list(one.extras)}
        for one in spec.dependencies
    }
    return {
        "environment": environment,
        "torch": torch,
        "dependencies": dependencies,
        "targets": targets,
        "sources": _written_sources(spec),
    }


def _written_target(target: TargetWish) -> dict[str, Any]:
    values = {key: getattr(target, key) for key in ("python", "accelerator", "platform", "driver")}
    values |= {"gpus": list(target.gpus), "glibc": target.glibc, "macos": target.macos}
    return {key: value for key, value in values.items() if value}


def _written_sources(spec: Spec) -> dict[str, Any]:
    sources = spec.sources
    relative = {one: str(Path("/").joinpath(one)) for one in sources.relative}
    values = {
        "pytorch": sources.pytorch,
        "trio": sources.trio,
        "isolated": sources.isolated,
        "index": sources.index,
        "extra-indexes": sources.extra_indexes,
        "find-links": _places(sources.find_links, relative),
        "constraints": _places(sources.constraints, relative),
        "no-index": sources.no_index,
        "exclude-newer": sources.exclude_newer,
        "timeout": sources.timeout_s,
        "connections": sources.connections,
        "trusted-hosts": sources.trusted_hosts,
    }
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if value is not None
    }


def _places(places: tuple[str, ...] | None, relative: dict[str, str]) -> tuple[str, ...] | None:
    if places is None:
        return None
    return tuple(f"../{Path(one).relative_to('/')}" if one in relative else one for one in places)


@LAW
@given(SPECS, st.data())
def test_one_wrong_value_is_one_place(data: dict[str, Any], draw: st.DataObject) -> None:
    """A value that is replaced by anything is accepted or refused at its own key or below."""
    table = draw.draw(st.sampled_from(sorted(name for name in data if data[name])))
    key = draw.draw(st.sampled_from(sorted(data[table])))
    value = draw.draw(VALUES)
    try:
        text = tomlkit.dumps({**data, table: {**data[table], key: value}})
    except Exception:  # noqa: BLE001 tomlkit cannot write every value that was drawn
        return
    try:
        parse_spec(text, FILE)
    except SpecError as exc:
        keys = {finding.where.key for finding in exc.findings if finding.where}
        assert all(one and one.startswith(table) for one in keys), keys


@LAW
@given(SPECS)
def test_schema_accepts_what_is_valid(data: dict[str, Any]) -> None:
    """What torchenv reads, editors accept."""
    assert not errors(SCHEMA, data)


@LAW
@given(
    SPECS, st.text(min_size=1, max_size=5), st.sampled_from(["", "environment", "torch", "sources"])
)
def test_schema_rejects_unknown_keys(data: dict[str, Any], key: str, table: str) -> None:
    """A key that torchenv does not know is an error in editors as well."""
    changed = {**data, key: 1} if not table else {**data, table: {**data.get(table, {}), key: 1}}
    assert errors(SCHEMA, changed)
