"""Pictures that a page holds once for both of its languages: the second has places for them, which a script fills."""

import re
from typing import TYPE_CHECKING

from pipeline.report.language import Voice

if TYPE_CHECKING:
    from markupsafe import Markup


class Gallery:
    """Hands out pictures in the order in which a template asks for them; `empty`: places alone, numbered alike.

    How the parts of all pictures look is said once, in `rules`.
    """

    def __init__(self, voice: Voice, *, empty: bool) -> None:
        self.voice, self.empty, self.count = voice, empty, 0
        self._looks: dict[str, str] = {}  # {style: class}

    def drawn(self, svg: str) -> "Markup":
        """A picture of ours, its numbers as the language writes them."""
        return self.kept(re.sub(r' style="([^"]*)"', self._named, self.voice.shown(svg)))

    def rules(self) -> str:
        """Style rules for the classes of all pictures so far."""
        return "\n".join(f".{name} {{ {look} }}" for look, name in self._looks.items())

    def _named(self, found: re.Match[str]) -> str:
        return f' class="{self._looks.setdefault(found[1], f"look{len(self._looks)}")}"'

    def image(self, source: str, size: tuple[int, int] | None = None) -> "Markup":
        """A picture by its address; what it shows stands around it."""
        sized = f' width="{size[0]}" height="{size[1]}"' if size else ""
        return self.kept(f'<img src="{source}" alt=""{sized}>')

    def kept(self, content: str) -> "Markup":
        """HTML of ours that is the same in both languages."""
        from markupsafe import Markup

        self.count += 1
        return Markup(f'<span class="drawn" data-picture="{self.count}">{"" if self.empty else content}</span>')
