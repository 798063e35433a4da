"""How a notification connection is, and the times it keeps.

Must live here: the two records that the owner of a connection reads and writes. Must not: the connection.
"""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from engage_async.errors import SubscriptionRefused

State = Literal["connecting", "connected", "reconnecting", "closed"]


@frozen
class NotificationSettings:
    """Times in seconds.

    `meta_timeout` bounds the answer to anything but a held connect, `poll_margin` is added to the advised hold time,
    `backoff_first` and `backoff_limit` bound the pauses after failures, sessions that lived for `settled_after` are
    replaced without a pause, `recover_timeout` bounds `recover`, `close_timeout` the goodbye. `acknowledge` asks for
    the acknowledgement extension.
    """

    meta_timeout: float = 30.0
    poll_margin: float = 10.0
    backoff_first: float = 0.5
    backoff_limit: float = 30.0
    settled_after: float = 5.0
    recover_timeout: float = 30.0
    close_timeout: float = 5.0
    acknowledge: bool = True


@frozen
class Health:
    """How the connection is at one moment.

    `last_answer_age` is the seconds since the last Bayeux answer, None before the first. `reconnects` counts how often
    events flowed again after an interruption, `handshakes` the sessions begun, `events` the notifications received,
    `malformed` messages left out because they could not be read, `undelivered` notifications whose delivery raised.
    `last_error` tells the last failure in words, "" when there was none. `refused` are the subscriptions that the
    present session was refused. `ack` says that the acknowledgement extension is on: a lost answer is sent again.
    """

    state: State
    last_answer_age: float | None = None
    reconnects: int = 0
    handshakes: int = 0
    events: int = 0
    malformed: int = 0
    undelivered: int = 0
    last_error: str = ""
    refused: tuple[SubscriptionRefused, ...] = ()
    ack: bool = False
