"""What the measuring scripts share: the two inits in their containers, figures collected side by side, the table of ratios."""
import json
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.realpath(HERE + '/../..')
sys.path[:0] = [os.path.join(HERE, '../vm'), os.path.join(HERE, '../namespace')]
from container import Container  # noqa: E402
from machine import IMAGE, MachineError  # noqa: E402

CLIENT = '/usr/local/lib/bench_client'      # inside the machines


def cpu_milliseconds(pid):
    """User and system CPU of a process, from its own clock."""
    return time.clock_gettime((~pid << 3) | 2) * 1000


def memory(pid):
    """PSS and private dirty memory in kB."""
    with open(f'/proc/{pid}/smaps_rollup') as rollup:
        fields = dict(line.split(':', 1) for line in rollup if line[0].isupper())
    return int(fields['Pss'].split()[0]), int(fields['Private_Dirty'].split()[0])


class Variant:
    """One init, and its figures so far."""

    def __init__(self, name, init, ctl, layers):
        self.name, self.init, self.ctl, self.layers = name, init, ctl, layers
        self.figures = {}

    def add(self, name, values):
        self.figures.setdefault(name, []).extend(values if isinstance(values, list) else [values])

    def boot(self, witness, hold=None):
        """A machine in which the file `witness` has come to be. hold: see Container.start()."""
        machine = Container(IMAGE + '/root', [self.init], self.layers)
        machine.start(hold)
        machine.wait(lambda: os.path.exists(machine.path(witness)), 60, witness)
        return machine

    def run(self, machine, command, timeout=120):
        """A command that must succeed; what it printed."""
        result = machine.run(command, timeout)
        if not result:
            raise MachineError(f'{self.name}: {command}: {result.output.strip()[-500:]}')
        return result.output

    def ask(self, machine, command, timeout=120):
        """The JSON object that a command prints."""
        return json.loads(self.run(machine, command, timeout))


def table(variants, figures):
    """Prints medians side by side and how many goals are met. figures: rows of name, unit of measure, goal as a ratio or
    None, and perhaps a goal in that unit of measure."""
    theirs, ours = variants
    width = max(len(row[0]) + len(row[1]) for row in figures) + 4
    print(f'\n{"":{width}}{theirs.name:>32}{ours.name:>32}   ratio   goal')
    met = missed = 0
    for name, measure, wanted, *absolute in figures:
        cells = []
        for variant in variants:
            values = variant.figures.get(name)
            cells.append(f'{statistics.median(values):.4g} [{min(values):.4g}..{max(values):.4g}]' if values else '-')
        line = f'{name + (" (" + measure + ")" if measure else ""):{width}}{cells[0]:>32}{cells[1]:>32}'
        mine = ours.figures.get(name)
        both = mine and theirs.figures.get(name)
        line += f'   {statistics.median(mine) / statistics.median(theirs.figures[name]):5.2f}' if both else ' ' * 8
        goals = [(wanted, statistics.median(mine) / statistics.median(theirs.figures[name]))] if both and wanted else []
        goals += [(goal, statistics.median(mine)) for goal in absolute if mine]
        for goal, value in goals:
            line += f'   {goal:.4g} {"met" if value <= goal else "MISSED"}'
            met, missed = met + (value <= goal), missed + (value > goal)
        print(line)
    print(f'{met} goals met, {missed} missed')
