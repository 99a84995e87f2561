"""The scripts that both managers run: units, and what is done to them.

Every script is Script(name, units, steps). A step is a line of shell; "settle" waits until nothing of the script is under
way; "processes" lists what runs in the units' control groups. U in units and steps stands for the script's own prefix, so
scripts run side by side. Python 3.9 or later, standard library.
"""
from collections import namedtuple
from itertools import product

from corners import all_corners
from settings import all_settings

Script = namedtuple('Script', 'name units steps')

_LIMITS = 'StartLimitIntervalSec=1h\nStartLimitBurst=3\n'
_CAUSES = {
    'exit-0': 'exit 0', 'exit-1': 'exit 1', 'term': 'kill -TERM $$$$', 'kill': 'kill -KILL $$$$', 'abort': 'kill -ABRT $$$$',
    'runtime': 'sleep infinity', 'watchdog': 'sleep infinity',
}
_SETTINGS = {'runtime': 'RuntimeMaxSec=300ms\n', 'watchdog': 'WatchdogSec=300ms\n'}
_TYPES = ('simple', 'exec', 'idle', 'oneshot', 'forking', 'notify')
_RESTARTS = ('no', 'always', 'on-success', 'on-failure', 'on-abnormal', 'on-abort', 'on-watchdog')
_KILL_MODES = ('control-group', 'mixed', 'process', 'none')
_REPORT = "ExecStopPost=/bin/sh -c 'echo result=$SERVICE_RESULT code=$EXIT_CODE status=$EXIT_STATUS'\n"


def _command(kind, cause):
    """A main process that leaves a child behind and ends by `cause` a little later."""
    work = f'sleep infinity & sleep 0.1; {_CAUSES[cause]}'
    if kind == 'forking':
        work = work.replace('$$$$', '\\\\$$$$')     # for the inner shell alone
        return f"PIDFile=/run/U.pid\nExecStart=/bin/sh -c '/bin/sh -c \"{work}\" & echo $! >/run/U.pid'\n"
    ready = 'systemd-notify --ready; ' if kind == 'notify' else ''
    return f"ExecStart=/bin/sh -c '{ready}{work}'\n"


def _matrix():
    for kind, restart, cause, mode in product(_TYPES, _RESTARTS, _CAUSES, _KILL_MODES):
        unit = (f'[Unit]\n{_LIMITS}[Service]\nType={kind}\nNotifyAccess=all\nRestart={restart}\nRestartSec=20ms\nKillMode={mode}\n'
                f'TimeoutStopSec=2s\nTimeoutStartSec=4s\n{_SETTINGS.get(cause, "")}{_command(kind, cause)}{_REPORT}')
        yield Script(f'{kind} restart={restart} {cause} kill={mode}', {'U.service': unit},
                     ['systemctl start U', 'settle', 'processes', 'systemctl stop U', 'settle', 'processes'])


def _service(text, unit=''):
    return f'[Unit]\n{_LIMITS}{unit}[Service]\n{text}'


_RUNS = 'ExecStart=/bin/sleep infinity\n'
_START_STOP = ['systemctl start U', 'settle', 'systemctl stop U', 'settle']
_DEAF = "ExecStart=/bin/sh -c 'trap \"\" TERM HUP; sleep infinity'\n"


def _commands():
    """ExecCondition= to ExecStopPost=: what each outcome leads to."""
    for status in (0, 1, 7, 254, 255):
        yield Script(f'condition exits {status}', {'U.service': _service(f"ExecCondition=/bin/sh -c 'exit {status}'\n{_RUNS}{_REPORT}")}, _START_STOP)
    yield Script('condition killed', {'U.service': _service(f"ExecCondition=/bin/sh -c 'kill -KILL $$$$'\n{_RUNS}{_REPORT}")}, _START_STOP)
    for key in ('ExecStartPre', 'ExecStartPost', 'ExecStop', 'ExecReload', 'ExecStopPost'):
        for prefix in ('', '-'):
            for command in ('/bin/false', "/bin/sh -c 'kill -KILL $$$$'", '/nowhere/x', '/bin/true'):
                yield Script(f'{key}={prefix}{command}', {'U.service': _service(f'{_RUNS}{key}={prefix}{command}\n{_REPORT}')},
                             ['systemctl start U', 'settle', 'systemctl reload U', 'settle', 'systemctl stop U', 'settle'])
    for kind, path in product(('simple', 'exec', 'oneshot', 'notify', 'forking'), ('/nowhere/x', '-/nowhere/x', '/etc/hostname')):
        yield Script(f'{kind} of {path}', {'U.service': _service(f'Type={kind}\nExecStart={path}\n{_REPORT}')}, _START_STOP)
    yield Script('oneshot of many', {'U.service': _service('Type=oneshot\nExecStart=/bin/echo 1\nExecStart=-/bin/false\nExecStart=/bin/echo 2\n'
                                                           'ExecStart=/bin/false\nExecStart=/bin/echo 3\n' + _REPORT)}, _START_STOP)
    yield Script('oneshot remains', {'U.service': _service('Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/echo 1\nExecStop=/bin/echo bye\n' + _REPORT)},
                 ['systemctl start U', 'settle', 'systemctl start U', 'systemctl reload U', 'systemctl restart U', 'settle', 'systemctl stop U', 'settle'])
    yield Script('only a stop command', {'U.service': _service('RemainAfterExit=yes\nExecStop=/bin/echo bye\n')}, _START_STOP)
    yield Script('echo in every phase', {'U.service': _service(
        "ExecCondition=/bin/echo condition\nExecStartPre=/bin/echo pre1\nExecStartPre=/bin/echo pre2\n"
        "ExecStart=/bin/sh -c 'echo main; exec sleep infinity'\nExecStartPost=/bin/echo post\nExecReload=/bin/echo reload $MAINPID\n"
        "ExecStop=/bin/echo stop\nExecStopPost=/bin/echo stoppost\n")},
        ['systemctl start U', 'settle', 'systemctl reload U', 'settle', 'systemctl restart U', 'settle', 'systemctl stop U', 'settle'])


def _failing_setups():
    """What keeps a process from being executed, by exit status."""
    for text in ('User=nobody-here', 'Group=nobody-here', 'WorkingDirectory=/nowhere', 'WorkingDirectory=-/nowhere', 'RootDirectory=/nowhere',
                 'StandardInput=file:/nowhere', 'StandardOutput=file:/nowhere/x', 'EnvironmentFile=/nowhere', 'EnvironmentFile=-/nowhere',
                 'LoadCredential=x:/nowhere', 'ReadWritePaths=/nowhere', 'BindPaths=/nowhere', 'NetworkNamespacePath=/nowhere', 'User=nobody',
                 'DynamicUser=yes', 'PAMName=nowhere', 'Nice=-5', 'OOMScoreAdjust=1000', 'CapabilityBoundingSet=', 'StandardInput=null',
                 'StandardInputText=hello', 'TTYPath=/dev/nowhere\nStandardInput=tty', 'PrivateTmp=yes', 'ProtectSystem=strict', 'PrivateNetwork=yes',
                 'SystemCallFilter=@system-service', 'RuntimeDirectory=U', 'StateDirectory=U\nUser=nobody', 'UMask=0077', 'Slice=nowhere.slice',
                 'LimitNOFILE=5', 'SupplementaryGroups=nobody-here', 'SELinuxContext=x', 'AppArmorProfile=nowhere', 'SmackProcessLabel=x',
                 'LogLevelMax=err', 'SyslogIdentifier=other', 'StandardOutput=null'):
        yield Script(f'with {text}'.replace('\n', ' '), {'U.service': _service(
            f"Type=exec\n{text}\nExecStart=/bin/sh -c 'echo $(id -un) $(pwd) $(umask) $(nice); cat; exec sleep infinity'\n{_REPORT}")}, _START_STOP)


def _timeouts_and_kills():
    for mode in ('terminate', 'abort', 'kill'):
        yield Script(f'start timeout {mode}', {'U.service': _service(f'Type=notify\nTimeoutStartSec=300ms\nTimeoutStartFailureMode={mode}\n{_RUNS}{_REPORT}')}, _START_STOP)
        yield Script(f'stop timeout {mode}', {'U.service': _service(f'TimeoutStopSec=300ms\nTimeoutStopFailureMode={mode}\n{_DEAF}{_REPORT}')}, _START_STOP)
        yield Script(f'deaf start timeout {mode}', {'U.service': _service(
            f'Type=notify\nTimeoutStartSec=300ms\nTimeoutStopSec=300ms\nTimeoutStartFailureMode={mode}\n{_DEAF}{_REPORT}')}, _START_STOP)
    for text in ('SendSIGHUP=yes', 'KillSignal=SIGINT', 'KillSignal=SIGHUP', 'SendSIGKILL=no', 'FinalKillSignal=SIGABRT', 'KillMode=mixed',
                 'KillMode=process', 'KillMode=none', 'RestartKillSignal=SIGUSR1', 'TimeoutAbortSec=300ms\nTimeoutStopFailureMode=abort'):
        yield Script(f'deaf with {text}'.replace('\n', ' '), {'U.service': _service(f'TimeoutStopSec=300ms\n{text}\n{_DEAF}{_REPORT}')},
                     ['systemctl start U', 'settle', 'systemctl restart U', 'settle', 'systemctl stop U', 'settle', 'processes'])
    for text in ('TimeoutStopSec=300ms\nExecStop=/bin/sleep infinity', 'TimeoutStopSec=300ms\nExecStopPost=/bin/sleep infinity',
                 'TimeoutStartSec=300ms\nExecStartPre=/bin/sleep infinity', 'TimeoutStartSec=300ms\nExecStartPost=/bin/sleep infinity',
                 'TimeoutStartSec=300ms\nExecReload=/bin/sleep infinity', 'TimeoutStartSec=300ms\nExecCondition=/bin/sleep infinity',
                 'RuntimeMaxSec=300ms', 'RuntimeMaxSec=300ms\nRestart=always', 'WatchdogSec=300ms\nWatchdogSignal=SIGTERM', 'WatchdogSec=300ms\nTimeoutAbortSec=1s'):
        yield Script(f'slow: {text}'.replace('\n', ' '), {'U.service': _service(f'RestartSec=20ms\n{_RUNS}{text}\n{_REPORT}')},
                     ['systemctl start U', 'settle', 'systemctl reload U', 'settle', 'systemctl stop U', 'settle', 'processes'])
    for step in ('systemctl kill U', 'systemctl kill -s KILL U', 'systemctl kill -s HUP --kill-whom=main U', 'systemctl kill --kill-whom=control U',
                 'systemctl kill --kill-whom=main -s USR1 U', 'systemctl kill -s STOP U && systemctl kill -s CONT U', 'systemctl freeze U && systemctl thaw U'):
        for restart in ('no', 'on-failure', 'on-abnormal', 'always'):
            yield Script(f'{step} restart={restart}', {'U.service': _service(f'Restart={restart}\nRestartSec=20ms\n{_RUNS}{_REPORT}')},
                         ['systemctl start U', 'settle', step, 'settle', 'systemctl stop U', 'settle'])
    for text in ('SuccessExitStatus=7', 'SuccessExitStatus=SIGKILL', 'RestartPreventExitStatus=7', 'RestartForceExitStatus=7 SIGTERM', 'Restart=on-success\nSuccessExitStatus=7',
                 'RemainAfterExit=yes', 'RemainAfterExit=yes\nRestart=on-failure', 'ExitType=cgroup', 'GuessMainPID=no', 'SuccessAction=none', 'FailureAction=none'):
        for cause in ('exit 7', 'kill -KILL $$$$', 'exit 0', 'kill -TERM $$$$'):
            yield Script(f'{text} and {cause}'.replace('\n', ' '), {'U.service': _service(
                f"RestartSec=20ms\nRestart=on-failure\n{text}\nExecStart=/bin/sh -c 'sleep 0.1; {cause}'\n{_REPORT}")}, _START_STOP)


def _notifications():
    say = "ExecStart=/bin/sh -c '{}; exec sleep infinity'\n"
    for access in ('none', 'main', 'exec', 'all'):
        yield Script(f'ready by a child, access {access}', {'U.service': _service(f"Type=notify\nTimeoutStartSec=400ms\nNotifyAccess={access}\n{say.format('systemd-notify --ready')}")}, _START_STOP)
        yield Script(f'ready by itself, access {access}', {'U.service': _service(f"Type=notify\nTimeoutStartSec=400ms\nNotifyAccess={access}\nExecStart=systemd-notify --ready\n")}, _START_STOP)
    for words in ('--ready --status=hello', '--ready ERRNO=5', '--ready STATUS=one STATUS=two', '--ready BUSERROR=org.example.Error', '--ready MAINPID=1',
                  '--ready MAINPID=nonsense', '--ready WATCHDOG=trigger', '--ready WATCHDOG_USEC=300000', '--ready NONSENSE=1', '--ready FDSTORE=1',
                  'READY=0', 'STOPPING=1', '--ready STOPPING=1', '--ready EXTEND_TIMEOUT_USEC=1000000', '--ready RELOADING=1', '--ready X_UNKNOWN=y STATUS=end'):
        yield Script(f'notify {words}', {'U.service': _service(f"Type=notify\nTimeoutStartSec=500ms\nNotifyAccess=all\nRestart=no\n{say.format('systemd-notify ' + words)}{_REPORT}")}, _START_STOP)
    for text in ("exit 0", "exit 3", "kill -KILL $$$$", "systemd-notify STOPPING=1; exit 0"):
        yield Script(f'not ready, {text}', {'U.service': _service(f"Type=notify\nNotifyAccess=all\nExecStart=/bin/sh -c 'sleep 0.1; {text}'\n{_REPORT}")}, _START_STOP)
    yield Script('extends its start', {'U.service': _service("Type=notify\nTimeoutStartSec=400ms\nNotifyAccess=all\n" + say.format(
        'systemd-notify EXTEND_TIMEOUT_USEC=3000000; sleep 0.8; systemd-notify --ready'))}, _START_STOP)
    yield Script('extends its stop', {'U.service': _service("Type=notify\nTimeoutStopSec=400ms\nNotifyAccess=all\nExecStart=/bin/sh -c '"
                 'trap "systemd-notify EXTEND_TIMEOUT_USEC=3000000; sleep 0.8; exit 0" TERM; systemd-notify --ready; sleep infinity & while :; do wait; done' + "'\n" + _REPORT)}, _START_STOP)
    yield Script('reload by notification', {'U.service': _service("Type=notify\nNotifyAccess=all\nExecStart=/bin/sh -c '"
                 'trap "systemd-notify RELOADING=1; sleep 0.2; systemd-notify READY=1" HUP; systemd-notify --ready; sleep infinity & while :; do wait; done' + "'\nExecReload=/bin/kill -HUP $MAINPID\n")},
                 ['systemctl start U', 'settle', 'systemctl reload U', 'settle', 'systemctl stop U', 'settle'])
    yield Script('feeds its watchdog', {'U.service': _service("Type=notify\nNotifyAccess=all\nWatchdogSec=1s\nExecStart=/bin/sh -c '"
                 'systemd-notify --ready; for i in 1 2 3 4; do sleep 0.3; systemd-notify WATCHDOG=1; done; echo $WATCHDOG_USEC; exit 0' + "'\n" + _REPORT)},
                 ['systemctl start U', 'sleep 2.5', 'settle'])


def _pid_files():
    parent = "Type=forking\nTimeoutStartSec=1s\n{}ExecStart=/bin/sh -c '{}'\n" + _REPORT
    for name, settings, command in (
            ('none, one child', '', 'sleep infinity & exit 0'), ('none, no child', '', 'exit 0'), ('none, two children', '', 'sleep infinity & sleep 99999 & exit 0'),
            ('none, not guessed', 'GuessMainPID=no\n', 'sleep infinity & exit 0'), ('never written', 'PIDFile=/run/U.pid\n', 'sleep infinity & exit 0'),
            ('written late', 'PIDFile=/run/U.pid\n', 'sleep infinity & p=$!; (sleep 0.3; echo $p >/run/U.pid) & exit 0'),
            ('of init', 'PIDFile=/run/U.pid\n', 'sleep infinity & echo 1 >/run/U.pid'), ('nonsense', 'PIDFile=/run/U.pid\n', 'sleep infinity & echo x >/run/U.pid'),
            ('of nobody', 'PIDFile=/run/U.pid\n', 'sleep infinity & echo 99999999 >/run/U.pid'), ('relative', 'PIDFile=U.pid\n', 'sleep infinity & echo $! >/run/U.pid'),
            ('parent fails', 'PIDFile=/run/U.pid\n', 'sleep infinity & echo $! >/run/U.pid; exit 4'), ('parent stays', '', 'sleep infinity'),
            ('a link', 'PIDFile=/run/U.pid\n', 'sleep infinity & echo $! >/run/U.real; ln -sf U.real /run/U.pid')):
        yield Script(f'pid file: {name}', {'U.service': _service(parent.format(settings, command))},
                     ['systemctl start U', 'settle', 'processes', 'systemctl stop U', 'settle', 'processes', 'ls /run/U.pid'])


def _dependencies():
    other = '[Unit]\n{}[Service]\n' + _RUNS
    fails = '[Unit]\n{}[Service]\nType=oneshot\nExecStart=/bin/false\n'
    for kind, order in product(('Requires', 'Wants', 'BindsTo', 'Requisite', 'PartOf', 'Upholds', 'Conflicts', 'PropagatesStopTo', 'StopPropagatedFrom', 'PropagatesReloadTo'),
                               ('', 'After=U-b.service\n', 'Before=U-b.service\n')):
        name = f'{kind} {order.strip()}'
        yield Script(f'{name} of one that runs', {'U.service': other.format(f'{kind}=U-b.service\n{order}'), 'U-b.service': other.format('')},
                     ['systemctl start U-b', 'systemctl start U', 'settle', 'systemctl restart U-b', 'settle', 'systemctl stop U-b', 'settle',
                      'systemctl stop U', 'settle', 'systemctl stop U-b', 'settle'])
        yield Script(f'{name} of one that fails', {'U.service': other.format(f'{kind}=U-b.service\n{order}'), 'U-b.service': fails.format(_LIMITS)},
                     ['systemctl start U', 'settle', 'systemctl stop U U-b', 'settle'])
        yield Script(f'{name} of none', {'U.service': other.format(f'{kind}=U-none.service\n{order}')}, _START_STOP)
    monitor = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'env | grep ^MONITOR_ | grep -v INVOCATION | sort'\n"
    for cause in ('exit 0', 'exit 3', 'kill -KILL $$$$'):
        yield Script(f'monitors of {cause}', {'U.service': f"[Unit]\nOnFailure=U-bad.service\nOnSuccess=U-good.service\n[Service]\nExecStart=/bin/sh -c '{cause}'\n",
                                              'U-bad.service': monitor, 'U-good.service': monitor}, ['systemctl start U', 'settle', 'journal U-bad U-good'])
    yield Script('stop when unneeded', {'U.service': other.format('Wants=U-b.service\n'), 'U-b.service': other.format('StopWhenUnneeded=yes\n')}, _START_STOP)
    for text in ('ConditionPathExists=/nowhere', 'ConditionPathExists=!/nowhere', 'AssertPathExists=/nowhere', 'ConditionPathExists=|/nowhere\nConditionPathExists=|/etc',
                 'ConditionVirtualization=!container', 'RefuseManualStart=yes', 'JobTimeoutSec=200ms\nAfter=U-b.service\nWants=U-b.service', 'JobRunningTimeoutSec=200ms', 'SourcePath=/nowhere'):
        yield Script(f'unit with {text}'.replace('\n', ' '), {'U.service': other.format(text + '\n'), 'U-b.service': '[Service]\nType=oneshot\nExecStart=/bin/sleep 1\n'}, _START_STOP)
    yield Script('ordering cycle', {'U.service': other.format('After=U-b.service\nWants=U-b.service\n'), 'U-b.service': other.format('After=U.service\n')}, _START_STOP)
    yield Script('required ordering cycle', {'U.service': other.format('After=U-b.service\nRequires=U-b.service\n'), 'U-b.service': other.format('After=U.service\nRequires=U.service\n')}, _START_STOP)
    yield Script('dependency gone bad', {'U.service': other.format('Requires=U-b.service\nAfter=U-b.service\n'), 'U-b.service': '[Service]\nRestart=nonsense\nExecStart=relative\n'}, _START_STOP)
    yield Script('masked', {'U.service': other.format('Wants=U-b.service\n'), 'U-b.service': ''}, ['systemctl start U-b', 'systemctl start U', 'settle', 'systemctl stop U', 'settle'])
    yield Script('target', {'U.target': '[Unit]\nWants=U-b.service U-c.service\nAfter=U-b.service\n', 'U-b.service': other.format(''), 'U-c.service': fails.format('')},
                 ['systemctl start U.target', 'settle', 'systemctl stop U.target U-b', 'settle'])


def _jobs():
    slow = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sleep 2\nExecStop=/bin/sleep 2\n"
    for first, second in product(('start', 'stop', 'restart'), ('start', 'stop', 'restart', 'try-restart', 'reload', 'reload-or-restart', 'cancel', 'kill', 'reset-failed')):
        verb = f'systemctl {second} U' if second != 'cancel' else "systemctl cancel $(systemctl list-jobs --no-legend | awk '$2 == \"U.service\" {print $1}')"
        yield Script(f'{second} while {first}', {'U.service': slow}, (['systemctl start U'] if first != 'start' else []) +
                     [f'systemctl --no-block {first} U', 'sleep 0.5', verb, 'settle', 'systemctl stop U', 'settle'])
    for mode in ('fail', 'replace', 'replace-irreversibly', 'ignore-dependencies', 'ignore-requirements', 'nonsense', 'isolate', 'triggering'):
        yield Script(f'mode {mode}', {'U.service': slow}, ['systemctl --no-block start U', 'sleep 0.5', f'systemctl --job-mode={mode} stop U', 'settle',
                                                           f'systemctl --job-mode={mode} start U', 'settle', 'systemctl stop U', 'settle'])
    yield Script('verbs of what is down', {'U.service': slow}, ['systemctl stop U', 'systemctl try-restart U', 'systemctl reload U', 'systemctl reload-or-try-restart U', 'systemctl kill U',
                                                                'systemctl is-active U', 'systemctl is-failed U', 'systemctl reset-failed U', 'systemctl clean U', 'systemctl freeze U'])


def _triggers():
    work = "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'env | grep ^TRIGGER_ | grep -v USEC; echo works'\n"
    yield Script('timer fires', {'U.timer': '[Timer]\nOnActiveSec=200ms\nAccuracySec=1ms\n', 'U.service': work}, ['systemctl start U.timer', 'sleep 1', 'settle', 'systemctl stop U.timer', 'settle'])
    yield Script('timer without service', {'U.timer': '[Timer]\nOnActiveSec=1h\n'}, ['systemctl start U.timer', 'settle', 'systemctl stop U.timer', 'settle'])
    yield Script('timer of the past', {'U.timer': '[Timer]\nOnBootSec=1ms\nAccuracySec=1ms\n', 'U.service': work}, ['systemctl start U.timer', 'sleep 0.5', 'settle', 'systemctl stop U.timer', 'settle'])
    yield Script('timer goes', {'U.timer': '[Timer]\nOnActiveSec=100ms\nAccuracySec=1ms\nRemainAfterElapse=no\n', 'U.service': work}, ['systemctl start U.timer', 'sleep 0.7', 'settle', 'systemctl stop U.timer', 'settle'])
    yield Script('timer of a target', {'U.timer': '[Timer]\nOnActiveSec=100ms\nAccuracySec=1ms\nUnit=U.target\n', 'U.target': '[Unit]\nDescription=x\n'}, ['systemctl start U.timer', 'sleep 0.7', 'settle', 'systemctl stop U.timer U.target', 'settle'])
    for kind in ('PathExists', 'PathExistsGlob', 'PathChanged', 'PathModified', 'DirectoryNotEmpty'):
        where = '/run/U-x' + ('*' if kind.endswith('Glob') else '')
        make = 'mkdir -p /run/U-x && touch /run/U-x/a' if kind == 'DirectoryNotEmpty' else 'echo a >/run/U-x'
        yield Script(f'path {kind}', {'U.path': f'[Path]\n{kind}={where}\nTriggerLimitIntervalSec=0\n', 'U.service': work.replace('echo works', 'echo works; rm -rf /run/U-x*')},
                     ['systemctl start U.path', 'settle', make, 'sleep 0.7', 'settle', 'systemctl stop U.path', 'settle'])
    yield Script('path loops', {'U.path': '[Path]\nPathExists=/etc\n', 'U.service': '[Unit]\nStartLimitIntervalSec=1h\nStartLimitBurst=2\n[Service]\nType=oneshot\nExecStart=/bin/true\n'},
                 ['systemctl start U.path', 'sleep 1', 'settle', 'systemctl stop U.path', 'settle'])
    cat = "[Service]\nStandardInput=socket\nStandardOutput=journal\nExecStart=/bin/sh -c 'read line; echo got $line'\n"
    connect = "python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect(\"/run/U.sock\"); s.sendall(b\"hello\\n\"); s.close()'"
    yield Script('socket accepts', {'U.socket': '[Socket]\nListenStream=/run/U.sock\nAccept=yes\n', 'U@.service': cat}, ['systemctl start U.socket', 'settle', connect, 'sleep 0.5', 'settle', 'systemctl stop U.socket', 'settle'])
    yield Script('socket starts a service', {'U.socket': '[Socket]\nListenStream=/run/U.sock\n', 'U.service': "[Service]\nExecStart=/bin/sh -c 'echo fds $LISTEN_FDS $LISTEN_FDNAMES; exec sleep infinity'\n"},
                 ['systemctl start U.socket', 'settle', connect, 'sleep 0.5', 'settle', 'systemctl stop U.socket', 'settle', 'systemctl stop U', 'settle'])
    yield Script('socket of a service that fails', {'U.socket': '[Socket]\nListenStream=/run/U.sock\n', 'U.service': _service('ExecStart=/bin/false\n')},
                 ['systemctl start U.socket', 'settle', connect, 'sleep 1.5', 'settle', 'systemctl stop U.socket', 'settle'])
    yield Script('socket without service', {'U.socket': '[Socket]\nListenStream=/run/U.sock\n'}, ['systemctl start U.socket', 'settle'])
    yield Script('socket that cannot be', {'U.socket': '[Socket]\nListenStream=/proc/U.sock\n', 'U.service': '[Service]\n' + _RUNS}, ['systemctl start U.socket', 'settle'])
    for key in ('ExecStartPre', 'ExecStartPost', 'ExecStopPre', 'ExecStopPost'):
        yield Script(f'socket {key} fails', {'U.socket': f'[Socket]\nListenStream=/run/U.sock\n{key}=/bin/false\n', 'U.service': '[Service]\n' + _RUNS}, ['systemctl start U.socket', 'settle', 'systemctl stop U.socket', 'settle'])
    yield Script('scope', {}, ['systemd-run --scope --unit=U sh -c "echo in; exit 3"', 'settle'])
    yield Script('transient', {}, ['systemd-run --unit=U --wait sh -c "echo in; exit 3"', 'settle', 'systemctl reset-failed U', 'systemd-run --unit=U --wait --collect true', 'settle'])
    yield Script('transient remains', {}, ['systemd-run --unit=U -r sleep infinity', 'settle', 'systemctl show -P FragmentPath U', 'systemctl set-property --runtime U CPUWeight=7',
                                           'systemctl show -P DropInPaths U', 'systemctl stop U', 'settle', 'ls -R /run/systemd/transient/U.service.d'])
    yield Script('mount', {'run-U.mount': '[Mount]\nWhat=tmpfs\nWhere=/run/U\nType=tmpfs\n'}, ['systemctl start run-U.mount', 'settle', 'systemctl reload run-U.mount', 'settle', 'systemctl stop run-U.mount', 'settle'])
    yield Script('mount that fails', {'run-U.mount': '[Mount]\nWhat=/nowhere\nWhere=/run/U\nType=ext4\n'}, ['systemctl start run-U.mount', 'settle'])
    yield Script('mount that goes', {'run-U.mount': '[Mount]\nWhat=tmpfs\nWhere=/run/U\nType=tmpfs\n'}, ['systemctl start run-U.mount', 'settle', 'umount /run/U', 'sleep 0.3', 'settle'])


def all_scripts():
    """Every script, hand-made ones first; U replaced by a prefix of its own."""
    scripts = []
    made = [*_commands(), *_failing_setups(), *_timeouts_and_kills(), *_notifications(), *_pid_files(), *_dependencies(), *_jobs(), *_triggers(),
            *(Script(*each) for each in (*all_settings(), *all_corners())), *_matrix()]
    for number, script in enumerate(made):
        prefix = f'p{number:04d}'

        def own(text, prefix=prefix):
            out, before = [], ''
            for at, c in enumerate(text):
                following = text[at + 1:at + 2]
                alone = c == 'U' and not (before.isalnum() or before == '_') and not (following.isalnum() or following == '_')
                out.append(prefix if alone else c)
                before = c
            return ''.join(out)
        scripts.append(Script(f'{prefix} {script.name}', {own(name): own(text) for name, text in script.units.items()}, [own(step) for step in script.steps]))
    return scripts
