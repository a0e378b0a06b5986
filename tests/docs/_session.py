"""Running a page: its files are written and its commands run, in order, in one shell.

A reader follows a page from top to bottom in one terminal, so that is what is tested: one folder
and one ``bash`` per page. What a command prints is compared with what the page shows, where ``...``
stands for anything within a line, and a line of its own for any number of lines.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from tests.docs._pages import Block

_MARK: Final = "\x1e"
_END: Final = re.compile(rf"{_MARK}(\d+) (\d+){_MARK}\n")
_TIME_LIMIT_S: Final = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that a reader does, as shell code, and what the page says comes out."""

    place: str
    code: str
    shown: str | None = None
    """Expected output; None where the page shows none because it is no command."""
    fails: bool = False
    """Whether the page shows that the command fails, by ``echo $?`` as the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Where and how a page is run."""

    folder: Path
    """The reader's folder."""
    stage: Path
    """Holds the files and programs of the page until their turn comes."""
    environ: Mapping[str, str]
    python: str
    """What runs ``python`` blocks."""
    adapt: Callable[[str, str], str] = field(default=lambda _name, text: text)
    """Changes the text of a file (by name), or a command (no name), so that it works here."""
    tidy: Callable[[str], str] = field(default=lambda text: text)
    """Takes out of an output what is so only here."""


def steps_of(blocks: Iterable[Block], world: World) -> list[Step]:
    """Return what a reader of these blocks does."""
    steps: list[Step] = []
    for block in blocks:
        if "output" in block.marks:
            steps[-1] = replace(steps[-1], shown=block.text)
        elif "manual" in block.marks:
            continue
        elif block.value("shows") is not None:
            name = shlex.quote(block.value("shows") or "")
            steps.append(Step(place=block.place, code=f"cat {name}", shown=block.text))
        elif block.value("file") is not None:
            steps.append(_write(block, world, len(steps)))
        elif block.language == "console":
            steps += [
                replace(step, code=world.adapt("", step.code)) for step in parse_console(block)
            ]
        elif block.language == "python":
            program = world.stage / f"{len(steps)}.py"
            program.write_text(block.text, encoding="utf-8")
            command = f"{shlex.quote(world.python)} {shlex.quote(str(program))}"
            steps.append(Step(place=block.place, code=command))
    return steps


def _write(block: Block, world: World, number: int) -> Step:
    name = block.value("file") or ""
    staged = world.stage / str(number)
    staged.write_text(world.adapt(name, block.text), encoding="utf-8")
    target = shlex.quote(name)
    return Step(
        place=block.place,
        code=f'mkdir -p "$(dirname {target})" && cp {shlex.quote(str(staged))} {target}',
    )


def parse_console(block: Block) -> list[Step]:
    """Return the commands of a ``console`` block with what each is shown to print.

    Raises:
        ValueError: The block does not begin with a command.
    """
    commands: list[tuple[int, list[str], list[str]]] = []
    for number, line in enumerate(block.text.splitlines(), start=block.line + 1):
        if line.startswith("$ "):
            commands.append((number, [line[2:]], []))
        elif not commands:
            raise ValueError(f"{block.place}: begins with no `$ ` command")
        elif line.startswith("> ") and not commands[-1][2]:
            commands[-1][1].append(line[2:])
        else:
            commands[-1][2].append(line)
    following = [code for _, code, _ in commands[1:]] + [[""]]
    return [
        Step(
            place=f"{block.page}:{number}",
            code="\n".join(code),
            shown="".join(f"{line}\n" for line in shown),
            fails=after[0] == "echo $?",
        )
        for (number, code, shown), after in zip(commands, following, strict=True)
    ]


def run_page(blocks: Iterable[Block], world: World) -> list[str]:
    """Run the blocks of a page and return what is not as the page says; empty is well."""
    steps = steps_of(blocks, world)
    if not steps:
        return []
    done = subprocess.run(
        ["bash", "-c", _script(steps)],
        cwd=world.folder,
        env=dict(world.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_TIME_LIMIT_S,
        check=False,
    )
    pieces = _END.split(done.stdout.decode("utf-8", "replace"))
    outputs, codes = pieces[0:-1:3], [int(code) for code in pieces[2::3]]
    if len(outputs) < len(steps):
        return [f"{steps[len(outputs)].place}: the shell ended here:\n{pieces[-1]}"]
    return [
        problem
        for step, output, code in zip(steps, outputs, codes, strict=True)
        for problem in _problems(_tidied(step, world), world.tidy(output), code)
    ]


def _tidied(step: Step, world: World) -> Step:
    return step if step.shown is None else replace(step, shown=world.tidy(step.shown))


def _script(steps: Iterable[Step]) -> str:
    """Return one script for all steps; each finds ``$?`` as the one before left it."""
    lines = ["_last=0"]
    for number, step in enumerate(steps):
        lines += ["(exit $_last)", step.code, "_last=$?"]
        lines.append(rf"printf '\036%s %s\036\n' {number} $_last")
    return "\n".join(lines)


def _problems(step: Step, output: str, code: int) -> Iterable[str]:
    if (code != 0) != step.fails:
        yield f"{step.place}: `{step.code}` ended with {code}:\n{output}"
    elif step.shown is not None and not matches(step.shown, output):
        yield f"{step.place}: `{step.code}` printed:\n{output}\nthe page shows:\n{step.shown}"


def matches(shown: str, output: str) -> bool:
    """Whether ``output`` is what a page shows, ``...`` standing for anything."""
    pattern = ""
    for line in shown.rstrip().splitlines():
        if line.strip() == "...":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += r"[^\n]*?".join(map(re.escape, line.rstrip().split("..."))) + r"\n"
    text = "".join(f"{line.rstrip()}\n" for line in output.rstrip().splitlines())
    return re.fullmatch(pattern, text) is not None
