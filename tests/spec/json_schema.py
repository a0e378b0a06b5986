"""Checks values against a JSON Schema; the one place of the tests that imports jsonschema."""

from __future__ import annotations

import json
from typing import Any, Final

from jsonschema import Draft7Validator, Draft202012Validator

_VALIDATORS: Final = {
    validator.META_SCHEMA["$schema"]: validator
    for validator in (Draft7Validator, Draft202012Validator)
}
DRAFT_7: Final[str] = Draft7Validator.META_SCHEMA["$schema"]
DRAFT_2020_12: Final[str] = Draft202012Validator.META_SCHEMA["$schema"]


def check_schema(schema: dict[str, Any]) -> None:
    """Fail unless ``schema`` is a schema of the draft that it names."""
    _VALIDATORS[schema["$schema"]].check_schema(schema)


def errors(schema: dict[str, Any], value: object) -> list[str]:
    """Return what is wrong with ``value``; dates and the like count as texts."""
    plain = json.loads(json.dumps(value, default=str))
    validator = _VALIDATORS[schema["$schema"]](schema)
    return [error.message for error in validator.iter_errors(plain)]
