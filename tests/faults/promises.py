"""What is promised for each fault, and the tests that check it; the table of the documentation.

``python -m tests.faults.promises`` writes ``docs/explanation/faults.md``; a test checks that it is
current, and that every test that is named here exists.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provisioner.cli._reference_tables import sentences
from provisioner.codes import TITLES
from tests.store.cases import CASES, WHOLE, Case

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs/explanation/faults.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One row of the table."""

    fault: str
    promise: str
    tests: tuple[str, ...]
    """``tests/faults/test_kills.py::test_killed_at_any_point``."""


_KILLS: Final = "tests/faults/test_kills.py::test_killed_at_any_point"
_FAILURES: Final = "tests/environment/test_failures.py"
_PLACES: Final = "tests/environment/test_places.py"
_DAMAGE: Final = "tests/faults/test_damage.py"
_LINKS: Final = "tests/environment/test_link_lock.py"
_DISKS: Final = "tests/faults/test_disks.py"

PROMISES: Final = (
    Promise(
        fault="Killed (`SIGKILL`) at any point of an apply: the first, an upgrade, a switch of "
        "accelerator, a repair, a rollback, over an environment of another tool",
        promise="The old environment or the new one, whole; `status` says which; the next apply "
        "finishes the work and removes the rest.",
        tests=(_KILLS,),
    ),
    Promise(
        fault="Killed at any point of an apply in place, or while that is undone",
        promise="`status` says damaged; the next apply finds the journal, undoes or finishes what "
        "was begun, and goes on. Packages that are not in the lock are never touched.",
        tests=(_KILLS,),
    ),
    Promise(
        fault="The power goes, or the kernel stops",
        promise="As a kill, on file systems that keep the order of what they are told: the files "
        "of a generation are on the disk (`syncfs`) before the link leads to it, the link before "
        "anything old is removed, the journal of an apply in place before the first move, and the "
        "new files before its commit.",
        tests=(
            "tests/environment/test_disk.py::test_a_generation_is_on_the_disk_before_it_is_current",
            "tests/environment/test_disk.py::test_in_place_all_is_on_the_disk_before_the_commit",
        ),
    ),
    Promise(
        fault="An apply in place that fails at a check or the proof",
        promise="Every file is moved back to where it was; on the overlay file system of a "
        "container, too.",
        tests=(
            "tests/environment/test_in_place.py::test_a_failed_proof_moves_everything_back",
            "tests/environment/test_in_place.py::test_in_a_container_files_of_lower_layers_change",
        ),
    ),
    Promise(
        fault="Killed while old generations or a whole environment are removed",
        promise="What is in use is whole; the next `gc` or `destroy` removes the rest.",
        tests=(_KILLS,),
    ),
    Promise(
        fault="Killed while wheels are fetched",
        promise="A wheel that was fetched is not fetched again.",
        tests=("tests/faults/test_fetching.py::test_nothing_is_downloaded_twice",),
    ),
    Promise(
        fault="Killed while a wheel is unpacked and others are still fetched",
        promise="As both: what was begun is removed by the next apply, and what arrived whole is "
        "not fetched again. Where the fetch fails, the unpacking ends with it.",
        tests=(
            "tests/environment/test_ahead.py::test_killed_while_it_works",
            "tests/environment/test_ahead.py::test_a_failed_fetch_ends_it",
        ),
    ),
    Promise(
        fault="Killed while the locks of a spec's targets are written",
        promise="Each lock is the old one or the new one, whole; a mixture of both is refused "
        "(`TE460`), and `torchenv lock` makes all anew.",
        tests=("tests/faults/test_lock_writing.py::test_killed_while_locks_are_written",),
    ),
    Promise(
        fault="Ctrl-C, or a signal that ends programs",
        promise="As a kill, and what was begun is removed at once.",
        tests=("tests/environment/test_interruptions.py::test_ctrl_c",),
    ),
    Promise(
        fault="Disk of the environment full (`ENOSPC`) at any step",
        promise="A finding that names the disk; the old environment works; what was begun is "
        "removed.",
        tests=(
            f"{_FAILURES}::test_a_disk_that_fills_up_at_any_step",
            f"{_FAILURES}::test_the_engine_meets_a_full_disk",
            f"{_FAILURES}::test_a_disk_that_is_too_small_is_refused_with_numbers",
            f"{_FAILURES}::test_store_and_environment_on_one_disk_are_added_up",
        ),
    ),
    Promise(
        fault="Disk of the temporary files full",
        promise="The apply works, or ends with a finding; the old environment works.",
        tests=(f"{_DISKS}::test_no_room_for_temporary_files",),
    ),
    Promise(
        fault="Disk of the store full, or without inodes",
        promise="A finding; the old environment works; with room again the apply goes on.",
        tests=(
            f"{_DISKS}::test_no_room_in_the_store",
            f"{_DISKS}::test_no_inodes_for_a_download",
        ),
    ),
    Promise(
        fault="Folder without permission, or read-only (`EACCES`, `EROFS`)",
        promise="Refused before any step, with the system's own reason; an environment that is "
        "right needs no permission.",
        tests=(
            f"{_PLACES}::test_a_folder_without_permission_is_refused",
            f"{_PLACES}::test_a_read_only_folder_is_refused_at_once",
            f"{_PLACES}::test_an_environment_that_is_right_may_be_read_only",
        ),
    ),
    Promise(
        fault="Any other error of the disk at any step",
        promise="A finding with the error; the old environment works.",
        tests=(f"{_FAILURES}::test_an_error_of_the_system_at_any_step",),
    ),
    Promise(
        fault="File of the environment changed, truncated, deleted, added, or made a link",
        promise="`status` and the next apply say which; the apply makes it right.",
        tests=(f"{_DAMAGE}::test_a_file_that_is_not_as_it_was",),
    ),
    Promise(
        fault="Wheel in the store changed, truncated or deleted",
        promise="Never installed: its hash is checked at every installation; a finding, or fetched "
        "anew.",
        tests=(f"{_DAMAGE}::test_a_wheel_that_is_not_as_it_was",),
    ),
    Promise(
        fault="Unpacked wheel in the store changed, truncated, deleted, made a link, added to, or "
        "without its RECORD or METADATA",
        promise="Never in an environment: it is named, removed, and unpacked again from the "
        "verified wheel.",
        tests=(
            "tests/environment/test_unpacked.py::test_a_damaged_copy_never_reaches_an_environment",
        ),
    ),
    Promise(
        fault="Store and environment on two disks",
        promise="Generations share what did not change; a file that was damaged through one of "
        "them is made right by the next apply.",
        tests=("tests/environment/test_unpacked.py::test_a_disk_apart",),
    ),
    Promise(
        fault="Clock set back, or forward",
        promise="Nothing is decided by comparing clocks: a right environment stays right.",
        tests=(f"{_DAMAGE}::test_a_clock_that_is_wrong",),
    ),
    Promise(
        fault="Path with spaces, letters of any language, or of 200 characters",
        promise="Works, console scripts included.",
        tests=(f"{_DAMAGE}::test_unusual_paths",),
    ),
    Promise(
        fault="Project folder moved, with its environment",
        promise="`status` says that it was moved; the next apply builds it at its new place.",
        tests=(f"{_DAMAGE}::test_a_project_that_was_moved",),
    ),
    Promise(
        fault="The environment's link moved, or the folder that it leads to",
        promise="`status` says that it is gone or damaged; the next apply has it at its place, "
        "and what was moved stays where it is.",
        tests=(f"{_DAMAGE}::test_an_environment_that_was_moved",),
    ),
    Promise(
        fault="Spec deleted",
        promise="A finding; the environment stays and works.",
        tests=(f"{_DAMAGE}::test_a_spec_that_was_deleted",),
    ),
    Promise(
        fault="Two applies at once, of one lock or of two",
        promise="One works, the other waits and looks again, or is refused with `--no-wait`.",
        tests=(
            "tests/faults/test_races.py::test_applies_that_race",
            "tests/environment/test_locking.py::test_the_second_waits_and_finds_nothing_to_do",
            "tests/environment/test_locking.py::test_no_wait_is_refused_with_the_holder",
        ),
    ),
    Promise(
        fault="File system that cannot lock files",
        promise="A lock file takes its place, which is said; one that a killed process of this "
        "machine left is taken over.",
        tests=(
            f"{_LINKS}::test_where_flock_fails_a_lock_file_is_used_and_said",
            f"{_LINKS}::test_a_killed_holder_of_this_machine_is_taken_over",
        ),
    ),
)

_HEAD: Final = """
    Each row is checked by the tests that it names, with real signals, real processes and small real
    disks. Where a test needs a right that the machine does not give, such as mounting, it is
    skipped and says so.
    """
_KILLED: Final = """
    A process changes an environment and kills itself with `SIGKILL` just before a change of the
    file system. Those changes are counted by Python's audit hooks, together with the steps that are
    reported, so the points are the same in every run. The points are spread evenly over each
    operation, from its first change to its last. After each kill, what is there is compared with
    the bytes of the wheels, byte by byte, and not with torchenv's own notes. Then the same is done
    again, to its end, and compared once more. `python -m tests.faults 40` tries forty points of
    each operation and prints what was found.
    """
_FETCHED: Final = """
    Each fault meets a download that begins, and one that goes on where an earlier one was broken
    off, over one connection and over several, from a real server on this machine
    (`tests/store/test_matrix.py`). Where a download does not end with the verified wheel, nothing
    is kept but what the next run goes on from. The last column bounds the bytes that may come, in
    sizes of the wheel, those of the earlier run included.
    """


def render() -> str:
    """Return the page."""
    lines = [
        "# What is promised when things go wrong",
        "",
        "This page is made from the tests by `python -m tests.faults.promises`; change it there.",
        "",
        *sentences(_HEAD),
        "",
        "| what happens | what is promised | checked by |",
        "| --- | --- | --- |",
    ]
    for each in PROMISES:
        tests = "<br>".join(f"`{name.partition('::')[2]}`" for name in each.tests)
        lines.append(f"| {each.fault} | {each.promise} | {tests} |")
    lines += ["", "## How a download ends", "", *sentences(_FETCHED), ""]
    lines += ["| what happens | first download | resumed | bytes |", "| --- | --- | --- | --- |"]
    lines += [_row(name, case) for name, case in CASES.items()]
    lines += ["", "## How kills are tried", "", *sentences(_KILLED)]
    return "\n".join(lines) + "\n"


def _row(name: str, case: Case) -> str:
    fresh, resumed = _verdict(case.fresh_ends or case.ends), _verdict(case.ends)
    bounds = dict.fromkeys((case.bound, case.resumed_bound or case.bound))
    most = ", ".join(f"{bound:g}" for bound in bounds)
    return f"| {name} | {fresh} | {'the same' if resumed == fresh else resumed} | {most} |"


def _verdict(ends: str) -> str:
    return "the wheel" if ends == WHOLE else f"`{ends}` {TITLES[ends]}"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.name}\n")
