"""Boots any program as PID 1 of fresh namespaces on a throw-away overlay of a root tree; touches only what it makes itself.

Python 3.9 or later, standard library, root. The namespaces are pid, mount, uts, ipc, net and cgroup. The kernel is the
host's, so everything runs at native speed; its clock, log, modules, /sys and /proc/sys stay out of reach.
The cgroup root inside is a group of its own, made beside the host's groups, so cgroup v2 works whole; the controllers
are those that the host's hierarchy has free.
"""
import ctypes
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), '../vm'))
from machine import Finished, Machine, MachineError  # noqa: E402

_libc = ctypes.CDLL(None, use_errno=True)

_CLONE_NEWNS, _CLONE_NEWCGROUP, _CLONE_NEWUTS, _CLONE_NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
_CLONE_NEWPID, _CLONE_NEWNET = 0x20000000, 0x40000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REMOUNT, _MS_BIND = 1, 2, 4, 8, 32, 4096
_MS_REC, _MS_PRIVATE, _MS_SHARED, _MNT_DETACH = 16384, 1 << 18, 1 << 20, 2
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP = 1, 24
_SYS_PIVOT_ROOT = {'x86_64': 155, 'aarch64': 41}[os.uname().machine]
# By number, as in capability.h: what would reach the host's kernel: SYS_MODULE SYS_RAWIO SYS_PACCT SYS_TIME
# AUDIT_CONTROL MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ.
_DROPPED_CAPABILITIES = (16, 17, 20, 25, 30, 32, 33, 34, 35, 36, 37)
_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
_PTY_SIZE = struct.pack('HHHH', 50, 160, 0, 0)


def _check(result, what):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f'{what}: {os.strerror(error)}')


def _mount(source, target, kind=None, flags=0, data=None):
    def encoded(text):
        return None if text is None else text.encode()
    _check(_libc.mount(encoded(source), encoded(target), encoded(kind), ctypes.c_ulong(flags), encoded(data)),
           f'mount {kind or "bind"} {source} on {target}')


def cgroup2_mount():
    """Where the host has cgroup v2, perhaps an empty hierarchy beside v1."""
    with open('/proc/self/mounts') as mounts:
        for line in mounts:
            fields = line.split()
            if fields[2] == 'cgroup2':
                return fields[1]
    raise MachineError('this host has no cgroup2 mount (mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified)')


class Container(Machine):
    """One machine. start(), run(), console(), stop(); or as a context manager, which kills it at the end."""

    kind = 'container'

    def __init__(self, root, argv, layers=(), binds=(), environment=None, hostname='incipit', upper=None):
        """root: the tree, never written. argv: PID 1's command line, a path inside. layers: folders laid over the tree,
        the last on top. binds: (host path, path inside) pairs. environment: more variables for PID 1.
        upper: a folder to keep what is written in (by default it is forgotten with the machine)."""
        self.root, self.argv = os.path.abspath(root), list(argv)
        self.layers = [os.path.abspath(layer) for layer in layers]
        self.binds, self.hostname, self.upper = list(binds), hostname, upper
        self.environment = {'container': 'lab', 'TERM': 'linux', 'PATH': _PATH}
        self.environment.update(environment or {})
        self.pid = None             # of PID 1, as the host sees it
        self.exec_time = None       # CLOCK_MONOTONIC, ns, right before execve of PID 1
        self.exit_status = None     # wait status of PID 1: signal 2 for power-off, 1 for reboot
        self.end_time = None        # CLOCK_MONOTONIC, ns, when PID 1 was seen gone
        self.folder = None
        self._supervisor = None
        self._text = ''         # of the console, from boots that are over

    # -- start --------------------------------------------------------------------------------------------------------
    def start(self, hold=None):
        """Boots it; returns once PID 1 has been executed. hold(pid) is called right before that, to attach a tracer."""
        self.folder = tempfile.mkdtemp(prefix='incipit-container.')
        self.console_file = os.path.join(self.folder, 'console')
        self.cgroup = os.path.join(cgroup2_mount(), os.path.basename(self.folder))
        self.exit_status = self.end_time = None
        try:
            os.mkdir(self.cgroup)
        except OSError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise MachineError(f'cannot make a cgroup at {self.cgroup}: {error.strerror}') from error
        open(self.console_file, 'w').close()
        self._console, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, _PTY_SIZE)
        ours, theirs = socket.socketpair()
        self._supervisor = os.fork()
        if self._supervisor == 0:
            ours.close()
            status = 111
            try:
                status = self._supervise(terminal, theirs)
            except BaseException as error:      # whatever it was, the parent must hear of it
                theirs.send(f'error {error}\n'.encode())
            os._exit(status)
        theirs.close()
        os.close(terminal)
        with ours, ours.makefile('rb') as reports:
            def expect(word):
                line = reports.readline().decode()
                if not line.startswith(word + ' '):
                    self._collect()
                    raise MachineError('the container did not start: ' + (line.strip() or 'its supervisor died'))
                return int(line.split()[1])
            self.pid = expect('pid')
            if hold:
                hold(self.pid)
            ours.send(b'go\n')
            self.exec_time = expect('exec')
            line = reports.readline().decode()
            if line:
                self._collect()
                raise MachineError('PID 1 could not be executed: ' + line.strip())
        return self

    def _supervise(self, terminal, link):
        """Between us and PID 1: PID 1's parent, keeps its console's output, cleans up. Ends with PID 1, and PID 1 with us."""
        os.setsid()
        inits = []      # by the handler itself: a waiting select() goes on after a signal
        signal.signal(signal.SIGTERM, lambda *_: [os.kill(pid, signal.SIGKILL) for pid in inits] or os._exit(110))
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        with open(self.cgroup + '/cgroup.procs', 'w') as group:
            group.write('0')
        _check(_libc.unshare(_CLONE_NEWUTS | _CLONE_NEWIPC | _CLONE_NEWCGROUP | _CLONE_NEWPID | _CLONE_NEWNET), 'unshare')
        pid = os.fork()
        if pid == 0:
            try:
                self._become_init(terminal, link)
            except BaseException as error:
                link.send(f'error {error}\n'.encode())
            os._exit(112)
        inits.append(pid)
        with open(os.path.dirname(self.cgroup) + '/cgroup.procs', 'w') as group:
            group.write('0')
        link.send(f'pid {pid}\n'.encode())
        link.close()
        os.close(terminal)
        gone = os.pidfd_open(pid)
        log = os.open(self.console_file, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        watched = [gone, self._console]
        while True:
            ready = select.select(watched, [], [], None if len(watched) == 2 else 0.02)[0]
            if self._console in ready:
                try:
                    os.write(log, os.read(self._console, 65536))
                except OSError:     # EIO: nobody has the console open just now; look again later
                    watched = [gone]
                    continue
            elif gone in ready:
                break
            watched = [gone, self._console]
        end = time.monotonic_ns()
        status = os.waitpid(pid, 0)[1]
        os.set_blocking(self._console, False)
        try:
            while True:     # its last words
                os.write(log, os.read(self._console, 65536))
        except OSError:     # all of them
            pass
        with open(self.folder + '/end.new', 'w') as report:
            json.dump({'status': status, 'time': end}, report)
        os.rename(self.folder + '/end.new', self.folder + '/end')
        self._remove_cgroup()
        if os.getppid() == 1:
            shutil.rmtree(self.folder, ignore_errors=True)
        return 0

    def _become_init(self, terminal, link):
        os.setsid()
        # In this process and not in its parent: pivot_root moves the root of every process of the mount namespace.
        _check(_libc.unshare(_CLONE_NEWNS), 'unshare')
        _mount(None, '/', None, _MS_REC | _MS_PRIVATE)
        root = self._mount_root(terminal)
        name = self.hostname.encode()
        _check(_libc.sethostname(name, len(name)), 'sethostname')
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            fcntl.ioctl(control, 0x8914, struct.pack('16sH14x', b'lo', 0x1 | 0x40))   # SIOCSIFFLAGS: up and running
        os.chdir(root)
        _check(_libc.syscall(_SYS_PIVOT_ROOT, b'.', b'.'), 'pivot_root')    # the old root is stacked on top
        _check(_libc.umount2(b'.', _MNT_DETACH), 'umount2')
        os.chdir('/')
        _mount(None, '/', None, _MS_REC | _MS_SHARED)      # as container managers leave it: credentials are mounted in a namespace
        for capability in _DROPPED_CAPABILITIES:
            _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        console = os.open('/dev/console', os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(console, termios.TIOCSCTTY, 0)
        for number in (0, 1, 2):
            os.dup2(console, number)
        for number in range(1, signal.NSIG):
            if number not in (signal.SIGKILL, signal.SIGSTOP, 32, 33):
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        if link.recv(3) != b'go\n':
            os._exit(113)
        keep = os.dup(link.fileno())        # close-on-exec: its end of file tells that execve worked
        os.closerange(3, keep)
        os.closerange(keep + 1, 1024)
        os.write(keep, f'exec {time.monotonic_ns()}\n'.encode())
        try:
            os.execve(self.argv[0], self.argv, self.environment)
        except OSError as error:
            os.write(keep, f'error {self.argv[0]}: {error.strerror}\n'.encode())
            os._exit(114)

    def _mount_root(self, terminal):
        base = self.folder + '/mnt'
        os.mkdir(base)
        _mount('tmpfs', base, 'tmpfs', 0, 'mode=755')
        root, kept = base + '/root', self.upper or base
        os.mkdir(root)
        for folder in ('upper', 'work'):
            os.makedirs(f'{kept}/{folder}', exist_ok=True)
        os.makedirs(base + '/fstab/etc')
        open(base + '/fstab/etc/fstab', 'w').close()        # the disks that the image's fstab names are not here
        lower = ':'.join(list(reversed(self.layers)) + [base + '/fstab', self.root])
        _mount('overlay', root, 'overlay', 0, f'lowerdir={lower},upperdir={kept}/upper,workdir={kept}/work')
        _mount('proc', root + '/proc', 'proc', _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
        for path in ('/proc/sys', '/proc/sysrq-trigger'):
            if os.path.exists(root + path):
                _mount(root + path, root + path, None, _MS_BIND)
                _mount(None, root + path, None, _MS_REMOUNT | _MS_BIND | _MS_RDONLY)
        _mount('sysfs', root + '/sys', 'sysfs', _MS_NOSUID | _MS_NODEV | _MS_NOEXEC | _MS_RDONLY)
        _mount('cgroup2', root + '/sys/fs/cgroup', 'cgroup2', _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
        _mount('tmpfs', root + '/dev', 'tmpfs', _MS_NOSUID, 'mode=755,size=4m')
        os.umask(0)
        for name, major, minor in (('null', 1, 3), ('zero', 1, 5), ('full', 1, 7), ('random', 1, 8), ('urandom', 1, 9),
                                   ('tty', 5, 0)):
            os.mknod(f'{root}/dev/{name}', 0o020666, os.makedev(major, minor))
        for target, name in (('/proc/self/fd', 'fd'), ('/proc/self/fd/0', 'stdin'), ('/proc/self/fd/1', 'stdout'),
                             ('/proc/self/fd/2', 'stderr'), ('pts/ptmx', 'ptmx')):
            os.symlink(target, f'{root}/dev/{name}')
        for folder in ('pts', 'shm', 'mqueue'):
            os.mkdir(f'{root}/dev/{folder}')
        _mount('devpts', root + '/dev/pts', 'devpts', _MS_NOSUID | _MS_NOEXEC, 'newinstance,ptmxmode=0666,mode=620,gid=5')
        _mount('tmpfs', root + '/dev/shm', 'tmpfs', _MS_NOSUID | _MS_NODEV, 'mode=1777')
        os.close(os.open(root + '/dev/console', os.O_CREAT | os.O_WRONLY, 0o600))
        _mount(os.ttyname(terminal), root + '/dev/console', None, _MS_BIND)
        os.umask(0o022)
        _mount('tmpfs', root + '/run', 'tmpfs', _MS_NOSUID | _MS_NODEV, 'mode=755')
        for source, target in self.binds:
            target = root + target
            if os.path.isdir(source):
                os.makedirs(target, exist_ok=True)
            else:
                os.makedirs(os.path.dirname(target), exist_ok=True)
                open(target, 'a').close()
            _mount(os.path.abspath(source), target, None, _MS_BIND | _MS_REC)
        return root

    # -- use ----------------------------------------------------------------------------------------------------------
    def command(self, argv):
        """The host's command line that runs argv inside."""
        return ['nsenter', '-t', str(self.pid), '-m', '-u', '-i', '-n', '-p', '-C', '--root', '--wd', '--'] + list(argv)

    def run(self, command, timeout=60):
        """Runs a shell command inside as root and returns a Finished; the command is killed at the time-out (status 124)."""
        argv = ['/bin/sh', '-c', command] if isinstance(command, str) else command
        environment = {'PATH': _PATH, 'TERM': 'dumb', 'HOME': '/root', 'LANG': 'C.UTF-8'}
        process = subprocess.Popen(self.command(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        try:
            output = process.communicate(timeout=timeout)[0]
            return Finished(process.returncode, output.decode(errors='replace'))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output = process.communicate()[0]
            return Finished(124, output.decode(errors='replace') + f'\n(no end within {timeout} s)')

    def path(self, inside):
        """A path inside as the host reaches it."""
        return f'/proc/{self.pid}/root{inside}'

    def console(self):
        """All that was printed on the console so far, of every boot of this machine."""
        if self.folder is None:
            return self._text
        with open(self.console_file, errors='replace') as log:
            return self._text + log.read()

    def type(self, text):
        """Types on the console."""
        os.write(self._console, text.encode())

    def alive(self):
        """Whether PID 1 is still there."""
        if self.exit_status is not None or self.folder is None:
            return False
        try:
            with open(self.folder + '/end') as report:
                end = json.load(report)
        except OSError:
            return True
        self.exit_status, self.end_time = end['status'], end['time']
        return False

    # -- end ----------------------------------------------------------------------------------------------------------
    def ending(self):
        """How it ended, in words."""
        return {2: 'powered off', 1: 'rebooted', None: 'still there'}.get(self.exit_status, f'wait status {self.exit_status}')

    def ended_well(self):
        """After the end: whether PID 1 asked the kernel for power-off."""
        return self.exit_status == 2

    def reboot(self, command, timeout=60):
        """Runs a command that reboots and starts the machine again as the kernel would; needs an upper folder."""
        self.run(command, timeout)
        if not self.wait_end(timeout):
            raise MachineError(f'{command}: it did not end')
        ending = self.exit_status
        self._collect()
        if ending != 1:
            raise MachineError(f'{command}: it ended with wait status {ending}, not 1 for reboot')
        self.start()

    def stop(self, number=signal.SIGRTMIN + 4, timeout=60):
        """Asks PID 1 to power off (SIGRTMIN+4), kills the namespace when it does not; returns whether it went by itself."""
        if self.alive():
            os.kill(self.pid, number)
        clean = self.wait_end(timeout)
        self.kill()
        return clean

    def kill(self):
        """Ends everything inside and removes what start() made, but for the console's text, which stays readable."""
        if self._supervisor is None:
            return
        if self.alive():
            os.kill(self._supervisor, signal.SIGTERM)
        self._collect()

    def _collect(self):
        os.waitpid(self._supervisor, 0)
        self._supervisor = None
        self.alive()
        if self.exit_status is None:
            self.exit_status = -1
        os.close(self._console)
        self._remove_cgroup()
        self._text = self.console()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder = None

    def _remove_cgroup(self):
        for _ in range(100):        # the last process's exit and the group's emptiness are not the same moment
            for folder, _, _ in os.walk(self.cgroup, topdown=False):
                try:
                    os.rmdir(folder)
                except OSError:
                    pass
            if not os.path.isdir(self.cgroup):
                return
            time.sleep(0.02)
