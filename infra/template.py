"""Reads `template.yaml`, so that nothing else has to describe a resource again.

Understands what the data resources and the functions' environment use of CloudFormation: `Ref`,
`Fn::GetAtt` and parameters with defaults. Creating the resources is `infra.provision`'s job.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).parent.parent / "template.yaml"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags."""


def _short_tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        raise yaml.YAMLError(f"!{suffix} takes a scalar or a list")
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


yaml.add_multi_constructor("!", _short_tag, Loader=_Loader)


@dataclass(frozen=True)
class Template:
    """The parsed template."""

    document: Mapping[str, Any]

    def resources(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """The properties of every resource of a type such as `AWS::SQS::Queue`, by logical id."""
        return {
            logical_id: resource.get("Properties", {})
            for logical_id, resource in self.document["Resources"].items()
            if resource["Type"] == kind
        }

    def environment(self) -> Mapping[str, Any]:
        """The environment that all functions have in common, unresolved."""
        variables: Mapping[str, Any] = self.document["Globals"]["Function"]["Environment"]
        return variables["Variables"]  # type: ignore[no-any-return]

    def resolve(self, value: Any, attributes: Mapping[str, str]) -> Any:
        """Replace references: to parameters by their defaults, to resources by `attributes`.

        `attributes` holds what `Ref` gives under the logical id, and `Fn::GetAtt` under
        `LogicalId.Attribute`.

        Raises:
            KeyError: Something is referred to that is neither.
        """
        if isinstance(value, list):
            return [self.resolve(member, attributes) for member in value]
        if not isinstance(value, Mapping):
            return value
        if set(value) == {"Ref"}:
            return self._referred(value["Ref"], attributes)
        if set(value) == {"Fn::GetAtt"}:
            return attributes[".".join(value["Fn::GetAtt"])]
        return {name: self.resolve(member, attributes) for name, member in value.items()}

    def _referred(self, name: str, attributes: Mapping[str, str]) -> Any:
        parameters = self.document.get("Parameters", {})
        return parameters[name]["Default"] if name in parameters else attributes[name]


def load_template(path: Path = TEMPLATE) -> Template:
    """Parse the template at `path`."""
    # A subclass of the safe loader: it builds plain data only.
    return Template(yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader))  # noqa: S506
