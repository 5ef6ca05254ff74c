"""Nodes of a cluster as an executor: who is hired, who is left out, and what is done where one is lost."""

import dataclasses
import pickle
import sys
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from pipeline.cluster import facts, faults, files, mirror
from pipeline.cluster.deaths import Deaths
from pipeline.cluster.node import Event, Job, Order, Report
from pipeline.cluster.wire import Failure, Message, Offer, Wire
from pipeline.errors import InputError
from pipeline.pool.clock import WorkClock
from pipeline.pool.process import Answer, Ending
from pipeline.spoken import tell
from pipeline.training.run import RunSpec
from pipeline.training.store import project_store

Task = TypeVar("Task", bound=Hashable)
Record = TypeVar("Record")
TICK_S = 0.5
AGAIN_S = 1.0  # after a call that had no result
MOST_LOSSES = 10  # of nodes under one and the same run: then it is the run
MOST_HIRES = 3  # on a node that ends before anything is done there
OF_A_PROCESS = ("killed", "timeout")  # endings that may be no fault of the run
ALONE_S = 300.0  # without a node that can be used
PATIENT_S = 30.0  # for nodes that begin, before that is said

Given = tuple[str, int]  # a place: node and number


@dataclass
class Member:
    """A node as the driver sees it."""

    id: str
    offer: Offer
    hand: str
    places: int
    hired: float  # by the fleet's clock
    asked: float | None = None  # for its facts, once it has started
    begun: bool = False
    at: dict[int, int] = field(default_factory=dict)  # place -> order
    unsent: list[Order] = field(default_factory=list)
    unheard: list[Order] = field(default_factory=list)  # sent, and not known to have arrived
    acknowledged: int = 0
    is_asked: bool = False  # an exchange is under way
    not_before: float = 0.0
    fault: str | None = None  # why it is to be left out
    suspicion: str = ""  # why it would be, if what ends badly here comes through elsewhere
    leaving: bool = False  # that is so: it ends what it is at, by which it may yet show that it can work

    @property
    def takes(self) -> bool:
        """Whether it may be given something to do."""
        return self.begun and not self.leaving

    @property
    def name(self) -> str:
        """How people call it."""
        return self.offer.name


class Fleet(Generic[Task, Record]):
    """An Executor (see pool.executor) of the nodes that a Wire reaches; this process alone keeps what they write."""

    def __init__(
        self,
        wire: Wire,
        job: Job,
        *,
        spec: Callable[[Task], RunSpec],
        scored: bool,
        placed: Callable[[Task, str], None] = lambda task, node: None,
    ) -> None:
        self.tasks: dict[Hashable, Task] = {}
        self._wire, self._job, self._spec, self._scored, self._placed = wire, job, spec, scored, placed
        self._ours = facts.of_this_machine(job.numerics)
        self._members: dict[str, Member] = {}
        self._to_ask: dict[str, Member] = {}  # by hand: those of whom nothing is expected now
        self._left_out: dict[str, str] = {}  # id -> why
        self._failures: Counter[str] = Counter()  # by id: of its hands, since something was done there
        self._orders: dict[int, tuple[str, int, Task, dict[str, Path]]] = {}  # number -> node, place, task, files
        self._number = self._hired = 0
        self._losses: Counter[str] = Counter()
        self._deaths: Deaths[Task] = Deaths()
        self._moved: Counter[Task] = Counter()  # deaths of processes that the pool does not count
        self._held: dict[Task, tuple[Given, Answer[Record]]] = {}  # failed, and it is not known yet by whose fault
        self._done: list[tuple[Given, Task, Answer[Record]]] = []
        self._parcels: dict[str, Mapping[str, bytes]] = {}
        self._mirror = mirror.Mirror()
        self._clock, self._has_told = WorkClock(), False
        self._alone_s = self._waiting_s = 0.0  # since a node worked: with none, and with some that have not begun

    def free(self) -> list[Hashable]:
        """Places of nodes that have begun, the first of each node before the second of any."""
        every = [(place, each.id) for each in self._members.values() if each.takes for place in range(each.places)]
        return [(node, place) for place, node in sorted(every) if (node, place) not in self.tasks]

    def is_free(self, place: Hashable) -> bool:
        """Whether its node is there, and nothing is carried out at it."""
        member = self._members.get(self._place(place)[0])
        return member is not None and member.takes and place not in self.tasks

    def refused(self, place: Hashable) -> Set[Task]:
        """Tasks that have ended badly on its node, while there is another one that has not tried."""
        return self._deaths.refused(self._place(place)[0], self._able())

    def _able(self) -> set[str]:
        """Nodes that may carry out what has ended badly on another; also such as are about to begin."""
        now = self._clock.seconds
        return {
            node
            for node, each in self._members.items()
            if each.takes or (not each.begun and now - each.hired < PATIENT_S)
        }

    def _begun(self) -> set[str]:
        return {node for node, member in self._members.items() if member.begun}

    def give(self, place: Hashable, task: Task) -> None:
        """Send a task to a node; the files that it reads follow if the node lacks them."""
        node, number = self._place(place)
        member, spec = self._members[node], self._spec(task)
        of_run = files.of_run(spec, scored=self._scored)
        inputs = {name: files.digest(file) for name, file in of_run.items()}
        self._number += 1
        order = Order(self._number, number, spec.run_key, inputs, pickle.dumps(task))
        self._orders[order.number] = (node, number, task, of_run)
        member.at[number] = order.number
        member.unsent.append(order)
        self.tasks[place] = task
        self._placed(task, member.name)
        self._ask(member)

    @staticmethod
    def _place(place: Hashable) -> Given:
        assert isinstance(place, tuple)
        return place

    def wait(self) -> None:
        """Until a task is over, TICK_S at most. InputError: for long there is no node that can be used."""
        until = time.monotonic() + TICK_S
        while not self._done and (left := until - time.monotonic()) > 0:
            for hand in list(self._to_ask):
                self._ask(self._to_ask[hand])
            for message in self._wire.receive(left):
                self._take(message)
        self._let_go()
        self._be_patient()

    def _be_patient(self) -> None:
        """While no node works, tell apart those that are to come from none; time that this process slept is neither."""
        before = self._clock.seconds
        self._clock.tick()
        passed = self._clock.seconds - before
        if self._begun():
            self._alone_s = self._waiting_s = 0.0
        elif self._members:
            self._waiting_s += passed
            if self._waiting_s > PATIENT_S and not self._has_told:
                self._has_told = True
                names = ", ".join(sorted(member.name for member in self._members.values()))
                self._say(f"waiting for {names}: another command has their cores, or they are starting")
        else:
            self._alone_s += passed
            if self._alone_s > ALONE_S:
                why = "; ".join(self._left_out.values()) or "none has come"
                raise InputError(f"cluster: given no node that can be used ({why}), allowed one at least")

    def answers(self) -> Iterator[tuple[Hashable, Task, Answer[Record]]]:
        """What has come since the last call."""
        while self._done:
            place, task, answer = self._done.pop(0)
            yield place, task, answer

    def keep(self, task: Task, answer: Answer[Record]) -> None:
        """Put the files of a run where they belong, once; only this process writes them."""
        run_key = self._spec(task).run_key
        files.keep(run_key, self._parcels.pop(run_key, {}))
        self._mirror.drop(run_key)

    def stop(self) -> None:
        """End what works on all nodes."""
        self._wire.close()
        self._mirror.close()

    # What comes from nodes

    def _take(self, message: Message) -> None:
        if message.call == "nodes":
            return self._look(message.value)
        member = self._members.get(message.hand.partition("/")[0])
        if member is None or member.hand != message.hand:
            return None  # of a hand that is gone
        if isinstance(message.value, Failure):
            return self._failed(member, message.call, message.value)
        if message.call == "facts":
            return self._judge(member, message.value)
        if message.call == "begin":
            member.begun, member.places = True, message.value  # it knows what its GPUs have room for
            self._to_ask[member.hand] = member
            return self._say(f"{member.name} works on {message.value} runs at a time")
        if message.call == "exchange":
            member.is_asked, member.unheard = False, []
            self._to_ask[member.hand] = member
            return self._heard(member, message.value)
        return None

    def _look(self, there: Mapping[str, Offer]) -> None:
        for node in [node for node in self._members if node not in there]:
            self._lose(self._members[node], "it is gone")
        for node, offer in there.items():
            if node not in self._members and node not in self._left_out:
                self._hire(node, offer)

    def _hire(self, node: str, offer: Offer) -> None:
        self._hired += 1
        job = self._job
        places = job.workers if isinstance(job.workers, int) else offer.gpus * job.slots if job.on_gpu else offer.cpus
        member = Member(node, offer, f"{node}/{self._hired}", max(1, places), self._clock.seconds)
        self._members[node] = member
        self._wire.hire(member.hand, node, min(member.places, offer.cpus), offer.gpus if job.on_gpu else 0)
        self._wire.call(member.hand, "facts", job.numerics)

    def _judge(self, member: Member, theirs: facts.Facts) -> None:
        if member.asked is None:  # what it took to start would hide a clock that is as much slow
            member.asked = time.time()
            return self._wire.call(member.hand, "facts", self._job.numerics)
        reason = facts.unlike(theirs, self._ours, asked=member.asked, answered=time.time())
        if reason:
            return self._leave_out(member, reason)
        return self._wire.call(member.hand, "begin", dataclasses.replace(self._job, workers=member.places))

    def _failed(self, member: Member, call: str, failure: Failure) -> None:
        if call == "exchange" and not failure.gone:
            member.is_asked, member.not_before = False, time.monotonic() + AGAIN_S
            self._to_ask[member.hand] = member
            member.unsent, member.unheard = [*member.unheard, *member.unsent], []
        elif self._failures[member.id] + 1 < MOST_HIRES:
            self._lose(member, failure.reason)
            self._wire.dismiss(member.hand)
            self._failures[member.id] += 1  # `_look` hires it anew, unless its node has gone with it
        else:
            self._leave_out(member, failure.reason)

    def _heard(self, member: Member, report: Report) -> None:
        if report.free < facts.LEAST_FREE:
            member.fault = f"given {report.free / 1e6:.0f} MB of free space, allowed more: make room"
        for event in report.events:  # what has arrived counts all the same
            if event.sequence > member.acknowledged:
                member.acknowledged = event.sequence
                self._event(member, event)
        if member.fault:
            self._leave_out(member, member.fault)

    def _event(self, member: Member, event: Event) -> None:
        if event.kind == "error":
            raise event.value
        _, place, task, of_run = self._orders[event.order]
        if event.kind == "lacks":
            self._bring(member, task, of_run, event.value)
        elif event.kind == "epochs":
            self._mirror.add(self._spec(task).run_key, event.value)
        else:
            self._over(member, place, *event.value)

    def _bring(self, member: Member, task: Task, of_run: Mapping[str, Path], lacking: Sequence[str]) -> None:
        """Send data as often as a node lacks them: it says so again only where what was sent has vanished."""
        by_digest = {files.digest(file): file for file in of_run.values()}
        for digest in lacking:
            if digest not in by_digest:
                raise InputError(
                    f"{self._spec(task).settings['data']}: given prepared data that changed while runs were given out,"
                    " allowed what was planned: run `dvc repro`"
                )
            self._wire.bring(member.hand, digest, str(by_digest[digest]))

    def _over(self, member: Member, place: int, answer: Answer[Record], parcel: Mapping[str, bytes]) -> None:
        task = self._orders.pop(member.at.pop(place))[2]
        self.tasks.pop((member.id, place))
        weighed = self._weighed(member, task, answer, parcel)
        if weighed.record is not None and faults.of_the_machine(weighed.record):
            self._held[task] = (member.id, place), weighed
        else:
            self._done.append(((member.id, place), task, weighed))
        if member.leaving and not member.at:
            member.fault = member.fault or member.suspicion

    def _weighed(
        self, member: Member, task: Task, answer: Answer[Record], parcel: Mapping[str, bytes]
    ) -> Answer[Record]:
        """What is to be told of a task: that it goes elsewhere if what came of it may be its node's fault."""
        run_key = self._spec(task).run_key
        if fault := faults.of_the_machine(answer.record):
            return self._failed_there(member, task, answer, fault)
        is_awaited = (faults.is_finished(answer.record) or files.is_run(parcel)) and not project_store().has(run_key)
        lacking = files.fault(run_key, parcel) if is_awaited else None
        if answer.ending:
            files.keep(run_key, {} if lacking else parcel)
            if project_store().has(run_key):  # it ended while it was scored, which is done here
                self._deaths.forget(task)
                return Answer(ending=dataclasses.replace(answer.ending, is_last=True))
            return Answer(ending=self._death(member, task, answer.ending))
        if lacking:
            self._say(f"{member.name} has lost files of a finished run ({lacking}), which goes elsewhere")
            return Answer(ending=self._loss(task, member.name))
        self._parcels[run_key] = parcel
        self._worked(member, task)
        return answer

    def _failed_there(self, member: Member, task: Task, answer: Answer[Record], fault: str) -> Answer[Record]:
        """A run that could not read or write a file goes elsewhere until a node that it failed on is known to work."""
        if member.fault:
            return Answer(ending=self._loss(task, member.name))
        self._deaths.add(task, member.id)
        member.suspicion = fault
        is_last = self._losses[self._spec(task).run_key] + 1 >= MOST_LOSSES
        if is_last or self._deaths.is_own(task) or self._deaths.is_everywhere(task, self._able()):
            return answer
        self._say(f"{member.name}: {fault}; its run goes elsewhere")
        return Answer(ending=self._loss(task, member.name))

    def _let_go(self) -> None:
        """Tell of runs that failed wherever they were: now it is known to be their own fault, or nothing will tell."""
        for task, (place, answer) in list(self._held.items()):
            is_own = self._deaths.is_own(task)
            if is_own or not self._orders:
                del self._held[task]
                self._deaths.forget(task)
                self._done.append((place, task, faults.as_own(answer) if is_own else answer))

    def _death(self, member: Member, task: Task, ending: Ending) -> Ending:
        """What is to be said of the end of a process: the first one at a task is its node's fault until it is known."""
        ending = dataclasses.replace(ending, before=self._moved[task])
        if ending.kind not in OF_A_PROCESS or not self._deaths.add(task, member.id):
            return ending
        member.suspicion = "processes end there at runs that others carry out"
        if not self._able() - {member.id}:
            return ending
        self._moved[task] += 1
        self._say(f"{member.name}: {ending.reason}; its run goes elsewhere")
        return self._loss(task, member.name)

    def _worked(self, member: Member, task: Task) -> None:
        """A node has carried out a task: it can work, and others, where that has died, perhaps cannot."""
        del self._failures[member.id]
        member.leaving = False
        for node in self._deaths.survived(task, member.id):
            if sick := self._members.get(node):
                sick.leaving = True
                if not sick.at:
                    self._leave_out(sick, sick.suspicion)

    # Who is gone

    def _lose(self, member: Member, reason: str) -> None:
        """What a node was at goes back to those that wait."""
        del self._members[member.id]
        if member.begun:
            what = f", {len(member.at)} runs go elsewhere" if member.at else ""
            self._say(f"{member.name}: lost ({reason}){what}")
        for place, number in member.at.items():
            task = self._orders.pop(number)[2]
            self.tasks.pop((member.id, place))
            self._done.append(((member.id, place), task, Answer(ending=self._loss(task, member.name))))

    def _loss(self, task: Task, name: str) -> Ending:
        run_key = self._spec(task).run_key
        self._losses[run_key] += 1
        if self._losses[run_key] < MOST_LOSSES:
            return Ending("replaced", f"its node {name} was lost", 0.0)
        return Ending("killed", f"{MOST_LOSSES} nodes were lost under it", 0.0)

    def _leave_out(self, member: Member, reason: str) -> None:
        self._left_out[member.id] = f"{member.name}: {reason}"
        self._say(f"{member.name} is left out: {reason}")
        self._lose(dataclasses.replace(member, begun=False), reason)
        self._wire.dismiss(member.hand)

    def _ask(self, member: Member) -> None:
        """Send what there is to send, and ask how work comes on, unless that is under way."""
        if time.monotonic() < member.not_before:
            return
        self._to_ask.pop(member.hand, None)
        if member.is_asked or self._members.get(member.id) is not member:
            return
        member.is_asked, member.unheard, member.unsent = True, [*member.unheard, *member.unsent], []
        wait_s = max(TICK_S, len(self._members) / 100)  # a thousand nodes must not ask the driver twice a second each
        self._wire.call(member.hand, "exchange", member.acknowledged, member.unheard, wait_s)

    @staticmethod
    def _say(line: str) -> None:
        tell(f"cluster: {line}", file=sys.stderr)
