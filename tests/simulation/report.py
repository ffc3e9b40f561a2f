"""What a run, or many, did."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Report:
    """Adds up."""

    runs: int = 0
    moves: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        self.runs += other.runs
        self.moves.update(other.moves)
        self.outcomes.update(other.outcomes)
        self.violations.extend(other.violations)
