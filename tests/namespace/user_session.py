#!/usr/bin/env python3
"""Sessions of real users on the stock image, with the manager that each of them gets.

  user_session.py [--stage DIR]... [--systemd]

  --systemd   examine the stock init instead: a check that does not hold there is wrong
"""
import argparse
import os
import re
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '../vm')]
from checks import Checks  # noqa: E402
from container import Container  # noqa: E402
from machine import IMAGE, INCIPIT, SYSTEMD, MachineError  # noqa: E402

_MANAGER = 'user@1000.service'
_FROM_OUTSIDE = 'systemctl --user -M demo@'


class Examination(Checks):
    def __init__(self, machine, ours):
        super().__init__()
        self.machine, self.ours = machine, ours

    def asks(self, what, command, pattern, timeout=30):
        result = self.machine.run(command, timeout)
        self.check(what, re.search(pattern, result.output, re.M), f'{command}: {result.output}')
        return result.output

    def until(self, what, command, timeout=30):
        try:
            self.machine.wait_run(command, timeout)
            self.check(what, True)
        except MachineError as error:
            self.check(what, False, error)

    def login(self):
        """At the console, as a person does."""
        start = len(self.machine.console())
        self.machine.type('\n')
        self.machine.wait_console(r'login: ?', 40, start)
        self.machine.type('demo\n')
        self.machine.wait_console(r'Password: ?', 40, start)
        self.machine.type('incipit\n')
        self.machine.wait_console(r'demo@incipit:~\$', 40, start)

    def at_the_console(self, command, pattern, timeout=20):
        start = len(self.machine.console())
        self.machine.type(command + '\n')
        self.machine.wait_console(pattern, timeout, start)

    def run(self):
        self.machine.wait_console(r'login: ?', 60)
        self.login()
        self.until('a login brings the manager of its user up', f'systemctl is-active -q {_MANAGER}')
        program = '/usr/lib/incipit/init' if self.ours else '/usr/lib/systemd/systemd'
        self.asks('it is the program that belongs to this PID 1', f'readlink /proc/$(systemctl show -p MainPID --value {_MANAGER})/exe', f'^{program}$')
        self.at_the_console('systemctl --user is-active default.target', r'\nactive')
        self.check('systemctl --user answers in the session', True)
        self.at_the_console('systemd-run --user --unit=mine --remain-after-exit -q sh -c "loginctl show-user demo -p State --value" && echo "made"it', r'madeit')
        self.asks('systemd-run --user makes a unit of the manager', f'{_FROM_OUTSIDE} show -p ControlGroup -p ActiveState mine', '^ActiveState=active$')
        self.at_the_console('systemd-run --user --scope -q --unit=around sh -c "tail -n1 /proc/self/cgroup; read x"', r'user@1000\.service/app\.slice/around\.scope')
        self.check('a scope takes a process out of the session', True)
        self.asks('the scope is in the tree of the manager', f'{_FROM_OUTSIDE} is-active around.scope; cat /sys/fs/cgroup/user.slice/user-1000.slice/{_MANAGER}/app.slice/around.scope/cgroup.procs', r'^active\n\d+')
        self.at_the_console('', r'demo@incipit:~\$')
        self.at_the_console('systemd-run --user --wait -q sh -c "exit 3"; echo "status=$?"', r'status=3')
        self.check('systemd-run --wait hears of the end', True)
        self.at_the_console('systemd-run --user -q --on-active=1 --timer-property=AccuracySec=1us touch /tmp/timer-was-here; echo "tim"er', r'timer')
        self.until('a timer of the user fires', 'test -e /tmp/timer-was-here')
        self.asks('two users have two managers', 'loginctl enable-linger root && systemd-run -M root@ --user -q --wait --pipe id -u', '^0$')
        self.at_the_console('exit', r'login: ?')
        self.until('the manager goes with the last session', f'! systemctl is-active -q {_MANAGER}')
        self.until('and so does the runtime directory', 'test ! -e /run/user/1000')
        self.asks('it ended well', f'systemctl show -p Result {_MANAGER}', '^Result=success$')
        self.asks('su -l is a session too', 'su -l demo -c "systemctl --user is-system-running --wait"', '^running$')
        self.asks('a lingering user has a manager without a session', 'loginctl enable-linger demo', '^$')
        self.until('at once', f'systemctl is-active -q {_MANAGER}')
        self.asks('commands from outside reach it', 'systemd-run -M demo@ --user -q --wait --pipe id -un', '^demo$')
        self.machine.run('loginctl disable-linger demo', 30)
        self.until('and goes when it lingers no longer', f'! systemctl is-active -q {_MANAGER}')
        self.asks('nothing failed', 'systemctl --failed --no-legend --plain | grep -c . || true', '^0$')


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--systemd', action='store_true')
    parser.add_argument('--stage', action='append', default=[])
    options = parser.parse_args()
    with Container(IMAGE + '/root', [SYSTEMD if options.systemd else INCIPIT], [] if options.systemd else options.stage) as machine:
        machine.start()
        machine.wait_run('systemctl is-active -q multi-user.target', 60)
        examination = Examination(machine, not options.systemd)
        try:
            examination.run()
        except MachineError as error:
            examination.check('the session goes on', False, error)
    return examination.close()


sys.exit(main())
