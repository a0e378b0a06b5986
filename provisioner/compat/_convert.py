"""From the readable files to the compiled form: everything spelled out, nothing left to work out.

Version ranges become lists of releases and every order is fixed, so that the same files always give
the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.version import Version

from provisioner.compat._checks import releases_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioner.compat._models import FilesModel, MemberModel, RowModel


def to_compiled(files: FilesModel) -> dict[str, Any]:
    """Return the compiled form of what planning needs, ready for JSON."""
    return {
        "version": files.version,
        "releases": [
            {"torch": torch, **files.torch[torch].fields()}
            for torch in sorted(files.torch, key=Version)
        ],
        "members": [*_members(files, "torchvision"), *_members(files, "torchaudio")],
        "builds": list(_builds(files)),
        "wheels": [_wheel(files, row) for row in files.wheels],
        "accelerators": [
            {"name": name, **_renamed(row, toolkit="toolkits")}
            for name, row in files.accelerators.items()
        ],
        "ceilings": [_limited(files, row) for row in files.ceilings],
        "companions": [row.fields() for row in files.companions],
        "hashes": {f"{row.folder}/{row.file}": row.sha256 for row in files.hashes},
        "citations": files.sources,
    }


def to_hardware(files: FilesModel) -> dict[str, Any]:
    """Return the compiled form of what concerns drivers and GPUs, ready for JSON."""
    return {
        "driver_minimums": [_whole(row, "linux", "windows") for row in files.driver_minimums],
        "toolkit_drivers": [_whole(row, "linux", "windows") for row in files.toolkit_drivers],
        "cuda_codes": [_cuda_code(files, row) for row in files.cuda_codes],
        "rocm_codes": [_limited(files, row) for row in files.rocm_codes],
        "generations": [row.fields() for row in files.generations],
        "gpu_names": [row.fields("note") for row in files.gpu_names],
        "xpu_codes": [_limited(files, row) for row in files.xpu_codes],
    }


def to_dependents(files: FilesModel) -> dict[str, Any]:
    """Return the compiled form of what other packages ask of torch, ready for JSON."""
    return {
        "dependents": [
            {**row.fields("torch_of"), "wishes": list(row.torch_of.items())}
            for row in files.dependents
        ]
    }


def _members(files: FilesModel, name: str) -> Iterator[dict[str, Any]]:
    table: dict[str, MemberModel] = getattr(files, name)
    for version in sorted(table, key=Version):
        member = table[version]
        fields = _renamed(member, "missing", "also", python="pythons", on="platforms")
        fields["built_for"] = member.built_for or releases_in(member.torch, files.torch)
        if member.missing:
            fields["missing"] = sorted(member.missing.items())
        if member.also:
            fields["also"] = [_renamed(row, on="platforms") for row in member.also]
        yield {"name": name, "version": version, **fields}


def _builds(files: FilesModel) -> Iterator[dict[str, Any]]:
    for torch in sorted(files.builds, key=Version):
        release = files.builds[torch]
        for index, rows in (("default", release.default), ("pytorch", release.pytorch)):
            for row in rows:
                fields = _renamed(row, "note", python="pythons", on="platforms")
                yield {"torch": torch, "index": index, "pythons": (), **fields}


def _wheel(files: FilesModel, row: RowModel) -> dict[str, Any]:
    fields = _limited(files, row)
    fields["indexes"] = fields.pop("index")
    return fields


def _limited(files: FilesModel, row: RowModel) -> dict[str, Any]:
    """Spell out which releases of torch a row holds for."""
    fields = _renamed(row, "note", python="pythons", on="platforms")
    if "torch" in fields:
        fields["torch"] = releases_in(fields["torch"], files.torch)
    return fields


def _cuda_code(files: FilesModel, row: RowModel) -> dict[str, Any]:
    fields = _whole(row, "sm", "ptx")
    fields["torch"] = releases_in(fields["torch"], files.torch)
    fields["platform"] = fields.pop("on")
    return fields


def _whole(row: RowModel, *keep: str) -> dict[str, Any]:
    """Return the row with some fields even where they are None, which says "not known"."""
    return {**{name: getattr(row, name) for name in keep}, **row.fields()}


def _renamed(row: RowModel, *leave_out: str, **names: str) -> dict[str, Any]:
    return {names.get(key, key): value for key, value in row.fields(*leave_out).items()}
