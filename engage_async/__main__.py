"""``engage-async`` and ``python -m engage_async``."""

from __future__ import annotations

import sys
from importlib.util import find_spec


def main() -> None:
    """Run the command line; say plainly what is missing when its libraries are not installed."""
    for library in ("click", "rich"):
        if find_spec(library) is None:
            sys.exit(f"engage-async: the command line needs {library}: pip install 'engage-async[cli]'")
    from engage_async.cli import cli

    cli(prog_name="engage-async")


if __name__ == "__main__":
    main()
