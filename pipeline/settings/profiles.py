"""Read profiles/<profile>.yaml: what smoke, full and gpu lay on params.yaml."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline import paths
from pipeline.plugin_files import Setting
from pipeline.settings import files
from pipeline.settings.tree import Block, Given, Place, merge
from pipeline.settings.validation import Complaints, settle, show

PROFILES = ("smoke", "laptop", "full", "gpu")
PARAMS_ITSELF = "laptop"  # has no file
WITH_FILE = tuple(name for name in PROFILES if name != PARAMS_ITSELF)
FIELDS = {
    "extends": Setting(Literal[WITH_FILE] | None, None),
    "every_data": Setting(dict, {}),
    "every_topic": Setting(dict, {}),
    "data": Setting(dict, {}),
    "topics": Setting(dict, {}),
}


@dataclass(frozen=True)
class Profile:
    """A profile's file, laid on those that it extends."""

    name: str
    tree: Block
    extended: Block  # without its own file

    def data(self, name: str) -> list[Block]:
        """What it says of a data set, in order: of every one, then of this one."""
        return [self.tree.block("every_data"), self.tree.block("data", name)]

    def topic(self, name: str) -> list[Block]:
        """Likewise of a topic."""
        return [self.tree.block("every_topic"), self.tree.block("topics", name)]


def read_profiles(params: Path, complaints: Complaints) -> dict[str, Profile]:
    """Profiles whose files lie beside `params`, and laptop (ParamsError: one cannot be read).

    Those are left out, after a complaint, that extend what there is not, or themselves.
    """
    folder = paths.profile(params, PARAMS_ITSELF).parent
    trees = {}
    for file in sorted(folder.glob("*.y*ml")):
        name = f"{folder.name}/{file.name}"
        if file.name in {f"{profile}.yaml" for profile in WITH_FILE}:
            trees[file.stem] = files.read_tree(file, name, complaints)
            settle(trees[file.stem], FIELDS, complaints)
        else:
            allowed = ", ".join(f"{profile}.yaml" for profile in WITH_FILE)
            complaints.add(Place(name, "the file"), repr(file.name), f"{allowed} (laptop is params.yaml itself)")
    empty = Block({}, Place(params.name))
    profiles = {PARAMS_ITSELF: Profile(PARAMS_ITSELF, empty, empty)}
    for name, tree in trees.items():
        bases = _bases(name, trees, complaints)
        if bases is not None:
            extended = merge([empty, *(trees[base] for base in bases)])
            profiles[name] = Profile(name, merge([extended, tree]), extended)
    return profiles


def _bases(name: str, trees: dict[str, Block], complaints: Complaints) -> list[str] | None:
    """The profiles that `name` extends, the widest first; None if that cannot be said."""
    chain = [name]
    while (base := trees[chain[0]].get("extends")) and not is_left_out(base):
        if not isinstance(base, Given) or base.value not in WITH_FILE:
            return None  # the wrong type or name has been complained of
        if base.value == name:
            complaints.add(base.place, repr(name), f"a profile that does not extend {name} itself")
        if base.value not in trees:
            complaints.unknown(base.place, base.value, [other for other in trees if other not in chain])
        if base.value not in trees or base.value in chain:
            return None
        chain.insert(0, base.value)
    return chain[:-1]


def check_names(profile: Profile, params: Block, complaints: Complaints) -> None:
    """Complain of what the profile changes and params.yaml does not have."""
    for part in ("data", "topics"):
        changed = profile.tree.block(part)
        _check_known(changed, params.block(part), complaints)
        for item in changed.values():
            if isinstance(item, Given):
                complaints.add(item.place, show(item.value), "a mapping of the keys it changes; write {} for none")
    for name, topic in profile.tree.block("topics").items():
        written = params.block("topics").get(name)
        if isinstance(topic, Block) and isinstance(written, Block):
            extended = profile.extended.block("topics", name, "new_variants")
            _check_topic(topic, written, extended, complaints)


def _check_topic(topic: Block, written: Block, extended: Block, complaints: Complaints) -> None:
    new = topic.block("new_variants")
    for name, item in new.items():
        if is_left_out(item) and name not in extended:
            complaints.add(item.place, "nothing", "a mapping: there is no such variant to leave out")
    for part, known in (("groups", written.block("groups")), ("variants", written.block("variants") | new)):
        if not isinstance(written.get(part), Given):  # else the wrong type has been complained of
            _check_known(topic.block(part), known, complaints)
    for name, item in new.items():
        if name in written.block("variants"):
            complaints.add(item.place, repr(name), "a name that is new: what params.yaml has is changed in variants")


def is_left_out(item: Block | Given | None) -> bool:
    """Whether a profile says `variant: null` of a variant that the profile it extends has."""
    return isinstance(item, Given) and item.value is None


def _check_known(block: Block, known: dict[str, Block | Given], complaints: Complaints) -> None:
    for name, item in block.items():
        if name not in known:
            complaints.unknown(item.place, name, list(known))
