"""A tree of settings knows where each value stands, and a later layer takes the place of an earlier one key by key."""

from pipeline.settings.tree import Block, Given, Place, merge

FILE = Place("params.yaml")


def tree(value, place=FILE):
    """Plain values as blocks and values with their places."""
    if isinstance(value, dict):
        return Block({name: tree(item, place.at(name)) for name, item in value.items()}, place)
    return Given(value, place)


def plain(item):
    return {name: plain(inner) for name, inner in item.items()} if isinstance(item, Block) else item.value


LOWER = tree({"data": "ring", "fit": {"epochs": 3, "rate": 0.1}, "build": {"width": 8}, "metrics": ["a"]})
UPPER = tree({"fit": {"epochs": 5}, "build": 7, "metrics": {"a": 1}, "view": "plain"}, Place("profiles/full.yaml"))


def test_places_are_dotted_keys_of_a_file():
    assert FILE.at("topics", "memory").at("fit") == Place("params.yaml", "topics.memory.fit")
    assert FILE.at() == FILE and FILE.at("", "data") == Place("params.yaml", "data")


def test_only_keeps_what_is_named_and_the_place():
    part = LOWER.only({"data": 1, "build": 2, "other": 3})
    assert plain(part) == {"data": "ring", "build": {"width": 8}} and part.place is LOWER.place


def test_nested_blocks_are_there_even_where_nothing_is_written():
    assert LOWER.block("fit") is LOWER["fit"] and LOWER.block("fit").place.key == "fit"
    for names in (("data",), ("fit", "epochs"), ("nothing", "at", "all")):
        assert LOWER.block(*names) == {} and LOWER.block(*names).place == FILE.at(*names)


def test_find_gives_what_stands_there_or_in_its_way():
    assert LOWER.find("fit", "epochs") is LOWER["fit"]["epochs"]
    assert LOWER.find("data", "name") is LOWER["data"]
    assert LOWER.find("nothing", "there") is None and LOWER.find() is LOWER


def test_leaves_are_all_values_with_their_names():
    assert [(names, leaf.value) for names, leaf in LOWER.leaves()] == [
        (("data",), "ring"),
        (("fit", "epochs"), 3),
        (("fit", "rate"), 0.1),
        (("build", "width"), 8),
        (("metrics",), ["a"]),
    ]


def test_later_layers_win_key_by_key_and_lists_and_mismatches_are_replaced_whole():
    merged = merge([LOWER, UPPER, tree({"fit": {"rate": 1}})])
    assert plain(merged) == {
        "data": "ring",
        "fit": {"epochs": 5, "rate": 1},
        "build": 7,
        "metrics": {"a": 1},
        "view": "plain",
    }
    assert merged.place is LOWER.place
    assert merged["fit"]["epochs"].place == Place("profiles/full.yaml", "fit.epochs")
    assert plain(LOWER)["fit"] == {"epochs": 3, "rate": 0.1}, "layers stay as they were"
    assert plain(merge([UPPER, LOWER]))["build"] == {"width": 8}
