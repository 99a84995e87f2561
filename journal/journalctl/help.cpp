// The text of --help. [os: standard output]
#include <cstdio>

#include "journal/journalctl/actions.h"

namespace journal {

void print_help() {
  std::fputs(
      R"(journalctl [OPTIONS...] [MATCHES...]

Show log entries, and look after the files that hold them.

Where from:
     --system                 System services and the kernel
     --user                   The calling user's own services
  -M --machine=CONTAINER      A local container
  -m --merge                  All journals on this machine, of others too
  -D --directory=PATH         The files of a folder
     --file=PATH              One file, or all that a pattern matches
     --root=ROOT              The journals of a system below a folder
     --namespace=NAMESPACE    The journal of a namespace

Which entries:
  -S --since=DATE             Not older than this
  -U --until=DATE             Not newer than this
  -c --cursor=CURSOR          From this cursor on
     --after-cursor=CURSOR    Behind this cursor
     --cursor-file=FILE       Behind the cursor in a file, which is updated
  -b --boot[=ID]              Of this boot, or of the one given
  -u --unit=UNIT              Of and about a unit
     --user-unit=UNIT         Of and about a user's unit
  -t --identifier=STRING      With this syslog identifier
  -p --priority=RANGE         Of these priorities
     --facility=FACILITY...   Of these syslog facilities
  -g --grep=PATTERN           With a message that matches
     --case-sensitive[=BOOL]  Whether the pattern's case counts
  -k --dmesg                  Of the kernel, this boot

How:
  -o --output=STRING          short, short-precise, short-iso, short-iso-precise,
                              short-full, short-monotonic, short-unix, verbose,
                              export, json, json-pretty, json-sse, json-seq, cat,
                              with-unit
     --output-fields=LIST     Only these fields in verbose, export and json
  -n --lines[=INTEGER]        So many entries, the newest
  -r --reverse                Newest first
     --show-cursor            Print the cursor of the last entry
     --utc                    Times in UTC
  -x --catalog                Explain messages that have an explanation
     --no-hostname            Leave the host name out
     --no-full                Shorten to the terminal's width
  -a --all                    Everything, long and unprintable fields too
  -f --follow                 Go on as entries come
     --no-tail                All entries in follow mode too
  -q --quiet                  Entries only, no remarks
     --no-pager               Print directly
  -e --pager-end              Go to the end in the pager
     --verify-key=KEY         Key to check sealed files with

Instead of entries:
  -h --help                   This text
     --version                The version
  -N --fields                 All field names
  -F --field=FIELD            All values of a field
     --list-boots             The boots that are recorded
     --disk-usage             How much room the files take
     --vacuum-size=BYTES      Delete old files until so much is left
     --vacuum-files=INT       Delete old files until so many are left
     --vacuum-time=TIME       Delete files older than this
     --verify                 Check the files
     --sync                   Write everything to disk
     --relinquish-var         Stop writing to /var
     --smart-relinquish-var   The same, unless it is on the root file system
     --flush                  Move from /run to /var
     --rotate                 Begin new files
     --header                 Show the files' headers
     --list-catalog           The ids of all explanations
     --dump-catalog           All explanations
     --update-catalog         Compile the explanations anew
)",
      stdout);
}

}  // namespace journal
