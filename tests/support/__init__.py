"""Support for tests: indexes over HTTP, tiny wheels, the command in a clean environment.

``IndexServer`` serves a ``Scenario`` in the shapes of PyTorch's index and of a default index;
``Workspace`` is a user's project that uses it. The fixtures are in ``tests/conftest.py``.
"""

from tests.support.command import Command, Result, clean_environ, offline_wrapper, run
from tests.support.faults import (
    BasicAuth,
    Cut,
    Drop,
    Fault,
    FaultRule,
    FlipByte,
    NoRanges,
    Redirect,
    Shorten,
    SignIn,
    Stall,
    Status,
    parse_fault_rule,
)
from tests.support.indexfile import IndexFile
from tests.support.proxy import ProxyServer
from tests.support.requestlog import Seen, Watch
from tests.support.scenario import Scenario, load_scenario
from tests.support.server import IndexServer
from tests.support.trees import tree_state
from tests.support.wheels import Defects, Member, Wheel, build_wheel
from tests.support.workspace import HOST_PYTHON, Workspace, make_workspace

__all__ = [
    "HOST_PYTHON",
    "BasicAuth",
    "Command",
    "Cut",
    "Defects",
    "Drop",
    "Fault",
    "FaultRule",
    "FlipByte",
    "IndexFile",
    "IndexServer",
    "Member",
    "NoRanges",
    "ProxyServer",
    "Redirect",
    "Result",
    "Scenario",
    "Seen",
    "Shorten",
    "SignIn",
    "Stall",
    "Status",
    "Watch",
    "Wheel",
    "Workspace",
    "build_wheel",
    "clean_environ",
    "load_scenario",
    "make_workspace",
    "offline_wrapper",
    "parse_fault_rule",
    "run",
    "tree_state",
]
