#!/usr/bin/env python3
"""Boots again and again, each time asked for something else by its kernel's command line, files or signals, and looks whether it did.

  boot_features.py [--systemd] [--stage DIR]... [--only WORD]    Ends with 'N passed, N failed'.

What a container passes as arguments stands for the kernel's command line. With --systemd the stock init takes the same examination.
"""
import argparse
import json
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

_PROBE = '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n'


# With operands that do no harm, in an order that leaves nginx as it was.
_VERBS = ('list-units', 'list-unit-files', 'list-jobs', 'list-dependencies', 'list-timers', 'list-sockets', 'list-automounts', 'status nginx', 'show nginx',
          'cat nginx', 'is-active nginx cron', 'is-failed nginx', 'is-enabled nginx', 'is-system-running', 'get-default', 'check nginx', 'security nginx',
          'help Restart', 'show-environment', 'log-level', 'stop nginx', 'start nginx', 'restart nginx', 'try-restart nginx', 'reload nginx',
          'reload-or-restart nginx', '--no-block restart nginx', '--show-transaction restart nginx', 'kill -s HUP nginx', 'disable nginx', 'enable nginx',
          'mask cron', 'unmask cron', 'set-default multi-user.target', 'reset-failed', 'daemon-reload', 'daemon-reexec', 'isolate multi-user.target')


class Examination(Checks):
    """One boot after the other; each method whose name begins with boot_ is one or several."""

    def __init__(self, init, stages):
        super().__init__()
        self.init, self.stages = init, stages
        self.ours = init == INCIPIT

    def boot(self, arguments=(), files=None, target='multi-user.target', upper=None):
        """A started machine with these files laid over, at its target; to be used with `with`."""
        layers = list(self.stages)
        if files:
            layers.append(self.layer(files))
        machine = Container(IMAGE + '/root', [self.init, *arguments], layers, upper=upper)
        machine.start()
        if target:
            try:
                machine.wait_run(f'systemctl is-active -q {target}', 60)
            except MachineError:
                print(machine.console()[-3000:])
                machine.kill()
                raise
        return machine

    def layer(self, files):
        folder = tempfile.mkdtemp(prefix='layer.', dir=self.folder)
        for path, text in files.items():
            os.makedirs(os.path.dirname(folder + path), exist_ok=True)
            if text.startswith('-> '):
                os.symlink(text[3:], folder + path)
            else:
                with open(folder + path, 'w') as file:
                    file.write(text)
        return folder

    def asks(self, machine, what, command, pattern):
        result = machine.run(command, 30)
        self.check(what, re.search(pattern, result.output, re.M), f'{command}: {result.output}')
        return result.output

    def console_shows(self, machine, what, pattern, timeout=20):
        try:
            machine.wait_console(pattern, timeout)
            self.check(what, True)
        except MachineError as error:
            self.check(what, False, f'{error}\n{machine.console()[-1200:]}')

    def ends(self, machine, what, ending, timeout=60):
        self.check(what, machine.wait_end(timeout) and machine.ending() == ending, machine.ending())

    # -- the boots ----------------------------------------------------------------------------------------------------
    def boot_times(self):
        """The stages of the boot, as systemd-analyze prints them."""
        with self.boot(target='graphical.target') as machine:
            machine.wait_run('systemctl is-system-running --wait', 60)
            self.asks(machine, 'systemd-analyze prints the time of the boot', 'systemd-analyze time',
                      r'Startup finished in [\d.]+m?s \(userspace\)')
            self.asks(machine, 'and when the target was reached', 'systemd-analyze time', r'graphical\.target reached after [\d.]+m?s')
            self.asks(machine, 'what took longest', 'systemd-analyze blame --no-pager', r'^ +[\d.]+m?s [\w@.-]+\.service$')
            self.asks(machine, 'what waited for what', 'systemd-analyze critical-chain --no-pager', r'└─multi-user\.target @')
            self.asks(machine, 'a picture of it', 'systemd-analyze plot', r'<text .*nginx\.service')
            self.asks(machine, 'generators and loading have times of their own',
                      'busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager '
                      'GeneratorsStartTimestampMonotonic GeneratorsFinishTimestampMonotonic UnitsLoadStartTimestampMonotonic '
                      'UnitsLoadFinishTimestampMonotonic | sort -c -k2n && echo in order', '^in order$')
            before = machine.run('systemctl show -p UserspaceTimestampMonotonic -p FinishTimestampMonotonic').output
            machine.run('systemctl daemon-reexec', 30)
            machine.wait_run('systemctl is-active nginx', 30)
            self.check('they survive a re-execution',
                       machine.run('systemctl show -p UserspaceTimestampMonotonic -p FinishTimestampMonotonic').output == before, before)

    def boot_first(self):
        """A machine without an identity: presets, ConditionFirstBoot=, a new machine ID."""
        files = {'/etc/machine-id': 'uninitialized\n', '/etc/systemd/system/probe.service': _PROBE,
                 '/etc/systemd/system/other.service': _PROBE, '/etc/systemd/system-preset/00-test.preset': 'enable probe.service\n'
                 'disable other.service\ndisable *\n',
                 '/etc/systemd/system/first.service': '[Unit]\nConditionFirstBoot=yes\n' + _PROBE,
                 '/etc/systemd/system/multi-user.target.wants/first.service': '-> ../first.service'}
        upper = tempfile.mkdtemp(prefix='upper.', dir=self.folder)
        with self.boot(files=files, upper=upper) as machine:
            self.asks(machine, 'what presets enable is enabled at the first boot', 'systemctl is-enabled probe', '^enabled$')
            self.asks(machine, 'and is started by it', 'systemctl is-active probe', '^active$')
            self.asks(machine, 'what they disable is not enabled', 'systemctl is-enabled other', '^disabled$')
            self.asks(machine, 'but what was enabled before stays', 'systemctl is-enabled cron', '^enabled$')
            self.asks(machine, 'ConditionFirstBoot= holds', 'systemctl show -p ConditionResult first', '=yes$')
            self.asks(machine, 'the machine has an identity', 'cat /etc/machine-id', '^[0-9a-f]{32}$')
            machine.wait_run('test "$(systemctl is-system-running)" != starting', 60)
            self.asks(machine, 'which is kept on disk in the end', 'systemctl start systemd-machine-id-commit; umount /etc/machine-id 2>/dev/null; '
                      'cat /etc/machine-id', '^[0-9a-f]{32}$')
        first = {'/etc/systemd/system/first.service': '[Unit]\nConditionFirstBoot=yes\n' + _PROBE,
                 '/etc/systemd/system-preset/00-test.preset': 'disable *\n'}
        # The stock init hears of this word in a container only in part.
        with self.boot(['systemd.condition-first-boot=yes'] if self.ours else [], files=first) as machine:
            self.ours and self.asks(machine, 'the command line can make it a first boot', 'systemctl start first; systemctl show -p ConditionResult first', '=yes$')
        with self.boot(files=first) as machine:
            self.asks(machine, 'an ordinary boot is none', 'systemctl start first; systemctl show -p ConditionResult first', '=no$')

    def boot_targets(self):
        """Other targets than the default one."""
        for argument, target in (('systemd.unit=rescue.target', 'rescue.target'), ('single', 'rescue.target'), ('rescue', 'rescue.target'),
                                 ('emergency', 'emergency.target'), ('3', 'multi-user.target')):
            with self.boot([argument], target=target) as machine:
                self.asks(machine, f'{argument}: {target} is reached', f'systemctl is-active {target}', '^active$')
                if target == 'rescue.target':
                    self.asks(machine, f'{argument}: a shell waits on the console', 'systemctl is-active rescue.service', '^active$')
                    self.asks(machine, f'{argument}: services do not run', 'systemctl is-active nginx', '^inactive$')
                    self.console_shows(machine, f'{argument}: and asks for the password', 'Give root password for maintenance')
                if target == 'emergency.target':
                    self.asks(machine, 'emergency: a shell waits on the console', 'systemctl is-active emergency.service', '^active$')
                    self.asks(machine, 'emergency: nothing else does', 'systemctl is-active sysinit.target', '^inactive$')
        with self.boot(['rd.systemd.unit=emergency.target', 'rd.single']) as machine:
            self.asks(machine, "words of the initrd are not ours", 'systemctl is-active multi-user.target', '^active$')

    def boot_rescue_shell(self):
        """A password at the rescue prompt gives a shell; leaving it goes on to the default target."""
        with self.boot(['rescue'], target='rescue.target') as machine:
            machine.wait_console('Give root password for maintenance', 30)
            start = len(machine.console())
            machine.type('incipit\n')
            machine.wait_console(r'root@incipit:~#', 30, start)
            machine.type('echo $((6*7)) in $PWD\n')
            self.console_shows(machine, 'the rescue shell answers', '42 in /root')
            machine.type('exit\n')
            machine.wait_run('systemctl is-active -q multi-user.target', 60)
            self.check('leaving it goes on to the default target', True)

    def boot_words(self):
        """Words of the command line that change this boot."""
        with self.boot(['systemd.mask=nginx.service', 'systemd.mask=cron', 'systemd.wants=probe.service', 'systemd.setenv=A=b', 'systemd.hostname=other-name',
                        'systemd.status_unit_format=name', 'systemd.default_timeout_start_sec=77', 'systemd.log_level=debug', 'systemd.service_watchdogs=no'],
                       files={'/usr/lib/systemd/system/probe.service': _PROBE}) as machine:
            self.asks(machine, 'systemd.mask=', 'systemctl is-active nginx cron; systemctl is-enabled nginx', '^inactive\ninactive\nmasked-runtime$')
            self.asks(machine, 'systemd.wants=', 'systemctl is-active probe', '^active$')
            self.asks(machine, 'systemd.setenv=', 'systemctl show-environment', '^A=b$')
            self.asks(machine, 'systemd.hostname=', 'hostname', '^other-name$')
            self.asks(machine, 'systemd.default_timeout_start_sec=', 'systemctl show -p DefaultTimeoutStartUSec', '=1min 17s$')
            self.asks(machine, 'systemd.log_level=', 'systemctl show -p LogLevel', '=debug$')
            self.asks(machine, 'systemd.service_watchdogs=', 'systemctl show -p ServiceWatchdogs', '=no$')
            self.console_shows(machine, 'systemd.status_unit_format=name', r'Started (\x1b\[[0-9;]*m)*dbus\.service(\x1b\[[0-9;]*m)*\.')
        with self.boot(['systemd.debug_shell'], files={}) as machine:
            self.asks(machine, 'systemd.debug_shell', 'systemctl show -p WantedBy debug-shell.service', 'WantedBy=.*default|WantedBy=.*graphical|WantedBy=.*multi-user')
        with self.boot(['systemd.show_status=no', 'quiet']) as machine:
            self.asks(machine, 'systemd.show_status=no: nobody shows how far he is', 'ls /run/systemd/show-status', 'No such file')
            self.asks(machine, 'RTMIN+20 turns it on', '/bin/kill -s RTMIN+20 1; for i in $(seq 50); do ls /run/systemd/show-status && break; sleep 0.1; done', '^/run/systemd/show-status$')
            self.check('systemd.show_status=no', not re.search(r'\[  OK  \]|Start|Mounted', machine.console()), machine.console()[-500:])

    def boot_confirm(self):
        """systemd.confirm_spawn= asks before each process, with the words and keys of systemd."""
        with self.boot(['systemd.confirm_spawn=yes'], target=None) as machine:
            at = 0

            def answer(key, *patterns):
                nonlocal at
                machine.wait_console(r'Execute [^\n]*\? \[y, f, s . h for help\]', 30, at)
                at = len(machine.console())
                machine.type(key)
                for pattern in patterns:
                    machine.wait_console(pattern, 20, at)
            for what, key, *patterns in (
                    ('help', 'h', "  f - fail, don't execute the command and pretend it failed", '  y - yes, execute the command'),
                    ('a summary of the unit', 'i', r'  Description: ', r'  Unit: +\S', r'  Command: +/'),
                    ('the jobs', 'j', r'  -> Job \d+:', r'Action: \S+ -> start'),
                    ('the unit', 'D', r'  -> Unit \S+:', r'Fragment Path: '),
                    ('a key that it does not know', 'x', 'Read unexpected character, please try again.'),
                    ('what was once no', 'n', "Didn't understand 'n', did you mean 'f'\\?"),
                    ('yes', 'y'), ('skipping', 's', 'Skipping execution.'), ('failing', 'f', 'Failing execution.'), ('enough', 'c', 'Resuming normal execution.')):
                try:
                    answer(key, *patterns)
                    self.check(f'systemd.confirm_spawn=: {what}', True)
                except MachineError as error:
                    self.check(f'systemd.confirm_spawn=: {what}', False, f'{error}\n{machine.console()[-1200:]}')
            machine.wait_run('systemctl is-active -q multi-user.target', 60)
            self.asks(machine, 'systemd.confirm_spawn=: what was refused has failed so', "systemctl show --state=failed -p ExecMainStatus '*'", '=221$')
            self.asks(machine, 'systemd.confirm_spawn=: and nothing is asked any more', 'systemctl start --no-block apt-daily; ls /run/systemd/confirm_spawn_disabled', 'disabled')

    def boot_waiting(self):
        """The console tells what is waited for, and how long."""
        slow = '[Service]\nType=oneshot\nExecStart=/bin/sleep 600\nTimeoutStartSec=900\n'
        files = {'/etc/systemd/system/slow.service': slow, '/etc/systemd/system/multi-user.target.wants/slow.service': '-> ../slow.service'}
        # A login prompt on the console would be left alone.
        with self.boot(['systemd.mask=console-getty.service'], files=files, target='nginx.service') as machine:
            self.console_shows(machine, 'the console tells what is waited for, and how long',
                               r'(A start job is running for.*slow|Job slow.service/start running).* \(\d+s / 15min\)', 40)
        with self.boot() as machine:
            machine.wait_run('systemctl is-system-running --wait', 60)
            start = len(machine.console())
            machine.run('systemctl restart cron nginx')
            self.check('once up, the console is left to whoever logs in there', 'nginx' not in machine.console()[start:], machine.console()[start:])

    def boot_timeout_action(self):
        """JobTimeoutAction= of a unit that never comes."""
        files = {'/etc/systemd/system/never.service': '[Unit]\nJobRunningTimeoutSec=2\nJobTimeoutAction=reboot-force\n'
                 '[Service]\nType=oneshot\nExecStart=/bin/sleep 600\n',
                 '/etc/systemd/system/fails.service': '[Unit]\nFailureAction=poweroff\n[Service]\nType=oneshot\nExecStart=/bin/false\n',
                 '/etc/systemd/system/done.service': '[Unit]\nSuccessAction=exit\nSuccessActionExitStatus=9\n[Service]\nType=oneshot\nExecStart=/bin/true\n'}
        for unit, what, ending in (('never', 'JobTimeoutAction=reboot-force', 'rebooted'), ('fails', 'FailureAction=poweroff', 'powered off')):
            with self.boot(files=files) as machine:
                machine.run(f'systemctl start --no-block {unit}')
                self.ends(machine, what, ending)
        with self.boot(files=files) as machine:
            machine.run('systemctl start --no-block done')
            machine.wait_end(60)
            self.check('SuccessAction=exit with its status', machine.exit_status == 9 << 8, machine.ending())

    def boot_signals(self):
        """What PID 1's signals ask for (systemd(1), SIGNALS)."""
        # kill -l of a shell counts from SIGRTMIN = 34.
        ends = ((3, 'halted or powered off', None), (4, 'SIGRTMIN+4 powers off', 'powered off'), (5, 'SIGRTMIN+5 reboots', 'rebooted'),
                (14, 'SIGRTMIN+14 powers off at once', 'powered off'), (15, 'SIGRTMIN+15 reboots at once', 'rebooted'))
        for number, what, ending in ends:
            if ending is None:
                continue        # a halted namespace cannot be told from a powered-off one
            with self.boot() as machine:
                machine.run(f'kill -{34 + number} 1')
                self.ends(machine, what, ending)
        with self.boot() as machine:
            for number, target in ((1, 'rescue.target'), (0, 'multi-user.target'), (2, 'emergency.target')):
                machine.run(f'kill -{34 + number} 1')
                try:
                    machine.wait_run(f'systemctl is-active -q {target} && test -z "$(systemctl list-jobs --no-legend)"', 40)
                    self.check(f'SIGRTMIN+{number} isolates {target}', True)
                except MachineError as error:
                    self.check(f'SIGRTMIN+{number} isolates {target}', False, error)
        with self.boot() as machine:
            for number, name, value in ((22, 'LogLevel', 'debug'), (23, 'LogLevel', 'info'), (27, 'LogTarget', 'console'), (28, 'LogTarget', 'kmsg'),
                                        (26, 'LogTarget', 'journal(-or-kmsg)?')):
                machine.run(f'kill -{34 + number} 1')
                self.asks(machine, f'SIGRTMIN+{number}: {name}={value}', f'systemctl show -p {name}', f'={value}$')
            for number in (20, 21, 24, 25):
                machine.run(f'kill -{34 + number} 1')
                machine.wait_run('systemctl is-active nginx', 20)
            self.check('SIGRTMIN+20, 21, 24 and 25 leave it working', True)
            for name in ('HUP', 'TERM', 'USR1', 'USR2', 'WINCH', 'PWR'):
                machine.run(f'kill -{name} 1')
                machine.wait_run('systemctl is-active nginx', 20)
            self.check('SIGHUP, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH and SIGPWR leave it working', True)

    def boot_ctrl_alt_del(self):
        """Ctrl-Alt-Del, which the kernel tells as SIGINT: once, and in a burst."""
        with self.boot() as machine:
            machine.run('kill -INT 1')
            self.ends(machine, 'Ctrl-Alt-Del reboots in order', 'rebooted')
        blocked = {'/etc/systemd/system/ctrl-alt-del.target': '[Unit]\nDescription=Nothing\n',
                   '/etc/systemd/system.conf': '[Manager]\nCtrlAltDelBurstAction=poweroff-force\n'}
        with self.boot(files=blocked) as machine:
            machine.run('for i in 1 2 3 4 5 6 7; do kill -INT 1; done; sleep 0.2; systemctl is-active nginx')
            self.asks(machine, 'seven times do what the target does', 'systemctl is-active nginx', '^active$')
            machine.run('sleep 2.2; for i in 1 2 3 4 5 6 7 8 9; do kill -INT 1; sleep 0.05; done')
            self.ends(machine, 'more within two seconds do what CtrlAltDelBurstAction= says', 'powered off')

    def boot_settings(self):
        """system.conf about the manager itself."""
        settings = ('[Manager]\nDefaultEnvironment=FROM=conf\nManagerEnvironment=OWN=yes\nNoNewPrivileges=yes\nCapabilityBoundingSet=~CAP_SYS_MODULE\n'
                    'CPUAffinity=0\nTimerSlackNSec=200000\nSystemCallArchitectures=native\n')
        if not self.ours:       # a read-only /proc/sys, as here, makes the stock init give up
            settings = settings.replace('CapabilityBoundingSet=~CAP_SYS_MODULE\n', '')
        with self.boot(files={'/etc/systemd/system.conf': settings}) as machine:
            status = machine.run('cat /proc/1/status').output
            for what, pattern in (('NoNewPrivileges=', r'NoNewPrivs:\s1'), ('CPUAffinity=', r'Cpus_allowed_list:\s0$'),
                                  ('SystemCallArchitectures=', r'Seccomp:\s2')):
                self.check(f'{what} of the manager', re.search(pattern, status, re.M), status)
            if self.ours:
                bounds = int(re.search(r'CapBnd:\s([0-9a-f]+)', status).group(1), 16)
                self.check('CapabilityBoundingSet= of the manager', bounds & 1 << 16 == 0, status)
            self.asks(machine, 'TimerSlackNSec= of the manager', 'cat /proc/1/timerslack_ns', '^200000$')
            self.asks(machine, 'DefaultEnvironment=', 'systemctl show-environment', '^FROM=conf$')
            self.asks(machine, 'services inherit', 'systemd-run --wait -P -q sh -c "grep NoNewPrivs /proc/self/status; printenv FROM"', 'NoNewPrivs:\t1\nconf')

    def boot_again(self):
        """What somebody changed since the boot is left alone by a manager that is executed anew or comes back from a crash."""
        generator = '#!/bin/sh\necho run >>/run/generator-runs\n'
        with self.boot(files={'/etc/systemd/system-generators/count': generator, '/etc/hostname': 'of-the-file\n'}) as machine:
            machine.run('chmod +x /etc/systemd/system-generators/count; hostname changed; ip link set lo down; systemctl daemon-reexec', 30)
            machine.wait_run('systemctl is-active -q multi-user.target', 30)
            self.asks(machine, 'daemon-reexec: the host name stays', 'hostname', '^changed$')
            self.asks(machine, 'daemon-reexec: the loop-back device stays', 'cat /sys/class/net/lo/flags', '^0x8$')
            self.asks(machine, 'daemon-reexec: the generators run', 'wc -l </run/generator-runs', '^1$')
            if self.ours:
                machine.run('kill -SEGV 1', 10)
                machine.wait_run('systemctl is-active -q multi-user.target', 30)
                self.asks(machine, 'after a crash the host name stays', 'hostname', '^changed$')

    def boot_crash(self):
        """The manager crashes; only ours is expected to live."""
        if not self.ours:
            return
        with self.boot(['systemd.crash_shell=yes', 'systemd.dump_core=no']) as machine:
            main = machine.run('systemctl show -p MainPID --value nginx').output
            machine.run('kill -SEGV 1')
            machine.wait_run('systemctl is-active -q nginx', 30)
            self.asks(machine, 'after a crash the manager goes on with its services', 'systemctl show -p MainPID --value nginx', f'^{main.strip()}$')
            machine.wait_run('pgrep -x -P 1 sh', 20)
            self.check('crash_shell: a shell on the console', True)
        # Words of the command line are a container's arguments, which are not handed on; those of a kernel are read again.
        with self.boot(files={'/etc/systemd/system.conf': '[Manager]\nCrashReboot=yes\nDumpCore=no\n'}) as machine:
            for _ in range(4):
                machine.run('kill -SEGV 1', 10)
                machine.wait_run('systemctl is-active -q nginx', 30)    # a signal without a handler would not reach PID 1
            machine.run('kill -SEGV 1', 10)
            self.ends(machine, 'crash_reboot: a crash loop reboots', 'rebooted')

    def boot_ipc(self):
        """RemoveIPC=: what a service's user leaves behind."""
        files = {'/etc/systemd/system/ipc.service': '[Service]\nUser=demo\nRemoveIPC=yes\nExecStart=/bin/sh -c "ipcmk -M 4096 -S 1 -Q; echo x >/dev/shm/of-demo; exec sleep 600"\n'}
        with self.boot(files=files) as machine:
            machine.run('systemctl start ipc')
            machine.wait_run('test -e /dev/shm/of-demo', 20)
            self.asks(machine, 'a service makes IPC objects', 'ipcs | grep -c demo', '^3$')
            machine.run('systemctl stop ipc')
            try:
                machine.wait_run('! ipcs | grep demo && ! test -e /dev/shm/of-demo', 20)
                self.check('RemoveIPC= removes them', True)
            except MachineError as error:
                self.check('RemoveIPC= removes them', False, machine.run('ipcs; ls -la /dev/shm').output + str(error))

    def boot_json(self):
        """Every verb of ctl answers in JSON when asked to."""
        if not self.ours:
            return
        with self.boot() as machine:
            for verb in _VERBS:
                output = machine.run(f'ctl --json {verb} 2>/dev/null', 30).output
                try:
                    self.check(f'ctl --json {verb}', isinstance(json.loads(output), list), output)
                except ValueError as error:
                    self.check(f'ctl --json {verb}', False, f'{error}: {output[:500]}')

    def boot_switch_root(self):
        """Another root directory, with another init."""
        with self.boot() as machine:
            machine.run('mkdir -p /other; mount -t tmpfs other /other; cd /other && mkdir -p usr/bin usr/lib usr/lib64 etc && ln -s usr/bin bin && '
                        'ln -s usr/lib lib && ln -s usr/lib64 lib64 && cp -a /usr/bin/dash /usr/bin/sh usr/bin/ && cp -a /usr/lib64/. usr/lib64/ && '
                        'cp -a /usr/lib/x86_64-linux-gnu usr/lib/ && cp /etc/os-release etc/ && mkfifo fifo && '
                        'printf "#!/bin/sh\\n: >/marked\\nread x <>/fifo\\n" >init && chmod +x init', 60)
            result = machine.run('busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager SwitchRoot ss '
                                 '/other /init', 30)
            try:
                machine.wait(lambda: os.path.exists(machine.path('/marked')), 20, 'the other root')
                self.check('SwitchRoot goes on in another root', True)
            except MachineError as error:
                self.check('SwitchRoot goes on in another root', False, f'{error} {result}')

    def run(self, only):
        with tempfile.TemporaryDirectory(prefix='features.', dir=CACHE) as self.folder:
            for name, boots in list(vars(Examination).items()):
                if not name.startswith('boot_') or only and only not in name:
                    continue
                print(f'--- {boots.__doc__}', flush=True)
                try:
                    boots(self)
                except MachineError as error:
                    self.check(boots.__doc__, False, error)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--systemd', action='store_true')
    parser.add_argument('--stage', action='append', default=[])
    parser.add_argument('--only', help='only boots whose name has this word')
    options = parser.parse_args()
    examination = Examination(SYSTEMD if options.systemd else INCIPIT, [] if options.systemd else options.stage)
    examination.run(options.only)
    return examination.close()


sys.exit(main())
