import pytest

from rung.runtime.errors import QueueFull, RateLimited
from rung.runtime.keys import OWNER, Caller
from rung.runtime.server.streams import Streams, streams_of
from rung.runtime.settings import ServerSettings


def test_streams_are_bounded_for_each_key_and_in_all_and_closed_ones_do_not_count() -> None:
    streams = Streams(most=3, each=2)
    with streams.opened(Caller(key="a")), streams.opened(Caller(key="a")):
        with pytest.raises(RateLimited), streams.opened(Caller(key="a")):
            pass
        with streams.opened(Caller(key="b")), pytest.raises(QueueFull), streams.opened(OWNER):
            pass
    with streams.opened(Caller(key="a")), streams.opened(OWNER), pytest.raises(ValueError), streams.opened(OWNER):
        raise ValueError

    assert streams._open == {}
    assert (streams_of(ServerSettings())._most, streams_of(ServerSettings(max_connections=1))._each) == (256, 1)
