"""What every comparison of the stock systemd with incipit does: wait for the boot, read what may differ, keep the two sides.

Python 3.9 or later, standard library.
"""
import json
import os
import re
import sys

_UP = 'systemctl is-active -q graphical.target && test -z "$(systemctl list-jobs --no-legend)"'


def wait_until_up(machine, timeout=180):
    """Returns when the machine has nothing left to start; raises MachineError when that does not happen."""
    machine.wait_run(_UP, timeout)


def read_allowed(path):
    """The list of a file: [pattern, reason, how often it explained something]."""
    allowed = []
    with open(path) as file:
        for number, line in enumerate(file, 1):
            if line.strip() and not line.startswith('#'):
                pattern, _, reason = line.rstrip('\n').partition('\t')
                if not reason:
                    sys.exit(f'{path}:{number}: no reason (a tab, then why)')
                allowed.append([re.compile(pattern), reason.strip(), 0])
    return allowed


def keep(folder, theirs, ours):
    """Leaves both sides as JSON in a folder, if there is one to leave them in."""
    if folder:
        os.makedirs(folder, exist_ok=True)
        for name, facts in (('theirs', theirs), ('ours', ours)):
            with open(f'{folder}/{name}.json', 'w') as file:
                json.dump(facts, file, indent=1)


def report(theirs, ours, allowed, tell):
    """Prints tell(key, their value, our value) for what differs without a reason, and 'N passed, M failed'; the exit status."""
    failed = explained = 0
    for key in sorted(set(theirs) | set(ours)):
        if theirs.get(key) == ours.get(key):
            continue
        if any(pattern.search(key) for pattern, _, _ in allowed):
            explained += 1
            continue
        failed += 1
        print(f'FAILED {key}\n{tell(theirs.get(key), ours.get(key))}')
    print(f'{explained} differences explained in allowed.tsv')
    print(f'{len(theirs) - failed - explained} passed, {failed} failed')
    return 1 if failed or not theirs else 0
