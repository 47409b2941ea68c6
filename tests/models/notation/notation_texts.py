"""Texts for the grammar's tests: walks through an automaton, and any rows of its signs."""

from hypothesis import strategies as st

from rung.models.notation import Automaton


@st.composite
def walks(draw: st.DrawFn, automaton: Automaton, most: int = 40) -> str:
    """A text that the automaton accepts, drawn sign by sign."""
    state, text = automaton.start, ""
    while True:
        signs = sorted(automaton.allowed(state))
        ends = automaton.accepts(state)
        if ends and (not signs or len(text) >= most or draw(st.booleans())):
            return text
        sign = draw(st.sampled_from(signs))
        after = automaton.step(state, sign)
        assert after is not None
        state, text = after, text + sign


def rows_of(automaton: Automaton) -> st.SearchStrategy[str]:
    """Any rows of an automaton's signs."""
    return st.text(st.sampled_from(automaton.alphabet), max_size=14)
