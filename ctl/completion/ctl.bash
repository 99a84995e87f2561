# bash completion for ctl (and systemctl when it is a link to ctl)

__ctl_units() {  # __ctl_units OPTIONS...: names of loaded units
    ctl list-units --plain --no-legend --no-pager --full "$@" 2>/dev/null | while read -r name _; do printf '%s\n' "$name"; done
}

__ctl_files() {  # __ctl_files STATE: names of unit files in that state
    ctl list-unit-files --no-legend --no-pager ${1:+--state="$1"} 2>/dev/null | while read -r name _; do printf '%s\n' "$name"; done
}

_ctl() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} verb='' i
    local verbs='add-requires add-wants bind calendar cancel capability cat cat-config check clean compare-versions condition
        daemon-reexec daemon-reload default disable edit emergency enable escape exit exit-status freeze get-default halt help
        hibernate hybrid-sleep import-environment is-active is-enabled is-failed is-system-running isolate kexec kill link
        list-automounts list-dependencies list-jobs list-machines list-sockets list-timers list-unit-files list-units log-level
        log-target mask mount-image poweroff preset preset-all reboot reenable reload reload-or-restart rescue reset-failed
        restart revert security service-log-level service-log-target service-watchdogs set-default set-environment set-property
        show show-environment start status stop suspend suspend-then-hibernate switch-root syscall-filter thaw timespan
        timestamp try-reload-or-restart try-restart unit-paths unmask unset-environment verify why'
    local options='--after --all --annotate --before --boot-loader-entry= --boot-loader-menu= --check-inhibitors= --dry-run --failed
        --firmware-setup --force --full --global --help --job-mode= --json --kill-whom= --legend= --lines= --message= --mkdir
        --no-ask-password --no-block --no-legend --no-pager --no-reload --no-wall --now --output= --plain --preset-mode=
        --property= --quiet --read-only --reboot-argument= --recursive --reverse --root= --runtime --show-transaction
        --show-types --signal= --state= --system --timestamp= --type= --user --value --version --wait --what=
        --with-dependencies'
    COMPREPLY=()
    case $previous in
        -t|--type) COMPREPLY=($(compgen -W 'automount device mount path scope service slice socket swap target timer' -- "$word")); return;;
        --state) COMPREPLY=($(compgen -W 'active activating deactivating failed inactive loaded masked not-found reloading running' -- "$word")); return;;
        -s|--signal) COMPREPLY=($(compgen -W "$(ctl --signal=help 2>/dev/null)" -- "$word")); return;;
        --job-mode) COMPREPLY=($(compgen -W 'fail flush ignore-dependencies ignore-requirements isolate replace replace-irreversibly triggering' -- "$word")); return;;
        -o|--output) COMPREPLY=($(compgen -W "$(ctl --output=help 2>/dev/null)" -- "$word")); return;;
        --timestamp) COMPREPLY=($(compgen -W 'pretty unix us utc us+utc' -- "$word")); return;;
        --root) COMPREPLY=($(compgen -d -- "$word")); return;;
    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$word"))
        [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
        return
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} == -* ]] || { verb=${COMP_WORDS[i]}; break; }
    done
    local names=
    case $verb in
        '') names=$verbs;;
        start) names=$(__ctl_files; __ctl_units --all --state=inactive,failed);;
        stop|kill|restart|try-restart|reload|reload-or-restart|try-reload-or-restart|freeze|thaw|bind) names=$(__ctl_units);;
        isolate|set-default) names=$(__ctl_units --all --type=target; __ctl_files | while read -r n; do [[ $n == *.target ]] && printf '%s\n' "$n"; done);;
        enable) names=$(__ctl_files disabled,indirect);;
        disable|reenable) names=$(__ctl_files enabled,enabled-runtime);;
        unmask) names=$(__ctl_files masked,masked-runtime);;
        mask|preset|is-enabled|revert|edit|add-wants|add-requires|check|verify|security) names=$(__ctl_files);;
        reset-failed) names=$(__ctl_units --failed);;
        link|switch-root) COMPREPLY=($(compgen -f -- "$word")); return;;
        cancel) names=$(ctl list-jobs --no-legend --no-pager 2>/dev/null | while read -r id _; do printf '%s\n' "$id"; done);;
        log-level) names='emerg alert crit err warning notice info debug';;
        log-target) names='auto console journal journal-or-kmsg kmsg null syslog syslog-or-kmsg';;
        status|show|cat|help|is-active|is-failed|list-dependencies|set-property|clean|why) names=$(__ctl_units --all; __ctl_files);;
    esac
    COMPREPLY=($(compgen -W "$(printf '%s\n' $names)" -- "$word"))
}

complete -F _ctl ctl
