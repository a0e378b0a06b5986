"""The pages have the exact shape of the real ones."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.support import IndexFile, Scenario
from tests.support.indexfile import PYTORCH
from tests.support.site import Reply, Request, Site

SECOND = "http://second.example"
JSON = "application/vnd.pypi.simple.v1+json"
WHEEL: dict[str, Any] = {
    "projects": {"torch": "2.2.0"},
    "index": "pytorch",
    "accelerators": ["cu118"],
    "local": True,
    "tags": ["cp310-cp310-linux_x86_64"],
    "requires_python": ">=3.8.0",
}


def ask(scenario: Scenario, path: str, accept: str = "text/html") -> Reply:
    """Ask the site as a client would."""
    request = Request(method="GET", path=path, host="main", headers={"accept": accept})
    return Site(scenario, SECOND).respond(request)


def link(scenario: Scenario) -> str:
    """Return the one link of ``/whl/cu118/torch/``."""
    (line,) = re.findall("<a .*", ask(scenario, "/whl/cu118/torch/").body.decode())
    return str(line)


def test_pytorchs_page_is_as_its_program_writes_it() -> None:
    """Heading, one link a line, ``%2B`` in the address, both sidecar attributes, a timestamp."""
    scenario = Scenario().release(**WHEEL, upload_time="2023-10-06T00:00:00Z")
    (file,) = scenario.files
    side = f"sha256={file.metadata_sha256}"
    page = ask(scenario, "/whl/cu118/torch/")
    assert page.header("Content-Type") == "text/html; charset=utf-8"
    assert page.body.decode() == (
        "<!DOCTYPE html>\n<html>\n  <body>\n    <h1>Links for torch</h1>\n"
        '    <a href="/whl/cu118/torch-2.2.0%2Bcu118-cp310-cp310-linux_x86_64.whl'
        f'#sha256={file.sha256}" data-dist-info-metadata="{side}" data-core-metadata="{side}"'
        ' data-upload-time="2023-10-06T00:00:00Z">'
        "torch-2.2.0+cu118-cp310-cp310-linux_x86_64.whl</a><br/>\n"
        "  </body>\n</html>\n<!--TIMESTAMP 1700000000-->\n"
    )


def test_deviations_show_on_the_page() -> None:
    """No hash, no sidecar, an absolute link: each leaves its trace and no other."""
    plain = Scenario().release(**WHEEL, sidecar=False)
    path = "/whl/cu118/torch-2.2.0%2Bcu118-cp310-cp310-linux_x86_64.whl"
    text = ">torch-2.2.0+cu118-cp310-cp310-linux_x86_64.whl</a><br/>"
    digest = plain.files[0].sha256
    assert link(plain) == f'<a href="{path}#sha256={digest}"{text}'
    assert link(plain.deviate("*", hash="missing")) == f'<a href="{path}"{text}'
    assert link(plain.deviate("*", second_host=True)) == (
        f'<a href="{SECOND}{path}#sha256={digest}"{text}'
    )
    assert link(plain.deviate("*", yanked="broken")).startswith(
        f'<a href="{path}#sha256={digest}" data-yanked="broken">'
    )
    assert digest not in link(plain.deviate("*", hash="wrong"))


def test_requires_python_is_escaped_where_a_page_states_it() -> None:
    """PyTorch's pages do not state it for torch; where they do it is escaped."""
    scenario = Scenario().release(**WHEEL)
    assert "data-requires-python" not in link(scenario)
    changed = scenario.deviate("*", requires_python=">=3.10")
    assert ' data-requires-python="&gt;=3.10"' in link(changed)


@pytest.mark.parametrize(
    ("path", "shown", "hidden"),
    [
        ("/whl/cu118/torch/", "torch-2.2.0+cu118-", "+cpu"),
        ("/whl/torch/", "+cpu", "+rocm"),
        ("/whl/cu118/numpy/", "numpy-1.24.1-", "numpy-2.1.0-"),
        ("/whl/numpy/", "numpy-1.24.1-", "numpy-2.1.0-"),
        ("/whl/cpu/", '<a href="torch/">torch</a><br/>', "nvidia"),
        ("/whl/cu118/", '<a href="nvidia-cublas-cu11/">', "requests-2"),
        ("/simple/", '<a href="torch/">torch</a>', "team-tools"),
        ("/extra/simple/team-tools/", "team_tools-1.0-", "torch"),
    ],
)
def test_each_page_lists_its_own(
    path: str, shown: str, hidden: str, main_scenario: Scenario
) -> None:
    """An accelerator's page has its files and the root's; ``/whl/<project>/`` has all."""
    page = ask(main_scenario, path)
    assert page.status == 200
    assert shown in page.body.decode()
    assert hidden not in page.body.decode()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/whl/cu118/no-such-project/", 403),
        ("/whl/cu999/torch/", 403),
        ("/whl/cu118/torch-9.whl", 403),
        ("/whl/cu118/torch", 403),
        ("/simple/no-such-project/", 404),
        ("/packages/no-such-file.whl", 404),
        ("/simple/Typing_Extensions/", 404),
        ("/", 404),
    ],
)
def test_what_is_not_there_is_403_at_pytorchs_and_404_elsewhere(
    path: str, status: int, main_scenario: Scenario
) -> None:
    """PyTorch's host says 403 for what it lacks; a default index says 404."""
    assert ask(main_scenario, path).status == status


def test_a_sidecar_is_served_only_where_it_is_announced(main_scenario: Scenario) -> None:
    """``.metadata`` is METADATA itself; files without sidecar answer 403."""
    with_one = main_scenario.find("/whl/cu118/torch-2.2.0+cu118-cp311-cp311-linux_x86_64.whl")
    without = main_scenario.find("/whl/cu118/torch-2.1.0+cu118-cp311-cp311-linux_x86_64.whl")
    assert ask(main_scenario, f"{with_one.path}.metadata").body == with_one.metadata
    assert ask(main_scenario, f"{without.path}.metadata").status == 403


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (JSON, JSON),
        (f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01", JSON),
        ("text/html", "text/html; charset=utf-8"),
        (f"text/html, {JSON};q=0.5", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
    ],
)
def test_the_default_index_answers_in_the_format_that_is_liked_best(
    accept: str, kind: str, main_scenario: Scenario
) -> None:
    """Content negotiation follows the weights of ``Accept``."""
    assert ask(main_scenario, "/simple/numpy/", accept).header("Content-Type") == kind


class Links(HTMLParser):
    """Collects the links of a page: text to attributes."""

    def __init__(self, page: bytes) -> None:
        """Read the page."""
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}
        self._attributes: dict[str, str | None] | None = None
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a link's attributes."""
        self._attributes = dict(attrs) if tag == "a" else None

    def handle_data(self, data: str) -> None:
        """Take the text after a link's start as its name."""
        if self._attributes is not None:
            self.found[data] = self._attributes
            self._attributes = None


def from_json(file: dict[str, Any]) -> dict[str, str | None]:
    """Return the HTML attributes that say the same as a row of JSON."""
    sidecar = file["core-metadata"]
    digests = file["hashes"]
    attributes = {
        "href": file["url"] + (f"#sha256={digests['sha256']}" if digests else ""),
        "data-requires-python": file["requires-python"],
        "data-dist-info-metadata": f"sha256={sidecar['sha256']}" if sidecar else None,
        "data-core-metadata": f"sha256={sidecar['sha256']}" if sidecar else None,
        "data-yanked": file["yanked"] or None,
    }
    return {name: value for name, value in attributes.items() if value is not None}


@pytest.mark.parametrize("project", ["torch", "numpy", "sympy", "networkx", "cuda-toolkit"])
def test_json_and_html_say_the_same(project: str, main_scenario: Scenario) -> None:
    """Both formats list the same files with the same facts; JSON has sizes and times besides."""
    path = f"/simple/{project}/"
    document = json.loads(ask(main_scenario, path, JSON).body)
    assert document["meta"] == {"api-version": "1.1"}
    html = Links(ask(main_scenario, path).body).found
    assert html == {file["filename"]: from_json(file) for file in document["files"]}
    files = {file.name: file for file in main_scenario.files if file.index == "default"}
    assert all(row["size"] == len(files[row["filename"]].content) for row in document["files"])


def test_main_has_every_way_in_which_pytorchs_files_differ(main_scenario: Scenario) -> None:
    """Hash there and missing, sidecar there and missing, both kinds of link, both kinds of name."""
    files: list[IndexFile] = [file for file in main_scenario.files if file.index == PYTORCH]
    torch = [file for file in files if file.project == "torch"]
    for fact in (
        {file.shown_sha256 is None for file in torch},
        {file.listing.sidecar for file in torch},
        {file.listing.second_host for file in torch},
        {"+" in file.version for file in torch},
        {file.folder == "" for file in files},
    ):
        assert fact == {True, False}
