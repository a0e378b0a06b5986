"""The rules as data: complete, in their form, and right about their own examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provisioner import toml
from provisioner.codes import TITLES
from provisioner.compat import load_compat
from provisioner.diagnosis import Rule, diagnose, load_rules
from provisioner.diagnosis._normalise import normalise
from provisioner.diagnosis._pattern import PatternError, pattern
from provisioner.diagnosis.long_forms import FILE, render_long_forms

RULES = load_rules()
COMPAT = load_compat()
EXAMPLES = [(rule, example) for rule in RULES for example in rule.examples]


@pytest.mark.parametrize(
    ("rule", "text"), EXAMPLES, ids=lambda one: one.category if isinstance(one, Rule) else "text"
)
def test_example(rule: Rule, text: str) -> None:
    """Every example is explained by its own cause first."""
    best = diagnose(text, COMPAT).best
    assert best is not None
    assert (best.code, best.category) == (rule.code, rule.within)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.category)
def test_rule_is_complete(rule: Rule) -> None:
    """A rule has two examples, a fix with something to do, a source, and its code's title."""
    assert len(rule.examples) >= 2
    assert rule.fixes
    assert rule.source
    assert TITLES[rule.code] == rule.title
    assert "{" not in rule.cause


def test_long_forms() -> None:
    """The long forms of the rules' codes are made from the rules."""
    text = FILE.read_text(encoding="utf-8")
    assert render_long_forms(toml.loads(text)) == text


def test_codes_and_categories_are_unique() -> None:
    """One category, one code."""
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert len({rule.category for rule in RULES}) == len(RULES)
    assert {rule.within for rule in RULES} <= {rule.category for rule in RULES}


def test_every_match_contains_its_anchor() -> None:
    """What an expression is looked for by stands in everything that it matches."""
    flows = [normalise(example).flow for _, example in EXAMPLES]
    signs = [sign for rule in RULES for sign in rule.signs]
    for each in (each for sign in signs for each in (*sign.any_of, *sign.unless)):
        for flow in flows:
            found = each.compiled.search(flow)
            assert found is None or each.anchor in found[0]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("ab", "no literal that is long enough"),
        ("(?:error|failure)", "no literal that is long enough"),
        ("error|failure", "an alternative outside of a group"),
        ("Error", "not in lower case"),
        ("error(", "missing"),
    ],
)
def test_pattern_that_is_refused(source: str, reason: str) -> None:
    """An expression that could be slow, never match or is none is refused."""
    with pytest.raises(PatternError, match=reason):
        assert pattern(source).compiled.pattern


def test_no_unbounded_repetition() -> None:
    """No rule repeats without a bound, so that no text can make it slow."""
    for file in (Path(__file__).parents[2] / "provisioner/diagnosis/rules").glob("*.toml"):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith(("  '", '  "')):
                bare = re.sub(r"\[[^]]*\]", "x", line.replace("\\+", "").replace("\\*", ""))
                assert ".*" not in bare, f"{file.name}:{number}"
                assert ".+" not in bare, f"{file.name}:{number}"
                assert ")*" not in bare, f"{file.name}:{number}"
                assert ")+" not in bare, f"{file.name}:{number}"
