"""What a report must not show: credentials, and the names of people and their folders."""

from __future__ import annotations

import re
from typing import Final

from provisioner.urls import MASK, mask

_UNIX_HOME: Final = re.compile(r"(/(?:home|Users|export/home|data/home)/)[^/\s'\":,;)\]]+")
_WINDOWS_HOME: Final = re.compile(
    r"([A-Za-z]:(?:\\\\|\\|/)(?:Users|Documents and Settings|Benutzer)(?:\\\\|\\|/))"
    r"[^\\/'\":\r\n]+",
    re.IGNORECASE,
)
_ASSIGNED: Final = re.compile(
    r"((?:^|[\s;&,{(\"'])[\w.-]{0,40}"
    r"(?:token|secret|passwd|password|api[_-]?key|credential)[\w.-]{0,20}"
    r"[\"']?\s{0,3}[=:]\s{0,3}[\"']?)[^\s\"',;}]{3,}",
    re.IGNORECASE,
)
_HEADER: Final = re.compile(
    r"((?:authorization|proxy-authorization)[\"']?\s{0,3}[:=]\s{0,3}[\"']?)"
    r"(?:(?:basic|bearer|token)\s{1,3})?\S+",
    re.IGNORECASE,
)
_KNOWN_TOKENS: Final = re.compile(
    r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{15,}|hf_\w{20,}|pypi-[\w-]{20,}"
    r"|AKIA[0-9A-Z]{16}|xox[abprs]-[\w-]{10,})"
)
_MAIL: Final = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b")
# `user@host:~/folder$`, as shells prompt.
_PROMPT: Final = re.compile(r"^((?:\([\w.-]{1,40}\) ?){0,3}\[?)[\w.-]{1,40}@[\w.-]{1,60}(?=[: ])")


def mask_private(text: str) -> str:
    """Return a text without credentials, names of users and their mail addresses."""
    text = _KNOWN_TOKENS.sub(MASK, mask(text))
    text = _HEADER.sub(rf"\1{MASK}", text)
    text = _ASSIGNED.sub(rf"\1{MASK}", text)
    text = _WINDOWS_HOME.sub(r"\1user", _UNIX_HOME.sub(r"\1user", text))
    text = _PROMPT.sub(r"\1user@host", text)
    return _MAIL.sub("user@host", text)
