"""What the servers that speak OpenAI's images API differ in.

Each gets only parameters that it is known to take: some refuse others, some quietly do what was not
meant.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

_ARGUMENTS = re.compile(r"(?is)<\s*sd_cpp_extra_args\b.*?(</\s*sd_cpp_extra_args\s*>|$)")


def _without_arguments(prompt: str) -> str:
    """Without the tag by which a prompt sets a server's parameters, opened and not closed too."""
    shorter = _ARGUMENTS.sub("", prompt)
    # What is left may make up a tag again.
    return prompt if shorter == prompt else _without_arguments(shorter)


@dataclass(frozen=True)
class Dialect:
    """How one kind of server is spoken to."""

    parameters: frozenset[str]
    """What it takes of an input, beside the prompt."""
    always: Mapping[str, str] = field(default_factory=dict)
    """What it is sent in every case."""
    hosts: Sequence[str] = ()
    """Where its URLs lead, beside its own origin."""
    edits: bool = False
    """Whether it edits images that are named by URL."""
    prompt: Callable[[str], str] = _without_arguments
    """What a server would take out of it for its own parameters must not get there."""
    said: Callable[[str], str] = str
    """Finds in the message of an error what the vendor behind the server said."""

    def sends(self, name: str) -> bool:
        """Whether a property of an input is passed on."""
        is_reference = name in ("image", "images")
        return name == "prompt" or name in self.parameters or (is_reference and self.edits)


def _in_one_piece(prompt: str) -> str:
    """Without the sign behind which a server reads what the picture should not show."""
    return _without_arguments(prompt).replace("|", ",")


_WRAPPING = re.compile(
    r"(?s)^(?:(?:litellm\.)?\w+(?:Error|Exception)(?::| -)\s+)+|LiteLLM: model group .*$"
)


def _unwrapped(message: str) -> str:
    """Without the names of classes before it, and what the gateway tells of itself after it."""
    return _WRAPPING.sub("", message).rstrip()


_B64 = {"response_format": "b64_json"}

OPENAI = Dialect(
    # Its image models refuse `response_format` and `style`.
    frozenset(
        {
            "n",
            "size",
            "quality",
            "background",
            "moderation",
            "output_format",
            "output_compression",
        }
    ),
    edits=True,
    prompt=str,
)
DIALECTS: Mapping[str, Dialect] = {
    "other": Dialect(frozenset({"n", "size"}), always=_B64),
    # A gateway to many vendors, OpenAI among them.
    "litellm": Dialect(OPENAI.parameters, said=_unwrapped),
    # Answers with URLs on its own origin unless told otherwise.
    "localai": Dialect(frozenset({"n", "size", "step"}), always=_B64, prompt=_in_one_piece),
    "recraft": Dialect(frozenset({"n", "size", "style"}), always=_B64, hosts=("img.recraft.ai",)),
    "sdcpp": Dialect(frozenset({"n", "size", "output_format", "output_compression"})),
    "together": Dialect(
        frozenset({"n", "width", "height", "steps", "seed"}), always={"response_format": "base64"}
    ),
    "vllm": Dialect(
        frozenset(
            {
                "n",
                "size",
                "negative_prompt",
                "num_inference_steps",
                "guidance_scale",
                "true_cfg_scale",
                "seed",
            }
        )
    ),
}
"""By the name that the settings give."""
