#!/usr/bin/env python3
"""Boots with bad units, bad generators and bad clients: the boot reaches its target, the log says which file and line, nothing
else is hurt.

  bad_inputs.py [--systemd] [--hang] [--stage DIR]...    Ends with 'N passed, N failed'.
"""
import argparse
import os
import re
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '../vm')]
from checks import Checks  # noqa: E402
from container import Container  # noqa: E402
from machine import CACHE, IMAGE, INCIPIT, SYSTEMD, MachineError  # noqa: E402

_UNITS = {
    'bad-words.service': '[Unit]\nColour=red\n[Service]\nType=oneshot\nTimeoutStopSec=soon\nno equals sign\nExecStart=/bin/true\n[Nowhere]\nA=b\n',
    'bad-binary.service': '[Service]\nExecStart=/nowhere/program\n',
    'bad-crowd@.service': '[Service]\nType=exec\nUser=nobody-at-all\nExecStart=/bin/true\n',
    'bad-user.service': '[Service]\nUser=nobody-of-that-name\nExecStart=/bin/true\n',
    'bad-empty.service': '[Unit]\nDescription=Nothing to execute\n',
    'bad-cycle-first.service': '[Unit]\nDefaultDependencies=no\nBefore=basic.target\nAfter=bad-cycle-second.service\n'
                               '[Service]\nType=oneshot\nExecStart=/bin/true\n',
    'bad-cycle-second.service': '[Service]\nType=oneshot\nExecStart=/bin/true\n',
    'bad-nul.service': '[Service]\nExecStart=/bin/true\nEnvironment=A=\0b\n\0\0\0\n',
    'bad-good.service': '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n',
}
_GENERATORS = {
    'bad-crash': '#!/bin/sh\nkill -SEGV $$\n',
    'bad-garbage': '#!/bin/sh\nhead -c 100000 /dev/urandom >"$1/garbage.service"\nhead -c 3000 /dev/urandom\nln -s nowhere "$1/dangling.service"\n',
    'bad-status': '#!/bin/sh\nexit 7\n',
    'bad-format': 'this is no program\n',
}
_HANGING = {'bad-hang': '#!/bin/sh\nexec sleep 600\n'}
_PARTIAL_CALL = r'''
import socket, struct
for cut in range(0, 200, 4):
    link = socket.socket(socket.AF_UNIX)
    link.connect("/run/systemd/private")
    body = b"\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n"
    header = b"l\1\0\1" + struct.pack("<III", 8, 1, 110) + b"\x6c\0\0\0" + b"A" * 160
    link.send((body + header)[:40 + cut])
    link.close()
'''
_CALL_WITH_HANDSHAKE = r'''
import socket, struct
link = socket.socket(socket.AF_UNIX)
link.settimeout(10)
link.connect("/run/systemd/private")
link.send(b"\0AUTH EXTERNAL 30\r\n")
link.recv(1000)
def field(number, kind, text):
    value = bytes([number, 1, ord(kind), 0])
    value += struct.pack("<I", len(text)) + text.encode() + b"\0"
    return value + b"\0" * (-len(value) % 8)
fields = field(1, "o", "/org/freedesktop/systemd1") + field(2, "s", "org.freedesktop.DBus.Peer") + field(3, "s", "Ping")
message = b"l\1\0\1" + struct.pack("<III", 0, 7, len(fields.rstrip(b"\0")) + 1) + fields
link.send(b"BEGIN\r\n" + message)
kind = 0
while kind not in (2, 3):     # signals may come before it
    header = link.recv(16, socket.MSG_WAITALL)
    kind, (body, fields) = header[1], struct.unpack("<I4xI", header[4:16])
    link.recv(fields + -fields % 8 + body, socket.MSG_WAITALL)
print("answered" if kind == 2 else "refused")
'''
_EMPTY_NOTIFY = r'''
import socket
link = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for text in (b"", b"\0", b"=", b"READY", b"\n" * 4000, b"FDSTORE=1\nFDNAME=\xff/:\n", b"A=" + b"x" * 60000, b"MAINPID=1\n", b"STATUS=\x1b[2J\n"):
    link.sendto(text, "/run/systemd/notify")
'''


def make_layer(folder, generators, endless):
    units = folder + '/etc/systemd/system'
    wants = units + '/multi-user.target.wants'
    os.makedirs(wants)
    for name, text in _UNITS.items():
        with open(f'{units}/{name}', 'w') as file:
            file.write(text)
    os.mkdir(units + '/bad-folder.service')
    if endless:     # the stock init waits for ever for both
        os.mkfifo(units + '/bad-fifo.service')
        os.makedirs(units + '/bad-good.service.d', exist_ok=True)
        os.symlink('/dev/zero', units + '/bad-good.service.d/zero.conf')
    os.symlink('bad-loop-two.service', units + '/bad-loop.service')
    os.symlink('bad-loop.service', units + '/bad-loop-two.service')
    with open(units + '/bad-huge.service', 'w') as file:
        line = '# ' + 'x' * 97 + '\n'
        for _ in range(1024):
            file.write(line * 1049)        # 100 MiB in all
    os.makedirs(units + '/bad-good.service.d/folder.conf')
    for name in [name for name in _UNITS if '@.' not in name] + ['bad-folder.service', 'bad-fifo.service', 'bad-loop.service', 'bad-huge.service', 'bad-missing.service']:
        os.symlink('../' + name, f'{wants}/{name}')
    programs = folder + '/etc/systemd/system-generators'
    os.makedirs(programs)
    for name, text in generators.items():
        with open(f'{programs}/{name}', 'w') as file:
            file.write(text)
        os.chmod(f'{programs}/{name}', 0o755)
    return folder


class Examination(Checks):
    """What was asked of the machine and how it answered."""

    def __init__(self, machine, hangs, is_stock):
        super().__init__()
        self.machine, self.hangs, self.is_stock = machine, hangs, is_stock

    def answers(self, what):
        """Nothing else was hurt: the init answers and an ordinary service still serves."""
        result = self.machine.run('systemctl is-active nginx && systemctl start bad-good.service && '
                                  'curl -sS -m 10 -o /dev/null http://127.0.0.1/', 20)
        self.check(what, result, result.output)

    def logged(self, what, pattern):
        # What is told before the journal runs goes to the kernel's log, and in a container, which has none, to the console.
        text = self.machine.run('journalctl -b --no-pager -o cat', 30).output + self.machine.console()
        near = '\n'.join(line for line in text.splitlines() if 'bad-' in line and 'Start' not in line)
        self.check(what, re.search(pattern, text), f'no /{pattern}/ in the log; near: {near[-600:]}')

    def property(self, what, unit, name, value):
        result = self.machine.run(f'systemctl show -p {name} --value {unit}', 20)
        self.check(what, result.output.strip() == value, f'{unit} {name}={result.output.strip()}, expected {value}')

    def all(self):
        machine = self.machine
        machine.wait_run('systemctl is-active -q graphical.target', 240)
        machine.wait_run('test -z "$(systemctl list-jobs --no-legend)"', 90)
        self.check('the boot reaches its target', True)
        self.answers('an ordinary service runs, and the init answers')
        self.logged('an unknown directive is named with file and line', r'bad-words\.service:2: Unknown key \'Colour\' in section \[Unit\]')
        self.logged('a wrong value is named with file and line', r'bad-words\.service:5: Failed to parse .*soon')
        self.logged('a line without = is named with file and line', r'bad-words\.service:6: Missing \'=\'')
        self.property('and the unit starts all the same', 'bad-words.service', 'Result', 'success')
        self.property('a missing program', 'bad-binary.service', 'ExecMainStatus', '203')
        self.property('a missing user', 'bad-user.service', 'ExecMainStatus', '217')
        self.property('a service without a command', 'bad-empty.service', 'LoadState', 'bad-setting')
        self.property('a unit that is not there', 'bad-missing.service', 'LoadState', 'not-found')
        self.logged('the ordering cycle through basic.target is told', r'(?i)ordering cycle')
        self.property('and basic.target is reached', 'basic.target', 'ActiveState', 'active')
        self.logged('NUL bytes are told with the file', r'bad-nul\.service:[34]:')
        for name in ('folder', 'fifo', 'loop', 'huge'):
            result = machine.run(f'systemctl show -p LoadState --value bad-{name}.service', 20)
            self.check(f'a unit file that is a {name} is not loaded as one',
                       result.output.strip() in ('error', 'not-found', 'bad-setting', 'masked'), result.output)
        self.logged('a generator that crashes is named', r'bad-crash terminated by signal SEGV')
        self.logged('a generator that fails is named with its status', r'bad-status failed with exit status 7')
        machine.run(f"cat >/run/notify.py <<'END'\n{_EMPTY_NOTIFY}\nEND\npython3 /run/notify.py", 30)
        self.answers('after empty and senseless notify datagrams')
        machine.run(f"cat >/run/partial.py <<'END'\n{_PARTIAL_CALL}\nEND\npython3 /run/partial.py", 30)
        self.answers('after clients that left in the middle of a call')
        if not self.is_stock:      # the stock init leaves the call in its buffer until another comes
            result = machine.run(f"cat >/run/whole.py <<'END'\n{_CALL_WITH_HANDSHAKE}\nEND\npython3 /run/whole.py", 30)
            self.check('a call in one piece with the end of the handshake is answered', result.output.strip() == 'answered', result.output)
            # The stock journal does not know the unit of a process that is gone when it reads.
            machine.run('systemctl kill -s STOP systemd-journald && systemctl start --no-block $(seq -f bad-crowd@%g 30)')
            machine.wait_run('test "$(systemctl show "bad-crowd@*" -p ExecMainPID | grep -c "PID=[1-9]")" = 30', 60)
            machine.run('systemctl kill -s CONT systemd-journald')
            machine.wait_run('test -z "$(systemctl list-jobs --no-legend)" && journalctl --sync', 60)
            result = machine.run("journalctl -b -o cat -u 'bad-crowd@*' | grep -c 'credentials: No such process'")
            self.check('a journal that reads nothing for a while loses no line of what fails meanwhile', result.output.strip() == '30', result.output)
        machine.run('for i in $(seq 20); do timeout -s KILL 0.00$i systemctl list-units >/dev/null 2>&1; done', 60)
        self.answers('after clients that were killed while they waited')
        if self.hangs:
            self.logged('a generator that hangs is named and ended', r'bad-hang ran too long and was killed')
        result = machine.run('systemctl daemon-reload', 240)
        self.check('all of it can be loaded again', result, result.output)
        self.answers('and everything still runs')
        failed = machine.run('systemctl list-units --failed --no-legend --plain', 20).output
        others = [line.split()[0] for line in failed.splitlines() if not line.startswith('bad-')]
        self.check('no other unit failed', not others, others)
        self.check('power-off', machine.stop())


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--systemd', action='store_true')
    parser.add_argument('--hang', action='store_true', help='also a generator that never ends (the stock init waits 90 s for it)')
    parser.add_argument('--stage', action='append', default=[])
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix='bad.', dir=CACHE)
    try:
        generators = dict(_GENERATORS, **(_HANGING if options.hang else {}))
        layer = make_layer(folder, generators, not options.systemd)
        with Container(IMAGE + '/root', [SYSTEMD if options.systemd else INCIPIT], options.stage + [layer]) as machine:
            checks = Examination(machine, options.hang, options.systemd)
            try:
                machine.start()
                checks.all()
            except MachineError as error:
                checks.check('the machine lives', False, error)
                print(machine.console()[-4000:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return checks.close()


sys.exit(main())
