#!/usr/bin/env python3
"""The tour: boots the stock image, does with it what its users do, checks each answer and prints it. No keyboard needed.

  tour.py [--container] [--systemd] [--stage DIR]...

  --container   in namespaces at native speed, not under QEMU
  --systemd     the stock init and its clients, for comparison     --clients   the stock init, but our ctl, journal and journald
  --stage DIR   laid over the image: what `DESTDIR=DIR cmake --install build/release` made
Ends with 'N passed, N failed'; status 0 only if every step held.
"""
import argparse
import os
import re
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '../namespace')]
from container import Container  # noqa: E402
from machine import CACHE, IMAGE, INCIPIT, SYSTEMD, MachineError  # noqa: E402
from virtual import VirtualMachine  # noqa: E402

_HTTP = 'curl -sS -m 20 -o /dev/null -w "%{http_code}" http://127.0.0.1'
_PASSWORD = 'incipit'


class Failed(Exception):
    """A step did not hold; the text says what was seen."""


class Tour:
    """One machine and the steps; each method whose name begins with step_ is one, run in the order written."""

    def __init__(self, machine, ctl, journal, tells_why):
        self.machine, self.ctl, self.journal, self.tells_why = machine, ctl, journal, tells_why
        self.passed = self.failed = 0

    # -- saying and asking --------------------------------------------------------------------------------------------
    def say(self, text, indent=8):
        for line in text.rstrip().splitlines():
            print(' ' * indent + line.rstrip()[:150], flush=True)

    def do(self, command, expect=0, match=None, show=True, timeout=60):
        """Runs a command inside, shows it and its answer, and checks exit status and text."""
        if show:
            print(f'    # {command}', flush=True)
        result = self.machine.run(command, timeout)
        if show:
            self.say('\n'.join(result.output.splitlines()[:14]))
        if expect is not None and result.status != expect:
            raise Failed(f'{command}: exit status {result.status}, expected {expect}: {result.output.strip()[-400:]}')
        if match and not re.search(match, result.output, re.M):
            raise Failed(f'{command}: no /{match}/ in: {result.output.strip()[-600:]}')
        return result.output.strip()

    def until(self, command, match=None, timeout=30):
        """Runs a command again and again until it succeeds and its output matches, then shows it."""
        def good():
            result = self.machine.run(command, timeout)
            return result if result and (not match or re.search(match, result.output, re.M)) else None
        try:
            self.machine.wait(good, timeout, f'{command}{" to answer /" + match + "/" if match else ""}')
        except MachineError as error:
            last = self.machine.run(command, timeout)
            raise Failed(f'{error}; it says ({last.status}): {last.output.strip()[-600:]}') from error
        return self.do(command)

    def main_pid(self, unit='nginx'):
        return self.do(f'{self.ctl} show -p MainPID --value {unit}', match=r'^[1-9]\d*$', show=False)

    def log_in(self):
        """Types a name and a password at the console's login prompt."""
        start = len(self.machine.console())
        self.machine.type('\n')
        self.machine.wait_console(r'login: ?', 40, start)
        self.machine.type('root\n')
        self.machine.wait_console(r'Password: ?', 40, start)
        self.machine.type(_PASSWORD + '\n')
        self.machine.wait_console(r'root@incipit:~#', 40, start)

    # -- the steps ----------------------------------------------------------------------------------------------------
    def step_boots(self):
        """the machine boots to its default target and no unit failed"""
        self.machine.wait_run('systemctl is-active -q graphical.target', 90)
        self.do('cat /proc/1/comm; readlink /proc/1/exe')
        self.until('systemctl is-system-running', '^running$')
        failed = self.do('systemctl list-units --failed --no-legend --plain')
        if failed:
            raise Failed('failed units: ' + failed)

    def step_services_run(self):
        """every service of the image is active"""
        units = ['nginx', 'ssh', 'cron', 'postfix@-', 'apache2', 'redis-server', 'rsyslog', 'dbus', 'postgresql@15-main',
                 'systemd-logind', 'systemd-journald']
        if self.machine.kind != 'container':
            units += ['systemd-udevd', 'chrony']
        self.do(f'{self.ctl} is-active ' + ' '.join(units))
        self.do('busctl --system call org.freedesktop.PolicyKit1 /org/freedesktop/PolicyKit1/Authority '
                'org.freedesktop.DBus.Peer Ping')      # polkit is started by its first caller
        self.do(f'{self.ctl} is-active polkit', match='^active$')

    def step_services_answer(self):
        """and they answer: apache, redis, postgresql, ssh, smtp"""
        self.do(f'{_HTTP}:8080/', match='200')
        self.do('redis-cli ping', match='PONG')
        self.do('su postgres -c "psql -Atc \'select 6*7\'"', match='^42$')
        self.do('timeout 10 nc -N 127.0.0.1 22 </dev/null | head -c 40', match='^SSH-2.0-OpenSSH')
        self.do('printf "QUIT\\r\\n" | timeout 20 nc -q 5 127.0.0.1 25', match='^220 .*Postfix')

    def step_status(self):
        """status nginx"""
        text = self.do(f'{self.ctl} status nginx --no-pager')
        for part in (r'nginx\.service - ', r'Loaded: loaded \(/lib/systemd/system/nginx\.service; enabled; preset: enabled\)',
                     r'Active: active \(running\) since ', r'Main PID: \d+ \(nginx\)', r'CGroup: /system\.slice/nginx\.service',
                     *([r'Why: started because of Wants=nginx\.service of multi-user\.target'] if self.tells_why else [])):
            if not re.search(part, text):
                raise Failed(f'no /{part}/ in the status page')

    def step_http(self):
        """an HTTP request is answered"""
        self.do(_HTTP + '/', match='200')

    def step_stop(self):
        """stopped, the request is refused"""
        self.do(f'{self.ctl} stop nginx')
        self.do(_HTTP + '/', expect=7)
        self.do(f'{self.ctl} is-active nginx', expect=3, match='^inactive$')

    def step_start(self):
        """started, it is answered again"""
        self.do(f'{self.ctl} start nginx')
        self.do(_HTTP + '/', match='200')

    def step_why(self):
        """a start that fails ends with why"""
        if not self.tells_why:
            return
        self.do('printf "[Service]\\nType=oneshot\\nExecStart=/bin/sh -c \'echo no luck today >&2; exit 7\'\\n" >/run/systemd/system/luck.service; '
                'printf "[Unit]\\nRequires=luck.service\\nAfter=luck.service\\n[Service]\\nExecStart=/bin/true\\n" >/run/systemd/system/fool.service')
        self.do(f'{self.ctl} start fool', expect=1,
                match=r'Why: its dependency luck\.service did not come up; Main process exited, code=exited, status=7/NOTRUNNING; '
                      r'its last words: "no luck today"; started because of a request of uid 0, process \d+')

    def step_reload(self):
        """reload keeps the main process and renews the workers"""
        def workers():
            return set(self.do(f'pgrep -P {self.main_pid()}', show=False).split())
        main, before = self.main_pid(), workers()
        self.do(f'{self.ctl} reload nginx')
        self.machine.wait(lambda: not before & workers(), 30, 'new workers')
        if self.main_pid() != main:
            raise Failed('the main process changed')
        self.do(_HTTP + '/', match='200')

    def step_restart(self):
        """restart changes the main process"""
        before = self.main_pid()
        self.do(f'{self.ctl} restart nginx')
        after = self.main_pid()
        self.say(f'main process {before} -> {after}')
        if before == after:
            raise Failed('the main process is still the same')
        self.do(_HTTP + '/', match='200')

    def step_killed_returns(self):
        """with Restart=on-failure in a drop-in, a killed nginx comes back"""
        self.do('mkdir -p /etc/systemd/system/nginx.service.d; '
                'printf "[Service]\\nRestart=on-failure\\n" >/etc/systemd/system/nginx.service.d/restart.conf')
        self.do(f'{self.ctl} daemon-reload')
        self.do(f'{self.ctl} show -p Restart nginx', match='^Restart=on-failure$')
        before = self.main_pid()
        self.do(f'{self.ctl} kill -s KILL --kill-whom=main nginx')
        self.until(f'{self.ctl} show -p NRestarts -p SubState nginx', r'NRestarts=1\n(.*\n)*SubState=running|SubState=running\n(.*\n)*NRestarts=1')
        self.say(f'main process {before} -> {self.main_pid()}')
        self.until(_HTTP + '/', '200')

    def step_journal_unit(self):
        """the log of nginx tells all that"""
        text = self.do(f'{self.journal} -u nginx --no-pager -n 30')
        for part in (r'Started nginx\.service', r'Stopped nginx\.service', r'Reloaded nginx\.service',
                     r'nginx\.service: Main process exited, code=killed, status=9/KILL',
                     r'nginx\.service: Scheduled restart job, restart counter is at 1\.'):
            if not re.search(part, text):
                raise Failed(f'no /{part}/ in the log')

    def step_journal_follow(self):
        """the log can be followed while requests come in"""
        self.do('printf "access_log syslog:server=unix:/dev/log,nohostname,tag=web;\\n" >/etc/nginx/conf.d/log.conf; '
                f'{self.ctl} reload nginx')
        self.until(f'curl -s -o /dev/null http://127.0.0.1/warm-up; {self.journal} -t web -n 1 --no-pager -o cat', '/warm-up')
        self.do(f'setsid {self.journal} -f -n 0 -t web -o cat >/run/followed 2>&1 & echo $! >/run/follower')
        for number in range(3):
            self.until(f'curl -s -o /dev/null http://127.0.0.1/request-{number}; cat /run/followed', f'/request-{number} ')
        self.do('kill $(cat /run/follower)')

    def step_genuine_systemctl(self):
        """the distribution's own systemctl and busctl do the same"""
        self.do('systemctl status nginx --no-pager', match=r'Active: active \(running\)')
        self.do('systemctl stop nginx; systemctl is-active nginx', expect=3, match='^inactive$')
        self.do(_HTTP + '/', expect=7)
        self.do('systemctl start nginx && systemctl is-active nginx', match='^active$')
        self.do(_HTTP + '/', match='200')
        self.do('busctl get-property org.freedesktop.systemd1 /org/freedesktop/systemd1/unit/nginx_2eservice '
                'org.freedesktop.systemd1.Unit ActiveState', match='^s "active"$')
        self.do('systemd-run --wait -q sh -c "echo $((6*7)) >/run/answer"; cat /run/answer', match='^42$')

    def step_console_login(self):
        """a login on the console is a session with a scope of its own"""
        self.log_in()
        try:
            sessions = self.until('loginctl list-sessions --no-legend', r'\broot\b')
            session = next(line.split()[0] for line in sessions.splitlines() if ' root ' in line)
            self.do(f'{self.ctl} is-active session-{session}.scope', match='^active$')
            self.do(f'loginctl session-status {session} --no-pager', match=rf'session-{session}\.scope')
            self.do('systemctl is-active user@0.service user-0.slice', match='^active\nactive')
        finally:
            self.machine.type('exit\n')
        self.until(f'loginctl list-sessions --no-legend | grep -c . || test $? = 1', '^0$')

    def step_orphans(self):
        """a fork tree whose parents exit first is reaped"""
        self.do("for i in $(seq 60); do setsid sh -c '(sleep 0.3; exit 3) & (sleep 0.2 & sleep 0.1 & exit 0) & exit 0'; done; "
                "ps -eo ppid= | grep -cx ' *1'")
        self.until("pgrep -xc sleep || test $? = 1; ps -eo stat= | grep -c '^Z' || test $? = 1", '^0\n0')

    def step_enable(self):
        """what is enabled and disabled now is what the next boot does"""
        self.do('printf "[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/echo tour was here\\n'
                '[Install]\\nWantedBy=multi-user.target\\n" >/etc/systemd/system/tour.service')
        self.do(f'{self.ctl} enable tour', match='Created symlink /etc/systemd/system/multi-user.target.wants/tour.service')
        self.do(f'{self.ctl} disable nginx', match='/etc/systemd/system/multi-user.target.wants/nginx.service')
        self.do(f'{self.ctl} is-enabled tour nginx', expect=0, match='^enabled\ndisabled$')
        boot = self.do('cat /proc/sys/kernel/random/boot_id')
        begun = self.do('stat -c %Y.%i /proc/1; cat /proc/1/stat | cut -d" " -f22', show=False)
        print(f'    # {self.ctl} reboot', flush=True)
        self.machine.reboot(f'{self.ctl} reboot')
        self.machine.wait_run('systemctl is-active -q graphical.target', 90)
        after = self.do('cat /proc/sys/kernel/random/boot_id', show=False)
        if (boot, begun) == (after, self.do('stat -c %Y.%i /proc/1; cat /proc/1/stat | cut -d" " -f22', show=False)):
            raise Failed('it is still the same boot')
        self.do(f'{self.ctl} is-active tour nginx', match='^active\ninactive$')
        self.do(f'{self.journal} -u tour -b --no-pager -o cat', match='^tour was here$')
        self.do(f'{self.ctl} enable --now nginx && {_HTTP}/', match='200')
        self.until('systemctl is-system-running', '^running$')

    def step_power_off(self):
        """powered off, with file systems cleanly unmounted"""
        print(f'    # {self.ctl} poweroff', flush=True)
        self.machine.run(f'{self.ctl} poweroff', 20)
        if not self.machine.wait_end(60):
            raise Failed('it did not power off')
        self.say(self.machine.ending())
        if not self.machine.ended_well():
            raise Failed('it ended otherwise')

    # -- all of it ----------------------------------------------------------------------------------------------------
    def run(self):
        began = time.monotonic()
        for name, step in list(vars(Tour).items()):
            if not name.startswith('step_'):
                continue
            print(f'--- {step.__doc__}', flush=True)
            try:
                step(self)
                self.passed += 1
                print(f'ok      {step.__doc__}  [{time.monotonic() - began:.1f} s]', flush=True)
            except (Failed, MachineError) as error:
                self.failed += 1
                print(f'FAILED  {step.__doc__}\n        {error}', flush=True)
                if not self.machine.alive() or name == 'step_boots':
                    print('the console says:')
                    self.say(self.machine.console()[-6000:])
                    break
        return self.failed == 0 and self.passed > 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--container', action='store_true')
    parser.add_argument('--systemd', action='store_true')
    parser.add_argument('--clients', action='store_true')
    parser.add_argument('--stage', action='append', default=[])
    options = parser.parse_args()
    init = SYSTEMD if options.systemd or options.clients else INCIPIT
    upper = tempfile.mkdtemp(prefix='tour.', dir=CACHE)
    if options.clients:     # only our own init looks into our folder of units
        for stage in list(options.stage):
            if os.path.isdir(stage + '/usr/lib/incipit/units'):
                shutil.copytree(stage + '/usr/lib/incipit/units', f'{upper}/units/etc/systemd/system')
                options.stage.append(upper + '/units')
    try:
        machine = (Container(IMAGE + '/root', [init], options.stage, upper=upper) if options.container
                   else VirtualMachine(options.stage, init))
        print(f'a {machine.kind} with {init} as PID 1', flush=True)
        with machine:
            machine.start()
            tour = Tour(machine, *(('systemctl', 'journalctl') if options.systemd else ('ctl', 'journal')), tells_why=init == INCIPIT)
            held = tour.run()
    except MachineError as error:
        sys.exit(f'tour: {error}\n0 passed, 1 failed')
    finally:
        shutil.rmtree(upper, ignore_errors=True)
    print(f'{tour.passed} passed, {tour.failed} failed')
    return 0 if held else 1


sys.exit(main())
