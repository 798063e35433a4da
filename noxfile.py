"""The checks, each a session; ``nox`` runs them all."""

from __future__ import annotations

from pathlib import Path

import nox

nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "layers", "tests", "interop", "demo"]

SOURCES = ("engage_async", "tests", "benchmarks", "noxfile.py")


def _install(session: nox.Session) -> None:
    """The package as its users install it (not editable), with the tools."""
    session.install("-q", ".[dev]")


@nox.session
def lint(session: nox.Session) -> None:
    """Format and lint."""
    session.install("-q", "ruff>=0.9")
    session.run("ruff", "format", "--check", *SOURCES)
    session.run("ruff", "check", *SOURCES)


@nox.session
def types(session: nox.Session) -> None:
    """Mypy strict, pyright, and the completeness of the public types."""
    session.install("-q", "-e", ".[dev]")
    session.run("mypy")
    session.run("pyright")
    session.run("pyright", "--verifytypes", "engage_async", "--ignoreexternal")


@nox.session
def layers(session: nox.Session) -> None:
    """Imports point downwards."""
    session.install("-q", "-e", ".[dev]")
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """Everything but interop; arguments go to pytest."""
    _install(session)
    session.run("pytest", "-m", "not interop", *session.posargs)


@nox.session
def interop(session: nox.Session) -> None:
    """Software that nobody here wrote; needs Node 20 and npm. With the extra ``speed``, which `tests` does without."""
    session.install("-q", ".[dev,speed]")
    session.run("pytest", "-m", "interop", *session.posargs)
    session.run(
        "pytest", "tests/unit/test_bayeux_rules.py", "tests/fuzz/test_limits.py", "tests/io/test_notifications.py"
    )


@nox.session
def fuzz(session: nox.Session) -> None:
    """A million malformed inputs, coverage-guided and by Hypothesis; arguments: inputs for each target, and a seed."""
    session.install("-q", ".[dev,fuzz]")
    for target in ("bodies", "poll", "events", "replies"):
        session.run("python", "-m", "tests.fuzz", target, *session.posargs)
    tests = ("pytest", "tests/fuzz", "--timeout=3600", "-k", "test_no_")
    session.run(*tests, env={"HYPOTHESIS_PROFILE": "explore" if session.posargs else "fuzz"})


@nox.session
def security(session: nox.Session) -> None:
    """Known vulnerabilities of what is installed, the static check, and the tests of what the README promises.

    The static check is Ruff's S rules, which are Bandit's; `lint` has them, too. Bandit itself would say the same again
    without knowing the reasons that stand beside each exception. Arguments go to pip-audit, which needs the network.
    """
    _install(session)
    session.install("-q", "pip-audit>=2.8")
    session.run("ruff", "check", "--select", "S", "engage_async")
    session.run("pytest", "tests/security", "tests/public/test_secrets.py")
    frozen = session.run("python", "-m", "pip", "freeze", "--exclude", "engage-async", silent=True) or ""
    listed = Path(session.create_tmp()) / "installed.txt"
    listed.write_text(frozen)
    options = ("--strict", "--no-deps", "--disable-pip", "--progress-spinner=off")
    session.run("pip-audit", *options, "-r", str(listed), *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Side by side with its peers; arguments go to `python -m benchmarks`. Needs Node 20 and npm; some minutes."""
    session.install("-q", ".[bench]")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Many agents under random faults from a printed seed; two minutes, `--minutes 120` for two hours. Needs Linux."""
    _install(session)
    session.run("python", "-W", "error", "-m", "tests.soak", *session.posargs)


@nox.session
def demo(session: nox.Session) -> None:
    """The demonstration against the embedded emulator."""
    session.install("-q", ".[cli]")
    session.run("engage-async", "demo", *session.posargs)
