"""Finished runs to share, and places that fail as disks, networks and kills do."""

import time

from pipeline import records
from pipeline.training import machine
from pipeline.training.store import Store

KEYS = [f"{number:02x}" * 16 for number in range(1, 13)]
RECORD = {"status": "finished", "epochs": 1, "versions": {"keras": "3"}, "device": "cpu"}
RECORD |= {"numerics": "portable", "library": machine.library()}


def put(store, key, model=b"weights", **record):
    """A finished run in a store of a project."""
    draft = store.draft()
    records.write_bytes(draft / "history.csv", b"epoch,loss,val_loss\n1,0.5,0.5\n")
    records.write_bytes(draft / "model.keras", model + key.encode())
    store.put(key, draft, RECORD | record)


def full(place, keys=KEYS, **record):
    """A project's store with these runs."""
    store = Store(place)
    for key in keys:
        put(store, key, **record)
    return store


def content(store, key):
    """{name: bytes} of a run."""
    return {file.name: file.read_bytes() for file in sorted(store.folder(key).iterdir())}


class Cut:
    """A place whose writer is gone after so many files; what it was writing then is whole or not there."""

    def __init__(self, place, files):
        self.place, self.left = place, files

    def read(self, names):
        return self.place.read(names)

    def write(self, files):
        for name, data in files.items():
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            self.place.write({name: data})


class Hung:
    """A place that does not answer."""

    def read(self, names):
        time.sleep(60)

    write = read
