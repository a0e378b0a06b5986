"""Templates: which are read, in what order, and what is said about those that are not."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provisioner.findings import Finding, SpecError, Where, WorldError
from provisioner.spec import (
    Project,
    TemplateAccess,
    load_merged,
    load_spec,
    parse_spec,
    spec_digest,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

BASE = '[environment]\npython = "3.11"\n[torch]\ntorch = "2.6"\n'
CPU = '[environment]\naccelerator = "cpu"\n'
URL = "https://templates.example/base.toml"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a project, in which the user is."""
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    monkeypatch.chdir(root)
    return root


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write files and return the first."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Path(next(iter(files)))


def extending(*entries: str) -> str:
    """Return the line that names templates."""
    return f"extends = {list(entries)}\n"


def refused(path: Path, access: TemplateAccess | None = None) -> list[Finding]:
    """Return what is said about a spec that cannot be used."""
    with pytest.raises(SpecError) as caught:
        load_spec(path, access)
    return list(caught.value.findings)


def pinned(text: str, url: str = URL) -> str:
    """Return the entry of a template of the network."""
    return f"{url}#sha256={hashlib.sha256(text.encode()).hexdigest()}"


def serving(pages: Mapping[str, str]) -> TemplateAccess:
    """Return an access that has these pages and no others."""

    def fetch(url: str, _sha256: str) -> bytes:
        return pages[url].encode()

    return TemplateAccess(fetch=fetch)


def test_the_spec_comes_last(project: Path) -> None:
    """Templates are merged left to right, each after its own, and the spec over all of them."""
    spec = load_spec(
        write(
            project,
            {
                "torchenv.toml": extending("a.toml", "b.toml") + CPU + 'path = "spec"',
                "a.toml": extending("base.toml") + '[environment]\npath = "a"\npython = "3.10"',
                "b.toml": extending("base.toml") + '[torch]\ntorch = "2.5"',
                "base.toml": BASE + '[dependencies]\nnumpy = "*"',
            },
        )
    )
    # The base counts once, below both: what `a` says of Python is not undone by it.
    assert (spec.python, spec.torch.text, spec.path.name) == ("3.10", "2.5", "spec")
    assert [str(one) for one in spec.dependencies] == ["numpy"]
    assert [one.path.name for one in spec.inputs] == [
        "torchenv.toml",
        "b.toml",
        "a.toml",
        "base.toml",
    ]


def test_places_of_a_template_start_from_its_folder(project: Path) -> None:
    """Paths under `[sources]` are the template's; the environment's path is always the spec's."""
    spec = load_spec(
        write(
            project,
            {
                "apps/x/torchenv.toml": extending("../../team/base.toml") + CPU,
                "team/base.toml": '[environment]\npath = "env"\npython = "3.11"\n'
                '[torch]\ntorch = "2"\n[sources]\nfind-links = ["wheels", "/srv/w", "https://f.example/"]\n'
                'constraints = ["c.txt"]\ncert = "ca.pem"\n',
            },
        )
    )
    team = project / "team"
    assert spec.path == project / "apps/x/env"
    assert spec.sources.find_links == (str(team / "wheels"), "/srv/w", "https://f.example/")
    assert spec.sources.constraints == (str(team / "c.txt"),)
    assert spec.sources.cert == str(team / "ca.pem")
    assert spec.sources.relative == (str(team / "c.txt"), str(team / "wheels"))


def test_the_digest_is_of_what_the_files_mean_together(project: Path) -> None:
    """Moving a line from the spec into a template makes no lock stale; changing it does."""
    whole = parse_spec(
        BASE.replace("[torch]", 'accelerator = "cpu"\n[torch]'), Path("torchenv.toml")
    )
    path = write(project, {"torchenv.toml": extending("base.toml") + CPU, "base.toml": BASE})
    assert spec_digest(load_spec(path)) == spec_digest(whole)
    write(project, {"base.toml": BASE.replace("2.6", "2.5")})
    assert spec_digest(load_spec(path)) != spec_digest(whole)


def test_an_error_names_the_file_that_it_stands_in(project: Path) -> None:
    """What is wrong is told at the line of the spec or template that says it."""
    path = write(
        project,
        {
            "app/torchenv.toml": extending("../base.toml") + '[environment]\naccelerator = "cu1"\n',
            "base.toml": '[environment]\npython = "snake"\n'
            "[torch]\ntorch = 2.6\n[dependencies]\n\nb = 3\n",
        },
    )
    assert [(one.code, str(one.where)) for one in refused(path)] == [
        ("TE105", "app/torchenv.toml:3: environment.accelerator"),
        ("TE105", "base.toml:2: environment.python"),
        ("TE104", "base.toml:4: torch.torch"),
        ("TE104", "base.toml:7: dependencies.b"),
    ]


def test_later_steps_know_the_file_too(project: Path) -> None:
    """A valid spec tells where each key and dependency stands."""
    spec = load_spec(
        write(
            project,
            {
                "torchenv.toml": extending("base.toml") + CPU,
                "base.toml": BASE + "[dependencies]\nNumPy = '*'",
            },
        )
    )
    assert spec.where("torch.torch") == Where(file="base.toml", line=4, key="torch.torch")
    assert str(spec.where("environment.accelerator")) == "torchenv.toml:3: environment.accelerator"
    assert str(spec.where("environment.platform")) == "torchenv.toml: environment.platform"
    (numpy,) = spec.dependencies
    assert (
        str(spec.where_dependency(numpy, "dependencies.numpy")) == "base.toml:6: dependencies.numpy"
    )


def test_a_template_that_is_no_toml(project: Path) -> None:
    """A template is parsed like a spec, and its mistakes are told as its own."""
    path = write(
        project,
        {"torchenv.toml": extending("base.toml") + CPU, "base.toml": "[torch]\ntorch = 2.6.0"},
    )
    (finding,) = refused(path)
    assert (finding.code, str(finding.where)) == ("TE102", "base.toml:2: torch.torch")


def test_a_template_that_is_missing(project: Path) -> None:
    """Every entry that leads nowhere is told, at its own line."""
    path = write(
        project, {"torchenv.toml": 'extends = ["base.toml",\n"no/such.toml", "."]\n' + CPU}
    )
    first, folder, second = refused(path)
    assert first == Finding(
        code="TE109",
        message="There is no template `base.toml`.",
        why="Paths in `extends` start from the folder of the file that they stand in.",
        do="Correct the path, or remove the entry.",
        where=Where(file="torchenv.toml", line=1, key="extends[0]"),
    ), folder
    assert {str(folder.where), str(second.where)} == {
        "torchenv.toml:2: extends[1]",
        "torchenv.toml:2: extends[2]",
    }
    assert {first.code, folder.code, second.code} == {"TE109"}
    assert second.why == "A template is a file."


def test_a_circle(project: Path) -> None:
    """Templates that extend each other are told with the whole way around."""
    path = write(
        project,
        {
            "torchenv.toml": extending("a.toml") + CPU,
            "a.toml": extending("b.toml"),
            "b.toml": extending("./a.toml"),
        },
    )
    (finding,) = refused(path)
    assert (finding.code, str(finding.where)) == ("TE110", "b.toml:1: extends[0]")
    assert finding.message == "`a.toml` extends `b.toml`, which extends `a.toml`."


def test_a_project_of_a_template_starts_from_its_folder(project: Path) -> None:
    """The folder of a dependency is the template's, and what it asks for belongs to the spec."""
    pyproject = '[project]\nname = "tools"\nversion = "1"\ndependencies = ["einops>=0.8"]\n'
    path = write(
        project,
        {
            "torchenv.toml": extending("team/base.toml") + CPU,
            "team/base.toml": BASE
            + '[dependencies]\ntools = { path = "tools", editable = true }\n',
            "team/tools/pyproject.toml": pyproject,
        },
    )
    spec = load_spec(path)
    (tools,) = spec.dependencies
    folder = str(project / "team/tools")
    assert tools.origin == Project(
        folder=folder, path="team/tools", editable=True, asks_for=("einops>=0.8",)
    )
    assert project / "team/tools/pyproject.toml" in {one.path for one in spec.inputs}


def test_a_spec_that_extends_itself(project: Path) -> None:
    """The smallest circle, through a link."""
    path = write(project, {"torchenv.toml": extending("link.toml") + CPU})
    (project / "link.toml").symlink_to(path)
    assert [one.code for one in refused(path)] == ["TE110"]


def test_a_template_outside_the_project(project: Path) -> None:
    """Outside the checkout a template is read only from a folder that the user trusts."""
    outside = project.parent / "team"
    write(project.parent, {"team/base.toml": BASE + '[sources]\nfind-links = ["wheels"]'})
    path = write(project, {"torchenv.toml": extending("../team/base.toml") + CPU})
    (finding,) = refused(path)
    assert finding == Finding(
        code="TE112",
        message="The template `../team/base.toml` is outside the project and not trusted.",
        why="A template decides what is installed, and others may write to what is outside. The "
        f"project is the checkout around the spec, else the spec's folder: `{project}`.",
        do=f"Trust its folder: `export TORCHENV_TRUSTED_TEMPLATES={outside}`, or "
        f'`trusted-templates = ["{outside}"]` in torchenv\'s own `config.toml`; or copy the file '
        "into the project.",
        where=Where(file="torchenv.toml", line=1, key="extends[0]"),
    )
    spec = load_spec(path, TemplateAccess(trusted=lambda: (outside,)))
    # What is outside does not move with the project, so the path is no longer a relative one.
    assert spec.sources.find_links == (str(outside / "wheels"),)
    assert spec.sources.relative == ()


def test_a_link_out_of_the_project(project: Path) -> None:
    """A link inside the project that leads out of it is outside."""
    write(project.parent, {"team/base.toml": BASE})
    (project / "base.toml").symlink_to(project.parent / "team/base.toml")
    path = write(project, {"torchenv.toml": extending("base.toml") + CPU})
    assert [one.code for one in refused(path)] == ["TE112"]


def test_without_a_checkout_the_project_is_the_folder(project: Path) -> None:
    """Where nothing marks a checkout, the spec's own folder and those below are the project."""
    (project / ".git").rmdir()
    path = write(
        project,
        {
            "app/torchenv.toml": extending("in/base.toml", "../up.toml") + CPU,
            "app/in/base.toml": BASE,
        },
    )
    write(project, {"up.toml": ""})
    assert [(one.code, str(one.where)) for one in refused(path)] == [
        ("TE112", "app/torchenv.toml:1: extends[1]")
    ]


def test_a_template_of_the_network(project: Path) -> None:
    """With its hash a template may come from anywhere, and extend others likewise."""
    top = extending(pinned(BASE, "base.toml")) + CPU
    pages = {
        "https://templates.example/lab/top.toml": top,
        "https://templates.example/lab/base.toml": BASE,
    }
    entry = pinned(top, "https://templates.example/lab/top.toml")
    path = write(project, {"torchenv.toml": extending(entry)})
    spec = load_spec(path, serving(pages))
    assert (spec.python, spec.accelerator) == ("3.11", "cpu")
    assert spec.where("torch.torch").file == "https://templates.example/lab/base.toml"
    assert [one.path.name for one in spec.inputs] == ["torchenv.toml"]


def test_a_template_of_the_network_without_hash(project: Path) -> None:
    """Its address alone does not say what is installed; credentials in it are not repeated."""
    path = write(
        project, {"torchenv.toml": extending("https://u:hunter2@templates.example/b.toml")}
    )
    (finding,) = refused(path, serving({}))
    assert finding == Finding(
        code="TE111",
        message="`https://****@templates.example/b.toml` is a template of the network without its "
        "hash.",
        why="Whoever controls that address could change what is installed, and the lock would "
        "follow.",
        do="Read the file, and name its hash: `…#sha256=` and the output of `sha256sum`.",
        where=Where(file="torchenv.toml", line=1, key="extends[0]"),
    )


@pytest.mark.parametrize("is_remote", [True, False])
def test_a_template_with_another_hash(project: Path, *, is_remote: bool) -> None:
    """Bytes that are not those of the hash are refused, also of a file beside the spec."""
    write(project, {"base.toml": BASE + "# changed"})
    entry = pinned(BASE, URL if is_remote else "base.toml")
    path = write(project, {"torchenv.toml": extending(entry)})
    (finding,) = refused(path, serving({URL: BASE + "# changed"}))
    actual = hashlib.sha256(f"{BASE}# changed".encode()).hexdigest()
    assert (finding.code, str(finding.where)) == ("TE113", "torchenv.toml:1: extends[0]")
    assert finding.why == f"Its sha256 is {actual}, and `extends` says {entry[-64:]}."


def test_a_template_that_cannot_be_had(project: Path) -> None:
    """A failure of the network is told at the entry that asked for it."""

    def fetch(_url: str, _sha256: str) -> bytes:
        raise WorldError(Finding(code="TE401", message="m", why="w", do="d"))

    path = write(project, {"torchenv.toml": extending(pinned(BASE))})
    with pytest.raises(WorldError) as caught:
        load_spec(path, TemplateAccess(fetch=fetch))
    assert [(one.code, str(one.where)) for one in caught.value.findings] == [
        ("TE401", "torchenv.toml:1: extends[0]")
    ]
    assert [one.code for one in refused(path)] == ["TE109"]


def test_a_relative_path_in_a_template_of_the_network(project: Path) -> None:
    """Nothing lies beside a URL."""
    base = BASE + '[sources]\nfind-links = [\n"https://f.example/", "wheels"]\n'
    path = write(project, {"torchenv.toml": extending(pinned(base)) + CPU})
    (finding,) = refused(path, serving({URL: base}))
    assert (finding.code, str(finding.where)) == ("TE115", f"{URL}:7: sources.find-links[1]")


@pytest.mark.parametrize(
    ("value", "code", "key"),
    [
        ('"base.toml"', "TE104", "extends"),
        ("[1]", "TE104", "extends[0]"),
        ('["~/base.toml"]', "TE105", "extends[0]"),
        ('["${HOME}/base.toml"]', "TE105", "extends[0]"),
        ('["ftp://x.example/b.toml"]', "TE105", "extends[0]"),
        ('["https://x.example/b.toml#sha256=abc"]', "TE105", "extends[0]"),
        ('["https://x.example/b.toml#top"]', "TE105", "extends[0]"),
    ],
)
def test_entries_that_mean_nothing(project: Path, value: str, code: str, key: str) -> None:
    """`extends` is a list of paths and pinned URLs."""
    path = write(project, {"torchenv.toml": f"extends = {value}\n" + CPU})
    assert [(one.code, str(one.where)) for one in refused(path)] == [
        (code, f"torchenv.toml:1: {key}")
    ]


def test_false_that_unsets_nothing(project: Path) -> None:
    """It is told once, and not again as a value of the wrong type."""
    path = write(
        project,
        {
            "torchenv.toml": extending("base.toml") + CPU + "[dependencies]\nnunpy = false",
            "base.toml": BASE,
        },
    )
    (finding,) = refused(path)
    assert finding == Finding(
        code="TE114",
        message="`dependencies.nunpy` is `false`, which unsets nothing.",
        why="With templates `false` takes away what a template says, and none says this.",
        do="Remove the line, or correct the name of the key.",
        where=Where(file="torchenv.toml", line=5, key="dependencies.nunpy"),
    )


def test_what_the_files_say_together(project: Path) -> None:
    """The merged values come with their places, also where they are not valid."""
    path = write(
        project,
        {
            "torchenv.toml": extending("base.toml") + '[environment]\naccelerator = "cu1"\n',
            "base.toml": BASE,
        },
    )
    assert [(str(where), value) for _, value, where in load_merged(path).iter_values()] == [
        ("base.toml:2: environment.python", "3.11"),
        ("torchenv.toml:3: environment.accelerator", "cu1"),
        ("base.toml:4: torch.torch", "2.6"),
    ]
