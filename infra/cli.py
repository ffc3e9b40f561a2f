"""The `images-mcp` command."""

import argparse
import sys
from collections.abc import Callable, Sequence

from botocore.exceptions import ClientError

from handler.core.errors import ServiceError
from infra.commands import accounts, books, doctor, generations, keys, models, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    parser = argparse.ArgumentParser(
        prog="images-mcp", description="An MCP server that generates images."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (serve, doctor, models, keys, accounts, generations, books):
        module.add_commands(commands)
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except (ServiceError, OSError) as error:
        return _refused(str(error))
    except ClientError as error:
        return _refused(f"AWS refused {error.operation_name}: {error.response['Error']['Message']}")


def _refused(message: str) -> int:
    # It may quote a vendor, or a file.
    shown = "".join(each if each.isprintable() or each == "\n" else " " for each in message)
    print(f"images-mcp: {shown}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
