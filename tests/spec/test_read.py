"""What can be in the place of a spec file, and what is said about it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from provisioner.findings import SpecError
from provisioner.spec import load_spec
from provisioner.spec._read import SIZE_LIMIT_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.findings import Finding

SHORT = '[environment]\npython = "3.11"\naccelerator = "cpu"\n[torch]\ntorch = "2.6"\n'


def _refusal(file: Path) -> Finding:
    with pytest.raises(SpecError) as caught:
        load_spec(file)
    (finding,) = caught.value.findings
    assert finding.where is not None
    assert finding.where.file == str(file)
    return finding


def test_missing(tmp_path: Path) -> None:
    """A missing spec is answered with one that can be written down."""
    finding = _refusal(tmp_path / "torchenv.toml")
    assert finding.code == "TE101"
    assert finding.message == f"There is no spec `{tmp_path}/torchenv.toml`."
    assert finding.why == "Everything that torchenv does starts from the spec."
    assert finding.do.startswith("Write the file, for instance:\n\n    [environment]\n")
    (tmp_path / "torchenv.toml").write_text(finding.do.partition("\n\n")[2])
    assert load_spec(tmp_path / "torchenv.toml").torch.text == "2.6"


def test_missing_with_similar_files(tmp_path: Path) -> None:
    """Files of similar names are named, the nearest first; locks are not."""
    for name in ("torchenv.toml", "torchenv-gpu.toml", "pylock.torchenv.toml", "x.toml"):
        (tmp_path / name).write_text("")
    finding = _refusal(tmp_path / "torchenw.toml")
    assert finding.do.startswith(
        f"Did you mean `{tmp_path}/torchenv.toml` or `{tmp_path}/torchenv-gpu.toml`? "
        "Otherwise write the file, for instance:\n"
    )


def test_missing_without_suffix(tmp_path: Path) -> None:
    """Leaving out the suffix is a slip like any other."""
    (tmp_path / "torchenv.toml").write_text("")
    assert f"Did you mean `{tmp_path}/torchenv.toml`?" in _refusal(tmp_path / "torchenv").do


def test_missing_folder(tmp_path: Path) -> None:
    """Where the folder is missing too, that is said."""
    finding = _refusal(tmp_path / "nowhere" / "torchenv.toml")
    assert finding.why == f"There is no folder `{tmp_path}/nowhere` either."


def test_below_a_file(tmp_path: Path) -> None:
    """A file in the place of the folder is no folder either."""
    (tmp_path / "file").write_text("")
    finding = _refusal(tmp_path / "file" / "torchenv.toml")
    assert finding.why == f"There is no folder `{tmp_path}/file` either."


def test_broken_link(tmp_path: Path) -> None:
    """A link to nothing is called that."""
    (tmp_path / "torchenv.toml").symlink_to("gone.toml")
    finding = _refusal(tmp_path / "torchenv.toml")
    assert finding.message == f"`{tmp_path}/torchenv.toml` is a link to a file that does not exist."
    assert finding.do == "Repair the link, or name another spec."


def test_folder_with_a_spec(tmp_path: Path) -> None:
    """A folder is answered with the spec inside it."""
    (tmp_path / "torchenv.toml").write_text(SHORT)
    finding = _refusal(tmp_path)
    assert finding.message == f"`{tmp_path}` is a folder."
    assert finding.do == f"Name the file: `{tmp_path}/torchenv.toml`."


def test_folder_without_a_spec(tmp_path: Path) -> None:
    """... or with the spec that could be written there."""
    assert _refusal(tmp_path).do.startswith(f"Write `{tmp_path}/torchenv.toml`, for instance:\n")


def test_pipe(tmp_path: Path) -> None:
    """A pipe is refused without waiting for anybody to write into it."""
    os.mkfifo(tmp_path / "torchenv.toml")
    finding = _refusal(tmp_path / "torchenv.toml")
    assert finding.message == f"`{tmp_path}/torchenv.toml` is not a regular file."


def test_unreadable(tmp_path: Path) -> None:
    """What the system says is passed on; a loop of links is unreadable for root too."""
    (tmp_path / "torchenv.toml").symlink_to("torchenv.toml")
    finding = _refusal(tmp_path / "torchenv.toml")
    assert finding.code == "TE101"
    assert finding.message == f"`{tmp_path}/torchenv.toml` cannot be read."
    assert finding.why == "The system says: Too many levels of symbolic links."


def test_forbidden(tmp_path: Path) -> None:
    """A file without permission to read is a finding, wherever permissions count."""
    file = tmp_path / "torchenv.toml"
    file.write_text(SHORT)
    file.chmod(0)
    if os.access(file, os.R_OK):
        assert load_spec(file).python == "3.11"  # root reads everything
    else:
        assert _refusal(file).why == "The system says: Permission denied."


@pytest.mark.parametrize("name", ["a" * 300 + ".toml", "nul\0.toml"])
def test_impossible_names(tmp_path: Path, name: str) -> None:
    """Names that the system does not take are findings too."""
    with pytest.raises(SpecError) as caught:
        load_spec(tmp_path / name)
    assert caught.value.findings[0].code == "TE101"


def test_large_file(tmp_path: Path) -> None:
    """A file far larger than any spec is not read to its end."""
    file = tmp_path / "torchenv.toml"
    with file.open("wb") as stream:
        stream.truncate(10 * 1024 * 1024 * 1024)
    finding = _refusal(file)
    assert finding.message == f"`{file}` is larger than 256 KiB."
    assert finding.why == "No spec is that long, so it is probably another file."


def test_largest_file(tmp_path: Path) -> None:
    """A file of exactly the limit is read."""
    file = tmp_path / "torchenv.toml"
    file.write_text(SHORT + "#" * (SIZE_LIMIT_BYTES - len(SHORT)))
    assert load_spec(file).python == "3.11"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16(tmp_path: Path, encoding: str) -> None:
    """Text in UTF-16, as PowerShell redirects it, is called by its name."""
    file = tmp_path / "torchenv.toml"
    file.write_bytes(f"\N{ZERO WIDTH NO-BREAK SPACE}{SHORT}".encode(encoding))
    finding = _refusal(file)
    assert (finding.code, finding.message) == ("TE102", f"`{file}` is not UTF-8 text.")
    assert finding.why == "It is UTF-16 text, as some Windows programs write."
    assert finding.do == "Save the file as UTF-8."


def test_not_utf8(tmp_path: Path) -> None:
    """A byte of another encoding is named with its line."""
    file = tmp_path / "torchenv.toml"
    file.write_bytes(SHORT.encode() + "# Größe\n".encode("latin-1"))
    finding = _refusal(file)
    assert finding.code == "TE102"
    assert finding.why == "The byte 0xf6 there is no UTF-8, which TOML files must be."
    assert finding.where is not None
    assert finding.where.line == 6


def test_nul(tmp_path: Path) -> None:
    """A NUL byte is found before the parser stumbles over it."""
    file = tmp_path / "torchenv.toml"
    file.write_bytes(SHORT.encode() + b"\n\0\n")
    finding = _refusal(file)
    assert finding.message == "The spec is not valid TOML at line 7."
    assert finding.why == "It holds a NUL byte, as binary files and UTF-16 text do."


def test_long_number(tmp_path: Path) -> None:
    """A number that Python does not convert is a finding (its limit is 4,300 digits)."""
    file = tmp_path / "torchenv.toml"
    file.write_text(SHORT + "x = " + "9" * 5000)
    finding = _refusal(file)
    assert finding.message == "The spec is not valid TOML at line 6."
    assert finding.why == "It holds a number of thousands of digits."
