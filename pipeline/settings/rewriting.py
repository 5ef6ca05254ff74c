"""Put blocks into params.yaml, and change no other byte of it: comments, order and style are the user's."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.errors import InputError
from pipeline.settings import files

WIDTH = 10_000  # a sentence stays in one line
FLOW_LENGTH = 90  # characters of a mapping that still goes into one line
ONE_A_LINE = ("views", "variants", "groups", "claims")
BY_HAND_TOO = "write it there by hand: the sweep's page shows it"
BY_HAND = "write the block there by hand: `--dry-run` prints it"


def with_block(text: str, section: str, name: str, block: Mapping[str, Any], comment: str = "") -> str:
    """The text of params.yaml with one more block at the end of a section ("data", "topics").

    InputError: the section is not written in lines of its own, or what would come out is not what was meant.
    """
    node = _section(text, section)
    lines, newline = text.splitlines(keepends=True), _newline(text)
    place, indent = _end_of(node, lines), _indent(node)
    told = "".join(f"{line}{newline}" if line else newline for line in block_lines(name, block, comment, indent))
    before = "".join(lines[:place])
    before += "" if before.endswith("\n") else newline
    after = f"{before}{newline}{told}{''.join(lines[place:])}"
    _require(after, text, section, {name: block})
    return after


def with_nested(text: str, places: Sequence[str], name: str, block: Mapping[str, Any], comment: str = "") -> str:
    """The text with one more block at the end of the one under nested keys: such as a variant at the end of a topic's.

    InputError: as of `with_block`.
    """
    node = _inside(_root(text), *places)
    if not isinstance(getattr(node, "value", None), list) or node.flow_style or not node.value:
        raise InputError(
            f"params.yaml: {'.'.join(places)}: given a block in braces, or none, allowed one in lines of its own:"
            f" {BY_HAND_TOO}"
        )
    lines, newline = text.splitlines(keepends=True), _newline(text)
    place = _end_of(node, lines)
    told = "".join(f"{line}{newline}" for line in block_lines(name, block, comment, _indent(node)))
    before = "".join(lines[:place])
    after = f"{before}{'' if before.endswith(newline) else newline}{told}{''.join(lines[place:])}"
    tree, _, inner = _opened(text, places)
    inner[name] = block
    _require(after, text, places[0], tree)
    return after


def with_listed(text: str, places: Sequence[str], name: str) -> str:
    """The text with one more name in the list under nested keys. InputError: there is none, or as of `with_block`."""
    node = _inside(_root(text), *places)
    if getattr(node, "id", "") != "sequence":
        raise InputError(f"params.yaml: {'.'.join(places)}: given no list, allowed one that has {name}: {BY_HAND_TOO}")
    if node.flow_style:
        end = node.end_mark.index - 1
        after = f"{text[:end]}{', ' if node.value else ''}{name}{text[end:]}"
    else:
        lines, newline = text.splitlines(keepends=True), _newline(text)
        before = "".join(lines[: _end_of(node, lines)])
        line = f"{' ' * node.start_mark.column}- {name}{newline}"
        after = f"{before}{'' if before.endswith(newline) else newline}{line}{text[len(before) :]}"
    tree, outer, inner = _opened(text, places)
    outer[places[-1]] = [*inner, name]
    _require(after, text, places[0], tree)
    return after


def _root(text: str) -> Any:
    from ruamel.yaml import YAML

    return YAML().compose(text)


def _opened(text: str, places: Sequence[str]) -> tuple[Any, Any, Any]:
    """The section of the first key, what holds the last one, and what stands under that: all of one new tree."""
    tree = files.parse_text(text, "params.yaml")
    outer, inner = tree, tree[places[0]]
    for place in places[1:]:
        outer, inner = inner, inner[place]
    return tree[places[0]], outer, inner


def _inside(node: Any, *names: str) -> Any:
    """The node under nested names; None without."""
    for name in names:
        pairs = node.value if node is not None and isinstance(node.value, list) else []
        node = next((value for key, value in pairs if key.value == name), None)
    return node


def with_only(text: str, name: str, *, alone: bool) -> str:
    """The text with the topic in `only`: in front of no other if it is to be `alone`, else behind those that are there.

    Where there is no `only`, all topics are meant, and the text stays as it is unless the topic is to be alone.
    """
    keys = _keys(text)
    before = files.parse_text(text, "params.yaml").get("only")
    if "only" not in keys and not alone:
        return text
    wanted = [name] if alone else [*(before or []), name]
    line = f"[{', '.join(wanted)}]"
    if "only" not in keys:
        first = keys.get("profile") or next(iter(keys.values()))
        place = text.index("\n", first[1].end_mark.index) + 1 if "profile" in keys else first[0].start_mark.index
        told = f"only: {line}  # these topics alone; without this line all of them{_newline(text)}"
        after = f"{text[:place]}{told}{text[place:]}"
    else:
        key, value = keys["only"]
        begin = text.index(":", key.end_mark.index) + 1
        after = f"{text[:begin]} {line}{text[_last(value).end_mark.index :]}"
    _require(after, text, "only", wanted)
    return after


def block_lines(name: str, block: Mapping[str, Any], comment: str = "", indent: int = 2) -> list[str]:
    """The lines of a block, so many columns to the right: short mappings in braces, as the shipped ones are."""
    from ruamel.yaml import YAML

    yaml, out = YAML(), io.StringIO()
    yaml.width = WIDTH
    yaml.allow_unicode = True
    yaml.dump(_styled(block), out)
    blank = " " * indent
    head = f"{blank}{name}:" + (f"  # {' '.join(comment.split())}" if comment else "")
    return [head, *(f"{blank}  {line}" for line in out.getvalue().splitlines())]


def _styled(value: Any, *, in_lines: bool = True) -> Any:
    """Mappings and lists of ruamel's: a short mapping in one line, but for those in ONE_A_LINE."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if isinstance(value, Mapping):
        styled = CommentedMap((key, _styled(item, in_lines=key in ONE_A_LINE)) for key, item in value.items())
        if not in_lines and len(str(dict(value))) <= FLOW_LENGTH:
            styled.fa.set_flow_style()
        return styled
    if isinstance(value, list | tuple):
        listed = CommentedSeq(_styled(item, in_lines=in_lines) for item in value)
        if value and all(isinstance(item, int | float) for item in value):
            listed.fa.set_flow_style()
        return listed
    return value


def _keys(text: str) -> dict[str, tuple[Any, Any]]:
    """{key: the nodes of it and of its value} of the top of the file."""
    from ruamel.yaml import YAML

    node = YAML().compose(text)
    return {key.value: (key, value) for key, value in node.value} if node is not None else {}


def _section(text: str, section: str) -> Any:
    """The node of a section that is written in lines of its own."""
    node = _keys(text).get(section, (None, None))[1]
    if not isinstance(getattr(node, "value", None), list) or node.flow_style or not node.value:
        raise InputError(
            f"params.yaml: {section}: given a block in braces, or none, allowed one in lines of its own: {BY_HAND}"
        )
    return node


def _indent(node: Any) -> int:
    column: int = node.value[0][0].start_mark.column
    return column


def _last(node: Any) -> Any:
    """The last scalar, or collection in braces, of a node: what stands behind it is no part of it."""
    if isinstance(node.value, str) or node.flow_style or not node.value:
        return node
    last = node.value[-1]
    return _last(last[1] if isinstance(last, tuple) else last)


def _end_of(node: Any, lines: Sequence[str]) -> int:
    """The number of the line behind a section, comments within it included, blank lines behind it not."""
    end = _last(node).end_mark
    place: int = end.line + (1 if end.column else 0)
    while place > 0 and not lines[place - 1].strip():
        place -= 1
    while place < len(lines) and lines[place].startswith(" ") and lines[place].lstrip().startswith("#"):
        place += 1
    return place


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _require(after: str, before: str, section: str, added: Any) -> None:
    """InputError: the text does not say what it said before and what was added to it, and nothing else."""
    tree, wanted = files.parse_text(after, "params.yaml"), files.parse_text(before, "params.yaml")
    wanted[section] = {**wanted[section], **_plain(added)} if isinstance(added, Mapping) else added
    if tree != wanted:
        raise InputError(
            f"params.yaml: {section}: given a form that cannot be added to, allowed plain blocks: {BY_HAND}"
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def names(text: str, sections: Iterable[str]) -> set[str]:
    """Names of the blocks in these sections."""
    tree = files.parse_text(text, "params.yaml")
    return {name for section in sections for name in tree.get(section) or {}}
