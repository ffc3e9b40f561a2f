"""AWS clients of an emulator, made without the environment or the developer's AWS files."""

import os
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from handler.adapters.aws import Connect, client_config
from infra.local.environment import ACCESS_KEY, REGION, SECRET_KEY


def emulator_clients(endpoint: str, certificate: Path | None = None) -> Connect:
    """What makes clients of the emulator at `endpoint`, which may have a certificate of its own."""
    session, verify = emulator_session(), str(certificate) if certificate else None

    def connect(service: str) -> Any:
        return session.client(service, endpoint_url=endpoint, config=config(service), verify=verify)

    return connect


def config(service: str) -> Config:
    """As on AWS, but never through a proxy, which cannot reach this machine's loopback."""
    return client_config(service).merge(Config(proxies={}))


def emulator_session() -> boto3.Session:
    """Credentials that the emulator takes, and nobody else."""
    bare = botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
    return boto3.Session(
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name=REGION,
        botocore_session=bare,
    )
