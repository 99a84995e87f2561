#!/usr/bin/env python3
"""The log of a booted machine: complete from the kernel's first line, followed across rotations and SIGKILLs of journald without a
missing or doubled line, and with every line counted that a flood lost to its limit.

  journal_service.py [--stage DIR]... [--vm] [--systemd]        Ends with 'N passed, N failed'.

  --systemd   the stock init and log; what only ours counts is left out
"""
import argparse
import os
import re
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, '../vm')]
from checks import Checks  # noqa: E402
from container import Container  # noqa: E402
from machine import IMAGE, INCIPIT, SYSTEMD  # noqa: E402
from virtual import VirtualMachine  # noqa: E402

_REQUESTS = 300
_FLOOD, _BURST = 200_000, 1000
_ACCESS_LOG = 'sed -i "s#access_log .*;#access_log syslog:server=unix:/dev/log,nohostname;#" /etc/nginx/nginx.conf && systemctl restart nginx'


class Log(Checks):
    def __init__(self, machine, ours, has_kernel_log):
        super().__init__()
        self.machine, self.ours, self.has_kernel_log = machine, ours, has_kernel_log
        self.client = 'journal' if ours else 'journalctl'

    def asks(self, what, command, pattern, timeout=120):
        result = self.machine.run(command, timeout)
        self.check(what, re.search(pattern, result.output, re.M), f'{command}: {result.output}')
        return result.output

    def run(self):
        self.machine.wait_run('systemctl is-active -q multi-user.target && systemctl is-active -q nginx', 300)
        if self.has_kernel_log:
            self.asks("the kernel's first line is there", f'{self.client} -k -o cat --no-pager | head -n 1', '^Linux version ')
        self.followed()
        self.flooded()
        if self.ours:  # systemd has it since 253
            self.filtered()

    def followed(self):
        """Every request to nginx is one line; journald is rotated and killed in between."""
        self.asks('nginx logs to the journal', _ACCESS_LOG + ' && systemctl is-active nginx', '^active')
        self.machine.run(f'systemd-run -q --unit=follow -p StandardOutput=file:/root/followed {self.client} -u nginx -f -n 0 -o cat')
        self.asks('a follower is there', 'i=0; while [ $i -lt 200 ] && ! grep -q warm /root/followed; do curl -s -o /dev/null "http://localhost/warm?$i"; '
                  'i=$((i+1)); done; grep -c warm /root/followed', '^[1-9]')
        self.machine.run(f'''for i in $(seq {_REQUESTS}); do
              curl -s -o /dev/null "http://localhost/?number=$i-"
              case $i in *50) {self.client} --rotate;; *00) systemctl kill -s KILL systemd-journald;; esac
            done; {self.client} --sync''', 300)
        self.machine.wait_run(f'grep -q "number={_REQUESTS}-" /root/followed', 60)
        shown = self.machine.run('grep -o "number=[0-9]*-" /root/followed').output.split()
        wanted = [f'number={i}-' for i in range(1, _REQUESTS + 1)]
        self.check('a follower sees each line once, in order', shown == wanted, [line for line in wanted if shown.count(line) != 1])
        stored = self.machine.run(f'{self.client} -u nginx -o cat --no-pager | grep -o "number=[0-9]*-"').output.split()
        self.check('and each is stored once', stored == wanted, [line for line in wanted if stored.count(line) != 1])

    def flooded(self):
        """A service writes as fast as it can; another one's lines must all be there."""
        self.machine.run('systemd-run -q --unit=quiet sh -c \'for i in $(seq 200); do echo "quiet $i"; done\'')
        self.run_service('flood', f'LogRateLimitIntervalSec=1h\nLogRateLimitBurst={_BURST}', f'seq {_FLOOD}')
        self.machine.wait_run('! systemctl is-active -q quiet', 60)
        self.machine.run(f'{self.client} --sync')
        kept = int(self.machine.run(f'{self.client} _SYSTEMD_UNIT=flood.service -o cat --no-pager | grep -c "^[0-9]*$"').output)
        self.check('a flood is limited', _BURST <= kept < _FLOOD, kept)
        self.asks("the other services' lines are all there", f'{self.client} -u quiet -o cat --no-pager | grep -c "^quiet "', '^200$')
        if self.ours:
            self.asks('and every line that was dropped is counted', 'journal usage -o json | grep \'"unit":"flood.service"\'', f':{_FLOOD - kept}[,}}]')
            self.asks("the unit's status has them too", 'ctl status --no-pager flood', f'Log drops: {_FLOOD - kept} rate-limit$')

    def filtered(self):
        """Lines of a service by LogFilterPatterns=, which the manager hands to the journal with the control group."""
        self.run_service('filtered', 'LogFilterPatterns=^GET\nLogFilterPatterns=~secret\nLogFilterPatterns=(', 'echo "GET /"; echo "GET /secret"; echo "POST /"')
        self.machine.run(f'{self.client} --sync')
        shown = self.machine.run(f'{self.client} _SYSTEMD_UNIT=filtered.service -o cat --no-pager').output.split('\n')
        self.check('a service logs what its patterns allow', [line for line in shown if line] == ['GET /'], shown)
        self.asks('what is no pattern is told of', f'{self.client} OBJECT_SYSTEMD_UNIT=filtered.service -o cat --no-pager', 'LogFilterPatterns= of filtered.service is not used')

    def run_service(self, name, settings, command):
        """Runs a service to its end; it stays loaded."""
        self.machine.run(f"""printf '%s\\n' '[Service]' Type=oneshot RemainAfterExit=yes '{settings}' 'ExecStart=/bin/sh -c '"'"'{command}'"'" > /run/systemd/system/{name}.service
              systemctl daemon-reload && systemctl start {name}""", 300)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--stage', action='append', default=[])
    parser.add_argument('--vm', action='store_true')
    parser.add_argument('--systemd', action='store_true')
    options = parser.parse_args()
    init = SYSTEMD if options.systemd else INCIPIT
    with VirtualMachine(options.stage, init) if options.vm else Container(IMAGE + '/root', [init], options.stage) as machine:
        machine.start()
        log = Log(machine, not options.systemd, options.vm)
        log.run()
        return log.close()


sys.exit(main())
