"""What workers and backend say to each other, and back."""

from __future__ import annotations

import io
import json
import time

import pytest

from geopub_plugin.backend import errors
from geopub_plugin.backend.errors import GeoPubError, JobFailed, TooLarge
from geopub_plugin.backend.faults import Fault, Severity
from geopub_plugin.backend.jobs.messages import (
    Lines,
    ProgressState,
    Refusal,
    Result,
    decode,
    encode,
    error_as_json,
    error_from_json,
)
from geopub_plugin.backend.jobs.reporter import Reporter

EVERY_ERROR = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GeoPubError)]


@pytest.mark.parametrize("kind", EVERY_ERROR, ids=lambda kind: kind.__name__)
def test_every_error_comes_back_as_itself(kind):
    fault = Fault("style.unknown", Severity.WARNING, "Où ?", examples=("é",), fixable=True)
    sent = kind("Quoi ?", "Pourquoi ?", "Comment ?", [fault])
    got = error_from_json(json.loads(encode(error_as_json(sent))))
    assert type(got) is kind
    assert (got.sentences, got.faults) == (sent.sentences, sent.faults)


def test_an_error_of_a_class_of_its_own_comes_back_as_the_nearest_one_of_the_tree():
    class Bomb(TooLarge):
        pass

    assert type(error_from_json(error_as_json(Bomb("Too large.")))) is TooLarge


@pytest.mark.parametrize("kind", ["Nobody", "HTTP_STATUS", "http_status", "Fault", "__name__"])
def test_an_error_that_nobody_knows_is_a_failed_job(kind):
    assert type(error_from_json({"kind": kind, "what": "?"})) is JobFailed


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"step":"Tiles","done":1,"total":2,"unit":"tiles"}\n', ProgressState("Tiles", 1, 2, "tiles")),
        (b'{"log":["a","b"]}\n', Lines(("a", "b"))),
        (b'{"result":{"a":[1]}}\n', Result({"a": [1]})),
        (b"Warning 1: nothing\r\n", Lines(("Warning 1: nothing",))),
        (b"\xff\n", Lines(("�",))),
        (b"7\n", Lines(("7",))),
        (b"[]\n", Lines(("[]",))),
        (b'{"step":1}\n', Lines(('{"step":1}',))),
        (b'{"result":7}\n', Lines(('{"result":7}',))),
        (b'{"error":{"kind":"JobFailed"}}\n', Lines(('{"error":{"kind":"JobFailed"}}',))),
        (b'{"step":"cut', Lines(('{"step":"cut',))),
    ],
)
def test_a_line_is_a_message_or_a_line_of_log(line, message):
    assert decode(line) == message


def test_a_refusal_is_read():
    message = decode(b'{"error":{"kind":"Conflict","what":"W","why":"","cure":"C","faults":[]}}\n')
    assert isinstance(message, Refusal)
    assert type(message.error) is errors.Conflict and message.error.sentences == ("W", "C")


def test_what_is_told_arrives_without_another_word_being_told():
    pipe = io.BytesIO()
    reporter = Reporter(pipe, interval=0.01)
    reporter.log("first")
    end = time.monotonic() + 5
    while b"first" not in pipe.getvalue() and time.monotonic() < end:
        time.sleep(0.001)
    reporter.log("second")
    while b"second" not in pipe.getvalue() and time.monotonic() < end:
        time.sleep(0.001)
    assert [decode(line) for line in pipe.getvalue().splitlines()] == [Lines(("first",)), Lines(("second",))]
    reporter.close()


def test_closing_sends_the_last_state_and_the_last_message():
    pipe = io.BytesIO()
    reporter = Reporter(pipe, interval=60)
    for done in range(100):
        reporter.step("Reading", 1000, "features")
        reporter.advance(done)
    reporter.log("done")
    reporter.close({"result": {"size": 1}})
    messages = [decode(line) for line in pipe.getvalue().splitlines()]
    assert len(messages) <= 4
    assert messages[-1] == Result({"size": 1})
    assert ProgressState("Reading", 99, 1000, "features") in messages
    assert Lines(("done",)) in messages


def test_a_backend_that_is_gone_does_not_stop_the_reporter():
    class Broken(io.BytesIO):
        def flush(self):
            raise BrokenPipeError

    reporter = Reporter(Broken(), interval=0.01)
    reporter.log("nobody hears this")
    reporter.advance(1)
    with pytest.raises(BrokenPipeError):
        reporter.close()
