"""Reads `template.yaml`, so that nothing else has to describe a resource again.

Understands what the data resources, the functions and the HTTP API use of CloudFormation:
references, conditions, joined texts, and parameters with defaults. Creating the resources is
`infra.provision`'s job.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

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
        `LogicalId.Attribute`. What a condition decides against is not looked at.

        Raises:
            KeyError: Something is referred to that is neither.
        """
        if isinstance(value, list):
            return [self.resolve(member, attributes) for member in value]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            resolve = self._functions.get(function)
            if resolve is not None:
                return resolve(self, argument, attributes)
        return {name: self.resolve(member, attributes) for name, member in value.items()}

    def holds(self, condition: str) -> bool:
        """Whether a condition holds when every parameter has its default."""
        return self._is_true(self.document["Conditions"][condition])

    def _is_true(self, expression: Mapping[str, Any]) -> bool:
        ((name, argument),) = expression.items()
        match name:
            case "Condition":
                return self.holds(argument)
            case "Fn::Equals":
                one, other = (str(self.resolve(member, {})) for member in argument)
                return one == other
            case "Fn::Not":
                return not self._is_true(argument[0])
            case "Fn::Or":
                return any(self._is_true(member) for member in argument)
        raise ValueError(f"conditions with {name} are not understood")

    def _referred(self, name: str, attributes: Mapping[str, str]) -> Any:
        parameters = self.document.get("Parameters", {})
        return parameters[name]["Default"] if name in parameters else attributes[name]

    def _attribute(self, path: list[str], attributes: Mapping[str, str]) -> Any:
        return attributes[".".join(path)]

    def _chosen(self, argument: list[Any], attributes: Mapping[str, str]) -> Any:
        condition, yes, no = argument
        return self.resolve(yes if self.holds(condition) else no, attributes)

    def _joined(self, argument: list[Any], attributes: Mapping[str, str]) -> Any:
        separator, members = argument
        return separator.join(str(member) for member in self.resolve(members, attributes))

    def _substituted(self, text: str, attributes: Mapping[str, str]) -> Any:
        return re.sub(
            r"\$\{([^!}]+)\}", lambda found: str(self._referred(found[1], attributes)), text
        )

    _functions: ClassVar[Mapping[str, Callable[["Template", Any, Mapping[str, str]], Any]]] = {
        "Ref": _referred,
        "Fn::GetAtt": _attribute,
        "Fn::If": _chosen,
        "Fn::Join": _joined,
        "Fn::Sub": _substituted,
    }


def load_template(path: Path = TEMPLATE) -> Template:
    """Parse the template at `path`."""
    # A subclass of the safe loader: it builds plain data only.
    return Template(yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader))  # noqa: S506
