"""Boots the stock image under QEMU, with our files laid over a copy of its disk; touches its own copy only.

Python 3.9 or later, standard library, root not needed but for a cache that root made. KVM is used when it really runs
a stock kernel (tried once, the answer kept), software emulation otherwise.
"""
import base64
import ctypes
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

from machine import CACHE, IMAGE, INCIPIT, Finished, Machine, MachineError

HERE = os.path.dirname(os.path.realpath(__file__))
_KERNEL_ARGUMENTS = 'console=ttyS0 root=LABEL=root net.ifnames=0'


def kvm_works():
    """Whether KVM runs the image's kernel here: /dev/kvm may be there, answer, and still not (nested virtualisation)."""
    if not os.access('/dev/kvm', os.R_OK | os.W_OK):
        return False
    answer_file = f'{CACHE}/kvm-{os.uname().release}'
    try:
        with open(answer_file) as answer:
            return answer.read().strip() == 'yes'
    except OSError:
        pass
    # Without a root file system this kernel panics within a second or two, having shown that it runs.
    trial = subprocess.Popen(
        ['qemu-system-x86_64', '-M', 'q35', '-accel', 'kvm', '-cpu', 'host', '-m', '256', '-nodefaults', '-display', 'none',
         '-no-reboot', '-serial', 'stdio', '-kernel', IMAGE + '/vmlinuz', '-append', 'console=ttyS0 edd=off panic=-1'],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    killer = threading.Timer(10, trial.kill)
    killer.start()
    works = b'Linux version' in trial.communicate()[0]
    killer.cancel()
    with open(answer_file, 'w') as answer:
        answer.write('yes\n' if works else 'no\n')
    return works


def lay_over(disk, layers):
    """Writes files into an unmounted ext4 image. layers: (host folder or file, path inside) pairs; all becomes root's."""
    script = []

    def add(source, target):
        mode = os.lstat(source).st_mode
        folder, name = os.path.split(target)
        if stat.S_ISDIR(mode):
            if target != '/':
                script.append(f'mkdir "{target}"')
            for entry in sorted(os.listdir(source)):
                add(os.path.join(source, entry), os.path.join(target, entry))
        elif stat.S_ISLNK(mode):
            script.extend([f'rm "{target}"', f'symlink "{target}" "{os.readlink(source)}"'])
        else:
            script.extend([f'rm "{target}"', f'write "{os.path.abspath(source)}" "{target}"',
                           f'set_inode_field "{target}" mode 0{mode:o}', f'set_inode_field "{target}" uid 0',
                           f'set_inode_field "{target}" gid 0'])

    for source, target in layers:
        parts = target.strip('/').split('/')
        if target != '/':
            script.extend(f'mkdir "/{"/".join(parts[:depth])}"' for depth in range(1, len(parts)))
        add(source, target)
    # debugfs goes on after an error and tells; that a folder is there or a file is not is no error to us.
    result = subprocess.run(['debugfs', '-w', '-f', '-', disk], input='\n'.join(script) + '\n', text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    bad = [line for line in result.stdout.splitlines()
           if re.search(r'Could not allocate|No free space|Read-only|Bad magic|corrupt|Can.t', line)]
    if result.returncode or bad:
        raise MachineError(f'debugfs could not write into {disk}: {bad or result.stdout[-500:]}')


def made_disk(folder, stages, agent=True):
    """A copy of the image's disk in folder with the stages (folders made by DESTDIR installs) laid over; its path."""
    disk = os.path.join(folder, 'disk.raw')
    subprocess.run(['cp', '--reflink=auto', '--sparse=always', IMAGE + '/disk.raw', disk], check=True)
    layers = [(stage, '/') for stage in stages]
    if agent:
        wants = os.path.join(folder, 'wants')
        os.makedirs(wants)
        os.symlink('../incipit-test-agent.service', wants + '/incipit-test-agent.service')
        layers += [(HERE + '/agent', '/usr/local/lib/incipit-test-agent'),
                   (HERE + '/agent.service', '/etc/systemd/system/incipit-test-agent.service'),
                   (wants, '/etc/systemd/system/sysinit.target.wants')]
    if layers:
        lay_over(disk, layers)
    return disk


def qemu_command(disk, init=INCIPIT, arguments='', memory=1024):
    """QEMU's command line but for the consoles: direct kernel boot of the image's kernel and initrd."""
    if kvm_works():
        accelerator, slow = ['-accel', 'kvm', '-cpu', 'host'], ''
    else:
        # With 5-level paging emulated, this kernel prints x for every path in mountinfo; AppArmor's profiles take 15 s.
        accelerator, slow = ['-accel', 'tcg,thread=multi', '-cpu', 'max,la57=off,-svm'], 'apparmor=0 '
    append = f'{_KERNEL_ARGUMENTS} {slow}init={init} {arguments}'.strip()
    return ['qemu-system-x86_64', '-M', 'q35', *accelerator, '-smp', '2', '-m', str(memory), '-nodefaults', '-display', 'none',
            '-kernel', IMAGE + '/vmlinuz', '-initrd', IMAGE + '/initrd', '-append', append,
            '-drive', f'file={disk},format=raw,if=virtio,cache=unsafe', '-device', 'virtio-rng-pci',
            '-nic', 'user,model=virtio-net-pci', '-device', 'virtio-serial-pci']


def _end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)     # PR_SET_PDEATHSIG


def _remove_leftovers():
    """Removes the disks of harnesses that were killed: the folder's name says whose it was."""
    for name in os.listdir(CACHE):
        parts = name.split('.')
        if parts[0] == 'vm' and len(parts) == 3 and not os.path.exists(f'/proc/{parts[1]}'):
            shutil.rmtree(os.path.join(CACHE, name), ignore_errors=True)


class VirtualMachine(Machine):
    """One machine under QEMU. init: PID 1's path; arguments: more of the kernel's command line."""

    kind = 'virtual machine'

    def __init__(self, stages=(), init=INCIPIT, arguments='', memory=1024):
        _remove_leftovers()
        self.folder = tempfile.mkdtemp(prefix=f'vm.{os.getpid()}.', dir=CACHE)
        self.stages, self.init, self.arguments, self.memory = list(stages), init, arguments, memory
        self.console_file = self.folder + '/console'
        self.disk = None
        self._process = self._agent = self._serial = None
        self._received = b''
        self._in_step = False       # whether the agent answered the last request
        self._requests = 0
        self._text = ''

    def start(self):
        """Makes the disk and starts QEMU; returns at once, the machine boots meanwhile."""
        self.patience = 1 if kvm_works() else 6
        self.disk = made_disk(self.folder, self.stages)
        self.resume()
        return self

    def resume(self):
        """Starts QEMU (again) on the disk as it is now: the next boot after a power-off."""
        for name in ('serial', 'agent'):
            if os.path.exists(f'{self.folder}/{name}'):
                os.unlink(f'{self.folder}/{name}')
        command = qemu_command(self.disk, self.init, self.arguments, self.memory) + [
            '-chardev', f'socket,id=serial,path={self.folder}/serial,server=on,wait=off,logfile={self.console_file},logappend=on',
            '-serial', 'chardev:serial',
            '-chardev', f'socket,id=agent,path={self.folder}/agent,server=on,wait=off',
            '-device', 'virtserialport,chardev=agent,name=incipit.agent']
        with open(self.folder + '/qemu.log', 'ab') as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             preexec_fn=_end_with_parent)
        self._serial = self._connect('serial')
        threading.Thread(target=self._discard, args=(self._serial,), daemon=True).start()
        self._agent = self._connect('agent')
        self._received, self._in_step = b'', False

    def _connect(self, name):
        end = time.monotonic() + 20
        while True:
            link = socket.socket(socket.AF_UNIX)
            try:
                link.connect(f'{self.folder}/{name}')
                return link
            except OSError:
                link.close()
            if self._process.poll() is not None or time.monotonic() > end:
                with open(self.folder + '/qemu.log', errors='replace') as log:
                    raise MachineError('QEMU did not start: ' + log.read()[-1000:])
            time.sleep(0.02)

    @staticmethod
    def _discard(link):
        # QEMU keeps the console's text in its log file; a reader is needed only so that it never blocks.
        try:
            while link.recv(65536):
                pass
        except OSError:
            pass

    # -- use ----------------------------------------------------------------------------------------------------------
    def run(self, command, timeout=60):
        """Runs a shell command inside as root and returns a Finished; status 124 when it did not end in time, 125 when the
        agent inside did not answer (not up yet, or the machine is going down)."""
        if not self._in_step:
            # What was sent before the agent opened its port, or is answered late, is lost or old: find the way back.
            self._in_step = self._ask('true', 5, 2).status == 0
            if not self._in_step:
                return Finished(125, 'the agent does not answer')
        seconds = int(timeout * self.patience)
        result = self._ask(command, seconds, seconds + 15)
        self._in_step = result.status != 125
        return result

    def _ask(self, command, seconds, patience):
        """One request to the agent, which may take seconds; 125 without an answer within patience seconds."""
        self._requests += 1
        name = f'r{self._requests}'
        try:
            self._agent.settimeout(patience)
            self._agent.sendall(f'{name} {seconds} {base64.b64encode(command.encode()).decode()}\n'.encode())
            end = time.monotonic() + patience
            while self.alive():
                line, found, rest = self._received.partition(b'\n')
                if found:
                    self._received = rest
                    fields = line.decode(errors='replace').split(' ')
                    if fields[0] == name and len(fields) == 3:
                        return Finished(int(fields[1]), base64.b64decode(fields[2]).decode(errors='replace'))
                    continue
                self._agent.settimeout(max(0.01, end - time.monotonic()))
                data = self._agent.recv(1 << 20)
                if not data:
                    break
                self._received += data
        except OSError:     # a time-out, or QEMU is gone
            pass
        return Finished(125, 'the agent did not answer')

    def console(self):
        """All that was printed on the serial console so far, of every boot of this machine."""
        if self.folder is None:
            return self._text
        try:
            with open(self.console_file, errors='replace') as log:
                return log.read()
        except OSError:
            return ''

    def type(self, text):
        """Types on the serial console."""
        self._serial.sendall(text.encode())

    def alive(self):
        """Whether QEMU still runs."""
        return self._process is not None and self._process.poll() is None

    def ending(self):
        """How it ended, in words."""
        return f'QEMU ended with status {self._process.poll() if self._process else None}'

    def ended_well(self):
        """After the end: whether it powered off and left its file system clean."""
        return self._process.poll() == 0 and self.cleanly_unmounted()

    def reboot(self, command, timeout=60):
        """Runs a command that reboots; returns when the next boot's kernel has begun."""
        start = len(self.console())
        self.run(command, timeout)
        self.wait_console(r'Linux version', timeout, start)
        self._in_step = False

    def cleanly_unmounted(self):
        """After the end: whether the root file system needs no recovery."""
        header = subprocess.run(['dumpe2fs', '-h', self.disk], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return 'needs_recovery' not in header.stdout and re.search(r'state:\s+clean\n', header.stdout) is not None

    # -- end ----------------------------------------------------------------------------------------------------------
    def stop(self, timeout=60):
        """Powers off from inside; returns whether it went by itself."""
        if self.alive():
            self.run('kill -s RTMIN+4 1', 5)
        return self.wait_end(timeout)

    def kill(self):
        """Ends QEMU and removes the disk; the console's text stays readable."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for link in (self._serial, self._agent):
            if link is not None:
                link.close()
        if self.folder is not None:
            self._text = self.console()
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None
