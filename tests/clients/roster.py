"""Which clients are run, and what is known of them without running them."""

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Entry:
    """One run of a driver."""

    driver: str
    """Its directory."""
    title: str
    reader: str
    """Who gets what the client makes of an answer."""
    protocol: str = ""
    """Which protocol family to ask for; empty for what the client does by itself."""
    bridge: bool = False
    """Whether a host talks to it over stdio."""

    @property
    def name(self) -> str:
        return f"{self.driver}-{self.protocol}" if self.protocol else self.driver

    @property
    def directory(self) -> Path:
        return HERE / self.driver

    @property
    def uses_npm(self) -> bool:
        return (self.directory / "package.json").exists()

    @property
    def uses_pip(self) -> bool:
        return (self.directory / "requirements.txt").exists()


ROSTER = (
    Entry("python_sdk_2", "Python SDK 2.x", "the program"),
    Entry("python_sdk_2", 'Python SDK 2.x, `mode="legacy"`', "the program", "legacy"),
    Entry("python_sdk_1", "Python SDK 1.x", "the program"),
    Entry("typescript_sdk_2", "TypeScript SDK 2.x", "the program"),
    Entry(
        "typescript_sdk_2",
        'TypeScript SDK 2.x, `versionNegotiation: { mode: "auto" }`',
        "the program",
        "auto",
    ),
    Entry("typescript_sdk_1", "TypeScript SDK 1.x", "the program"),
    Entry("fastmcp", "FastMCP client", "the program"),
    Entry("inspector", "MCP Inspector, `--cli`", "the terminal, as JSON"),
    Entry("mcp_remote", "mcp-remote", "the host", bridge=True),
    Entry("mcp_remote", "mcp-remote, `--protocol auto`", "the host", "auto", bridge=True),
    Entry("mcporter", "mcporter", "the terminal"),
    Entry("langchain", "LangChain MCP adapters", "the model"),
    Entry("pydantic_ai", "PydanticAI", "the model"),
    Entry("openai_agents", "OpenAI Agents SDK", "the model"),
    Entry("mcp_use", "mcp-use (Python)", "the model"),
    Entry("curl", "curl", "the terminal, as JSON"),
)
