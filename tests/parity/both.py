"""What every comparison of the stock systemd with incipit does: wait for the boot, read what may differ, keep the two sides.

Python 3.9 or later, standard library.
"""
import json
import os
import re
import sys

# What a setting is not made for, most of them.
ODD_VALUES = ('x', '-1', 'relative/path', '/a/../b', '99999999999999999999', '%', '%Q', '1 2', 'a:b', '/dev/null', '"unbalanced', '0', '~', '!x', 'é', '\\xzz',
              'a=b c', 'infinity', 'yes', '100%', 'SIGKILL', '-/x:y:z', '"a.service b.socket" \'c\'', '')
_UP = 'systemctl is-active -q graphical.target && test -z "$(systemctl list-jobs --no-legend)"'


def wait_until_up(machine, timeout=180):
    """Returns when the machine has nothing left to start; raises MachineError when that does not happen."""
    machine.wait_run(_UP, timeout)


def log_entries(machine, match, *fields):
    """What the log of a machine has that fits: the fields that say what was said, and further ones. Waits until nothing more comes."""
    # Whoever logs a lot may hand it over a little later.
    count = f'journalctl -q --sync; journalctl -q {match} -o cat | wc -l'
    machine.wait_run(f'a=$({count}); sleep 1; test "$({count})" = "$a"', 120)
    wanted = ','.join(('PRIORITY', 'ERRNO', 'MESSAGE_ID', 'MESSAGE', 'CONFIG_FILE', 'CONFIG_LINE', *fields))
    entries = []
    for line in machine.run(f'journalctl -q -b {match} -o json --output-fields={wanted}', 600).output.splitlines():
        try:
            entries.append(json.loads(line))
        except ValueError:
            continue
    return entries


def said_in(entry):
    """Priority, errno, id, line and text of an entry, the text without the name of the file."""
    text = entry['MESSAGE'] if isinstance(entry['MESSAGE'], str) else bytes(entry['MESSAGE']).decode(errors='replace')
    text = re.sub(r'^/etc/systemd/[^:]*:', '', text)
    return ' '.join([entry['PRIORITY'], entry.get('ERRNO', '-'), entry.get('MESSAGE_ID', '-')[:6], entry.get('CONFIG_LINE', '-'), text])


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
