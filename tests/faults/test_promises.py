"""The page about faults says what the tests check, and every test that it names is there."""

from __future__ import annotations

import ast

import pytest

from tests.faults.promises import PAGE, PROMISES, ROOT, Promise, render


def test_the_page_is_current() -> None:
    """`python -m tests.faults.promises` would change nothing."""
    assert PAGE.read_text(encoding="utf-8") == render()


@pytest.mark.parametrize("promise", PROMISES, ids=lambda each: each.fault[:40])
def test_each_promise_has_its_tests(promise: Promise) -> None:
    """A row without a test would be a mere claim."""
    assert promise.tests
    for name in promise.tests:
        path, _, function = name.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert function in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
