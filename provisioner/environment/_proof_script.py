"""Runs inside a new environment, alone, and says what it sees there.

Started by path in the environment's own interpreter, with the caller's variables: nothing here may
be imported from torchenv, and everything must run on Python 3.7, the oldest that a torch in the
compat data needs.

Argument: the trio's members, separated by commas. It prints one JSON object per line:
``{"begin": step, "kind"}`` before each step, then ``{"done": step, ...}`` or
``{"failed": step, "said"}``. So a step that kills the interpreter is known too. What the packages
print themselves goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Facts = dict[str, Any]

LAST_FRAMES = 4
# Standard output is ours alone: whatever an import prints goes to standard error.
REPORT = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def tell(**facts: object) -> None:
    """Write one line, at once."""
    REPORT.write(json.dumps(facts) + "\n")
    REPORT.flush()


def step(name: str, kind: str, action: Callable[[], Facts]) -> Facts:
    """Run one step and report it; the whole script ends where one fails."""
    tell(begin=name, kind=kind)
    try:
        facts = action()
    except BaseException as exc:  # noqa: BLE001 - whatever a package throws is the answer
        tell(failed=name, said="\n".join(describe(exc)))
        sys.exit(1)
    tell(done=name, kind=kind, **facts)
    return facts


def describe(exc: BaseException) -> list[str]:
    """Return the end of a traceback, without the frames of this script and of the import system."""
    cause = exc.__cause__ or exc.__context__
    lines = [] if cause is None else [*describe(cause), "which led to:"]
    frames = [
        frame
        for frame in traceback.extract_tb(exc.__traceback__)
        if frame.filename != __file__ and "importlib" not in frame.filename
    ]
    lines += [f"{frame.filename}:{frame.lineno}: {frame.line}" for frame in frames[-LAST_FRAMES:]]
    return lines + "".join(traceback.format_exception_only(type(exc), exc)).splitlines()


def load(name: str) -> Any:  # noqa: ANN401 - torch is not installed where this is checked
    """Import a module of the environment; torchenv itself has none of them."""
    return importlib.import_module(name)


def read_version(name: str) -> Facts:
    """Import a trio member and return its version."""
    return {"version": str(load(name).__version__)}


def read_build() -> Facts:
    """Return what torch was compiled for."""
    version = load("torch").version
    values = {name: getattr(version, name, None) for name in ("cuda", "hip", "xpu")}
    return {"build": {name: value and str(value) for name, value in values.items()}}


def multiply(device: str) -> Facts:
    """Multiply two matrices and compare with the result by hand."""
    matrix = load("torch").tensor([[1.0, 2.0], [3.0, 4.0]]).to(device)
    return expect((matrix @ matrix).cpu().tolist(), [[7.0, 10.0], [15.0, 22.0]])


def suppress_boxes() -> Facts:
    """Of three boxes, the second lies almost on the first and goes."""
    torch = load("torch")
    boxes = [[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 9.0], [20.0, 20.0, 30.0, 30.0]]
    scores = torch.tensor([0.9, 0.8, 0.7])
    kept = load("torchvision.ops").nms(torch.tensor(boxes), scores, 0.5)
    return expect(kept.tolist(), [0, 2])


def encode_signal() -> Facts:
    """Mu-law companding of the ends and the middle of the range (ITU-T G.711)."""
    signal = load("torch").tensor([-1.0, 0.0, 1.0])
    encoded = load("torchaudio.transforms").MuLawEncoding(256)(signal)
    return expect(encoded.tolist(), [0, 128, 255])


def count_gpus() -> Facts:
    """Return the kind and number of GPUs that torch can use."""
    for kind in ("cuda", "xpu"):
        backend = getattr(load("torch"), kind, None)
        if backend is not None and backend.is_available():
            return {"device": kind, "gpus": int(backend.device_count())}
    return {"device": None, "gpus": 0}


def expect(found: object, wanted: object) -> Facts:
    """Compare a result.

    Raises:
        ArithmeticError: It is another one.
    """
    if found != wanted:
        raise ArithmeticError(f"the result is {found}, and {wanted} is right")
    return {}


def main(members: list[str]) -> None:
    """Run every step for these trio members."""
    # Not the folder of this script: no program of the user finds its modules.
    sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]  # noqa: PTH100, PTH120
    for name in members:
        step(name, "import", partial(read_version, name))
    step("build", "build", read_build)
    step("matrix product", "operation", partial(multiply, "cpu"))
    if "torchvision" in members:
        step("torchvision.ops.nms", "operation", suppress_boxes)
    if "torchaudio" in members:
        step("torchaudio.transforms.MuLawEncoding", "operation", encode_signal)
    device = step("GPUs", "gpus", count_gpus)["device"]
    if device is not None:
        step("matrix product on the GPU", "operation", partial(multiply, device))


if __name__ == "__main__":
    main(sys.argv[1].split(","))
