import tomllib

from hypothesis import given
from hypothesis import strategies as st

from rung.runtime.config.lines import key_lines

TRICKY = '''# a comment with [brackets] and "quotes"
[task.segment]   # header comment
mode = "real"
ladder = [
  "a", # one
  "b]#",
]

[variant."odd.name"]
options = { deep = { deeper = 1 }, list = [1, {x = 2}] }
weights."enc.ort" = \'\'\'
[not.a.table]
\'\'\'
env.HOME = """
key = "no"
\\"""" # ends
[[device]]
id = 'cuda:0'
[[device]]
id = "cuda:1"
[device.more]
x = 1
'''


def paths_of(value, path=()):
    """Every key path that tomllib sees below a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from paths_of(inner, (*path, key))


def test_every_key_that_tomllib_sees_has_a_line():
    lines = key_lines(TRICKY)

    assert set(paths_of(tomllib.loads(TRICKY))) == set(lines)


def test_the_lines_of_tables_dotted_keys_arrays_and_inline_tables_are_right():
    lines = key_lines(TRICKY)

    assert lines[("task", "segment")] == 2
    assert lines[("task", "segment", "ladder")] == 4
    assert lines[("task", "segment", "ladder", 1)] == 6
    assert lines[("variant", "odd.name", "options", "list", 1, "x")] == 10
    assert lines[("variant", "odd.name", "weights", "enc.ort")] == 11
    assert lines[("variant", "odd.name", "env", "HOME")] == 14
    assert lines[("device", 1, "id")] == 20
    assert lines[("device", 1, "more", "x")] == 22


KEYS = st.text("ab-_.1 ", min_size=1, max_size=4)
SCALARS = st.one_of(st.integers(-9, 9), st.booleans(), st.text('a"#[]{}=,\n', max_size=5))


def toml(value) -> str:
    """A value in TOML's inline form."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",\n".join(map(toml, value)) + "]"
    return quoted(value) if isinstance(value, str) else str(value).lower()


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS, v, max_size=3), max_leaves=6)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_the_scan_finds_exactly_the_keys_of_any_document(document):
    text = "".join(f"{quoted(key)} = {toml(value)} # end\n" for key, value in document.items())

    assert set(paths_of(tomllib.loads(text))) == set(key_lines(text))
