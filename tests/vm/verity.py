#!/usr/bin/env python3
"""Images that are checked block by block, under the stock systemd and under incipit, in QEMU: both must answer the same.

  verity.py [--stage DIR]... [--ours]

RootHash=, RootVerity= and the files beside an image need the kernel's device mapper, which no container has. --ours asks incipit alone
and prints what it answers.
"""
import argparse
import os
import sys

_HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [_HERE, os.path.join(_HERE, '../namespace')]
from checks import Checks  # noqa: E402
from machine import INCIPIT, MachineError  # noqa: E402
from virtual import VirtualMachine  # noqa: E402

_SYSTEMD = '/lib/systemd/systemd'

# Run inside: images, and the trees of hashes that the kernel's documentation describes (admin-guide/device-mapper/verity.rst).
_PREPARE = r"""
import hashlib, os, struct, subprocess, uuid, zlib
BLOCK, SALT = 4096, bytes(range(32))
def tree_of(data):
    # The blocks of hashes, the topmost level first, behind a block with what the tree was made with; and the root's hash.
    level = [data[at:at + BLOCK] for at in range(0, len(data), BLOCK)]
    levels = []
    while len(level) > 1:
        hashes = b''.join(hashlib.sha256(SALT + block).digest() for block in level)
        hashes += b'\0' * (-len(hashes) % BLOCK)
        levels.insert(0, hashes)
        level = [hashes[at:at + BLOCK] for at in range(0, len(hashes), BLOCK)]
    root = hashlib.sha256(SALT + level[0]).digest()
    head = struct.pack('<8sII16s32sIIQH6x256s', b'verity\0\0', 1, 1, os.urandom(16), b'sha256', BLOCK, BLOCK, len(data) // BLOCK, len(SALT), SALT)
    return head.ljust(BLOCK, b'\0') + b''.join(levels), root
def write(path, data):
    with open(path, 'wb') as file:
        file.write(data)
def half(part):
    return str(uuid.UUID(bytes=part))
os.makedirs('/root/v/tree/data')
os.chdir('/root/v')
for folder in ('usr', 'bin', 'lib', 'lib64', 'proc', 'sys', 'dev', 'run', 'tmp', 'var', 'etc'):
    os.makedirs('tree/' + folder)
write('tree/data/marker', b'from the image\n' + b'x' * 200000)
write('tree/etc/os-release', b'ID=debian\n')
subprocess.run(['mke2fs', '-q', '-t', 'ext4', '-b', '4096', '-d', 'tree', 'plain.raw', '8M'], check=True)
data = open('plain.raw', 'rb').read()
tree, root = tree_of(data)
write('plain.tree', tree)
write('beside.raw', data); write('beside.verity', tree); write('beside.roothash', root.hex().encode())
write('damaged.raw', data.replace(b'from the image', b'from elsewhere')); write('damaged.verity', tree); write('damaged.roothash', root.hex().encode())
size = 8 << 20
first, sectors = 2048, size // 512
last = 49151
parts = b''.join(uuid.UUID(kind).bytes_le + uuid.UUID(half(own)).bytes_le + struct.pack('<QQQ72x', begin, end, 0) for kind, own, begin, end in (
    ('4f68bce3-e8cd-4db1-96e7-fbcaf984b709', root[:16], first, first + sectors - 1),
    ('2c7357ed-ebd2-46d9-aec1-23d437ec2bf5', root[16:], first + sectors, first + sectors + 2047))).ljust(128 * 128, b'\0')
def header(checksum):
    return struct.pack('<8sIIIIQQQQ16sQIII', b'EFI PART', 0x10000, 92, checksum, 0, 1, last, 34, last - 33, bytes(range(16)), 2, 128, 128, zlib.crc32(parts))
mbr = bytes(446) + struct.pack('<B3sB3sII', 0, b'\0\2\0', 0xee, b'\xff\xff\xff', 1, last) + bytes(48) + b'\x55\xaa'
with open('disk.raw', 'wb') as disk:
    disk.write(mbr + header(zlib.crc32(header(0))).ljust(512, b'\0') + parts)
    disk.seek(first * 512); disk.write(data); disk.write(tree)
    disk.truncate((last + 1) * 512)
write('hash', root.hex().encode())
for name in ('known', 'unknown', 'masked'):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', name + '.key', '-out', name + '.crt', '-subj', '/CN=' + name], check=True, capture_output=True)
    subprocess.run(['openssl', 'smime', '-sign', '-nocerts', '-noattr', '-binary', '-in', 'hash', '-inkey', name + '.key', '-signer', name + '.crt', '-outform', 'der', '-out', name + '.p7s'], check=True)
write('broken.p7s', open('known.p7s', 'rb').read()[::-1])
write('signed.raw', data); write('signed.verity', tree); write('signed.roothash', root.hex().encode()); write('signed.roothash.p7s', open('known.p7s', 'rb').read())
os.makedirs('/etc/verity.d'); os.makedirs('/usr/lib/verity.d')
write('/etc/verity.d/known.crt', open('known.crt', 'rb').read()); write('/usr/lib/verity.d/masked.crt', open('masked.crt', 'rb').read())
os.symlink('/dev/null', '/etc/verity.d/masked.crt')
"""

_OTHER = '0123456789abcdef' * 4
_SIGNED = 'RootImage=/root/v/plain.raw\nRootHash=$H\nRootVerity=/root/v/plain.tree\nRootHashSignature='
# Name: settings; $H is the root hash.
_CASES = {
    'image and tree': 'RootImage=/root/v/plain.raw\nRootHash=$H\nRootVerity=/root/v/plain.tree\n',
    'hash in a file': 'RootImage=/root/v/plain.raw\nRootHash=/root/v/hash\nRootVerity=/root/v/plain.tree\n',
    'files beside the image': 'RootImage=/root/v/beside.raw\n',
    'another hash': f'RootImage=/root/v/plain.raw\nRootHash={_OTHER}\nRootVerity=/root/v/plain.tree\n',
    'no tree': 'RootImage=/root/v/plain.raw\nRootHash=$H\nRootVerity=/root/v/none\n',
    'damaged': 'RootImage=/root/v/damaged.raw\n',
    'partitions': 'RootImage=/root/v/disk.raw\nRootHash=$H\n',
    'partitions of another hash': f'RootImage=/root/v/disk.raw\nRootHash={_OTHER}\n',
    'partitions, unchecked': 'RootImage=/root/v/disk.raw\nRootImageOptions=root:ro\n',
    'mounted, files beside it': 'MountImages=/root/v/beside.raw:/mnt\n',
    'signed by who is known': f'{_SIGNED}/root/v/known.p7s\n',
    'signed by who is not': f'{_SIGNED}/root/v/unknown.p7s\n',
    'signed by whose certificate is masked': f'{_SIGNED}/root/v/masked.p7s\n',
    'no signature': f'{_SIGNED}/root/v/broken.p7s\n',
    'signature beside the image': 'RootImage=/root/v/signed.raw\n',
    'mounted, signature beside it': 'MountImages=/root/v/signed.raw:/mnt\n',
}


def answers(init, stages, aloud=False):
    """What a machine says to every case; aloud: with the unit's whole log, printed."""
    said = {}
    with VirtualMachine(stages, init) as machine:
        machine.start()
        machine.wait_run('systemctl is-active -q multi-user.target', 180)

        def run(command, timeout=60):
            return machine.run(command, timeout)
        prepared = run(f"python3 - <<'END'\n{_PREPARE}\nEND", 120)
        if prepared.status != 0:
            raise MachineError(prepared.output)
        root_hash = run('cat /root/v/hash').output.strip()
        for number, (name, settings) in enumerate(_CASES.items()):
            unit = f'v{number}.service'
            text = (f'[Service]\nType=oneshot\nBindReadOnlyPaths=/usr /bin /lib /lib64\n{settings.replace("$H", root_hash)}'
                    "ExecStart=/bin/sh -c 'd=/data; [ -e /data ] || d=/mnt/data; head -n1 $$d/marker; touch $$d/x 2>&1; cat $$d/marker | wc -c'\n")
            run(f"cat >/run/systemd/system/{unit} <<'END'\n{text}END")
            status = run(f'systemctl start {unit}').status
            lines = run(f'journalctl --sync; journalctl -q -o cat -t sh -u {unit}').output
            result = run(f'systemctl show -P Result -P ExecMainStatus {unit}').output
            said[name] = (status, lines, result)
            if aloud:
                print(f'{name}: {said[name]}', run(f'journalctl -q -o cat -u {unit}').output, sep='\n', flush=True)
        # Devices go with the last mount; the kernel may take a moment for it.
        said['devices that are left'] = run('for i in $(seq 50); do ls /sys/block | grep -q "^dm-" || break; sleep .1; done; ls /sys/block | grep "^dm-"; ls /dev/mapper | grep verity; true').output
        machine.stop()
    return said


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('--stage', action='append', default=[])
    parser.add_argument('--ours', action='store_true')
    options = parser.parse_args()
    ours = answers(INCIPIT, options.stage, options.ours)
    if options.ours:
        return 0
    theirs = answers(_SYSTEMD, options.stage)
    checks = Checks()
    for name, said in theirs.items():
        checks.check(name, ours[name] == said, f'theirs: {said}, ours: {ours[name]}')
    return checks.close()


if __name__ == '__main__':
    sys.exit(main())
