"""`make rehearse`: see `infra.rehearsal.play`."""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra.rehearsal.play import Play
from infra.rehearsal.report import RehearsalFailed, Report
from infra.rehearsal.sam import Sam


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rehearsal; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.rehearsal")
    parser.add_argument("--sam", type=Path, required=True, help="the SAM CLI")
    parser.add_argument("--python", type=Path, required=True, help="a Python with the emulator")
    options = parser.parse_args(arguments)
    report = Report()
    try:
        with tempfile.TemporaryDirectory(prefix="rehearsal-") as directory:
            Play(report, Sam(options.sam, os.environ), options.python, Path(directory)).perform()
    except RehearsalFailed as error:
        return report.failed(str(error))
    except KeyboardInterrupt:
        return report.failed("interrupted")
    return report.passed()


if __name__ == "__main__":
    sys.exit(main())
