"""Scripts about single settings: each unit sets some, and looks at what came of them from where they have effect.

Each is (name, units, steps), as in scripts.py; U stands for the script's own prefix. The traces leave numbers of three digits
and more out, so what must be compared to the digit goes through _DIGITS.
"""
_DIGITS = 'sed "s/[0-9]/&_/g"'
_START_STOP = ['systemctl start U', 'settle', 'systemctl stop U', 'settle']

# Kinds of conditions with a value that holds and one that does not, whatever the machine.
_CONDITIONS = {
    'ACPower': ('true', 'false'), 'Architecture': ('native', 's390'), 'CPUFeature': ('fpu', 'nonsense'), 'CPUPressure': ('100%', '0%'),
    'CPUs': ('>0', '>9999'), 'Capability': ('CAP_SYS_ADMIN', 'CAP_BPF CAP_SYS_ADMIN'), 'ControlGroupController': ('v2', 'v1'),
    'Credential': ('U-none', '!U-none'), 'DirectoryNotEmpty': ('/etc', '/run/U-none'), 'Environment': ('PATH', 'U_NONE'),
    'FileIsExecutable': ('/bin/sh', '/etc/hostname'), 'FileNotEmpty': ('/etc/passwd', '/dev/null'), 'FirstBoot': ('no', 'yes'),
    'Firmware': ('uefi', 'device-tree'), 'Group': ('root', 'nogroup'), 'Host': ('!nowhere', 'nowhere'), 'IOPressure': ('100%', '0%'),
    'KernelCommandLine': ('!u.none', 'u.none'), 'KernelVersion': ('>2.6', '<2.6'), 'Memory': ('>1M', '>999T'), 'MemoryPressure': ('100%', '0%'),
    'NeedsUpdate': ('!/usr/nowhere', '/usr/nowhere'), 'OSRelease': ('ID=debian', 'ID=nothing'), 'PathExists': ('/etc', '/nowhere'),
    'PathExistsGlob': ('/etc/host*', '/nowhere*'), 'PathIsDirectory': ('/etc', '/etc/hostname'), 'PathIsEncrypted': ('!/etc', '/etc'),
    'PathIsMountPoint': ('/proc', '/proc/self'), 'PathIsReadWrite': ('/run', '/nowhere'), 'PathIsSymbolicLink': ('/bin', '/etc'),
    'Security': ('!smack', 'smack'), 'User': ('root', 'nobody'), 'Virtualization': ('yes', 'no'),
}


def _shell(look, settings='', before=''):
    """A unit whose process looks; the text of the look must do without single quotes."""
    look = look.replace('%', '%%').replace('$', '$$')
    return f"{before}[Service]\nType=oneshot\n{settings}ExecStart=/bin/sh -c '{look}'\n"


def conditions():
    for kind, values in _CONDITIONS.items():
        units = {f'U-{word.lower()}{number}.service': _shell('echo ran', before=f'[Unit]\n{word}{kind}={value}\n')
                 for word in ('Condition', 'Assert') for number, value in enumerate(values)}
        yield f'conditions {kind}', units, [*(f'systemctl start {name}' for name in units), 'settle']


def processes():
    """What a process itself can see: settings, what it looks at, and the steps before it is started."""
    def look(name, settings, what, *before):
        return f'setting: {name}', {'U.service': _shell(what, settings)}, [*before, 'systemctl start U', 'settle', 'journal U']

    limits = ''.join(f'Limit{name}={value}\n' for name, value in (
        ('AS', '3G:4G'), ('CORE', '1M:2M'), ('CPU', '50:60'), ('DATA', '1G:2G'), ('FSIZE', '1G:2G'), ('LOCKS', '7:8'), ('MEMLOCK', '1M:2M'), ('MSGQUEUE', '4K:8K'),
        ('NICE', '5'), ('NPROC', '4001:4002'), ('RTPRIO', '7:8'), ('RTTIME', '1s:2s'), ('SIGPENDING', '300:400'), ('STACK', '4M:9M')))
    yield look('limits', limits, f'{_DIGITS} /proc/self/limits')
    yield look('scheduling', 'CPUSchedulingPolicy=fifo\nCPUSchedulingPriority=7\nCPUSchedulingResetOnFork=yes\n', 'chrt -p $$ | sed "s/pid [0-9]*//"; cut -d" " -f 40,41 /proc/$$/stat')
    yield look('priority of I/O', 'IOSchedulingClass=best-effort\nIOSchedulingPriority=3\n', 'ionice -p $$')
    yield look('NUMA', 'NUMAPolicy=bind\nNUMAMask=0\n', 'head -n1 /proc/self/numa_maps | cut -d" " -f2; echo end')
    yield look('core dumps', 'CoredumpFilter=private-anonymous elf-headers shared-huge\n', f'{_DIGITS} /proc/self/coredump_filter')
    kinds = ('Runtime', 'State', 'Cache', 'Logs', 'Configuration')
    yield look('modes of folders', ''.join(f'{kind}Directory=U-d\n{kind}DirectoryMode=07{number}5\n' for number, kind in enumerate(kinds)),
               'stat -c "%a %n" ' + ' '.join(f'${kind.upper()}_DIRECTORY' for kind in kinds) + f' | {_DIGITS}')
    yield look('path of programs', 'ExecSearchPath=/usr/sbin:/bin\n', 'echo $PATH')
    yield look('no execution', 'NoExecPaths=/usr/bin\nExecPaths=/usr/bin/sh /usr/bin/dash /usr/bin/id\n', 'id -un; date || echo refused $?')
    yield look('read-only binds', 'BindReadOnlyPaths=/etc:/mnt\n', 'head -n1 /mnt/passwd; touch /mnt/x 2>&1')
    yield look('old names of paths', 'InaccessibleDirectories=/etc/ssl\nReadOnlyDirectories=/var\nReadWriteDirectories=/var/tmp\n',
               'ls /etc/ssl 2>&1; touch /var/U-x 2>&1; touch /var/tmp/U-x && echo written')
    same = 'for n in mnt ipc; do [ $(readlink /proc/self/ns/$n) = $(readlink /proc/1/ns/$n) ] && echo $n of init || echo $n of its own; done'
    yield look('private IPC', 'PrivateIPC=yes\n', same)
    yield look('private mounts', 'PrivateMounts=yes\n', same)
    yield look('IPC of a file', 'IPCNamespacePath=/run/U-ns\nPrivateTmp=yes\n', f'{same}; ipcs -q | grep -c 0x', 'touch /run/U-ns && unshare --ipc=/run/U-ns ipcmk -Q >/dev/null')
    yield look('propagation', 'MountFlags=private\n', 'findmnt -no PROPAGATION /')
    yield look('propagation of a slave', 'MountFlags=slave\n', 'findmnt -no PROPAGATION /')
    root = 'RootDirectory=/run/U-root\nBindReadOnlyPaths=/usr /bin /lib /lib64\n'
    yield look('API file systems', f'{root}MountAPIVFS=yes\n', 'ls -d /proc/self/fd /sys/fs /dev/null /etc/hostname 2>&1', 'mkdir -p /run/U-root')
    yield look('no API file systems', f'{root}MountAPIVFS=no\n', 'ls -d /proc/self/fd /sys/fs /etc/hostname 2>&1', 'mkdir -p /run/U-root')
    yield look('root of the start alone', f'{root}RootDirectoryStartOnly=yes\nExecStartPre=/bin/ls -d /etc/hostname\n', 'ls -d /etc/hostname 2>&1', 'mkdir -p /run/U-root')
    yield look('user of the start alone', 'User=nobody\nPermissionsStartOnly=yes\nExecStartPre=/usr/bin/id -un\n', 'id -un')
    yield look('control groups are protected', 'ProtectControlGroups=yes\n', 'mkdir /sys/fs/cgroup/U-x 2>&1; rmdir /sys/fs/cgroup/U-x 2>/dev/null')
    yield look('no set-user-ID files', 'RestrictSUIDSGID=yes\n', 'touch /tmp/U-f; chmod u+s /tmp/U-f 2>&1; chmod u+x /tmp/U-f && echo plain')
    yield look('errors of system calls', 'SystemCallFilter=~fchmodat\nSystemCallErrorNumber=EXDEV\n', 'touch /tmp/U-f; chmod u+x /tmp/U-f 2>&1')
    yield look('system calls that are logged', 'SystemCallLog=fchmodat\n', 'grep -c "^Seccomp:.*2" /proc/self/status; touch /tmp/U-f; chmod u+x /tmp/U-f 2>&1 && echo done')
    yield look('input as data', 'StandardInputData=aGVsbG8gd29ybGQK\nStandardInputData=YWdhaW4K\n', 'cat')
    yield look('errors elsewhere', 'StandardError=file:/run/U-err\n', 'echo lost >&2; cat /run/U-err')
    yield look('errors nowhere', 'StandardError=null\n', 'readlink /proc/self/fd/2')
    yield look('devices', 'DevicePolicy=strict\nDeviceAllow=/dev/null rw\n', ': </dev/null && echo null; : </dev/full && echo full')
    yield look('a namespace of files', 'TemporaryFileSystem=/var\nBindReadOnlyPaths=/etc/hostname:/var/h\n', 'ls /var')


def images():
    """Images of file systems, and system extensions. Two scripts do not share a file; loop devices are the machine's own."""
    loops = '{ mknod /dev/loop-control c 10 237; for n in $(seq 0 63); do mknod /dev/loop$n b 7 $n; done; } 2>/dev/null || :'
    tree = 'mkdir -p /run/U-tree/usr /run/U-tree/etc /run/U-tree/data && for d in bin lib lib64 proc sys dev run tmp var; do mkdir /run/U-tree/$d; done'
    fill = 'echo from the image >/run/U-tree/data/marker; echo ID=debian >/run/U-tree/etc/os-release; chmod 755 /run/U-tree'
    pack = 'mke2fs -q -t ext4 -d /run/U-tree /run/U.raw 8M'
    made = [loops, tree, fill, pack]
    extension = ('mkdir -p /run/U-ext/usr/lib/extension-release.d /run/U-ext/usr/share/U /run/U-ext/opt/U && echo extended >/run/U-ext/usr/share/U/marker && '
                 'echo also >/run/U-ext/opt/U/marker && . /etc/os-release && '
                 'printf "ID=%s\\nVERSION_ID=%s\\n" $ID $VERSION_ID >/run/U-ext/usr/lib/extension-release.d/extension-release.U-ext')
    mounts = 'sed -n "s#^.* \\(/data\\|/mnt\\|/usr\\|/opt\\) [a-z]*,[a-z,]* .*- \\([a-z0-9]*\\) .*#\\1 \\2#p" /proc/self/mountinfo'

    def look(name, settings, what, *before):
        return f'image: {name}', {'U.service': _shell(what, settings)}, [*before, 'systemctl start U', 'settle', 'journal U', 'systemctl show -p Result -p ExecMainStatus U']

    own_root = 'BindReadOnlyPaths=/usr /bin /lib /lib64\n'
    yield look('root', f'RootImage=/run/U.raw\n{own_root}', 'cat /data/marker /etc/os-release; ls /; touch /data/x && echo written; stat -f -c %T /data', *made)
    yield look('root, read-only', f'RootImage=/run/U.raw\nRootImageOptions=root:ro,noexec\n{own_root}', 'touch /data/x 2>&1; grep -o " / ro,[a-z,]*noexec" /proc/self/mountinfo', *made)
    yield look('root that is missing', f'RootImage=/run/U-none.raw\n{own_root}', 'echo ran')
    yield look('root that is no image', f'RootImage=/run/U.raw\n{own_root}', 'echo ran', loops, 'truncate -s 1M /run/U.raw')
    yield look('mounted', 'MountImages=/run/U.raw:/mnt\n', f'cat /mnt/data/marker; {mounts}', *made)
    yield look('mounted with options', 'MountImages=/run/U.raw:/mnt:ro\n', 'touch /mnt/x 2>&1; cat /mnt/data/marker', *made)
    yield look('mounted where nothing is', 'MountImages=/run/U.raw:/run/U-place/below\n', 'cat /run/U-place/below/data/marker', *made)
    yield look('mounted, missing', 'MountImages=-/run/U-none.raw:/mnt\n', 'echo ran')
    yield look('mounted, missing and needed', 'MountImages=/run/U-none.raw:/mnt\n', 'echo ran')
    seen = 'cat /usr/share/U/marker /opt/U/marker; ls -d /usr/bin/env; touch /usr/share/U/x 2>&1'
    yield look('extension folder', 'ExtensionDirectories=/run/U-ext\n', f'{seen}; {mounts}', extension)
    yield look('extension folder of another system', 'ExtensionDirectories=/run/U-ext\n', 'echo ran', extension, 'sed -i s/ID=debian/ID=other/ /run/U-ext/usr/lib/extension-release.d/*')
    yield look('extension folder of another version', 'ExtensionDirectories=/run/U-ext\n', 'echo ran', extension, 'sed -i s/VERSION_ID=.*/VERSION_ID=1/ /run/U-ext/usr/lib/extension-release.d/*')
    yield look('extension folder of any system', 'ExtensionDirectories=/run/U-ext\n', seen, extension, 'echo ID=_any >/run/U-ext/usr/lib/extension-release.d/extension-release.U-ext')
    yield look('extension folder without its file', 'ExtensionDirectories=/run/U-ext\n', 'echo ran', extension, 'rm /run/U-ext/usr/lib/extension-release.d/*')
    yield look('extension folder, missing', 'ExtensionDirectories=-/run/U-none\n', 'echo ran')
    yield look('extension folder, missing and needed', 'ExtensionDirectories=/run/U-none\n', 'echo ran')
    yield look('extension image', 'ExtensionImages=/run/U-ext.raw\n', seen, loops, extension, 'mke2fs -q -t ext4 -d /run/U-ext /run/U-ext.raw 8M')
    yield look('two extensions', 'ExtensionImages=/run/U-ext.raw\nExtensionDirectories=/run/U-top\n', 'cat /usr/share/U/marker /opt/U/marker', loops, extension,
               'mke2fs -q -t ext4 -d /run/U-ext /run/U-ext.raw 8M', 'cp -r /run/U-ext /run/U-top && cd /run/U-top/usr/lib/extension-release.d && mv extension-release.U-ext extension-release.U-top; '
               'echo on top >/run/U-top/usr/share/U/marker; rm -r /run/U-top/opt')
    running = '[Service]\nPrivateMounts=yes\nExecStart=sleep infinity\n'
    for name, call in (('an image', '/run/U.raw /mnt false true 0'), ('an image, read-only', '/run/U.raw /run/U-new true true 0'), ('an image with options', '/run/U.raw /mnt false false 1 root nodev,noexec'),
                       ('what is missing', '/run/U-none.raw /mnt false false 0'), ('with a wrong partition', '/run/U.raw /mnt false false 1 nonsense ro')):
        place = call.split()[1]
        yield f'image: {name} mounted later', {'U.service': running}, [
            *made, 'systemctl start U',
            f'busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager MountImageUnit "sssbba(ss)" U.service {call}',
            f'nsenter -t $(systemctl show -P MainPID U) -m sh -c "cat {place}/data/marker; touch {place}/x; grep -o \\" {place} [a-z,]*\\" /proc/self/mountinfo"']

def credentials():
    """Credentials out of the folders that are searched, and encrypted ones (with the machine's own key)."""
    folders = 'mkdir -p /etc/credstore /run/credstore /usr/local/lib/credstore /usr/lib/credstore /etc/credstore.encrypted /run/credstore.encrypted /usr/lib/credstore.encrypted'

    def seal(path, text='sealed', options='--name=U-c --with-key=host'):
        return f'printf "{text}" | systemd-creds -q encrypt {options} - {path} 2>/dev/null'

    def look(name, settings, *before):
        what = 'cd $CREDENTIALS_DIRECTORY && for f in *; do stat -c "%a %u %n" $f; cat $f; echo; done; sleep .1'
        return f'credential: {name}', {'U.service': _shell(what, settings)}, [
            folders, *before, 'systemctl start U', 'settle', 'journal U', 'systemctl show -p Result -p ExecMainStatus U', 'rm -f /*/credstore*/U-* /usr/lib/credstore*/U-* /usr/local/lib/credstore*/U-*']

    plain = [f'echo in {folder} >/{folder}/credstore/U-c' for folder in ('usr/lib', 'usr/local/lib', 'run', 'etc')]
    for number in range(1, 5):
        yield look(f'found in folder {number}', 'LoadCredential=U-c\n', *plain[:number])
    yield look('found under another name', 'LoadCredential=x:U-c\nUser=nobody\n', *plain)
    yield look('found nowhere', 'LoadCredential=U-c\nSetCredential=U-c:default\n')
    yield look('folder in a folder', 'LoadCredential=U-d\n', 'mkdir -p /run/credstore/U-d; echo 1 >/run/credstore/U-d/one', 'rm -r /run/credstore/U-d')
    yield look('plain, where encrypted ones are', 'LoadCredential=U-c\n', 'echo plain >/etc/credstore.encrypted/U-c')
    yield look('encrypted file', 'LoadCredentialEncrypted=U-c:/run/U.cred\n', seal('/run/U.cred'))
    yield look('encrypted file for another user', 'LoadCredentialEncrypted=U-c:/run/U.cred\nUser=nobody\n', seal('/run/U.cred'))
    yield look('encrypted file, empty', 'LoadCredentialEncrypted=U-c:/run/U.cred\n', seal('/run/U.cred', ''))
    yield look('encrypted file of another name', 'LoadCredentialEncrypted=U-other:/run/U.cred\n', seal('/run/U.cred'))
    yield look('encrypted file of any name', 'LoadCredentialEncrypted=U-other:/run/U.cred\n', seal('/run/U.cred', options='--name= --with-key=host'))
    yield look('encrypted file, outlived', 'LoadCredentialEncrypted=U-c:/run/U.cred\n', seal('/run/U.cred', options='--name=U-c --with-key=host --timestamp=2020-01-01 --not-after=2020-01-02'))
    yield look('encrypted file with no key', 'LoadCredentialEncrypted=U-c:/run/U.cred\n', seal('/run/U.cred', options='--name=U-c --with-key=tpm2-absent'))
    yield look('encrypted file, damaged', 'LoadCredentialEncrypted=U-c:/run/U.cred\n', seal('/run/U.cred'), 'tr A-Z B-ZA </run/U.cred >/run/U.2; mv /run/U.2 /run/U.cred')
    yield look('encrypted file, cut', 'LoadCredentialEncrypted=U-c:/run/U.cred\n', seal('/run/U.cred'), 'truncate -s 40 /run/U.cred')
    yield look('encrypted file, missing', 'LoadCredentialEncrypted=U-c:/run/U.cred\n')
    yield look('encrypted file, missing, with a default', 'LoadCredentialEncrypted=U-c:/run/U.cred\nSetCredential=U-c:default\n')
    yield look('encrypted file that is not', 'LoadCredentialEncrypted=U-c:/run/U.cred\n', 'echo plain >/run/U.cred')
    yield look('encrypted, of 200 kB', 'LoadCredentialEncrypted=U-c:/run/U.cred\nExecStartPre=/bin/sh -c "wc -c <$CREDENTIALS_DIRECTORY/U-c"\nExecStartPre=/bin/sh -c "exit 3"\n',
               'head -c 200000 /dev/zero | systemd-creds -q encrypt --name=U-c --with-key=host - /run/U.cred 2>/dev/null')
    yield look('encrypted, found', 'LoadCredentialEncrypted=U-c\n', seal('/run/credstore.encrypted/U-c', 'in run'), seal('/usr/lib/credstore.encrypted/U-c', 'in usr'))
    yield look('encrypted, where plain ones are', 'LoadCredentialEncrypted=U-c\n', seal('/etc/credstore/U-c'))
    yield look('encrypted, found nowhere', 'LoadCredentialEncrypted=U-c\n')
    yield look('encrypted folder', 'LoadCredentialEncrypted=p:/run/U-d\n', 'mkdir -p /run/U-d', seal('/run/U-d/one', '1', '--name=p_one --with-key=host'), seal('/run/U-d/two', '2', '--name=p_two --with-key=host'))
    unit = '/run/systemd/system/U.service'
    given = f'printf "[Service]\\nSetCredentialEncrypted=U-c:%s\\n" "$(printf given | systemd-creds -q encrypt --name=U-c --with-key=host - - 2>/dev/null | tr -d \\\\n)" >{unit}.d/c.conf'
    yield look('encrypted, in the unit', '', f'mkdir -p {unit}.d', given)
    yield look('encrypted, in the unit, under another name', '', f'mkdir -p {unit}.d', given, f'sed -i s/U-c:/U-other:/ {unit}.d/c.conf')
    yield look('encrypted, in the unit, after a file', 'LoadCredential=U-c:/run/U.plain\n', 'echo file >/run/U.plain', f'mkdir -p {unit}.d', given)


def logs():
    fields = "journalctl -q -u U -o export | grep -aE '^(PRIORITY|SYSLOG_FACILITY|SYSLOG_IDENTIFIER|SHAPE|MESSAGE)=' | sort | uniq -c"
    for settings in ('SyslogFacility=local3\n', 'SyslogLevel=warning\n', 'SyslogLevelPrefix=no\n', 'LogExtraFields=SHAPE=round SHAPE2=%n\n'):
        yield f'log: {settings.strip()}', {'U.service': _shell('echo "<3>worse"; echo plain', settings)}, ['systemctl start U', 'settle', 'journalctl --sync', fields]
    yield 'log: lines that several write', {'U.service': _shell('/usr/bin/printf begun; sleep 1.2; /usr/bin/printf "end\\nagain"; sleep .1; echo', 'User=nobody\n')}, [
        'systemctl start U', 'settle', 'journalctl --sync', 'journalctl -q -u U -o export | grep -aE "^(_LINE_BREAK|_SYSTEMD_UNIT|MESSAGE)=" | sort | uniq -c']
    yield 'log: rate', {'U.service': _shell('for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done', 'LogRateLimitIntervalSec=1h\nLogRateLimitBurst=5\n')}, [
        'systemctl start U', 'settle', 'journal U']
    yield 'log: namespace', {'U.service': _shell('readlink /proc/self/fd/1 | cut -c1-7; echo hidden', 'LogNamespace=Uspace\n')}, [
        'systemctl start U', 'systemctl show -P Requires U | xargs -n1 | sort', 'journalctl --namespace=Uspace --sync', 'journalctl -q --namespace=Uspace -t sh -o cat', 'journalctl -q -t sh -u U -o cat',
        'systemctl stop systemd-journald@Uspace.socket systemd-journald@Uspace.service']


def lives():
    """What shows in how a unit lives: folders that stay, descriptors, deadlines, terminals, login records."""
    sleeps = 'ExecStart=/bin/sleep infinity\n'
    for kept in ('no', 'yes', 'restart'):
        yield f'setting: folder kept {kept}', {'U.service': f"[Service]\nRuntimeDirectory=U-d\nRuntimeDirectoryPreserve={kept}\nExecStart=/bin/sh -c 'ls /run/U-d; touch /run/U-d/x; exec sleep infinity'\n"}, [
            'systemctl start U', 'settle', 'systemctl restart U', 'settle', 'journal U', 'systemctl stop U', 'settle', 'ls /run/U-d']
    for non_blocking in ('no', 'yes'):
        yield f'setting: NonBlocking={non_blocking}', {
            'U.socket': '[Socket]\nListenStream=/run/U.sock\nFileDescriptorName=U-a\n', 'U-b.socket': '[Socket]\nListenStream=/run/U-b.sock\nService=U.service\n',
            'U.service': _shell('python3 -c "import os; print(os.get_blocking(3), os.get_blocking(4))"; echo $LISTEN_FDNAMES', f'Sockets=U-b.socket\nNonBlocking={non_blocking}\n')}, [
                'systemctl start U', 'settle', 'journal U', 'systemctl stop U.socket U-b.socket', 'settle']
    yield 'setting: TimeoutSec of a start', {'U.service': f'[Service]\nType=notify\nTimeoutSec=300ms\n{sleeps}'}, _START_STOP
    yield 'setting: TimeoutSec of a stop', {'U.service': "[Service]\nTimeoutSec=300ms\nExecStart=/bin/sh -c 'trap \"\" TERM; sleep infinity'\n"}, _START_STOP
    yield 'setting: RuntimeRandomizedExtraSec', {'U.service': f'[Service]\nRuntimeMaxSec=200ms\nRuntimeRandomizedExtraSec=200ms\n{sleeps}'}, [*_START_STOP, 'systemctl show -P RuntimeRandomizedExtraUSec U']
    for place in ('[Unit]\n', '[Service]\n'):
        limited = 'StartLimitInterval=1h\nStartLimitBurst=1\n'
        head = f'{place}{limited}[Service]\n' if place == '[Unit]\n' else f'[Service]\n{limited}'
        yield f'setting: old start limit in {place.strip()}', {'U.service': f'{head}Type=oneshot\nExecStart=/bin/true\n'}, ['systemctl start U', 'settle', 'systemctl start U', 'settle']
    yield 'setting: RefuseManualStop', {'U.service': f'[Unit]\nRefuseManualStop=yes\nDocumentation=man:bash(1) file:/etc/hostname\n[Service]\n{sleeps}'}, [
        *_START_STOP, "systemctl status U | grep -A1 Docs:"]
    yield 'setting: login record', {'U.service': f'[Service]\nUtmpIdentifier=U\nUtmpMode=login\nTTYPath=/dev/null\n{sleeps}'}, [
        'systemctl start U', 'settle', "utmpdump /run/utmp 2>/dev/null | grep U | cut -c1-30", 'systemctl stop U', 'settle', "utmpdump /run/utmp 2>/dev/null | grep U | cut -c1-30"]
    barrier = ('import os, select, socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(os.environ["NOTIFY_SOCKET"]); '
               'r, w = os.pipe(); socket.send_fds(s, [b"BARRIER=1"], [w]); os.close(w); p = select.poll(); p.register(r, 0); print("released", len(p.poll(9000)))')
    yield 'setting: BARRIER', {'U.service': '[Service]\nType=oneshot\nNotifyAccess=all\nExecStart=/usr/bin/python3 /run/U.py\n'}, [
        f"cat >/run/U.py <<'END'\n{barrier}\nEND", 'systemctl start U', 'settle', 'journal U']
    ask = ('import json, socket\ns = socket.socket(socket.AF_UNIX)\ns.connect("/run/systemd/io.system.ManagedOOM")\n'
           's.sendall(json.dumps({"method": "io.systemd.ManagedOOM.SubscribeManagedOOMCGroups", "more": True}).encode() + b"\\0")\n'
           'text = b""\nwhile b"\\0" not in text:\n    text += s.recv(65536)\n'
           'for each in json.loads(text.split(b"\\0")[0])["parameters"].get("cgroups", []):\n    "U.service" in each["path"] and print(sorted(each.items()))')
    marks = "python3 -c 'import os; print(sorted(a for a in os.listxattr(\"/sys/fs/cgroup/system.slice/U.service\") if \"oomd\" in a))'"
    for preference in ('omit', 'avoid', 'none'):
        yield f'setting: ManagedOOMPreference={preference}', {
            'U.service': f'[Service]\nManagedOOMPreference={preference}\nManagedOOMSwap=kill\nManagedOOMMemoryPressure=kill\nManagedOOMMemoryPressureLimit=30%\n{sleeps}'}, [
                f"cat >/run/U.py <<'END'\n{ask}\nEND", 'systemctl start U', 'settle', marks, 'timeout 20 python3 /run/U.py 2>&1 | tail -n3', 'systemctl stop U', 'settle']
    for setting in ('RootImage=/run/U.img\nRootImageOptions=ro\nRootVerity=/run/U.verity\nRootHash=0123456789abcdef0123456789abcdef\nRootHashSignature=/run/U.sig', 'MountImages=/run/U.img:/mnt',
                    'ExtensionImages=/run/U.img', 'ExtensionDirectories=/run/U-none', 'LoadCredentialEncrypted=x:/run/U.cred', 'SetCredentialEncrypted=x: bm9uc2Vuc2U='):
        yield f'unusable: {setting}'.replace('\n', ' '), {'U.service': _shell('echo ran', f'{setting}\n')}, ['systemctl start U', 'systemctl show -P ActiveState U']
    yield from terminals()
    for kind in ('BindTo', 'PropagateReloadTo', 'PropagateReloadFrom', 'ReloadPropagatedFrom', 'RequiresOverridable', 'RequisiteOverridable', 'PropagatesStopTo', 'StopPropagatedFrom'):
        both = f"ExecReload=/bin/echo reloads\n{sleeps}"
        yield f'setting: {kind}', {'U.service': f'[Unit]\n{kind}=U-b.service\n[Service]\n{both}', 'U-b.service': f'[Service]\n{both}'}, [
            'systemctl start U', 'settle', 'systemctl start U-b', 'systemctl start U', 'settle', 'systemctl reload U', 'settle', 'systemctl reload U-b', 'settle',
            'systemctl stop U', 'settle', 'systemctl start U', 'systemctl stop U-b', 'settle', 'systemctl stop U', 'journal U U-b']


def terminals():
    """A terminal that a helper holds, and what comes out at its other end."""
    holder = ('import os, pty, sys, termios, tty; m, s = pty.openpty(); tty.setraw(s); os.symlink(os.ttyname(s), "/dev/U-tty"); os.fork() and os._exit(0)\n'
              'os.setsid()\nwhile True:\n    open("/run/U-out", "ab").write(os.read(m, 999))')
    begin = [f"cat >/run/U.py <<'END'\n{holder}\nEND", 'systemd-run -q --unit=U-holder -p Type=forking python3 /run/U.py']
    end = ['settle', 'journal U', "od -An -c /run/U-out | tr -s ' '", 'systemctl stop U-holder']
    look = 'stty size <&0; stty -a <&0 | grep -o "[-]*icanon"; for f in 1 2; do readlink /proc/self/fd/$f | cut -c1-7; done'
    for settings in ('TTYRows=33\nTTYColumns=77\n', 'TTYReset=yes\n', 'TTYVHangup=yes\n', 'TTYVTDisallocate=yes\n'):
        yield f'setting: {settings.strip()}'.replace('\n', ' '), {'U.service': _shell(look, f'StandardInput=tty\nStandardOutput=journal\nStandardError=journal\nTTYPath=/dev/U-tty\n{settings}')}, [
            *begin, 'systemctl start U', *end]


# PATH TYPE VERDICT...: pins programs of types of the kernel (8: packets, 9: sockets) that answer so.
_PIN = r"""import ctypes, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
def bpf(command, *fields):
    attributes = struct.pack(*fields).ljust(128, b'\0')
    answer = libc.syscall(321, command, attributes, len(attributes))
    assert answer >= 0, ctypes.get_errno()
    return answer
def text(value):
    kept.append(ctypes.create_string_buffer(value))
    return ctypes.addressof(kept[-1])
kept = []
for path, kind, verdict in zip(sys.argv[1::3], sys.argv[2::3], sys.argv[3::3]):
    code = struct.pack('<BBhi', 0xb7, 0, 0, int(verdict)) + struct.pack('<BBhi', 0x95, 0, 0, 0)
    program = bpf(5, '<IIQQ', int(kind), 2, text(code), text(b'GPL'))
    bpf(6, '<QI', text(path.encode()), program)"""


def networks():
    """Filters of the kernel on control groups: sockets and packets."""
    def python(name, settings, text):
        return f'setting: {name}'.replace('\n', ' '), {'U.service': f'[Service]\nType=oneshot\n{settings}ExecStart=/bin/sh -c "exec python3 /run/U.py 2>&1 | tail -n1"\n'}, [
            f"cat >/run/U.py <<'END'\n{text}\nEND", 'systemctl start U', 'settle', 'journal U']
    bind = ('import socket\ndef can(port):\n    try:\n        socket.socket().bind(("127.0.0.1", port))\n        return "bound"\n    except OSError as e:\n        return e.strerror\n'
            'print(can(7200), can(7300))')
    for settings in ('SocketBindDeny=any\nSocketBindAllow=ipv4:tcp:7200\n', 'SocketBindDeny=ipv4:tcp:7300\n'):
        yield python(settings.strip(), settings, bind)
    speak = ('import socket\na = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\na.bind(("127.0.0.1", 0))\na.settimeout(1)\n'
             'for i in range(3):\n    a.sendto(b"x" * 99, a.getsockname())\n    got = a.recv(999)\nprint(len(got))')
    for settings in ('RestrictNetworkInterfaces=lo\n', 'RestrictNetworkInterfaces=~lo\n', 'IPAddressDeny=any\n', 'IPAddressDeny=any\nIPAddressAllow=localhost\n',
                     'RestrictNetworkInterfaces=~lo\nIPAddressAllow=localhost\n', 'RestrictNetworkInterfaces=lo\nIPAddressDeny=any\n',
                     'IPIngressFilterPath=/sys/fs/bpf/U-none\n', 'IPEgressFilterPath=/sys/fs/bpf/U-none\n', 'BPFProgram=egress:/sys/fs/bpf/U-none\n'):
        yield python(settings.strip(), settings, speak)
    for settings in ('IPIngressFilterPath=/run/U-bpf/deny\n', 'IPEgressFilterPath=/run/U-bpf/deny\nIPEgressFilterPath=/run/U-bpf/allow\n',
                     'BPFProgram=ingress:/run/U-bpf/deny\n', 'BPFProgram=egress:/run/U-bpf/allow\nBPFProgram=ingress:/run/U-bpf/allow\n',
                     'BPFProgram=connect4:/run/U-bpf/deny\n', 'BPFProgram=sock_create:/run/U-bpf/socket\n', 'IPIngressFilterPath=/run/U-bpf/socket\n'):
        name, units, steps = python(settings.strip(), settings, speak)
        pins = 'mkdir -p /run/U-bpf && mount -t bpf bpf /run/U-bpf && python3 -c "$(cat /run/U-pin)" /run/U-bpf/deny 8 0 /run/U-bpf/allow 8 1 /run/U-bpf/socket 9 1'
        yield name, units, [f"cat >/run/U-pin <<'END'\n{_PIN}\nEND", pins, *steps, 'systemctl restart U', 'settle', 'journal U', 'umount /run/U-bpf']
    name, units, steps = python('IPAccounting', 'IPAccounting=yes\nRemainAfterExit=yes\n', speak)
    counters = f"systemctl show -p IPIngressBytes -p IPIngressPackets -p IPEgressBytes -p IPEgressPackets U | {_DIGITS}"
    yield name, units, [*steps[:-1], counters, 'systemctl stop U', 'settle', counters, 'systemctl start U', counters]


def all_settings():
    for family in (conditions, processes, images, credentials, logs, lives, networks):
        yield from family()
