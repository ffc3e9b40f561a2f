"""`python3.13 -m infra.packaging FUNCTION DIRECTORY`: what `sam build` runs for each function."""

import argparse
import sys
from pathlib import Path

from infra.packaging.artifact import MACHINES, REQUIREMENTS, Artifact, PackagingError


def main() -> int:
    """Build one artifact; the exit code."""
    parser = argparse.ArgumentParser(prog="packaging")
    parser.add_argument("function", choices=REQUIREMENTS)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--architecture", choices=MACHINES, required=True)
    options = parser.parse_args()
    try:
        Artifact(options.function, options.architecture, options.directory.resolve()).build()
    except PackagingError as error:
        print(f"packaging: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
