"""What an answer of a client is without that which no two machines share: process numbers, times, sizes, identifiers."""
import re

_UNIT = r'(?:us|ms|s|min|h|d|days?|w|weeks?|months?|y|years?)'
# What systemd tells in the order of a hash table, whose key is another at each boot.
_SETS = ('Requires|Requisite|Wants|BindsTo|PartOf|Upholds|RequiredBy|RequisiteOf|WantedBy|BoundBy|UpheldBy|ConsistsOf|Conflicts|'
         'ConflictedBy|Before|After|OnSuccess|OnSuccessOf|OnFailure|OnFailureOf|Triggers|TriggeredBy|PropagatesReloadTo|'
         'ReloadPropagatedFrom|PropagatesStopTo|StopPropagatedFrom|JoinsNamespaceOf|SliceOf|RequiresMountsFor|Names|'
         'IPAddressAllow|IPAddressDeny')
_OF_THE_MOMENT = ('CPUUsageNSec|Memory(?:Current|Available)|TasksCurrent|ControlGroupId|IO(?:Read|Write)(?:Bytes|Operations)|'
                  r'IP(?:In|E)gress(?:Bytes|Packets)|Effective(?:CPUs|MemoryNodes)|NextElapse\w+|Job|LastTrigger\w+|N(?:Installed|Failed)Jobs|WatchdogLastPing\w+')
_RULES = [(re.compile(pattern, re.MULTILINE), replacement) for pattern, replacement in (
    (r'\r|\0|\^@|\^D|\x08', ''),       # what a terminal adds
    (r'/usr/lib/incipit/init(?: --recover=\d+)?|/(?:usr/)?lib/systemd/systemd(?: --system --deserialize=\d+)?(?![\w/-])', 'PID-1'),
    (r'/usr/lib/incipit/journald', '/lib/systemd/systemd-journald'),
    (r'/usr/lib/incipit/units ', ''),
    (r'(?<=lowerdir=)\S+:(?=\S*/mnt/fstab)', ''),         # what is laid over the image
    (r'\(#\d+\)', '(#N)'),
    (r'\bjob \d+', 'job N'),
    (r'(?<=incipit-container\.)\w+', 'N'),
    (r'(?<=\.#)([\w.@-]+?)[0-9a-f]{16}\b', r'\1ID'),
    (r'\bSession c?\d+ of', 'Session N of'),
    (r'\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32}\b|\b[0-9a-f]{64}\b', 'ID'),
    (r'(?<=time=")\d{4}-[^"]+', 'TIME'),
    (r'(?<=run-r)[0-9a-f]{32}|(?<=run-u)\d+|(?<=run-p)\d+(?:-i\d+)?', 'ID'),
    (r'\bsession-c?\d+\.scope', 'session-N.scope'),
    (r':1\.\d+', ':1.N'),
    (r'\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \w+', 'TIME'),
    (r'\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d\d \d\d:\d\d:\d\d', 'TIME'),
    (rf'(?:\b\d+(?:\.\d+)?{_UNIT} |\b\d+ {_UNIT} )*\b\d+(?:\.\d+)? ?{_UNIT} (?:ago|left)\b', 'SPAN'),
    (r'(?:\b\d+min )?\b\d+(?:\.\d+)?(?:ms|us)\b|(?:\b\d+min )?\b\d+\.\d+s\b', 'SPAN'),
    (r'^(\s*(?:Main PID|Process|Control PID|Leader|Memory|CPU|IP|IO|New main PID):) .*?(?=\(| ExecSt| ExecRe|$)', r'\1 N '),
    (r'((?:├|└)─ *)\d+(?= )', r'\1PID'),
    (r'\[(?!1\])\d+\](?=:)', '[PID]'),
    (r'\b(pid|PID)(=| |: )[1-9]\d+\b', r'\1\2N'),
    (r'\b(\w*PID)=[1-9]\d*', r'\1=N'),
    (r'\b(\w*Timestamp(?:Monotonic)?)=(?!$|0$|n/a$).+', r'\1=TIME'),
    (r'\b(start|stop)_time=\[(?!n/a)[^]]*\]', r'\1_time=[TIME]'),
    (rf'^({_OF_THE_MOMENT})=.*', r'\1=N'),
    (r'/job/\d+', '/job/N'),
    (r'\b\d{10,}\b', 'N'),
    (r'(?<=\S) {2,}', ' '),
    (r' +$', ''),
)]
_SORTED = re.compile(rf'^({_SETS})=(.*)$', re.MULTILINE)


def normal_text(text):
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return _SORTED.sub(lambda line: line.group(1) + '=' + ' '.join(sorted(line.group(2).split())), text)


def normal(answer):
    """An answer, {"status", "output", "errors", "seconds"}, as it is compared."""
    return {part: normal_text(str(answer[part])) for part in ('status', 'output', 'errors') if part in answer}
