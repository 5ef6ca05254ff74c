"""Nodes that are played: they answer as node.Node does, at once, and do to the driver whatever a test asks for."""

import dataclasses
import pickle
import time
from collections import deque

from pipeline.cluster import facts
from pipeline.cluster.node import Event, Report
from pipeline.cluster.wire import Failure, HeadLost, Message, Offer
from pipeline.pool.process import Answer
from pipeline.training import integrity
from pipeline.training.run import RunSpec

CALM = 10**12


def spec(number, variant="v"):
    """A run of no settings but those that the fleet looks at."""
    settings = {"data": "toy", "view": "plain", "fit": {"epochs": 2}}
    key = f"{number:032x}"
    return RunSpec("t", variant, number, number, key, "smoke", settings, "d", "cpu", "portable")


def parcel_of(run_key, tmp):
    """The files of a sealed run, as a node sends them."""
    folder = tmp / f"sealed-{run_key}"
    folder.mkdir(exist_ok=True)
    (folder / "history.csv").write_text("epoch\n1\n")
    (folder / "run.json").write_text('{"status": "finished", "reason": null, "duration_s": 1.0}')
    integrity.seal(folder, run_key)
    return {f"runs/{run_key[:2]}/{run_key}/{file.name}": file.read_bytes() for file in folder.iterdir()}


class Hand:
    """A node that does what `work` gives for an order; None: it is at it for ever."""

    def __init__(self, work, **unlike):
        self.work, self.unlike = work, unlike
        self.has, self.asked, self.waiting, self.events = set(), set(), {}, []
        self.sequence = self.last = 0
        self.free = CALM
        self.got = []

    def facts(self, mode):
        return dataclasses.replace(facts.of_this_machine(mode), **{"free": CALM, "clock": time.time()} | self.unlike)

    def begin(self, job):
        return job.workers

    def put(self, digest, content):
        self.has.add(digest)
        self.asked.discard(digest)

    def stop(self):
        pass

    def say(self, kind, order, value):
        self.sequence += 1
        self.events.append(Event(self.sequence, kind, order, value))

    def exchange(self, acknowledged, orders, wait_s):
        self.events = [event for event in self.events if event.sequence > acknowledged]
        for order in orders:
            if order.number > self.last:
                self.last = order.number
                self.waiting[order.number] = order
                self.got.append(order)
        for order in list(self.waiting.values()):
            lacking = {*order.inputs.values()} - self.has - self.asked
            if lacking:
                self.asked |= lacking
                self.say("lacks", order.number, sorted(lacking))
            if {*order.inputs.values()} <= self.has:
                found = self.work(pickle.loads(order.task), order)
                if found is not None:
                    del self.waiting[order.number]
                    self.say("answer", order.number, found)
        return Report(list(self.events), self.free)


class Town:
    """A Wire to hands on nodes that come and go; `nodes` is {id: function that makes a Hand}."""

    def __init__(self, nodes, cpus=1):
        self.nodes, self.cpus = dict(nodes), cpus
        self.hands, self.queue, self.killed, self.brought = {}, deque(), set(), []
        self.lossy = set()  # hands whose next exchange arrives, but not its answer
        self.headless = self.closed = False
        self.hired, self.calls = [], 0

    def look(self):
        self.queue.append(Message("", "nodes", {node: Offer(node, self.cpus) for node in self.nodes}))

    def hire(self, hand, node, cpus, gpus):
        self.hired.append(node)
        self.hands[hand] = self.nodes[node]()

    def dismiss(self, hand):
        self.hands.pop(hand, None)

    def kill(self, node):
        """The hand that works on a node ends without a word."""
        self.killed |= {hand for hand in self.hands if hand.partition("/")[0] == node}

    def call(self, hand, name, *arguments):
        self.queue.append((hand, name, arguments))

    def bring(self, hand, digest, file):
        self.brought.append((hand, digest))
        self.call(hand, "put", digest, b"")

    def receive(self, seconds):
        if self.headless:
            raise HeadLost("the head is lost")
        self.calls += 1
        if not self.queue or self.calls % 10 == 0:
            self.look()
        asked = self.queue.popleft()
        if isinstance(asked, Message):
            return [asked]
        hand, name, arguments = asked
        if hand not in self.hands:
            return []
        if hand in self.killed:
            self.hands.pop(hand)
            return [Message(hand, name, Failure(gone=True, reason="it died"))]
        value = getattr(self.hands[hand], name)(*arguments)
        if name == "exchange" and hand in self.lossy:
            self.lossy.discard(hand)
            value = Failure(gone=False, reason="no way to it")
        return [Message(hand, name, value)]

    def close(self):
        self.closed = True


def answering(tmp):
    """Work that is done at once: a record, and the files of a sealed run."""
    return lambda task, order: (Answer(record={"status": "finished", "n": task.seed}), parcel_of(order.run_key, tmp))
