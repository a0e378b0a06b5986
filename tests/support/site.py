"""What the indexes answer, as a pure function: request and scenario in, reply out.

PyTorch's shape: ``/whl/<accelerator>/<project>/``, HTML only, 403 for what is not there. The
default index's shape: ``/simple/<project>/`` as HTML (PEP 503) and JSON (PEP 691), 404 for what is
not there; any other index of the scenario likewise, below ``/<name>/``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from tests.support import pages
from tests.support.indexfile import PYTORCH, IndexFile, index_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tests.support.scenario import Scenario

_HTML = "text/html; charset=utf-8"
_JSON = "application/vnd.pypi.simple.v1+json"
_SIDECAR = ".metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    """Decoded, without query."""
    host: str
    """``main`` or ``second``: which of the two servers was asked."""
    headers: Mapping[str, str]
    """Names in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer, and how it is to be sent."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    """Without ``Content-Length``, which is the body's."""
    ranges: bool = False
    """Whether a part of the body can be asked for."""
    dropped: bool = False
    """Whether the connection is closed without a word."""
    cut_after: int | None = None
    """Bytes of the body after which the connection is closed."""
    stall_after: int = 0
    """Bytes of the body after which ``stall`` is called."""
    stall: Callable[[], bool] | None = None
    """Waits; False when nobody let it go on in time."""

    def header(self, name: str) -> str | None:
        """Return the value of a header of this reply."""
        return dict(self.headers).get(name)

    def instead(self, status: int, body: bytes, *headers: tuple[str, str]) -> Reply:
        """Return another reply in place of this one."""
        return Reply(status=status, body=body, headers=headers)


class Site:
    """All indexes of a scenario."""

    def __init__(self, scenario: Scenario, second_url: str) -> None:
        """Prepare to answer; ``second_url`` is where links to the second host lead."""
        self._files = {file.path: file for file in scenario.files}
        self._second_url = second_url
        self._accelerators = {f.folder for f in scenario.files if f.index == PYTORCH} - {""}
        self._simple = {
            f"{index_root(file.index)}/simple/": file.index
            for file in scenario.files
            if file.index != PYTORCH
        }

    def respond(self, request: Request) -> Reply:
        """Return the reply of a server that works well."""
        if request.path.startswith("/whl/"):
            return self._file(request) or self._pytorch_page(request) or _forbidden()
        return self._file(request) or self._simple_page(request) or Reply(status=404)

    def _file(self, request: Request) -> Reply | None:
        """Return a wheel or its sidecar."""
        file = self._files.get(request.path.removesuffix(_SIDECAR))
        if file is None:
            return None
        if request.path == file.path:
            return _file_reply(file.content, "application/zip", f'"{file.sha256}"')
        if not file.listing.sidecar:
            return None
        return _file_reply(file.metadata, "binary/octet-stream", f'"{file.sha256}-metadata"')

    def _pytorch_page(self, request: Request) -> Reply | None:
        """Return the page of an accelerator, of a project, or of a project at an accelerator."""
        if not request.path.endswith("/"):
            return None
        match request.path.strip("/").split("/")[1:]:
            case []:
                return self._pytorch_projects(lambda _: True)
            case [folder] if folder in self._accelerators:
                return self._pytorch_projects(lambda file: file.folder in {folder, ""})
            case [project]:
                return self._pytorch_files(project, lambda _: True)
            case [folder, project] if folder in self._accelerators:
                return self._pytorch_files(project, lambda file: file.folder in {folder, ""})
        return None

    def _pytorch_projects(self, keep: Callable[[IndexFile], bool]) -> Reply:
        names = {file.project for file in self._on(PYTORCH) if keep(file)}
        return _page(pages.pytorch_projects(sorted(names)))

    def _pytorch_files(self, project: str, keep: Callable[[IndexFile], bool]) -> Reply | None:
        files = [file for file in self._on(PYTORCH) if file.project == project and keep(file)]
        return _page(pages.pytorch_files(project, files, self._second_url)) if files else None

    def _simple_page(self, request: Request) -> Reply | None:
        """Return the project list or a project's page of an index in the default shape."""
        for root, index in self._simple.items():
            if request.path.startswith(root) and request.path.endswith("/"):
                project = request.path.removeprefix(root).rstrip("/")
                as_json = _prefers_json(request.headers.get("accept", ""))
                return self._simple_files(index, project, as_json=as_json)
        return None

    def _simple_files(self, index: str, project: str, *, as_json: bool) -> Reply | None:
        files = [f for f in self._on(index) if not project or f.project == project]
        if not files or project != canonicalize_name(project):
            return None
        kind = _JSON if as_json else _HTML
        if not project:
            names = sorted({file.project for file in files})
            text = (pages.json_projects if as_json else pages.html_projects)(names)
        else:
            render = pages.json_files if as_json else pages.html_files
            text = render(project, files, self._second_url)
        return replace(_page(text), headers=(("Content-Type", kind), *_CACHED, ("Vary", "Accept")))

    def _on(self, index: str) -> Iterable[IndexFile]:
        return (file for file in self._files.values() if file.index == index)


_CACHED = (("Cache-Control", "max-age=600"),)
"""Both real indexes let clients keep a page for ten minutes."""


def _page(text: str) -> Reply:
    return Reply(status=200, body=text.encode(), headers=(("Content-Type", _HTML), *_CACHED))


def _file_reply(content: bytes, kind: str, etag: str) -> Reply:
    headers = (("Content-Type", kind), ("ETag", etag), ("Accept-Ranges", "bytes"))
    return Reply(status=200, body=content, headers=headers, ranges=True)


def _forbidden() -> Reply:
    """Return what PyTorch's host says of anything that it does not have."""
    body = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>'
    return Reply(status=403, body=body, headers=(("Content-Type", "application/xml"),))


def _prefers_json(accept: str) -> bool:
    """Tell whether JSON is what the client likes best (RFC 9110, 12.5.1)."""
    quality = {"text/html": 0.0, _JSON: 0.0}
    for part in accept.split(","):
        kind, *parameters = (word.strip() for word in part.split(";"))
        weights = [float(p.removeprefix("q=")) for p in parameters if p.startswith("q=")]
        quality[kind] = weights[0] if weights else 1.0
    return quality[_JSON] > quality["text/html"]
