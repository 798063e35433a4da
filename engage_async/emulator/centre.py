"""The emulated contact centre as one thing."""

from __future__ import annotations

from random import Random

from engage_async.emulator.directory import Directory
from engage_async.emulator.exchange import Publish
from engage_async.emulator.scheduler import Scheduler
from engage_async.emulator.switches import Switches


class ContactCentre:
    """Who and what there is, and what happens to it."""

    def __init__(
        self, directory: Directory, switches: Switches, publish: Publish, scheduler: Scheduler, random: Random
    ) -> None:
        self.directory, self.switches, self.publish = directory, switches, publish
        self.scheduler, self.random = scheduler, random
