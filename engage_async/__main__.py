"""``engage-async`` and ``python -m engage_async``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; say plainly what is missing when its libraries are not installed."""
    try:
        import click  # noqa: F401
        import rich  # noqa: F401
    except ModuleNotFoundError as error:
        sys.exit(f"engage-async: the command line needs {error.name}: pip install 'engage-async[cli]'")
    from engage_async.cli import cli

    cli(prog_name="engage-async")


if __name__ == "__main__":
    main()
