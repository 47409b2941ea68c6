"""A language written once as a small tree of nodes: as a pattern of `re` that takes a text apart, and as a finite
automaton that says which sign may come next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce


@dataclass(frozen=True, slots=True)
class Signs:
    """One sign out of these."""

    signs: str


@dataclass(frozen=True, slots=True)
class Chain:
    """One node after another."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of these nodes."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A node that has a name in the pattern."""

    name: str
    node: Node


Node = Signs | Chain | Either | Group
NOTHING = Chain(())


def one(signs: str) -> Node:
    """Any one of these signs."""
    return Signs(signs)


def word(text: str) -> Node:
    """This text."""
    return Chain(tuple(Signs(sign) for sign in text))


def words(*texts: str) -> Node:
    """One of these texts."""
    return Either(tuple(word(text) for text in texts))


def chain(*nodes: Node) -> Node:
    """These, one after another."""
    return Chain(nodes)


def either(*nodes: Node) -> Node:
    """One of these."""
    return Either(nodes)


def maybe(node: Node) -> Node:
    """This or nothing."""
    return Either((node, NOTHING))


def times(node: Node, least: int, most: int) -> Node:
    """This from `least` to `most` times."""
    further: Node = NOTHING
    for _ in range(most - least):
        further = maybe(chain(node, further))
    return chain(*[node] * least, further)


def group(name: str, node: Node) -> Node:
    """This, found again under that name."""
    return Group(name, node)


def pattern(node: Node) -> str:
    """The node as a regular expression, greedy."""
    match node:
        case Signs(signs):
            return re.escape(signs) if len(signs) == 1 else f"[{re.escape(signs)}]"
        case Chain(nodes):
            return "".join(map(pattern, nodes))
        case Either((inner, Chain(()))):
            return f"(?:{pattern(inner)})?"
        case Either(nodes):
            return f"(?:{'|'.join(map(pattern, nodes))})"
        case Group(name, inner):
            return f"(?P<{name}>{pattern(inner)})"


@dataclass(frozen=True, slots=True)
class Automaton:
    """A deterministic automaton that is always on the way to an end: no state is a trap, so every text that `step`
    admits is the beginning of one that is accepted. States are small whole numbers; the first is `start`."""

    moves: tuple[Mapping[str, int], ...]
    ends: frozenset[int]
    start: int = 0

    def step(self, state: int, sign: str) -> int | None:
        """The state after one more sign, or None where it may not come here."""
        return self.moves[state].get(sign)

    def accepts(self, state: int) -> bool:
        """Whether a text may end here."""
        return state in self.ends

    def allowed(self, state: int) -> Iterable[str]:
        """The signs that may come next."""
        return self.moves[state].keys()

    def prefix(self, text: str) -> int:
        """How many signs of a text can be followed."""
        state: int | None = self.start
        for place, sign in enumerate(text):
            state = self.moves[state].get(sign) if state is not None else None
            if state is None:
                return place
        return len(text)

    def matches(self, text: str) -> bool:
        """Whether the whole text is accepted."""
        state: int | None = self.start
        for sign in text:
            if state is None:
                return False
            state = self.moves[state].get(sign)
        return state is not None and state in self.ends

    @property
    def alphabet(self) -> str:
        """Every sign that occurs, in code order."""
        return "".join(sorted({sign for move in self.moves for sign in move}))


class _Loose:
    """The automaton with free moves and several next states, as Thompson builds it."""

    def __init__(self) -> None:
        self.free: list[list[int]] = []
        self.bound: list[list[tuple[str, int]]] = []

    def state(self) -> int:
        self.free.append([])
        self.bound.append([])
        return len(self.free) - 1

    def add(self, node: Node, begin: int) -> int:
        """Adds the node's states after `begin`; the state in which it has been read."""
        match node:
            case Signs(signs):
                end = self.state()
                self.bound[begin].append((signs, end))
                return end
            case Chain(nodes):
                return reduce(lambda at, inner: self.add(inner, at), nodes, begin)
            case Either(nodes):
                end = self.state()
                for inner in nodes:
                    way = self.state()
                    self.free[begin].append(way)
                    self.free[self.add(inner, way)].append(end)
                return end
            case Group(_, inner):
                return self.add(inner, begin)

    def reach(self, states: Iterable[int]) -> frozenset[int]:
        """These states and all that free moves lead to."""
        seen, open_ = set(states), list(states)
        while open_:
            for further in self.free[open_.pop()]:
                if further not in seen:
                    seen.add(further)
                    open_.append(further)
        # Only states that lead on by a sign, or that nothing follows, tell two sets apart.
        return frozenset(one for one in seen if self.bound[one] or not self.free[one])


def compiled(nodes: Sequence[Node]) -> Automaton:
    """The automaton of one of these nodes."""
    loose = _Loose()
    begin, end = loose.state(), loose.state()
    for node in nodes:
        way = loose.state()
        loose.free[begin].append(way)
        loose.free[loose.add(node, way)].append(end)
    known, moves = {loose.reach([begin]): 0}, []
    order = list(known)
    for states in order:
        nexts: dict[str, set[int]] = {}
        for signs, after in (way for state in states for way in loose.bound[state]):
            for sign in signs:
                nexts.setdefault(sign, set()).add(after)
        move: dict[str, int] = {}
        for sign, after_all in nexts.items():
            reached = loose.reach(after_all)
            if reached not in known:
                known[reached] = len(known)
                order.append(reached)
            move[sign] = known[reached]
        moves.append(move)
    return Automaton(moves=tuple(moves), ends=frozenset(at for states, at in known.items() if end in states))
