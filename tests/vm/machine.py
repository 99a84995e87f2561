"""What a container and a virtual machine have in common for the tests that steer them; touches nothing itself."""
import os
import re
import time

CACHE = os.environ.get('INCIPIT_CACHE', '/var/cache/incipit')
IMAGE = CACHE + '/image'
SYSTEMD = '/lib/systemd/systemd'
INCIPIT = '/usr/lib/incipit/init'


class MachineError(Exception):
    """The machine could not be started, died, or did not do what was waited for."""


class Finished:
    """How a command in a machine ended: its exit status and all that it printed. True when the status is 0."""

    def __init__(self, status, output):
        self.status, self.output = status, output

    def __bool__(self):
        return self.status == 0

    def __repr__(self):
        return f'status {self.status}: {self.output}'


class Machine:
    """A booted system. A subclass has start(), run(), console(), type(), alive(), stop() and kill()."""

    patience = 1        # how many times longer than at native speed this machine may take

    def wait_console(self, pattern, timeout=60, start=0):
        """Waits until the console's text from offset start matches; returns the match."""
        return self.wait(lambda: re.search(pattern, self.console()[start:]), timeout, f'the console to show /{pattern}/')

    def wait(self, condition, timeout=60, what='condition'):
        """Asks condition() again and again until it is true, and returns what it returned."""
        end = time.monotonic() + timeout * self.patience
        while True:
            result = condition()
            if result:
                return result
            if not self.alive():
                raise MachineError(f'the machine is gone ({self.ending()}) while waiting for {what}')
            if time.monotonic() > end:
                raise MachineError(f'waited {timeout * self.patience} s in vain for {what}')
            time.sleep(0.02 * self.patience)

    def wait_run(self, command, timeout=60):
        """Runs a command until it succeeds; returns the Finished of that time."""
        return self.wait(lambda: self.run(command), timeout, f'success of: {command}')

    def wait_end(self, timeout=60):
        """Waits for the machine to go by itself; returns whether it did."""
        end = time.monotonic() + timeout * self.patience
        while self.alive() and time.monotonic() < end:
            time.sleep(0.01)
        return not self.alive()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
