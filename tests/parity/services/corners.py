"""Scripts about what a setting does beside others, type by type: sockets, timers, paths, mounts, scopes, slices, and how units hang together.

Each is (name, units, steps), as in scripts.py; U stands for the script's own prefix.
"""
_DIGITS = 'sed "s/[0-9]/&_/g"'
_RUNS = 'ExecStart=/bin/sleep infinity\n'
_SERVICE = f'[Service]\n{_RUNS}'
_ONCE = '[Service]\nType=oneshot\nExecStart=/bin/true\n'
_START_STOP = ['systemctl start U', 'settle', 'systemctl stop U', 'settle']


def _client(text):
    """A step that talks to sockets from Python."""
    return f"python3 - <<'END'\nimport os, socket, time\n{text}\nEND"


def sockets():
    keep = "[Service]\nStandardInput=socket\nStandardOutput=journal\nExecStart=/bin/sh -c 'while read line; do echo got $line; done'\n"
    many = ('held = []\nfor i in range(4):\n    s = socket.socket(socket.AF_UNIX)\n    s.settimeout(5)\n    s.connect("/run/U.sock")\n    held.append(s)\n'
            'time.sleep(0.5)\nfor s in held:\n    try:\n        s.sendall(b"x\\n")\n        print("sent")\n    except OSError as e:\n        print(e.strerror)\ntime.sleep(0.2)')
    for limit in ('MaxConnections=2', 'MaxConnectionsPerSource=2', 'MaxConnections=0', 'TriggerLimitIntervalSec=1h\nTriggerLimitBurst=2'):
        yield f'socket: accepts with {limit}'.replace('\n', ' '), {'U.socket': f'[Socket]\nListenStream=/run/U.sock\nAccept=yes\n{limit}\n', 'U@.service': keep}, [
            'systemctl start U.socket', 'settle', _client(many), 'settle', 'systemctl show -p NAccepted -p NConnections -p NRefused -p Result U.socket', 'systemctl stop U.socket', 'settle']
    inet = 'held = [socket.create_connection(("127.0.0.1", 7411)) for i in range(3)]\ntime.sleep(0.5)\nfor s in held:\n    s.settimeout(0.3)\n    try:\n        print(s.recv(9))\n    except OSError as e:\n        print(type(e).__name__)'
    yield 'socket: accepts from one source', {'U.socket': '[Socket]\nListenStream=127.0.0.1:7411\nAccept=yes\nMaxConnectionsPerSource=1\n', 'U@.service': keep}, [
        'systemctl start U.socket', 'settle', _client(inet), 'settle', 'systemctl show -p NAccepted -p NConnections -p NRefused U.socket', 'systemctl stop U.socket', 'settle']
    flush = "[Service]\nType=oneshot\nExecStart=/bin/true\n"
    for setting in ('FlushPending=yes', 'FlushPending=no'):
        yield f'socket: {setting}', {'U.socket': f'[Unit]\nStartLimitIntervalSec=0\n[Socket]\nListenStream=/run/U.sock\n{setting}\nTriggerLimitBurst=3\nTriggerLimitIntervalSec=1h\n',
                                     'U.service': f'[Unit]\nStartLimitIntervalSec=0\n{flush}'}, [
            'systemctl start U.socket', _client('s = socket.socket(socket.AF_UNIX)\ns.connect("/run/U.sock")\ntime.sleep(0.2)'), 'settle', 'systemctl show -p Result U.socket', 'systemctl stop U.socket', 'settle']
    for setting in ('RemoveOnStop=yes', 'RemoveOnStop=no'):
        yield f'socket: {setting}', {'U.socket': f'[Socket]\nListenStream=/run/U.sock\nListenFIFO=/run/U.fifo\nSymlinks=/run/U-a /run/U.d/b\n{setting}\n', 'U.service': _SERVICE}, [
            'systemctl start U.socket', 'ls -l /run/U-a /run/U.d/b | sed "s/.*-> //"', 'systemctl stop U.socket', 'ls /run/U-a /run/U.d/b /run/U.sock /run/U.fifo', 'settle']
    yield 'socket: a link over a file', {'U.socket': '[Socket]\nListenStream=/run/U.sock\nSymlinks=/run/U-a\n', 'U.service': _SERVICE}, [
        'touch /run/U-a', 'systemctl start U.socket', 'settle', 'ls -l /run/U-a | cut -c1', 'systemctl stop U.socket', 'settle']
    yield 'socket: two streams and links', {'U.socket': '[Socket]\nListenStream=/run/U.sock\nListenStream=/run/U-2.sock\nSymlinks=/run/U-a\n', 'U.service': _SERVICE}, [
        'systemctl start U.socket', 'settle', 'ls -l /run/U-a | cut -c1', 'systemctl stop U.socket', 'settle']
    yield 'socket: modes and owners', {'U.socket': '[Socket]\nListenStream=/run/U.d/e/U.sock\nListenFIFO=/run/U.d/f\nSocketMode=0620\nDirectoryMode=0711\nSocketUser=nobody\nSocketGroup=daemon\n', 'U.service': _SERVICE}, [
        'systemctl start U.socket', f'stat -c "%a %U %G %F" /run/U.d /run/U.d/e /run/U.d/e/U.sock /run/U.d/f | {_DIGITS}', 'systemctl stop U.socket', 'settle']
    yield 'socket: an owner that is not', {'U.socket': '[Socket]\nListenStream=/run/U.sock\nSocketUser=nobody-here\n', 'U.service': _SERVICE}, ['systemctl start U.socket', 'settle']
    options = ('import socket\nfor n in range(3, 3 + int(__import__("os").environ["LISTEN_FDS"])):\n    s = socket.socket(fileno=n)\n'
               '    print(s.family.name, s.type.name, *[name + "=" + str(s.getsockopt(socket.SOL_SOCKET, number)) for name, number in '
               '(("cred", 16), ("sec", 34), ("broadcast", 6), ("keepalive", 9), ("rcvbuf", 8), ("sndbuf", 7), ("reuseport", 15), ("prio", 12), ("mark", 36), ("stamp", 29), ("stampns", 35))])\n'
               '    if s.family == socket.AF_INET:\n'
               '        print(*[name + "=" + str(s.getsockopt(0, number)) for name, number in (("tos", 1), ("ttl", 2), ("freebind", 15), ("transparent", 19), ("pktinfo", 8))])\n'
               '        if s.type == socket.SOCK_STREAM:\n'
               '            print(*[name + "=" + str(s.getsockopt(6, number)) for name, number in (("nodelay", 1), ("idle", 4), ("interval", 5), ("count", 6), ("defer", 9))], s.getsockopt(6, 13, 16))\n')
    for number, setting in enumerate((
            'PassCredentials=yes', 'PassSecurity=yes', 'PassPacketInfo=yes', 'Broadcast=yes', 'KeepAlive=yes\nKeepAliveTimeSec=77\nKeepAliveIntervalSec=7\nKeepAliveProbes=5', 'ReceiveBuffer=16K\nSendBuffer=24K',
            'ReusePort=yes', 'Priority=5', 'Mark=7', 'Timestamping=us', 'Timestamping=ns', 'IPTOS=low-delay', 'IPTOS=33', 'IPTTL=9', 'FreeBind=yes', 'Transparent=yes', 'NoDelay=yes', 'DeferAcceptSec=3',
            'TCPCongestion=reno', 'TCPCongestion=nothing', 'BindToDevice=lo', 'BindToDevice=none0', 'Backlog=3', 'SmackLabel=x')):
        yield f'socket option: {setting}'.replace('\n', ' '), {
            'U.socket': f'[Socket]\nListenStream=/run/U.sock\nListenDatagram=/run/U.dgram\nListenStream=127.0.0.1:{7420 + number}\nListenDatagram=127.0.0.1:{7420 + number}\n{setting}\n',
            'U.service': '[Service]\nType=oneshot\nExecStart=/usr/bin/python3 /run/U.py\n'}, [
                f"cat >/run/U.py <<'END'\n{options}END", 'systemctl start U.socket', 'settle', 'systemctl start U', 'settle',
                f'journalctl -q -u U -t python3 -o cat | {_DIGITS}', 'systemctl stop U.socket', 'settle']
    yield 'socket: kinds of descriptors', {
        'U.socket': '[Socket]\nListenSequentialPacket=/run/U.seq\nListenFIFO=/run/U.fifo\nListenSpecial=/dev/random\nListenMessageQueue=/U-queue\nListenNetlink=kobject-uevent 1\nListenStream=@U-abstract\n'
                    'MessageQueueMaxMessages=5\nMessageQueueMessageSize=256\nPipeSize=8K\nWritable=yes\n',
        'U.service': "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo $LISTEN_FDS $LISTEN_FDNAMES; for f in 3 4 5 6 7 8; do readlink /proc/self/fd/$f | sed s/:.*//; done'\n"}, [
            'systemctl start U.socket', 'settle', 'systemctl start U', 'settle', 'journal U', f'systemctl show -P Listen U.socket | {_DIGITS}', 'systemctl stop U.socket', 'settle']
    for text in ('ListenFIFO=/etc/passwd', 'ListenSpecial=/dev/null', 'ListenSpecial=/run/U-none', 'ListenStream=relative', 'ListenStream=70000', 'ListenStream=[::1]:7470\nBindIPv6Only=ipv6-only', 'ListenNetlink=nothing', 'ListenMessageQueue=/U/a', 'ListenStream=10.255.0.1:7471',
                 'ListenStream=/run/U.sock\nAccept=yes\nService=U.service', 'ListenDatagram=/run/U.sock\nAccept=yes', 'ListenStream=/run/U.sock\nSocketProtocol=sctp', 'ListenStream=/run/U.sock\nMaxConnections=-3', 'ListenUSBFunction=/run/U-none', '',
                 'ListenStream=/run/U.sock\nTriggerLimitBurst=x', 'ListenStream=vsock:2:7472', 'ListenStream=/run/U.sock\nListenStream=\nListenStream=/run/U-2.sock', 'ListenStream=/run/U.sock\nService=U.target', 'ListenStream=/run/U.sock\nFileDescriptorName=a:b'):
        yield f'socket of: {text}'.replace('\n', ' '), {'U.socket': f'[Socket]\n{text}\n', 'U.service': _SERVICE}, [
            'systemctl start U.socket', 'settle', f'systemctl show -p Listen -p FileDescriptorName -p Result U.socket | {_DIGITS}', 'systemctl stop U.socket', 'settle']
    both = {'U.socket': '[Socket]\nListenStream=/run/U.sock\n', 'U.service': _SERVICE}
    yield 'socket: started beside its service', both, ['systemctl start U', 'settle', 'systemctl start U.socket', 'systemctl stop U', 'settle', 'systemctl restart U.socket', 'settle']
    yield 'socket: restarted beside its service', both, ['systemctl start U.socket', 'systemctl start U', 'settle', 'systemctl restart U.socket', 'settle', 'systemctl stop U', 'systemctl stop U.socket', 'settle']
    yield 'socket: reloaded, killed, frozen', both, ['systemctl start U.socket', 'systemctl reload U.socket', 'systemctl kill U.socket', 'systemctl freeze U.socket', 'systemctl clean U.socket', 'systemctl stop U.socket', 'systemctl clean U.socket', 'settle']
    yield 'socket: removed under it', both, ['systemctl start U.socket', 'rm /run/U.sock', 'systemctl restart U.socket', 'ls /run/U.sock', 'systemctl stop U.socket', 'settle']
    yield 'socket: stop asks what triggers', both, ['systemctl start U.socket U', 'settle', 'systemctl stop U', 'systemctl disable --now U', 'settle', 'systemctl stop U.socket']
    yield 'socket: commands and their time', {'U.socket': "[Socket]\nListenStream=/run/U.sock\nTimeoutSec=300ms\nExecStartPre=/bin/sh -c 'ls /run/U.sock; echo pre'\nExecStartPost=/bin/sh -c 'ls /run/U.sock; echo post'\n"
                                                          "ExecStopPre=/bin/sleep infinity\nExecStopPost=/bin/sh -c 'echo over'\n", 'U.service': _SERVICE}, ['systemctl start U.socket', 'settle', 'systemctl stop U.socket', 'settle']
    yield 'socket: of a masked service', {'U.socket': '[Socket]\nListenStream=/run/U.sock\n', 'U.service': ''}, ['systemctl start U.socket', 'settle', _client('s = socket.socket(socket.AF_UNIX)\ns.connect("/run/U.sock")\ntime.sleep(0.2)'), 'settle']
    yield 'socket: condition of its service', {'U.socket': '[Socket]\nListenStream=/run/U.sock\nTriggerLimitBurst=3\n', 'U.service': f'[Unit]\nConditionPathExists=/run/U-none\n{_SERVICE}'}, [
        'systemctl start U.socket', 'settle', _client('s = socket.socket(socket.AF_UNIX)\ns.connect("/run/U.sock")\ntime.sleep(0.2)'), 'settle', 'systemctl stop U.socket', 'settle']


def timers():
    work = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo works'\n"
    shown = "systemctl show -p TimersMonotonic -p TimersCalendar -p NextElapseUSecRealtime -p Result -p Persistent -p WakeSystem -p FixedRandomDelay -p OnClockChange -p OnTimezoneChange -p RemainAfterElapse U.timer | sed 's/next_elapse=[^;}]*//'"
    for text in ('OnUnitActiveSec=200ms\nOnActiveSec=100ms', 'OnUnitInactiveSec=200ms\nOnActiveSec=100ms', 'OnUnitActiveSec=200ms', 'OnUnitInactiveSec=200ms', 'OnStartupSec=1ms', 'OnBootSec=1y', 'OnCalendar=2000-01-01', 'OnCalendar=2000-01-01\nPersistent=yes',
                 'OnCalendar=2000-01-01\nRemainAfterElapse=no', 'OnCalendar=2060-01-01 UTC', 'OnCalendar=2060-01-01 UTC\nOnCalendar=\nOnActiveSec=1h', 'OnCalendar=nonsense', 'OnActiveSec=-1', 'OnActiveSec=infinity', 'OnClockChange=yes', 'OnTimezoneChange=yes', '',
                 'OnActiveSec=100ms\nRandomizedDelaySec=1ms\nFixedRandomDelay=yes', 'OnActiveSec=1h\nWakeSystem=yes', 'OnActiveSec=100ms\nUnit=U-none.service', 'OnActiveSec=100ms\nUnit=U.timer', 'OnActiveSec=100ms\nUnit=nonsense', 'OnActiveSec=0', 'OnActiveSec=100ms\nOnActiveSec=300ms'):
        limited = '[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=3\n'
        yield f'timer of: {text}'.replace('\n', ' '), {'U.timer': f'[Timer]\nAccuracySec=1ms\n{text}\n', 'U.service': limited + work}, [
            'systemctl start U.timer', 'sleep 1.5', 'settle', shown, 'systemctl stop U.timer', 'settle']
    yield 'timer: of one that runs', {'U.timer': '[Timer]\nAccuracySec=1ms\nOnActiveSec=100ms\n', 'U.service': _SERVICE}, ['systemctl start U', 'systemctl start U.timer', 'sleep 0.4', 'settle', 'systemctl stop U', 'settle', 'systemctl stop U.timer', 'settle']
    yield 'timer: started again', {'U.timer': '[Timer]\nAccuracySec=1ms\nOnActiveSec=100ms\n', 'U.service': work}, ['systemctl start U.timer', 'sleep 0.4', 'settle', 'systemctl start U.timer', 'settle', 'systemctl restart U.timer', 'sleep 0.4', 'settle', 'systemctl stop U.timer', 'settle']
    yield 'timer: its stamp', {'U.timer': '[Timer]\nAccuracySec=1ms\nOnCalendar=*:*:*\nPersistent=yes\n', 'U.service': '[Unit]\nStartLimitIntervalSec=0\n' + work}, [
        'systemctl start U.timer', 'sleep 1.5', 'ls /var/lib/systemd/timers/ | grep stamp-U', 'systemctl clean --what=state U.timer', 'systemctl stop U.timer', 'settle', 'systemctl clean --what=state U.timer', 'ls /var/lib/systemd/timers/ | grep stamp-U', 'systemctl clean --what=cache U.timer']
    yield 'timer: of a masked service', {'U.timer': '[Timer]\nAccuracySec=1ms\nOnActiveSec=100ms\n', 'U.service': ''}, ['systemctl start U.timer', 'sleep 0.5', 'settle', 'systemctl stop U.timer', 'settle']
    yield 'timer: conditions', {'U.timer': '[Unit]\nConditionPathExists=/run/U-none\n[Timer]\nOnActiveSec=100ms\n', 'U.service': work}, ['systemctl start U.timer', 'settle', 'systemctl stop U.timer', 'settle']
    yield 'timer: a service that conditions keep', {'U.timer': '[Timer]\nAccuracySec=1ms\nOnActiveSec=100ms\nOnUnitInactiveSec=100ms\n', 'U.service': '[Unit]\nConditionPathExists=/run/U-none\n' + work}, ['systemctl start U.timer', 'sleep 0.5', 'systemctl stop U.timer', 'settle']


def paths():
    work = "[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=4\n[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo works; rm -rf /run/U-x'\n"
    for text in ('PathExists=/run/U-x\nMakeDirectory=yes', 'DirectoryNotEmpty=/run/U-x\nMakeDirectory=yes\nDirectoryMode=0700', 'PathChanged=/run/U.d/e/f\nMakeDirectory=yes', 'PathExists=relative', 'PathExistsGlob=/run/U-[xy]', 'PathExists=/run/U-x\nUnit=U-none.service',
                 'PathExists=/run/U-x\nUnit=U.path', '', 'PathExists=/run/U-x\nPathExists='):
        yield f'path of: {text}'.replace('\n', ' '), {'U.path': f'[Path]\n{text}\n', 'U.service': work}, [
            'systemctl start U.path', 'settle', f'stat -c "%a %F" /run/U-x /run/U.d/e /run/U.d/e/f 2>&1 | {_DIGITS}', 'mkdir -p /run/U-x; touch /run/U-x/a', 'sleep 0.5', 'settle', 'mkdir -p /run/U-x; touch /run/U-x/a', 'sleep 0.5', 'settle', 'systemctl stop U.path', 'settle']
    for kind, act in (('PathChanged', 'rm /run/U-f'), ('PathChanged', 'exec 3>>/run/U-f; echo x >&3; sleep 0.5; systemctl is-active U; exec 3>&-'), ('PathModified', 'exec 3>>/run/U-f; echo x >&3; sleep 0.5; exec 3>&-'), ('PathChanged', 'chmod 600 /run/U-f'),
                      ('PathModified', 'mv /run/U-f /run/U-g'), ('PathChanged', 'ln -sf /etc/hostname /run/U-l; mv -T /run/U-l /run/U-f')):
        yield f'path {kind} sees: {act}', {'U.path': f'[Path]\n{kind}=/run/U-f\nTriggerLimitIntervalSec=0\n', 'U.service': "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"}, [
            'touch /run/U-f', 'systemctl start U.path', 'settle', act, 'sleep 0.5', 'settle', 'systemctl stop U.path U', 'settle']
    yield 'path: there from the start', {'U.path': '[Path]\nPathExists=/run/U-x\n', 'U.service': work}, ['mkdir /run/U-x', 'systemctl start U.path', 'sleep 0.5', 'settle', 'systemctl stop U.path', 'settle']
    yield 'path: of one that runs', {'U.path': '[Path]\nPathExists=/etc\n', 'U.service': _SERVICE}, ['systemctl start U', 'systemctl start U.path', 'settle', 'systemctl stop U', 'sleep 0.5', 'settle', 'systemctl stop U.path', 'systemctl stop U', 'settle']
    yield 'path: of a service that fails', {'U.path': '[Path]\nPathExists=/etc\n', 'U.service': '[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=2\n[Service]\nExecStart=/bin/false\n'}, ['systemctl start U.path', 'sleep 0.5', 'settle', 'systemctl stop U.path', 'settle']
    yield 'path: of a masked service', {'U.path': '[Path]\nPathExists=/etc\n', 'U.service': ''}, ['systemctl start U.path', 'sleep 0.5', 'settle', 'systemctl stop U.path', 'settle']


def mounts():
    def mount(name, text, *steps, unit='', others=()):
        return f'mount: {name}', {'run-U.mount': f'{unit}[Mount]\n{text}\n', **dict(others)}, list(steps or ['systemctl start run-U.mount', 'settle', "findmnt -no FSTYPE,OPTIONS /run/U | sed 's/,inode64//; s/lowerdir=.*//'", 'systemctl stop run-U.mount', 'settle'])
    tmpfs = 'What=tmpfs\nWhere=/run/U\nType=tmpfs'
    for text in ('What=tmpfs\nWhere=/run/other\nType=tmpfs', 'What=tmpfs\nWhere=relative\nType=tmpfs', 'Where=/run/U\nType=tmpfs', 'What=tmpfs\nWhere=/run/U', 'What=tmpfs\nType=tmpfs', f'{tmpfs}\nOptions=ro,nosuid,size=1M', f'{tmpfs}\nDirectoryMode=0700',
                 f'{tmpfs}\nOptions=nonsense', f'{tmpfs}\nSloppyOptions=yes\nOptions=nonsense', f'{tmpfs}\nReadWriteOnly=yes', f'{tmpfs}\nLazyUnmount=yes', f'{tmpfs}\nForceUnmount=yes', 'What=/etc\nWhere=/run/U\nType=none\nOptions=bind,ro',
                 'What=/run/U-none\nWhere=/run/U\nType=none\nOptions=bind', 'What=overlay\nWhere=/run/U\nType=overlay\nOptions=lowerdir=/etc', 'What=x\nWhere=/run/U\nType=nothing'):
        yield mount(text.replace('\n', ' '), text)
    yield mount('busy', tmpfs, 'systemctl start run-U.mount', 'cd /run/U && systemctl stop run-U.mount', 'settle', 'systemctl stop run-U.mount', 'settle')
    yield mount('lazy and busy', f'{tmpfs}\nLazyUnmount=yes', 'systemctl start run-U.mount', 'cd /run/U && systemctl stop run-U.mount', 'settle')
    yield mount('over what is there', tmpfs, 'mkdir /run/U; touch /run/U/a', 'systemctl start run-U.mount', 'settle', 'ls /run/U', 'systemctl stop run-U.mount', 'settle')
    yield mount('on a file', tmpfs, 'touch /run/U', 'systemctl start run-U.mount', 'settle')
    yield mount('behind a link', tmpfs, 'mkdir /run/U-real; ln -s U-real /run/U', 'systemctl start run-U.mount', 'settle')
    yield mount('twice', tmpfs, 'systemctl start run-U.mount', 'mount -t tmpfs tmpfs /run/U', 'sleep 0.3', 'systemctl stop run-U.mount', 'settle', 'findmnt -no FSTYPE /run/U')
    yield mount('by hand without a file', 'What=tmpfs\nWhere=/run/other\nType=tmpfs', 'mkdir -p /run/U/b && mount -t tmpfs -o ro tmpfs /run/U/b', 'sleep 0.3', 'systemctl show -p What -p Where -p Options -p Type -p FragmentPath -p ActiveState run-U-b.mount', 'systemctl stop run-U-b.mount',
                'systemctl show -p LoadState -p ActiveState run-U-b.mount')
    yield mount('mounted again', tmpfs, 'systemctl start run-U.mount', 'mount -o remount,ro /run/U', 'sleep 0.3', 'systemctl show -P Options run-U.mount', 'systemctl reload run-U.mount', 'settle', 'systemctl restart run-U.mount', 'settle', 'systemctl stop run-U.mount')
    yield mount('reload with other options', f'{tmpfs}\nOptions=size=1M', 'systemctl start run-U.mount', 'sed -i s/size=1M/size=2M/ /run/systemd/system/run-U.mount; systemctl daemon-reload', 'systemctl reload run-U.mount', 'findmnt -no OPTIONS /run/U | grep -o size=[0-9a-z]*', 'settle', 'systemctl stop run-U.mount')
    yield mount('slow', 'What=x\nWhere=/run/U\nType=U-slow\nTimeoutSec=300ms', "printf '#!/bin/sh\\nsleep infinity\\n' >/sbin/mount.U-slow; chmod +x /sbin/mount.U-slow", 'systemctl start run-U.mount', 'settle')
    yield mount('required by a service', tmpfs, 'systemctl start U', 'settle', 'umount /run/U', 'sleep 0.4', 'settle', 'systemctl stop U', 'settle', others={'U.service': f'[Unit]\nRequiresMountsFor=/run/U/x\n{_SERVICE}'}.items())
    yield mount('bound by a service', tmpfs, 'systemctl start U', 'settle', 'systemctl stop run-U.mount', 'settle', others={'U.service': f'[Unit]\nBindsTo=run-U.mount\nAfter=run-U.mount\n{_SERVICE}'}.items())
    yield mount('made by mount, required', tmpfs, 'mkdir /run/U && mount -t tmpfs tmpfs /run/U', 'sleep 0.3', 'settle', 'systemctl start run-U.mount', 'systemctl stop run-U.mount', 'settle')
    yield mount('condition', tmpfs, 'systemctl start run-U.mount', 'settle', unit='[Unit]\nConditionPathIsMountPoint=/run/U\n')
    yield 'automount: of a tmpfs', {'run-U.automount': '[Automount]\nWhere=/run/U\nDirectoryMode=0700\nTimeoutIdleSec=1h\n', 'run-U.mount': f'[Mount]\n{tmpfs}\n'}, [
        'systemctl start run-U.automount', 'settle', 'timeout 5 ls /run/U', 'settle', 'systemctl stop run-U.automount', 'settle', 'systemctl stop run-U.mount', 'settle']
    for text in ('Where=/run/other', 'Where=relative', 'Where=/run/U\nExtraOptions=nonsense', 'Where=/run/U\nTimeoutIdleSec=x'):
        yield f'automount of: {text}'.replace('\n', ' '), {'run-U.automount': f'[Automount]\n{text}\n', 'run-U.mount': f'[Mount]\n{tmpfs}\n'}, ['systemctl start run-U.automount', 'settle', 'systemctl stop run-U.automount', 'settle']
    yield 'automount: without a mount', {'run-U.automount': '[Automount]\nWhere=/run/U\n'}, ['systemctl start run-U.automount', 'settle', 'timeout 5 ls /run/U 2>&1', 'settle', 'systemctl stop run-U.automount', 'settle']
    yield 'automount: over a mount', {'run-U.automount': '[Automount]\nWhere=/run/U\n', 'run-U.mount': f'[Mount]\n{tmpfs}\n'}, ['systemctl start run-U.mount', 'systemctl start run-U.automount', 'settle', 'systemctl stop run-U.mount', 'settle', 'systemctl stop run-U.automount', 'settle']
    for text in ('What=/run/U-none', 'What=/run/U', 'What=/run/U\nPriority=99999', 'What=relative', '', 'What=/run/U\nOptions=discard,nonsense\nTimeoutSec=5s'):
        yield f'swap of: {text}'.replace('\n', ' '), {'run-U.swap': f'[Swap]\n{text}\n'}, ['truncate -s 64K /run/U', 'systemctl start run-U.swap', 'settle', 'systemctl stop run-U.swap', 'settle']


def scopes():
    yield 'scope: stopped', {}, ["systemd-run --scope --unit=U sh -c 'trap \"\" HUP; sleep 3' >/run/U.out 2>&1 & sleep 0.7", 'systemctl show -p ActiveState -p SubState -p Result U.scope', 'systemctl stop U.scope', 'settle', 'systemctl is-active U.scope']
    yield 'scope: deaf', {}, ["systemd-run --scope --unit=U -p TimeoutStopSec=300ms sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done' >/run/U.out 2>&1 & sleep 0.7", 'systemctl stop U.scope', 'settle', 'systemctl show -p ActiveState -p Result U.scope', 'systemctl reset-failed U.scope']
    yield 'scope: RuntimeMaxSec', {}, ['systemd-run --scope --unit=U -p RuntimeMaxSec=400ms sleep infinity; echo $?', 'settle', 'systemctl show -p ActiveState -p Result U.scope']
    yield 'scope: odd properties', {}, ['systemd-run --scope --unit=U -p Nice=3 true', 'systemd-run --scope --unit=U -p OOMPolicy=nonsense true', 'systemd-run --scope --unit=U -p KillMode=none true', 'systemd-run --scope --unit=U -p Type=oneshot true', 'systemd-run --scope --unit=U.service true',
                                        'systemd-run --scope --unit=U -p User=nobody true', 'systemd-run --scope --unit=U -r true', 'systemd-run --scope --unit=U --wait true', 'systemd-run --scope --unit=U --slice=nonsense.service true']
    group = 'sh -c \'cd /sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup); stat -c "%u %g %A %n" . cgroup.procs; id -u\''
    for settings in ('-p User=nobody', '-p Delegate=yes -p User=nobody', '-p Delegate=yes -p User=65534 -p Group=daemon', '-p Delegate=yes -p Group=daemon', '-p Delegate=yes -p User=nobody-here', '-p User=nobody-here', '-p Delegate=yes -p User=nobody -p Group=nobody-here', '-p User=a:b'):
        yield f'scope: {settings}', {}, [f'systemd-run --scope --unit=U {settings} {group}; echo $?', 'settle', 'systemctl show -p ActiveState -p SubState -p Result -p User U.scope', 'systemctl reset-failed U.scope']
    yield 'scope: verbs', {}, ['systemd-run --scope --unit=U sleep 6 >/run/U.out 2>&1 & sleep 0.7', 'systemctl start U.scope', 'systemctl restart U.scope', 'systemctl reload U.scope', 'systemctl try-restart U.scope', 'systemctl freeze U.scope', 'systemctl thaw U.scope', 'systemctl clean U.scope',
                               'systemctl kill --kill-whom=main U.scope', 'systemctl kill -s HUP U.scope', 'settle']
    yield 'scope: of no process', {}, ['busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager StartTransientUnit "ssa(sv)a(sa(sv))" U.scope replace 0 0', 'settle', 'systemctl show -p LoadState U.scope']
    yield 'scope: of a file', {'U.scope': '[Scope]\nRuntimeMaxSec=9\n'}, ['systemctl start U.scope', 'systemctl show -p LoadState -p ActiveState U.scope', 'settle']
    yield 'scope: left alone', {}, ["systemd-run --scope --unit=U sh -c 'sleep 5 & exit 0' >/run/U.out 2>&1", 'systemctl show -p ActiveState -p SubState U.scope', 'busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager AbandonScope s U.scope',
                                    'systemctl show -p ActiveState -p SubState U.scope', 'systemctl stop U.scope', 'settle']
    yield 'run: pids of a dead process', {}, ['systemd-run -q --unit=U -p PIDFile=/run/x -p Type=forking true', 'settle']
    for options in ('-p Restart=always -p RestartSec=50ms -p StartLimitBurst=2 --unit=U false', '-p Type=oneshot -p Restart=always --unit=U true', '-p ExecStop=true --unit=U true', '-p BusName=x -p Type=dbus --unit=U true', '-p Slice=x --unit=U true', '-p After=nonsense --unit=U true',
                    '-p Wants=U-none.service --unit=U true', '-p Requires=U-none.service --unit=U true', '-p ConditionPathExists=/run/U-none --unit=U true', '-p AssertPathExists=/run/U-none --unit=U true', '-p CollectMode=inactive-or-failed --wait --unit=U false',
                    '-p OnFailure=U-b.service --wait --unit=U false', '-p JobTimeoutSec=1s --unit=U true', '-p JobRunningTimeoutSec=1s --unit=U true', '-p JobTimeoutAction=none --unit=U true', '-p StartLimitIntervalSec=1 -p StartLimitAction=none --unit=U true', '-p IgnoreOnIsolate=yes -p SuccessAction=none --unit=U true', '-p OnFailureJobMode=nonsense --unit=U true', '-p BindsTo=U-none.service --unit=U true', '-p StandardOutput=null -p LogExtraFields=A=b --wait --unit=U true', '-p SuccessExitStatus=3 --wait --unit=U sh -c "exit 3"', '-p RemainAfterExit=yes -p ExitType=cgroup --unit=U true',
                    '--unit=U --on-active=100ms --timer-property=AccuracySec=1ms -p Type=oneshot true', '--unit=U --on-active=100ms --wait true', '--unit=U --on-calendar=2000-01-01 true', '--unit=U.timer --on-active=1 true', '--unit=a/b true', '--unit=U@x true', '--unit=U@.service true', '--unit=U.mount true'):
        yield f'run: {options}', {'U-b.service': _ONCE}, [f'timeout 20 systemd-run {options}', 'sleep 0.5', 'settle', 'systemctl reset-failed U.service; systemctl stop U.timer U.service']


def slices():
    in_slice = f'[Service]\nSlice=U-a.slice\n{_RUNS}'
    yield 'slice: stopped with its services', {'U-a.slice': '[Slice]\nTasksMax=50\n', 'U.service': in_slice}, ['systemctl start U', 'settle', 'systemctl stop U-a.slice', 'settle']
    yield 'slice: of no file', {'U.service': in_slice}, ['systemctl start U', 'settle', 'systemctl show -p FragmentPath -p LoadState -p ActiveState -p Requires -p After U-a.slice U.slice', 'systemctl stop U', 'settle', 'systemctl restart U.slice', 'settle', 'systemctl stop U.slice', 'settle']
    yield 'slice: masked', {'U-a.slice': '', 'U.service': in_slice}, ['systemctl start U', 'settle']
    yield 'slice: with a condition', {'U-a.slice': '[Unit]\nConditionPathExists=/run/U-none\n', 'U.service': in_slice}, _START_STOP
    yield 'slice: of the wrong name', {'U.service': f'[Service]\nSlice=U--a.slice\n{_RUNS}'}, _START_STOP
    yield 'slice: of another type', {'U.service': f'[Service]\nSlice=U-b.service\n{_RUNS}'}, _START_STOP
    yield 'slice: killed and frozen', {'U.service': in_slice}, ['systemctl start U', 'systemctl freeze U-a.slice', 'systemctl show -p FreezerState U-a.slice U.service', 'systemctl thaw U-a.slice', 'systemctl kill U-a.slice', 'settle', 'systemctl reload U-a.slice', 'systemctl clean U-a.slice', 'systemctl stop U-a.slice', 'settle']
    yield 'slice: below a slice that is Sliced', {'U-a.slice': '[Slice]\nSlice=system.slice\n', 'U.service': in_slice}, ['systemctl start U-a.slice', 'settle', 'systemctl show -p Slice U-a.slice', 'systemctl stop U-a.slice']


def together():
    other = '[Unit]\n{}' + _SERVICE
    fails = '[Unit]\n{}[Service]\nType=oneshot\nExecStart=/bin/false\n'
    for mode in ('fail', 'replace', 'replace-irreversibly', 'isolate', 'ignore-dependencies', 'nonsense'):
        yield f'together: OnFailureJobMode={mode}', {'U.service': fails.format(f'OnFailure=U-b.target\nOnFailureJobMode={mode}\n'), 'U-b.target': '[Unit]\nWants=U-c.service\n', 'U-c.service': other.format('')}, [
            'systemctl start U', 'settle', 'systemctl stop U-b.target U-c', 'settle']
    for count in ('U-b.service', 'U-b.service U-c.service'):
        yield f'together: OnSuccess isolates {count}', {'U.service': f'[Unit]\nOnSuccess={count}\nOnSuccessJobMode=isolate\n{_ONCE}', 'U-b.service': other.format(''), 'U-c.service': other.format('')}, ['systemctl start U', 'settle', 'systemctl stop U-b U-c', 'settle']
    for action in ('none', 'nonsense'):
        for key in ('JobTimeoutAction', 'StartLimitAction', 'FailureAction', 'SuccessAction'):
            yield f'together: {key}={action}', {'U.service': f'[Unit]\n{key}={action}\nJobTimeoutSec=300ms\nStartLimitBurst=1\nStartLimitIntervalSec=1h\n[Service]\nType=oneshot\nExecStart=/bin/sleep 1\n'}, ['systemctl start U', 'settle', 'systemctl start U', 'settle']
    for mode in ('inactive', 'inactive-or-failed'):
        yield f'together: CollectMode={mode}', {'U.service': fails.format(f'CollectMode={mode}\n')}, ['systemctl start U', 'settle', 'systemctl list-units --all --no-legend U.service', 'systemctl show -p ActiveState -p Result U']
    needed = other.format('StopWhenUnneeded=yes\n')
    yield 'together: needed by two', {'U.service': other.format('Requires=U-c.service\n'), 'U-b.service': other.format('Wants=U-c.service\n'), 'U-c.service': needed}, ['systemctl start U U-b', 'settle', 'systemctl stop U', 'settle', 'systemctl stop U-b', 'settle']
    yield 'together: unneeded from the start', {'U.service': needed}, _START_STOP
    yield 'together: unneeded, chain', {'U.service': other.format('Wants=U-b.service\n'), 'U-b.service': other.format('StopWhenUnneeded=yes\nBindsTo=U-c.service\n'), 'U-c.service': needed}, _START_STOP
    yield 'together: unneeded, needed by a job', {'U.service': '[Unit]\nRequires=U-b.service\nAfter=U-b.service\n[Service]\nType=oneshot\nExecStart=/bin/sleep 0.5\n', 'U-b.service': needed}, ['systemctl start U', 'settle']
    yield 'together: bound to a device', {'U.service': other.format('BindsTo=dev-U.device\nAfter=dev-U.device\nJobTimeoutSec=600ms\n')}, ['systemctl start U', 'settle', 'systemctl show -p JobTimeoutUSec dev-U.device']
    yield 'together: wants a device', {'U.service': other.format('Wants=dev-U.device\n')}, ['systemctl start U', 'systemctl list-jobs --no-legend dev-U.device | sed "s/^[0-9]*//"', 'systemctl cancel $(systemctl list-jobs --no-legend | awk \'$2 == "dev-U.device" {print $1}\')', 'settle', 'systemctl stop U']
    yield 'together: upholds one that fails', {'U.service': other.format('Upholds=U-b.service\n'), 'U-b.service': fails.format('StartLimitIntervalSec=1h\nStartLimitBurst=3\n')}, ['systemctl start U', 'sleep 1', 'settle', 'systemctl stop U', 'settle']
    yield 'together: upholds one that is stopped', {'U.service': other.format('Upholds=U-b.service\n'), 'U-b.service': other.format('')}, ['systemctl start U', 'settle', 'systemctl stop U-b', 'settle', 'systemctl kill U-b', 'settle', 'systemctl stop U', 'systemctl stop U-b', 'settle']
    yield 'together: refused by hand, pulled in', {'U.service': other.format('Wants=U-b.service\n'), 'U-b.service': other.format('RefuseManualStart=yes\nRefuseManualStop=yes\n')}, ['systemctl start U-b', 'systemctl start U', 'settle', 'systemctl stop U-b', 'systemctl restart U-b', 'systemctl try-restart U-b', 'systemctl reload U-b', 'systemctl kill U-b', 'settle', 'systemctl stop U']
    yield 'together: conflicts both ways', {'U.service': other.format('Conflicts=U-b.service\n'), 'U-b.service': other.format('Conflicts=U.service\nAfter=U.service\n')}, ['systemctl start U', 'systemctl start U-b', 'settle', 'systemctl start U', 'settle', 'systemctl start U U-b', 'settle', 'systemctl stop U U-b', 'settle']
    yield 'together: requires what conflicts', {'U.service': other.format('Requires=U-b.service\nConflicts=U-b.service\n'), 'U-b.service': other.format('')}, _START_STOP
    yield 'together: wants what conflicts', {'U.service': other.format('Wants=U-b.service U-c.service\n'), 'U-b.service': other.format('Conflicts=U-c.service\n'), 'U-c.service': other.format('')}, [*_START_STOP, 'systemctl stop U-b U-c']
    yield 'together: part of two', {'U.service': other.format('PartOf=U-b.service U-c.service\n'), 'U-b.service': other.format(''), 'U-c.service': other.format('')}, ['systemctl start U U-b U-c', 'systemctl restart U-b', 'settle', 'systemctl stop U-c', 'settle', 'systemctl start U-c', 'systemctl stop U-b', 'settle', 'systemctl stop U-c']
    yield 'together: a chain of stops', {'U.service': other.format('PropagatesStopTo=U-b.service\n'), 'U-b.service': other.format('PropagatesStopTo=U-c.service\n'), 'U-c.service': other.format('PropagatesStopTo=U.service\n')}, ['systemctl start U U-b U-c', 'systemctl stop U', 'settle', 'systemctl start U U-b U-c', 'systemctl kill U-b', 'settle', 'systemctl stop U U-b U-c']
    yield 'together: bound, and the other is killed', {'U.service': other.format('BindsTo=U-b.service\nAfter=U-b.service\n'), 'U-b.service': '[Service]\nRestart=on-failure\nRestartSec=100ms\n' + _RUNS}, ['systemctl start U', 'systemctl kill -s KILL U-b', 'settle', 'systemctl stop U U-b']
    yield 'together: required, and the other restarts itself', {'U.service': other.format('Requires=U-b.service\nAfter=U-b.service\n'), 'U-b.service': '[Service]\nRestart=always\nRestartSec=100ms\n' + _RUNS}, ['systemctl start U', 'systemctl kill -s KILL U-b', 'settle', 'systemctl restart U-b', 'settle', 'systemctl stop U U-b']
    yield 'together: isolated', {'U.target': '[Unit]\nAllowIsolate=no\n', 'U.service': other.format('')}, ['systemctl isolate U.target', 'systemctl isolate U.service', 'systemctl start --job-mode=isolate U.service U.target', 'settle']
    yield 'together: namespaces joined', {'U.service': '[Service]\nPrivateNetwork=yes\nPrivateTmp=yes\n' + "ExecStart=/bin/sh -c 'touch /tmp/mark; exec sleep infinity'\n",
                                          'U-b.service': "[Unit]\nJoinsNamespaceOf=U.service\n[Service]\nType=oneshot\nPrivateTmp=yes\nPrivateNetwork=yes\nExecStart=/bin/ls /tmp\n"}, ['systemctl start U', 'settle', 'systemctl start U-b', 'settle', 'systemctl stop U', 'systemctl start U-b', 'settle', 'journal U-b']
    yield 'together: instances', {'U@.service': f'[Unit]\nDescription=%i of %p, %j\nPartOf=U.target\n{_SERVICE}', 'U.target': '[Unit]\nWants=U@a.service U@b-c.service\n'}, ['systemctl start U.target', 'settle', 'systemctl show -P Description U@a U@b-c', 'systemctl stop U.target', 'settle', 'systemctl start U@.service', 'systemctl start "U@*"', 'systemctl restart "U@*"']
    yield 'together: aliases', {'U.service': other.format('')}, ['ln -s U.service /run/systemd/system/U-alias.service && systemctl daemon-reload', 'systemctl start U-alias', 'settle', 'systemctl show -p Id -p Names U-alias', 'systemctl stop U-alias', 'settle']
    yield 'together: a link to another type', {'U.service': other.format('')}, ['ln -s U.service /run/systemd/system/U-alias.target && systemctl daemon-reload', 'systemctl start U-alias.target', 'systemctl show -p LoadState -p LoadError U-alias.target']
    yield 'together: drop-ins of prefixes', {'U-b-c.service': other.format('')}, ['for d in U-.service.d U-b-.service.d U-b-c.service.d; do mkdir -p /run/systemd/system/$d; printf "[Unit]\\nDescription=$d\\nX-Other=1\\n" >/run/systemd/system/$d/a.conf; done; systemctl daemon-reload', 'systemctl show -p Description -p DropInPaths U-b-c', 'systemctl start U-b-c', 'settle', 'systemctl stop U-b-c']
    yield 'together: a restart of what is failed', {'U.service': '[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=2\n[Service]\nType=oneshot\nExecStart=/bin/false\n'}, ['systemctl start U', 'systemctl restart U', 'systemctl restart U', 'systemctl try-restart U', 'systemctl reload-or-restart U', 'systemctl reset-failed U', 'systemctl restart U', 'settle']
    yield 'together: two reloads', {'U.service': "[Service]\nExecReload=/bin/sleep 0.5\nExecReload=/bin/echo second\n" + _RUNS}, ['systemctl start U', 'systemctl --no-block reload U; systemctl reload U', 'settle', 'systemctl --no-block reload U; systemctl restart U', 'settle', 'systemctl --no-block reload U; systemctl stop U', 'settle']
    yield 'together: reload that fails', {'U.service': "[Service]\nExecReload=/bin/false\nExecReload=/bin/echo second\nTimeoutStartSec=2s\n" + _RUNS}, ['systemctl start U', 'systemctl reload U', 'settle', 'systemctl status U --lines=0 | grep -E "Active|Process" | sed "s/since.*//"', 'systemctl stop U']
    for text in ('Type=dbus', 'Type=dbus\nBusName=not a name', 'Type=dbus\nBusName=org.example.U\nTimeoutStartSec=400ms', 'Type=oneshot\nRestart=always', 'Type=oneshot\nRestart=on-success', 'Type=forking\nExecStart=/bin/true\nExecStart=/bin/true', 'Type=notify\nNotifyAccess=none', 'Type=idle\nExecStart=/bin/true',
                 'ExecStart=relative/path', 'ExecStart="unbalanced', 'ExecStart=', 'ExecStart=@/bin/sh', 'ExecStart=!!/bin/true', 'ExecStart=+-/bin/false', 'ExecStart=:/bin/echo $HOME', 'ExecStart=/bin/echo %', 'ExecStart=/bin/echo %Z', 'ExecStart=/bin/echo ; /bin/echo', 'ExecStart=/bin/echo \\; x',
                 'ExecStart=/bin/echo $NOTHING ${NOTHING} x', 'ExitType=cgroup\nType=forking', 'ExitType=cgroup\nType=oneshot', 'RuntimeMaxSec=1s\nType=oneshot', 'RemainAfterExit=maybe', 'KillSignal=99', 'KillMode=sometimes', 'NoSuchKey=1', '[NoSuch]\nA=b\n[Service]', 'X-Own=1', 'no equals sign', 'PIDFile=/run/U.pid\nType=simple',
                 'FileDescriptorStoreMax=3', 'OOMPolicy=kill', 'OOMPolicy=maybe', 'User=1234', 'User=bad name', 'Environment=A', 'Environment="A=b c" D=$E\nPassEnvironment=PATH', 'UnsetEnvironment=PATH', 'Delegate=pids nonsense', 'Delegate=yes\nSlice=U.slice', 'Sockets=U-none.socket', 'USBFunctionDescriptors=/run/U-none'):
        command = '' if text.startswith(('ExecStart', 'Type=forking', 'Type=idle')) else "ExecStart=/bin/sh -c 'sleep 0.2'\n"
        yield f'service of: {text}'.replace('\n', ' '), {'U.service': f'[Service]\n{text}\n{command}'}, [
            'systemctl start U', 'settle', 'systemctl show -p LoadState -p LoadError -p Type -p Restart -p OOMPolicy -p Delegate -p User -p Environment -p KillSignal -p KillMode U', 'systemctl stop U', 'settle']
    for text in ('After=U.service', 'Requires=nonsense', 'Requires=U.service', 'Wants=U-none.target U-b.service', 'RequiresMountsFor=relative', 'RequiresMountsFor=/nowhere/x', 'JobTimeoutSec=0', 'JobTimeoutSec=nonsense', 'StartLimitIntervalSec=0', 'StartLimitBurst=0', 'DefaultDependencies=no', 'IgnoreOnIsolate=yes',
                 'OnFailure=U.service', 'ConditionPathExists=', 'ConditionNothing=x', 'ConditionPathExists=relative', 'AssertUser=nonsense', 'ConditionUser=', 'JoinsNamespaceOf=U-b.target', 'FailureActionExitStatus=300', 'Documentation=nonsense', 'Description=', 'SurviveFinalKillSignal=yes', 'BindsTo=U-none.service'):
        yield f'unit of: {text}', {'U.service': f'[Unit]\n{text}\n{_ONCE}', 'U-b.service': _ONCE}, [
            'systemctl start U', 'settle', 'systemctl show -p LoadState -p Description -p Requires -p Wants -p After -p Before -p Conflicts -p Documentation -p JobTimeoutUSec U | sed "s/[ =]/\\n/g" | sort', 'systemctl stop U', 'settle']


def reloads():
    """What a reload changes about a unit that runs."""
    speak = ('import socket, time\na = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\na.bind(("127.0.0.1", 0))\na.settimeout(0.2)\nlast = None\n'
             'while True:\n    try:\n        a.sendto(b"x", a.getsockname())\n        a.recv(9)\n        now = "passes"\n    except OSError:\n        now = "does not"\n'
             '    if now != last:\n        print(now, flush=True)\n    last = now\n    time.sleep(0.05)')
    for before, after in (('IPAddressDeny=any', ''), ('', 'IPAddressDeny=any'), ('IPAddressDeny=any', 'IPAddressDeny=any\\nIPAddressAllow=localhost')):
        yield f'reload: {before or "nothing"} becomes {after or "nothing"}', {'U.service': f'[Service]\n{before}\nExecStart=/usr/bin/python3 /run/U.py\n'}, [
            f"cat >/run/U.py <<'END'\n{speak}\nEND", 'systemctl start U', 'sleep 1', f"printf '[Service]\\n{after}\\nExecStart=/usr/bin/python3 /run/U.py\\n' >/run/systemd/system/U.service; systemctl daemon-reload", 'sleep 1', 'journal U',
            'systemctl restart U', 'sleep 1', 'journal U', 'systemctl stop U']
    device = "[Service]\n{}\nExecStart=/bin/sh -c 'while :; do if (: </dev/full) 2>/dev/null; then n=opens; else n=not; fi; [ $n = \"$l\" ] || echo $n; l=$n; sleep 0.1; done'\n"
    yield 'reload: DevicePolicy= goes', {'U.service': device.format('DevicePolicy=strict\nDeviceAllow=/dev/null rw').replace('$', '$$')}, [
        'systemctl start U', 'sleep 1', "sed -i /^Device/d /run/systemd/system/U.service; systemctl daemon-reload", 'sleep 1', 'journal U', 'systemctl stop U']
    for before, after in (('MemoryMax=64M', ''), ('TasksMax=44', 'TasksMax=55'), ('Description=a', 'Description=b'), ('Restart=no', 'Restart=always\\nRestartSec=100ms')):
        yield f'reload: {before} becomes {after or "nothing"}', {'U.service': f'[Unit]\n[Service]\n{before}\nExecStart=/bin/sleep infinity\n'}, [
            'systemctl start U', f"printf '[Service]\\n{after}\\nExecStart=/bin/sleep infinity\\n' >/run/systemd/system/U.service; systemctl daemon-reload", 'systemctl show -p MemoryMax -p TasksMax -p Restart -p NeedDaemonReload U',
            'cat /sys/fs/cgroup/system.slice/U.service/*.max', 'systemctl kill U', 'sleep 0.5', 'settle', 'systemctl stop U']
    yield 'reload: the file goes', {'U.service': _SERVICE, 'U.socket': '[Socket]\nListenStream=/run/U.sock\n'}, [
        'systemctl start U.socket U', 'rm /run/systemd/system/U.*; systemctl daemon-reload', 'settle', 'systemctl show -p LoadState -p ActiveState U U.socket', 'systemctl restart U', 'systemctl reload U', 'systemctl stop U U.socket', 'settle', 'systemctl show -p LoadState -p ActiveState U U.socket']
    yield 'reload: broken meanwhile', {'U.service': _SERVICE}, [
        'systemctl start U', "printf '[Service]\\nExecStart=relative\\n' >/run/systemd/system/U.service", 'systemctl show -P NeedDaemonReload U', 'systemctl daemon-reload', 'settle', 'systemctl show -p LoadState -p ActiveState -p LoadError U', 'systemctl restart U', 'systemctl stop U', 'settle']
    yield 'reload: masked meanwhile', {'U.service': _SERVICE}, [
        'systemctl start U', 'ln -sf /dev/null /run/systemd/system/U.service; systemctl daemon-reload', 'settle', 'systemctl restart U', 'systemctl stop U', 'settle', 'systemctl start U']
    yield 'reload: a timer that waits', {'U.timer': '[Timer]\nOnActiveSec=1h\n', 'U.service': _ONCE}, [
        'systemctl start U.timer', "printf '[Timer]\\nOnActiveSec=100ms\\nAccuracySec=1ms\\n' >/run/systemd/system/U.timer; systemctl daemon-reload", 'sleep 0.6', 'settle', 'systemctl stop U.timer']
    yield 'reload: a socket listens elsewhere', {'U.socket': '[Socket]\nListenStream=/run/U.sock\n', 'U.service': _SERVICE}, [
        'systemctl start U.socket', "printf '[Socket]\\nListenStream=/run/U-b.sock\\n' >/run/systemd/system/U.socket; systemctl daemon-reload", 'settle', 'ls /run/U.sock /run/U-b.sock', 'systemctl restart U.socket', 'ls /run/U.sock /run/U-b.sock', 'systemctl stop U.socket']
    knock = _client('for path in ("/run/U.sock", "/run/U-c.sock"):\n    try:\n        socket.socket(socket.AF_UNIX).connect(path)\n        print(path, "is open")\n    except OSError as e:\n        print(path, e.strerror)')
    yield 'reload: of two sockets one stays', {
        'U.socket': '[Socket]\nListenStream=/run/U.sock\nListenStream=/run/U-b.sock\nRemoveOnStop=yes\n', 'U.service': "[Service]\nType=oneshot\nStandardInput=null\nExecStart=/bin/sh -c 'echo $LISTEN_FDS'\n"}, [
            'systemctl start U.socket', "sed -i s/U.sock/U-c.sock/ /run/systemd/system/U.socket; systemctl daemon-reload", 'systemctl show -p Listen -p ActiveState -p SubState U.socket', 'systemctl start U', 'journal U', 'systemctl daemon-reload', knock, 'settle',
            'ls /run/U.sock /run/U-b.sock /run/U-c.sock', 'systemctl restart U.socket', 'settle', 'ls /run/U.sock /run/U-b.sock /run/U-c.sock', 'systemctl stop U.socket', 'ls /run/U.sock /run/U-b.sock /run/U-c.sock']


def verbs():
    """systemctl with options that are seldom used."""
    units = {'U.service': f'[Unit]\nWants=U-b.service U-c.target\nAfter=U-b.service\n{_SERVICE}[Install]\nWantedBy=U-c.target\n', 'U-b.service': '[Service]\nType=oneshot\nExecStart=/bin/false\n', 'U-c.target': '[Unit]\nAfter=U-b.service\n', 'U@.service': _SERVICE}
    listed = 'systemctl --no-legend --plain'
    for name, *steps in (
            ('lists', f"{listed} list-units 'U*'", f"{listed} list-units --all 'U*'", f"{listed} --state=failed list-units 'U*'", f"{listed} --state=failed,running list-units 'U*'", f"{listed} --type=target list-units 'U*'", f"{listed} --type=help | head -3", f"{listed} --state=help | head -3",
             f"{listed} --state=nonsense list-units 'U*'", f"{listed} --type=nonsense list-units 'U*'", f"{listed} --type=failed list-units 'U*'", f"{listed} list-unit-files 'U*'", f"{listed} --state=static list-unit-files 'U*'", f"{listed} -o json list-units 'U*'", f"{listed} --failed list-units 'U*'"),
            ('trees', 'systemctl list-dependencies U | cat', 'systemctl list-dependencies --reverse U-b | cat', 'systemctl list-dependencies --before U-b.service --plain | cat', 'systemctl list-dependencies --after U-c.target | grep U', 'systemctl list-dependencies --all --plain U-c.target U | grep U', 'systemctl list-dependencies U-none.service'),
            ('show', 'systemctl show -p Id,ActiveState U U-b', 'systemctl show --value -p Id U U-none', 'systemctl show -P Wants -P After U | xargs -n1 | sort', 'systemctl show -p Nonsense U', 'systemctl show -p Id "U*" | sort', 'systemctl show -p Id U.nonsense', 'systemctl show -p Id U@.service', 'systemctl show -p Id /nowhere/U', 'systemctl cat U U-none', 'systemctl cat U@x', 'systemctl cat "U*" | grep -v ^$ | sort',
             'systemctl show -p Id /run/systemd/system/U.service'),
            ('states', 'systemctl is-active U U-b U-none', 'systemctl is-active -q U U-b', 'systemctl is-failed U U-b', 'systemctl is-failed "U*" | sort', 'systemctl is-active "U*" | sort', 'systemctl is-enabled U U-b U-none U@.service', 'systemctl is-enabled -l U', 'systemctl is-enabled -l U-none', 'systemctl status U-none', 'systemctl status -q U-b U --lines=0 | grep -c Active', 'systemctl is-active'),
            ('kill', 'systemctl kill -s 0 U', 'systemctl kill -s 99 U', 'systemctl kill -s SIGUSR9 U', 'systemctl kill --kill-whom=nobody U', 'systemctl kill --kill-whom=control-fail U', 'systemctl kill --kill-whom=main-fail U-b', 'systemctl kill --kill-whom=all-fail U-b', 'systemctl kill --kill-whom=help', 'systemctl kill U-none', 'systemctl kill "U-n*"', 'systemctl kill -s RTMIN+2 U'),
            ('jobs', 'systemctl start --wait --no-block U', 'systemctl start --wait U-b', 'systemctl start --job-mode=help U', 'systemctl stop --job-mode=isolate U', 'systemctl restart --job-mode=flush U', 'systemctl cancel 999999', 'systemctl cancel nonsense', 'systemctl list-jobs "U*"', 'systemctl start U U-none', 'systemctl start U-none.socket U-b', 'systemctl start -T U', 'systemctl stop --show-transaction U',
             'systemctl start --job-mode=triggering U', 'systemctl restart --marked', 'systemctl set-property --runtime U Markers=needs-restart', 'systemctl restart --marked U', 'systemctl restart --marked', 'systemctl show -P Markers U'),
            ('properties', 'systemctl set-property --runtime U Description=other', 'systemctl show -P Description U', 'systemctl set-property --runtime U Nice=4', 'systemctl set-property --runtime U', 'systemctl set-property --runtime U CPUQuota=20% IOWeight=30 AllowedCPUs=0', 'systemctl show -p CPUQuotaPerSecUSec -p IOWeight -p AllowedCPUs U', 'systemctl set-property --runtime U CPUQuota= IOWeight= AllowedCPUs=',
             'systemctl show -p CPUQuotaPerSecUSec -p IOWeight -p AllowedCPUs U', 'ls /run/systemd/system.control/U.service.d', 'systemctl revert U 2>&1 | sort', 'systemctl set-property --runtime U-none CPUQuota=1%', 'systemctl set-property --runtime U@.service CPUQuota=1%', 'systemctl set-property --runtime U TasksMax=50%', 'systemctl set-property --runtime U DeviceAllow="/dev/null rwx"', 'systemctl set-property --runtime U MemoryMax=5%% MemoryHigh=infinity',
             'systemctl show -p MemoryHigh U', 'systemctl set-property --runtime U IPAddressAllow=nonsense'),
            ('files', 'systemctl enable --runtime U', 'systemctl is-enabled U', 'systemctl --runtime disable U', 'systemctl mask --runtime U-b', 'systemctl start U-b', 'systemctl show -p LoadState -p ActiveState -p UnitFileState U-b', 'systemctl unmask --runtime U-b', 'systemctl enable --runtime U@', 'systemctl enable --runtime --force U-b', 'systemctl preset --runtime U', 'systemctl --runtime add-wants U-c.target U-b',
             'systemctl disable --runtime U', 'systemctl --runtime enable U-none U', 'systemctl disable --now --runtime U', 'systemctl is-active U'),
            ('clean', 'systemctl clean U', 'systemctl clean --what=runtime U-b', 'systemctl clean --what=fdstore U-b', 'systemctl clean --what= U-b', 'systemctl clean --what=all,cache U-b', 'systemctl freeze U-b', 'systemctl thaw U-b', 'systemctl freeze U-none', 'systemctl reset-failed "U*"', 'systemctl is-failed U-b', 'systemctl reset-failed U-none', 'systemctl reset-failed "U-n*"'),
            ('odd', 'systemctl nonsense', 'systemctl start --nonsense U', 'systemctl start U -p', 'systemctl is-system-running --wait --nonsense', 'systemctl bind U', 'systemctl bind U relative', 'systemctl bind U-c.target /etc', 'systemctl mount-image U', 'systemctl service-log-level U', 'systemctl service-log-level U nonsense', 'systemctl log-level nonsense', 'systemctl link U', 'systemctl add-wants U', 'systemctl set-environment', 'systemctl import-environment a-b', 'systemctl --version | head -1 | cut -c1-7',
             'systemctl -H nowhere.invalid:1x list-units', 'systemctl --user -M nowhere@ list-units', 'systemctl --root=/nowhere is-enabled U', 'systemctl --timestamp=nonsense show U', 'systemctl -o nonsense list-units', 'systemctl -n x status U', 'systemctl --preset-mode=nonsense preset U', 'systemctl --job-mode= start U', 'systemctl --what=x clean U', 'systemctl whoami')):
        yield f'verbs: {name}', units, ['systemctl start U', 'settle', *steps, 'systemctl stop U', 'settle']


def tasks():
    """Commands that cannot be run: a file of variables is gone when the list is half done, or from the start."""
    gone = 'rm /run/U.env'
    for name, sort, kind, lines, *steps in (
            ('condition, 2nd', 'service', 'oneshot', f'ExecCondition={gone}\nExecCondition=true\nExecStart=true'),
            ('start-pre, 2nd', 'service', 'oneshot', f'ExecStartPre={gone}\nExecStartPre=true\nExecStart=true'),
            ('start', 'service', 'oneshot', f'ExecStartPre={gone}\nExecStart=true'),
            ('start, 2nd', 'service', 'oneshot', f'ExecStart={gone}\nExecStart=true'),
            ('start-post', 'service', 'oneshot', f'ExecStart={gone}\nExecStartPost=true'),
            ('start-post, 2nd', 'service', 'simple', f'{_RUNS}ExecStartPost={gone}\nExecStartPost=true\nExecStop=true'),
            ('reload, 2nd', 'service', 'simple', f'{_RUNS}ExecReload={gone}\nExecReload=true', 'systemctl reload U.service'),
            ('stop, 2nd', 'service', 'simple', f'{_RUNS}ExecStop={gone}\nExecStop=true'),
            ('stop-post', 'service', 'simple', f'{_RUNS}ExecStop={gone}\nExecStopPost=true'),
            ('stop-post from the start', 'service', 'simple', f'{_RUNS}ExecStopPost=true', gone),
            ('condition from the start', 'service', 'oneshot', 'ExecCondition=true\nExecStart=true'),
            ('reload from the start', 'service', 'simple', f'{_RUNS}ExecReload=true', gone, 'systemctl reload U'),
            ('stop from the start', 'service', 'simple', f'{_RUNS}ExecStop=true', gone),
            ('pre, 2nd', 'socket', '', f'ExecStartPre={gone}\nExecStartPre=true'),
            ('post', 'socket', '', f'ExecStartPre={gone}\nExecStartPost=true'),
            ('stop-post', 'socket', '', f'ExecStopPre={gone}\nExecStopPost=true'),
            ('pre from the start', 'socket', '', 'ExecStartPre=true'),
            ('post from the start', 'socket', '', 'ExecStartPost=true'),
            ('stop-pre from the start', 'socket', '', 'ExecStopPre=true', gone)):
        begins = 'touch /run/U.env' if steps or 'rm ' in lines else gone
        text = {'service': f'[Service]\nType={kind}\n', 'socket': '[Socket]\nListenStream=/run/U.sock\n'}[sort] + f'EnvironmentFile=/run/U.env\n{lines}\n'
        units = {f'U.{sort}': text, **({'U.service': _SERVICE} if sort == 'socket' else {})}
        yield f'task of a {sort}: {name}', units, [begins, f'systemctl start U.{sort}', 'settle', *steps, 'settle', f'systemctl stop U.{sort}', 'settle']
    file = {'run-U.mount': '[Mount]\nWhat=tmpfs\nType=tmpfs\nWhere=/run/U\nEnvironmentFile=/run/U.env\n'}
    yield 'task of a mount: mount from the start', file, ['systemctl start run-U.mount', 'settle']
    yield 'task of a mount: remount and umount from the start', file, ['touch /run/U.env', 'systemctl start run-U.mount', gone, 'systemctl reload run-U.mount', 'settle', 'systemctl stop run-U.mount', 'settle']
    yield 'task of a mount: what no file names', {'U.service': '[Unit]\nAfter=run-U.mount\nWants=run-U.mount\n' + _SERVICE}, [
        'mkdir /run/U; mount -t tmpfs x /run/U', 'systemctl start U', 'systemctl reload run-U.mount', 'umount /run/U', 'settle', 'systemctl start run-U.mount', 'settle', 'systemctl show -p ActiveState -p Result run-U.mount', 'systemctl stop U', 'settle']
    yield 'task of a mount: over a link', {'run-U.mount': '[Mount]\nWhat=tmpfs\nType=tmpfs\nWhere=/run/U\n'}, ['mkdir /run/U-real; ln -s U-real /run/U', 'systemctl start run-U.mount', 'settle', 'rm /run/U']


def all_corners():
    for family in (sockets, timers, paths, mounts, scopes, slices, together, reloads, verbs, tasks):
        yield from family()
