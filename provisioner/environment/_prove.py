"""The proof: the new environment is run, and what it says about itself is compared with the lock.

:func:`run_proof` starts ``_proof_script.py`` inside the generation; :func:`judge` is pure.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provisioner.environment._state import Proof
from provisioner.findings import Finding, Severity, VerificationError
from provisioner.process import ProcessFailedError, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from provisioner.environment._layout import Generation
    from provisioner.planner import ChosenBuild
    from provisioner.process import Completed

_SCRIPT: Final = Path(__file__).with_name("_proof_script.py")
_TIMEOUT_S: Final = 900.0
"""Importing a CUDA build from a cold network file system takes minutes."""
_LAST_LINES: Final = 15
_SUSPECTS: Final = ("PYTHON", "LD_", "DYLD_")
"""How variables begin that lead interpreters and dynamic loaders elsewhere."""
_UNTOUCHED: Final = "The new environment was removed; the old one is untouched."


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the script said before it ended."""

    lines: tuple[Mapping[str, Any], ...]
    end: str | None
    """How it ended, where not well: ``ended by signal 11``, ``no end after 900 s``."""
    stderr: str


def prove(
    generation: Generation, trio: tuple[ChosenBuild, ...], environ: Mapping[str, str]
) -> Proof:
    """Run the new environment and return what was seen.

    It runs with the caller's variables, as it will be used. Where that fails, it runs without those
    that lead interpreters and loaders elsewhere; where that passes, the environment is right, and
    the variable at fault is named in the proof.

    Args:
        generation: Complete but for the proof; its interpreter runs by its own path.
        trio: What the lock says must be there.
        environ: The caller's environment variables.

    Raises:
        VerificationError: A member cannot be imported (``TE701``), another version or build is
            there (``TE702``), or an operation failed (``TE703``).
    """
    members = [build.name for build in trio]
    answer = run_proof(generation, members, environ)
    try:
        return judge(answer, trio)
    except VerificationError as exc:
        blamed = _blame(environ, lambda less: _passes(generation, trio, less))
        if not blamed:
            raise VerificationError([_explained(one, answer) for one in exc.findings]) from exc
    proof = judge(run_proof(generation, members, without(environ, blamed)), trio)
    note = f"with {' and '.join(blamed)} as set in this shell, the proof fails"
    return replace(proof, blamed=blamed, notes=(*proof.notes, note))


def blamed_finding(proof: Proof) -> Finding:
    """Word that the environment works, and fails with variables of the caller."""
    names = " and ".join(f"`{name}`" for name in proof.blamed)
    return Finding(
        code="TE705",
        severity=Severity.WARNING,
        message=f"The environment works, but not with {names} as set in this shell.",
        why="The proof failed with the caller's variables, and passed without: what they name is "
        "found before what is in the environment.",
        do=f"Unset them where the environment is used: `unset {' '.join(proof.blamed)}`.",
    )


def without(environ: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return variables without some of them."""
    left = frozenset(names)
    return {name: value for name, value in environ.items() if name not in left}


def _blame(
    environ: Mapping[str, str], passes: Callable[[Mapping[str, str]], bool]
) -> tuple[str, ...]:
    """Return the variables with which a failed proof fails, and without which it passes.

    One alone where one alone is at fault; none where it fails without all of them too.
    """
    suspects = sorted(name for name in environ if name.startswith(_SUSPECTS))
    if not suspects or not passes(without(environ, suspects)):
        return ()
    alone = (name for name in suspects if len(suspects) > 1 and passes(without(environ, [name])))
    found = next(alone, None)
    return tuple(suspects) if found is None else (found,)


def _passes(
    generation: Generation, trio: tuple[ChosenBuild, ...], environ: Mapping[str, str]
) -> bool:
    try:
        judge(run_proof(generation, [build.name for build in trio], environ), trio)
    except VerificationError:
        return False
    return True


def _explained(finding: Finding, answer: Answer) -> Finding:
    """Add the cause that Python's own words give away, and where all of them are."""
    # Imported late: a proof rarely fails.
    from provisioner.diagnosis.own import with_cause, with_log  # noqa: PLC0415

    if finding.code == "TE702":
        return finding
    said = f"{answer.stderr}\n{finding.why}"
    return with_log(with_cause(finding, said), answer.stderr, quoted_lines=_LAST_LINES)


def run_proof(generation: Generation, members: Iterable[str], environ: Mapping[str, str]) -> Answer:
    """Run the script in the generation's own interpreter."""
    argv: list[str | Path] = [generation.python, _SCRIPT, ",".join(members)]
    try:
        done = run(argv, env=environ, cwd=generation.folder, timeout_s=_TIMEOUT_S)
    except ProcessFailedError as exc:
        return _answer(exc.completed, exc.reason)
    return _answer(done, None)


def judge(answer: Answer, trio: tuple[ChosenBuild, ...]) -> Proof:
    """Compare what the script said with what the lock says.

    Raises:
        VerificationError: As :func:`prove`.
    """
    failure = _failure(answer)
    if failure is not None:
        raise VerificationError(failure)
    done = {line["done"]: line for line in answer.lines if "done" in line}
    wrong = [*_wrong_versions(done, trio), *_wrong_build(done["build"]["build"], trio[0])]
    if wrong:
        raise VerificationError(wrong)
    return Proof(
        versions=tuple((build.name, done[build.name]["version"]) for build in trio),
        build=next(filter(None, done["build"]["build"].values()), None),
        operations=tuple(name for name, line in done.items() if line["kind"] == "operation"),
        gpus=done["GPUs"]["gpus"],
        notes=_notes(done["GPUs"]["gpus"], trio[0].accelerator),
    )


def expected_build(accelerator: str) -> tuple[str, str] | None:
    """Return which attribute of ``torch.version`` names an accelerator, and how its value begins.

    ``cu118`` is ``cuda`` ``11.8``, ``rocm6.4`` is ``hip`` ``6.4`` (``6.4.43482-...`` is told),
    ``xpu`` is ``xpu`` with any value, ``cpu`` is None: all of them are None. Anything else is
    ``("", "")``: not known.
    """
    if accelerator == "cpu":
        return None
    if found := re.fullmatch(r"cu(\d+)(\d)", accelerator):
        return "cuda", f"{found[1]}.{found[2]}"
    if found := re.fullmatch(r"rocm(\d+\.\d+)(\.\d+)*", accelerator):
        return "hip", found[1]
    return ("xpu", "") if accelerator == "xpu" else ("", "")


def _answer(completed: Completed, end: str | None) -> Answer:
    # A line that the interpreter was killed in the middle of does not end in a brace.
    texts = [text for text in completed.stdout.splitlines() if text.endswith("}")]
    return Answer(lines=tuple(json.loads(text) for text in texts), end=end, stderr=completed.stderr)


def _failure(answer: Answer) -> Finding | None:
    """Return the finding for the step that failed or killed the interpreter."""
    last: Mapping[str, Any] = answer.lines[-1] if answer.lines else {}
    begun = {line["begin"]: line["kind"] for line in answer.lines if "begin" in line}
    if "failed" in last:
        return _step_failed(last["failed"], begun[last["failed"]], last["said"])
    if answer.end is None:
        return None
    if not answer.lines:
        return _does_not_start(answer)
    said = "\n".join(answer.stderr.strip().splitlines()[-_LAST_LINES:])
    how = f"The interpreter did not come to its end: {answer.end}."
    step = last.get("begin") or last["done"]
    return _step_failed(step, begun[step], f"{how}\n{said}".strip())


def _does_not_start(answer: Answer) -> Finding:
    said = "\n".join(["", *answer.stderr.strip().splitlines()[-_LAST_LINES:]])
    return Finding(
        code="TE701",
        message="The Python of the new environment does not start.",
        why=f"It {answer.end}.{said}",
        do=f"{_UNTOUCHED} Check the base interpreter, or ask for another one with "
        "`environment.python`.",
    )


def _step_failed(step: str, kind: str, said: str) -> Finding:
    if kind == "import":
        return Finding(
            code="TE701",
            message=f"The new environment cannot import `{step}`.",
            why=f"Inside the environment Python said:\n{said}",
            do=f"{_UNTOUCHED} The last line above says what is missing on this machine or in the "
            "lock.",
        )
    return Finding(
        code="TE703",
        message=f"An operation failed inside the new environment: {step}.",
        why=f"Inside the environment Python said:\n{said}",
        do=_UNTOUCHED,
    )


def _wrong_versions(
    done: Mapping[str, Mapping[str, Any]], trio: tuple[ChosenBuild, ...]
) -> list[Finding]:
    return [
        _other_version(build, done[build.name]["version"])
        for build in trio
        if not _is_version(done[build.name]["version"], build)
    ]


def _is_version(told: str, build: ChosenBuild) -> bool:
    """Whether a ``__version__`` is that of the build.

    The public part must be equal. The local part must name the accelerator where there is one: a
    wheel ``2.9.1`` of the default index says ``2.9.1+cu128``, one for macOS says ``2.9.1``.
    """
    public, _, local = told.partition("+")
    names_build = re.split(r"[.-]", local)[0] == build.accelerator or local == build.accelerator
    return public == build.public and (not local or names_build)


def _other_version(build: ChosenBuild, told: str) -> Finding:
    return Finding(
        code="TE702",
        message=f"`{build.name}` says inside the new environment that it is `{told}`.",
        why=f"The lock says {build.name} {build.version}, built for {build.accelerator}.",
        do=f"{_UNTOUCHED} The wheel is not what its name says: lock again, from another index if "
        "it stays so.",
    )


def _wrong_build(told: Mapping[str, str | None], torch: ChosenBuild) -> list[Finding]:
    """Compare ``torch.version.cuda``, ``.hip`` and ``.xpu`` with the accelerator."""
    expected = expected_build(torch.accelerator)
    if expected is None:
        is_right = not any(told.values())
    else:
        name, start = expected
        value = told.get(name)
        is_right = not name or (value is not None and f"{value}.".startswith(start and f"{start}."))
    if is_right:
        return []
    found = ", ".join(f"`torch.version.{name}` is `{value}`" for name, value in told.items())
    return [
        Finding(
            code="TE702",
            message=f"torch was built for something other than {torch.accelerator}.",
            why=f"Inside the new environment {found}.",
            do=f"{_UNTOUCHED} The wheel is not what the plan says: lock again, from another index "
            "if it stays so.",
        )
    ]


def _notes(gpus: int, accelerator: str) -> tuple[str, ...]:
    """Say what could not be checked."""
    notes = []
    if expected_build(accelerator) == ("", ""):
        notes.append(f"what torch says about its build was not compared with {accelerator}")
    if gpus == 0 and accelerator != "cpu":
        notes.append("torch sees no GPU on this machine, so no kernel was run on one")
    return tuple(notes)
