"""Which stack a command works on: one that runs on this machine, or a deployed one."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from handler.bootstrap.stores import Stores
from handler.core.errors import OperatorRefused
from handler.core.ports import PublishedCatalogue
from handler.settings import Settings
from infra.local.data import DEFAULT_DATA
from infra.operator.deployed import DeployedStack, Deployment, opened
from infra.operator.meter import Meter
from infra.operator.stores import operator_stores, running


def add_data(parser: argparse._ActionsContainer) -> None:
    """Let the caller name a local stack."""
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=DEFAULT_DATA,
        help="the local stack's data directory (default: %(default)s)",
    )


def add_target(parser: argparse.ArgumentParser) -> None:
    """Let the caller name a local stack or a deployed one."""
    which = parser.add_mutually_exclusive_group()
    add_data(which)
    which.add_argument("--stack", metavar="NAME", help="the deployed stack of this name instead")
    parser.add_argument("--region", metavar="NAME", help="the AWS region of --stack")
    parser.add_argument("--profile", metavar="NAME", help="the AWS profile to use for --stack")


def stores_of(options: argparse.Namespace) -> Stores:
    """The stores of the stack that is meant.

    Raises:
        ConfigurationError: It cannot be reached; says what to do.
        OperatorRefused: The options contradict each other.
    """
    return opened_target(options).stores


@dataclass(frozen=True)
class Target:
    """The stack that is meant, opened."""

    stores: Stores
    meter: Meter | None
    """None where nobody looks at metrics: on this machine."""


def opened_target(options: argparse.Namespace) -> Target:
    """The stack that is meant, with what its commands are counted by.

    Raises:
        ConfigurationError: It cannot be reached; says what to do.
        OperatorRefused: The options contradict each other.
    """
    deployment = deployment_of(options)
    if deployment is not None:
        return Target(deployment.stores, deployment.meter)
    return Target(operator_stores(options.data), None)


def offer_of(options: argparse.Namespace) -> tuple[PublishedCatalogue, Settings]:
    """Where the models of the stack that is meant are published, and what its API runs with.

    Raises:
        ConfigurationError: It cannot be reached; says what to do.
        OperatorRefused: The options contradict each other.
    """
    deployment = deployment_of(options)
    if deployment is not None:
        return deployment.stores.published, deployment.api_settings()
    stores, settings = running(options.data)
    return stores.published, settings


def deployment_of(options: argparse.Namespace) -> Deployment | None:
    """The deployed stack that is meant, opened; None if it is one on this machine.

    Raises:
        ConfigurationError: It cannot be reached; says what to do.
        OperatorRefused: The options contradict each other.
    """
    if options.stack is not None:
        return opened(DeployedStack(options.stack, options.region, options.profile))
    if options.region or options.profile:
        raise OperatorRefused("--region and --profile go with --stack")
    return None
