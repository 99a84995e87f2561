"""Random unit files from a seed: every directive, with valid, odd and broken values, drop-ins, resets, templates.

generate(seed, count) gives the names of units and their files (name below a unit folder: text). What values look like is
known for each kind of value (the third column of docs/generated/corpus.txt) and from the values that were recorded of
single directives (tests/data/unitparser/effects.jsonl.zst).
"""
import json
import os
import random
import subprocess

_TOP = os.path.join(os.path.dirname(os.path.realpath(__file__)), '../../..')
_SECTIONS = {'service': 'Service', 'socket': 'Socket', 'mount': 'Mount', 'automount': 'Automount', 'swap': 'Swap',
             'timer': 'Timer', 'path': 'Path', 'slice': 'Slice', 'target': None}
_TYPES = ['service'] * 10 + ['socket'] * 4 + ['mount', 'swap', 'timer', 'timer', 'path', 'path', 'slice', 'target', 'automount']

_SPANS = ['5', '1s', '2min 3s', '1h', '1.5h', '3month', '1y 2w', 'infinity', '0', '100ms', '7us', '-1', '5 parsecs', '1s1s', '9999999999999999999s', '  5  s', '']
_SIZES = ['0', '1', '4096', '64K', '1.5G', '2T', '1E', '100%', '50%', '12.5%', '12.34%', '0%', '101%', '3‰', 'infinity', '16E', '1G 5M', '5M 1G', '-1', '0x10', '1KB', 'lots', '']
_NUMBERS = ['0', '1', '7', '100', '65535', '65536', '4294967295', '4294967296', '18446744073709551615', '-1', '+5', '0x1f', '017', '1.5', 'many', '']
_PATHS = ['/', '/tmp', '/etc/foo', '/a//b/./c/', '/a/../b', 'rel/ative', '-/opt', '+/opt', '-+/opt', '+-/opt', ':/opt', '/with space', '"/quoted path"', '/%n', '/%i/x', '/%H', '~', '/x\\x20y', '/dev/null', '']
_UNITS = ['a1.service', 'b2.target', 'c3', 'd@i.service', 'e@.service', 'f.mount', '%p-x.service', 'x%i.service', '/home', '-.mount', 'bad name.service', 'dev-sda.device', '.service', 'q.bogus', 'dbus.socket', 'a1.service']
_WORDS = ['yes', 'no', 'true', 'off', 'auto', 'default', 'none', 'all', 'any', 'inherit', 'private', 'shared', 'bogus', 'main', 'control', 'process', 'mixed', 'journal', 'null', 'kmsg', 'exec', 'simple', 'strict', 'full', 'closed']
_TEXTS = ['hello', 'two words', '"quoted text"', "'single'", 'a\\tb', 'a\\x41b', '%n of %p', '%i', '%%', '%', '%q', '%Z', 'trailing\\', 'semi ; colon', '# not a comment', 'ümläut', '\udcff\udcfe', 'tab\there', 'a=b', 'x' * 300, '']
_SIGNALS = ['SIGTERM', 'TERM', '15', 'SIGRTMIN+3', 'RTMAX-1', 'SIGRTMIN', '64', '65', '0', 'sigterm', 'BOGUS', '']
_POOLS = {
    'boolean': ['yes', 'no', 'true', 'false', 'on', 'off', '1', '0', 'y', 'N', 'maybe', 'YES', 'tRue', '2', ' yes ', ''],
    'time span': _SPANS, 'time span, list': _SPANS, 'time span, off or default': _SPANS + ['off', 'default'],
    'limit': _NUMBERS + _SIZES + ['10:20', '20:10', 'infinity:5', '5:infinity', ':', '1K:2K', '5s', '1h:2h', '+5', '-5:3'],
    'size, percentage or infinity': _SIZES, 'size': _SIZES, 'number, percentage or infinity': _NUMBERS + _SIZES,
    'path': _PATHS, 'path or ~': _PATHS, 'path, list': _PATHS, 'file, list': _PATHS, 'hash or path': _PATHS + ['deadbeef', 'DEADBEEF' * 8],
    'paths, list': _PATHS + ['/a /b', '/a -/b "+/c d"', '/a "', '/a:/b', '/a\\x20b', "/a\\ b '/c'"],
    'mode': ['0644', '755', '0', '7777', '07777', '10000', '8', 'rw', '-1', '', ' 0600'],
    'number': _NUMBERS, 'integer': _NUMBERS, 'number 1 to 99': _NUMBERS, 'number 0 to 7': _NUMBERS, 'number -1 to 32767': _NUMBERS,
    'nice level': ['-20', '19', '20', '-21', '0', 'x', ''],
    'units, list': _UNITS + ['a1.service b2.target', 'a1.service  "c3 d"', 'a1.service,b2.service', '"a1.service" b2.target', 'x\\x2dy.service', "\\a1.service 'b2.target'"], 'unit': _UNITS, 'socket units, list': _UNITS + ['s.socket', '"s.socket" t.socket', '\\s.socket'],
    'service unit': _UNITS, 'slice unit': ['a.slice', 'a-b.slice', '-.slice', 'system.slice', 'a--b.slice', 'x.service', 'a', '-a.slice', '%p.slice', ''],
    'CPU numbers': ['0', '0-3', '0 2,4-5', '3-1', '9999', '8192', 'all', 'x', '0-', '', '1,,2', '0 0'], 'CPU numbers or numa': ['0', '0-1', 'numa', '1-', '', 'x'],
    'node numbers': ['0', '0-1', 'x', ''], 'node numbers or all': ['0', 'all', '0-1', 'x', ''],
    'weight': ['1', '100', '10000', '10001', '0', 'idle', 'x', ''], 'weight or idle': ['1', '100', '10000', '10001', '0', 'idle', 'x', ''],
    'shares': ['2', '1024', '262144', '1', '262145', 'x', ''], 'percentage': ['10%', '0%', '100%', '101%', '250%', '12.5%', '1.234%', '7‰', '9‱', '10', 'x', ''],
    'signal': _SIGNALS, 'exit statuses': ['0', '1 2 3', '255', '256', 'SIGTERM', 'TEMPFAIL 1 SIGKILL', 'EX_OK', 'FAILURE', '-1', 'bogus 5', '', 'SIGTERM:x'], 'exit status': ['0', '7', '255', '256', 'TEMPFAIL', '', 'x'],
    'names of folders, list': ['a', 'a b', 'a/b', '/abs', '../x', 'a:b', 'a:b:c', '%p', '"a b"', 'a:../c', '.', 'a//b', ''],
    'device and amount, list': ['/dev/vda 10', '/dev/null 1M', '/x infinity', 'rel 5', '/dev/vda', '/dev/vda x', '/dev/vda 0', '', '"/dev/a b" 5', '/dev/block/8:0 5K'],
    'device and weight, list': ['/dev/vda 10', '/dev/vda 0', '/dev/vda 10001', '/dev/vda', 'x 5', ''],
    'device and time span, list': ['/dev/vda 10ms', '/dev/vda 5', '/dev/vda infinity', '/dev/vda', '/x y', ''],
    'device and access, list': ['/dev/null', '/dev/null rw', '/dev/null rwm', '/dev/null x', 'char-pts rw', 'block-* r', 'rel r', '/dev/null  r  w', 'char-', '/sys/x r', ''],
    'family, protocol and ports, list': ['any', '80', 'ipv4:tcp:80', 'ipv6:udp:1-1024', 'tcp:5', '0', '65536', 'ipv4', '80-70', 'ipv5:80', 'tcp', 'udp:any', ''],
    'address prefixes, list': ['any', 'localhost', '10.0.0.0/8', '10.1.2.3', '::1', 'fe80::/10', 'multicast link-local', '10.0.0.0/33', '1.2.3', 'x', '10.0.0.1/8 10.0.0.2/8', ''],
    'label': ['foo', '-foo', 'with space', '%n', '-', ''], 'text': _TEXTS, 'name': ['foo', 'foo bar', 'a/b', '%i', 'ü', 'x' * 300, ''],
    'stream': ['null', 'tty', 'tty-force', 'journal', 'journal+console', 'kmsg', 'kmsg+console', 'inherit', 'socket', 'fd', 'fd:foo', 'fd:a/b', 'file:/x', 'file:rel', 'append:/a//b', 'truncate:/c', 'data', 'syslog', 'syslog+console', 'tty-fail', 'bogus', ''],
    'boolean or choice': ['yes', 'no'] + _WORDS, 'choice': _WORDS, 'boolean, auto or error': ['yes', 'no', 'auto', 'error', 'x', ''], 'boolean or terminal': ['yes', 'no', '/dev/tty1', 'tty1', ''],
    'command line, list': ['/bin/true', '/bin/echo a "b c" \'d\'', '-/bin/false', '+/bin/x', '!/bin/x', '!!/bin/x', ':/bin/echo $X', '@/bin/sh sh -c x', '-@:/bin/sh sh', 'true', 'rel/true', '/bin/a ; /bin/b', '/bin/a \\; b', '/bin/a ;', '; /bin/a', '/bin/echo %n %% %i', '/bin/echo "unclosed', '/bin/echo \\x41\\101\\u00e9', '/bin/echo \\q', '|/bin/x', '/bin/echo $X ${Y} $$', '++/bin/x', '-', '/', '/bin/', '/bin/echo \\', '/bin/e%%cho', ''],
    'user or group': ['root', '0', '65534', 'nobody', 'foo bar', '-x', 'x.y', 'ümlaut', '4294967295', '65535', '%i', 'a' * 40, ''], 'groups, list': ['adm', 'adm 0', 'a b c', 'ü', ''],
    'policy': ['other', 'batch', 'idle', 'fifo', 'rr', '1', '7', 'deadline', 'default', 'bind', 'preferred', 'local', 'bogus', ''],
    'log level': ['debug', 'info', 'err', '3', '8', 'emerg', 'bogus', ''], 'log facility': ['daemon', 'local3', 'kern', '3', '24', 'bogus', ''],
    'capabilities': ['CAP_CHOWN', 'CAP_CHOWN CAP_KILL', '~CAP_SYS_ADMIN', 'cap_chown', '~', 'CAP_BOGUS', 'CAP_CHOWN CAP_BOGUS', '5', '63', 'all', ''],
    'system calls': ['@system-service', '~@clock', 'read write', '~read', 'read:EPERM', '~read:5', '@bogus', 'bogus_call', 'read bogus_call write', '~@mount:EACCES read', 'read:BOGUS', 'read:kill', '@known', '~', ''],
    'error name or number': ['EPERM', '1', 'kill', '4095', '4096', '0', 'BOGUS', ''],
    'source:destination:options, list': ['/a', '/a:/b', '/a:/b:rbind', '-/a:/b:norbind', '/a:/b:bogus', 'rel', '/a:rel', '"/a b:/c"', '/a:/b /c:/d', '/a::', ''],
    'name:path, list': ['x:/a', 'x', 'a/b:/c', 'x:rel', ':/a', 'x:', 'x:../y', '%i:/a', ''], 'images, list': ['/a:/b', '/a', '/a:/b:root:ro', '/a:/b:ro', 'rel:/b', '/a:/b:bogus:x', ''],
    'address, list': ['/run/x', '@abstract', '80', '127.0.0.1:80', '[::1]:80', '[::]:80', '0', '65536', 'vsock::5', 'vsock:2:5', 'rel', '1.2.3.4', '[::1%lo]:5', '/' + 'x' * 120, 'bogus:1', 'route 5', 'kobject-uevent', ''],
    'type:path, list': ['egress:/sys/fs/bpf/x', 'bogus:/x', 'egress:rel', '/x', ''], 'interfaces': ['eth0', 'eth0 lo', '~eth0', 'a/b', '', '~', 'x' * 20],
    'controllers, list': ['cpu', 'cpu memory', 'bogus', 'cpu bogus', '', 'pids io'], 'boolean or controllers': ['yes', 'no', 'cpu', 'cpu memory io', 'bogus', '', 'cpu bogus'],
    'assignments, list': ['A=1', 'A=1 B=2', '"A=x y" B=z', 'A', 'A=', '=x', '1A=x', 'A=%n', 'A="x', "A='q' B=\\x41", 'A=\\', ''],
    'architectures, list': ['native', 'x86', 'x86-64 arm', 'bogus', 'native bogus', ''], 'architecture': ['x86', 'x86-64', 'arm64', 'bogus', ''],
    'variable names, list': ['A', 'A B', '1A', 'A=b', '', 'A-B'], 'variable names or assignments, list': ['A', 'A=b', 'A B=c', '1A', ''],
    'secure bits': ['keep-caps', 'noroot noroot-locked', 'bogus', 'keep-caps bogus', '', 'no-setuid-fixup'], 'propagation': ['shared', 'slave', 'private', 'bogus', ''],
    'partition:options': ['ro', 'root:ro', 'root:ro,noexec home:nodev', 'bogus:x', ':', ''], 'name:data, list': ['x:hello', 'x:a\\nb', 'x', ':x', 'a/b:c', 'x:%n', ''],
    'name:base64 data, list': ['x:Zm9v', 'x:bogus!', ''], 'memory kinds': ['all', 'default', 'private-anonymous shared-anonymous', '0x33', '33', 'bogus', 'elf-headers bogus', ''],
    'journal fields, list': ['A=b', '_A=b', 'a=b', '"A=b c" B=d', 'A', ''], 'file systems': ['ext4', '~tmpfs', '@basic-api', 'bogus', ''], 'class': ['0', '1', '2', '3', '4', 'realtime', 'best-effort', 'idle', 'none', 'x', ''],
    'boolean or namespaces': ['yes', 'no', 'user', '~user', 'user mnt', 'bogus', 'cgroup bogus', '', '~'], 'base64 data or path': ['Zm9v', 'base64:Zm9v', '/a', 'x!', ''], 'base64 data': ['Zm9v', 'Zm9vYg==', '!!', ''],
    'address families': ['AF_INET', 'AF_INET AF_UNIX', '~AF_NETLINK', 'none', 'AF_BOGUS', 'AF_INET none', '', '~'], 'what is mounted': ['tmpfs', '/dev/sda1', 'UUID=abc', 'LABEL=a b', 'rel', '%i', '//host/share', ''],
    'type of service': ['simple', 'exec', 'forking', 'oneshot', 'dbus', 'notify', 'idle', 'bogus', ''], 'protocol': ['udplite', 'sctp', 'mptcp', 'tcp', 'bogus', ''], 'network interface': ['eth0', 'a/b', '*', 'x' * 20, ''],
    'calendar expression, list': ['daily', '*-*-* 00:00:00', 'Mon..Fri *:0/15', 'weekly Europe/Berlin', '2024-02-30', '*-*~1', 'bogus', 'hourly UTC', '*-02-29', ''],
    'boolean, us or ns': ['off', 'us', 'ns', 'yes', 'usec', 'x', ''], 'boolean or number of a virtual terminal': _NUMBERS, 'URLs, list': ['man:a(1)', 'http://x/', 'file:/x man:b(2)', 'bogus', 'https://', 'info:x', 'man:a(1) bogus http://y', ''],
    'D-Bus name': ['org.foo.Bar', 'foo', 'a..b', 'org.%p.X', ''], 'condition, list': ['/etc', '!/etc', '|/etc', '|!/etc', '!|/etc', 'yes', 'x86-64', '>=5.0', 'root', 'vm', '%n', '', 'a b', '50%', '1G', 'rel', 'memory'],
}


def _recorded():
    text = subprocess.run(['zstd', '-dcq', os.path.join(_TOP, 'tests/data/unitparser/effects.jsonl.zst')], stdout=subprocess.PIPE, check=True).stdout
    values = {}
    for line in text.decode().splitlines():
        for assignment in json.loads(line)['lines'].split('\\n'):
            key, equals, value = assignment.partition('=')
            if equals:
                values.setdefault(key, []).append(value)
    return values


def _corpus():
    sections = {}
    with open(os.path.join(_TOP, 'docs/generated/corpus.txt'), encoding='utf-8') as lines:
        for line in lines:
            section, key, word = line.rstrip('\n').split('\t')
            sections.setdefault(section, []).append((key, word))
    return sections


class Generator:
    """Draws unit files; the same seed gives the same files."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.recorded, self.corpus = _recorded(), _corpus()

    def value(self, key, word):
        chance = self.random.random()
        pool = _POOLS.get(word, _TEXTS)
        if chance < 0.40 and key in self.recorded:
            value = self.random.choice(self.recorded[key])
        elif chance < 0.92:
            value = self.random.choice(pool)
        else:
            value = self.random.choice(_TEXTS + _WORDS + _NUMBERS)
        if self.random.random() < 0.04:     # a small accident
            at = self.random.randrange(len(value) + 1)
            value = value[:at] + self.random.choice(['"', "'", '\\', ' ', '%', ';', ',', ':', '=', '/', '-', '\t', 'x', '0']) + value[at + self.random.randrange(2):]
        return value.replace('\n', ' ')

    def lines(self, section, count):
        text = ''
        for _ in range(count):
            key, word = self.random.choice(self.corpus[section])
            value = self.value(key, word)
            style = self.random.random()
            if style < 0.03:
                text += self.random.choice(['# a comment\n', '; another\n', '\n', 'no assignment here\n', '=no key\n', 'Bogus=1\n', 'X-Mine=1\n', key.lower() + '=' + value + '\n'])
            elif style < 0.07 and ' ' in value:
                text += key + '=' + value.replace(' ', ' \\\n  ', 1) + '\n'
            elif style < 0.10:
                text += f' {key} = {value} \n'
            elif style < 0.14:
                text += f'{key}={value}\n{key}=\n{key}={self.value(key, word)}\n'
            else:
                text += f'{key}={value}\n'
        return text

    def base(self, kind, name):
        stem = name.rsplit('.', 1)[0]
        return {'service': '[Service]\nExecStart=/bin/true\n', 'socket': f'[Socket]\nListenStream=/run/{stem}.sock\n',
                'mount': f'[Mount]\nWhat=tmpfs\nWhere=/{stem.replace("-", "/")}\n', 'automount': f'[Automount]\nWhere=/{stem.replace("-", "/")}\n',
                'swap': f'[Swap]\nWhat=/{stem.replace("-", "/")}\n', 'timer': '[Timer]\nOnBootSec=1h\n', 'path': '[Path]\nPathExists=/nonexistent/x\n'}.get(kind, '')

    def body(self, kind, most):
        text = ''
        for _ in range(self.random.choice([1, 1, 2])):
            own = _SECTIONS[kind]
            section = 'Unit' if own is None or self.random.random() < 0.25 else own
            if self.random.random() < 0.02:
                section = self.random.choice(['Service', 'X-Foo', 'Bogus', 'Install'])
            text += f'[{section}]\n'
            text += self.lines(section if section in self.corpus else 'Unit', self.random.randint(1, most))
        return text

    def unit(self, number):
        kind = self.random.choice(_TYPES)
        stem = f'g{number}' + self.random.choice(['', '', '', '-sub', '-a-b'])
        files = {}
        if kind not in ('mount', 'automount', 'swap', 'slice') and self.random.random() < 0.12:
            name = f'{stem}@{self.random.choice(["i", "a-b", "x.y", "c" + chr(92) + "x20d"])}.{kind}'
            main = f'{stem}@.{kind}'
        else:
            name = main = f'{stem}.{kind}'
        text = self.base(kind, main) if self.random.random() < 0.93 else ''
        files[main] = text + self.body(kind, 8)
        if self.random.random() < 0.3:
            for folder in self.random.sample(sorted({name, main, f'g{number}-.{kind}'}), 1):
                for file in self.random.sample(['10-a.conf', '20-b.conf', 'x.conf', 'no.txt'], self.random.choice([1, 1, 2])):
                    files[f'{folder}.d/{file}'] = self.body(kind, 4)
        return name, files


def generate(seed, count):
    """[(unit name, {file: text})]; text may have surrogate escapes for bytes that are not UTF-8."""
    generator = Generator(seed)
    return [generator.unit(number) for number in range(count)]
