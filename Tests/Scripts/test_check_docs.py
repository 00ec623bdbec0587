"""scripts/check-docs, on documentation with one fault each."""

import json
import pathlib
import subprocess

import pytest
from support import ROOT, load

PICTURE = """<svg xmlns="http://www.w3.org/2000/svg"><title>States</title>
<style>@media (prefers-color-scheme: dark) {}</style></svg>"""
FIRST_PAGE = """<meta http-equiv="refresh" content="0; url=documentation/socketio/">
<a href="documentation/socketio/">Documentation</a>"""


def check(*arguments):
    done = subprocess.run([ROOT / "scripts/check-docs", *arguments], capture_output=True, text=True)
    assert (done.returncode == 0) == (done.stderr == "")
    return done.stderr.splitlines()


@pytest.fixture
def catalogue(tmp_path):
    folder = tmp_path / "SocketIO.docc"
    (folder / "Resources").mkdir(parents=True)
    (folder / "Resources/States.svg").write_text(PICTURE)
    (folder / "SocketIO.md").write_text("![The states](States)\n\n- ``Socket``\n")
    return folder


# MARK: Symbols


def symbol(declaration, documentation, kind="swift.class", path=("Socket",)):
    return {
        "pathComponents": path, "kind": {"identifier": kind}, "declarationFragments": [{"spelling": declaration}],
        "location": {"uri": "file:///x/Sources/SocketIO/Socket/Socket.swift", "position": {"line": 6}},
        "docComment": {"lines": [{"text": line} for line in documentation]},
    }


def symbols(catalogue, symbol):
    graphs = catalogue / "graphs"
    graphs.mkdir()
    (graphs / "SocketIO.symbols.json").write_text(json.dumps({"symbols": [symbol]}))
    return check("symbols", graphs, catalogue)


METHOD = {"kind": "swift.method", "path": ("Socket", "f()")}


@pytest.mark.parametrize("faultless", [
    symbol("class Socket", ["A Socket."]),
    symbol("func f() throws", ["Does it.", "- Throws: An error."], **METHOD),
    symbol("func f(_ body: () throws -> Void)", ["Does it."], **METHOD),
])
def test_documented_symbols_pass(catalogue, faultless):
    assert symbols(catalogue, faultless) == []


@pytest.mark.parametrize("faulty, fault", [
    (symbol("class Socket", [" "]), "class Socket has no documentation"),
    (symbol("func f() throws", ["Does it."], **METHOD), "func f() throws does not say what it throws"),
    (symbol("class Other", ["One."], path=("Other",)), "Other is not among the topics of the catalogue"),
])
def test_a_fault_of_a_symbol_is_named_with_its_place(catalogue, faulty, fault):
    assert symbols(catalogue, faulty) == [f"SocketIO/Socket/Socket.swift:7: {fault}"]


def test_a_folder_without_graphs_is_a_fault(catalogue):
    assert check("symbols", catalogue, catalogue) == [f"{catalogue} has no symbols"]


# MARK: The built documentation


@pytest.fixture
def archive(tmp_path):
    for page in load("check-docs").GROUPED["SocketIO"]:
        page = pathlib.Path(tmp_path, f"data/documentation/{page}.json")
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(json.dumps({"topicSections": [{"title": "Chosen", "identifiers": ["x"]}]}))
    (tmp_path / "index.html").write_text(FIRST_PAGE)
    first = tmp_path / "documentation/socketio/index.html"
    first.parent.mkdir(parents=True)
    first.touch()
    return tmp_path


def test_faultless_documentation_passes(archive, catalogue):
    assert check("archive", archive, catalogue) == []


@pytest.mark.parametrize("part", ["url=documentation/socketio/", 'href="documentation/socketio/'])
def test_a_first_page_that_leads_nowhere_is_named(archive, catalogue, part):
    index = archive / "index.html"
    index.write_text(FIRST_PAGE.replace(part, part.replace("socketio", "other")))
    assert check("archive", archive, catalogue) == [
        f"{index} leads to documentation/other/, where there is no page"]


def test_a_first_page_without_a_link_is_a_fault(archive, catalogue):
    index = archive / "index.html"
    index.write_text("<title>DocC</title>")
    assert check("archive", archive, catalogue) == [f"{index} does not lead to the documentation"]
    index.unlink()
    assert check("archive", archive, catalogue) == [f"{index} does not lead to the documentation"]


@pytest.mark.parametrize("page", ["socketio", "socketio/socket"])
def test_a_symbol_without_a_group_is_named(archive, catalogue, page):
    sections = [{"title": "Instance Methods", "identifiers": ["doc://x/documentation/SocketIO/f()"], "generated": True},
                {"title": "Default Implementations", "identifiers": ["y"], "generated": True}]
    (archive / f"data/documentation/{page}.json").write_text(json.dumps({"topicSections": sections}))
    assert check("archive", archive, catalogue) == ["SocketIO/f() is in no group of the topics of its page"]


@pytest.mark.parametrize("before, after, fault", [
    ("<title>States</title>", "", "has no title"),
    ("scheme: dark", "scheme: light", "has no dark colours"),
])
def test_a_fault_of_a_picture_is_named(archive, catalogue, before, after, fault):
    (catalogue / "Resources/States.svg").write_text(PICTURE.replace(before, after))
    [line] = check("archive", archive, catalogue)
    assert f"States.svg {fault}" in line


def test_a_picture_on_no_page_is_named(archive, catalogue):
    (catalogue / "SocketIO.md").write_text("- ``Socket``\n")
    [line] = check("archive", archive, catalogue)
    assert line.endswith("States.svg is on no page")
