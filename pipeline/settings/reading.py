"""What the parsers of data blocks and topics share while one profile is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.settings.files import File
from pipeline.settings.layers import Dropped
from pipeline.settings.validation import Complaints


@dataclass(frozen=True)
class Use:
    """Values that one unit takes: a data set ("data.ring"), a topic ("topics.memory") or a variant of it."""

    unit: str
    tree: Mapping[str, Any]  # marked; each value remembers those that it replaced
    dropped: Sequence[Dropped] = ()
    fit: Mapping[str, Any] = field(default_factory=dict)  # as resolved


@dataclass
class Reading:
    """The files of one profile, in the order of precedence, with what has been gathered from them so far."""

    files: Sequence[File]
    complaints: Complaints
    uses: list[Use] = field(default_factory=list)

    def names(self, part: str) -> list[str]:
        """Names of the blocks under `part` in params.yaml; a profile adds none (what it says of others is void)."""
        block = self.files[0].at(part)
        return list(block) if isinstance(block, dict) else []
