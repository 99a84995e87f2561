// What the executor makes of a plan: each directive is looked at from inside the process that it is for.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/contract/executor_fixture.h"

namespace init {
namespace {

// --- The process itself ---------------------------------------------------------------------------------------------

TEST_F(Executor, GivesTheEnvironmentAndNothingElse) {
  const Outcome outcome = run({"/usr/bin/env"});
  std::vector<std::string> lines;
  std::istringstream stream(outcome.output);
  for (std::string line; std::getline(stream, line);) lines.push_back(line.substr(0, line.find('=')));
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (std::vector<std::string>{"INVOCATION_ID", "LANG", "PATH", "SYSTEMD_EXEC_PID"}));
}

TEST_F(Executor, BecomesTheUserWithItsVariables) {
  config.common.write().exec_identity.write().user = "www-data";
  const Outcome outcome = shell("id -u; id -g; id -G; echo $USER $LOGNAME $HOME; echo shell=$SHELL");
  EXPECT_EQ(outcome.output, "33\n33\n33\nwww-data www-data /var/www\nshell=\n");
}

TEST_F(Executor, KnowsRootWithoutAsking) {
  config.common.write().exec_identity.write().user = "root";
  EXPECT_EQ(shell("id -u; echo $USER $HOME").output, "0\nroot /root\n");
}

TEST_F(Executor, TakesGroupAndSupplementaryGroups) {
  config.common.write().exec_identity.write().user = "www-data";
  config.common.write().exec_identity.write().group = "daemon";
  config.common.write().exec_identity.write().supplementary_groups = {"adm"};
  EXPECT_EQ(shell("id -gn; id -Gn").output, "daemon\ndaemon adm\n");
}

TEST_F(Executor, EndsWithTheCodeOfTheFailedStep) {
  config.common.write().exec_identity.write().user = "no-such-user";
  EXPECT_EQ(shell("true").exit_code(), 217);
  config.common.write().exec_identity.write().user.clear();
  config.common.write().exec_identity.write().group = "no-such-group";
  EXPECT_EQ(shell("true").exit_code(), 216);
  config.common.write().exec_identity.write().group.clear();
  config.common.write().exec_identity.write().working_directory = "/no/such/folder";
  EXPECT_EQ(shell("true").exit_code(), 200);
  config.common.write().exec_identity.write().working_directory_missing_ok = true;
  EXPECT_EQ(shell("true").exit_code(), 0);
  EXPECT_EQ(run({"/no/such/program"}).exit_code(), 203);
  request.command.ignore_failure = true;
  EXPECT_EQ(run({"/no/such/program"}).exit_code(), 0);
}

TEST_F(Executor, ReportsExecAndFailure) {
  for (const bool works : {true, false}) {
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const UniqueFd reader(ends[0]);
    UniqueFd writer(ends[1]);
    report = writer.get();
    run({works ? "/bin/true" : "/etc/passwd"});
    writer.reset();
    ReportRecord record{};
    std::vector<ReportRecord> records;
    while (::read(reader.get(), &record, sizeof record) == sizeof record) records.push_back(record);
    ASSERT_FALSE(records.empty());
    EXPECT_EQ(records.back().kind, works ? ReportRecord::Kind::executing : ReportRecord::Kind::failed);
    EXPECT_EQ(records.back().exit_status, works ? 0U : 203U);
    EXPECT_EQ(records.back().os_errno, works ? 0 : EACCES);
  }
  report = -1;
}

TEST_F(Executor, ExpandsVariables) {
  config.common.write().exec_environment.write().environment = {"WORDS=a b", "X=y"};
  EXPECT_EQ(run({"/usr/bin/printf", "<%s>", "$WORDS", "${WORDS}", "-${X}-", "$$X", "$UNSET"}).output, "<a><b><a b><-y-><$X>");
}

TEST_F(Executor, LeavesOpenOnlyWhatWasPassed) {
  const UniqueFd stray(::open("/dev/zero", O_RDONLY));  // not close-on-exec
  EXPECT_EQ(run({"/bin/ls", "/proc/self/fd"}).output, "0\n1\n2\n3\n");  // 3 is the folder that ls itself reads
}

TEST_F(Executor, PassesDescriptorsInOrder) {
  int pairs[2][2];
  for (auto& pair : pairs) ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
  request.sockets = {{pairs[0][1], "first"}, {pairs[1][1], "second"}};
  const Outcome outcome = shell("echo $LISTEN_FDS $LISTEN_FDNAMES; [ $LISTEN_PID = $$ ] && echo mine; echo one >&3; echo two >&4");
  EXPECT_EQ(outcome.output, "2 first:second\nmine\n");
  char buffer[16] = {};
  EXPECT_EQ(::read(pairs[0][0], buffer, sizeof buffer), 4);
  EXPECT_STREQ(buffer, "one\n");
  for (const auto& pair : pairs)
    for (const int fd : pair) ::close(fd);
}

TEST_F(Executor, SetsAttributes) {
  auto& scheduling = config.common.write().exec_scheduling.write();
  scheduling.nice = 7;
  scheduling.oom_score_adjust = 123;
  scheduling.limits[7] = unitparser::ResourceLimit{100, 200};  // RLIMIT_NOFILE
  scheduling.cpu_affinity = {1};
  scheduling.timer_slack_nsec = 12345;
  config.common.write().exec_identity.write().umask = 0077;
  EXPECT_EQ(shell("nice; cat /proc/self/oom_score_adj; ulimit -n; ulimit -Hn; umask; grep Cpus_allowed_list /proc/self/status | tr -d '\\t'").output,
            "7\n123\n100\n200\n0077\nCpus_allowed_list:0\n");
}

TEST_F(Executor, ResetsSignals) {
  EXPECT_EQ(shell("grep SigIgn /proc/$$/status | tr -d '\\t'").output, "SigIgn:0000000000001000\n");
  config.common.write().exec_streams.write().ignore_sigpipe = false;
  EXPECT_EQ(shell("grep SigIgn /proc/$$/status | tr -d '\\t'").output, "SigIgn:0000000000000000\n");
}

TEST_F(Executor, LeadsItsOwnSession) { EXPECT_EQ(shell("set -- $(cat /proc/$$/stat); [ $6 = $$ ] && echo yes").output, "yes\n"); }

// --- Streams --------------------------------------------------------------------------------------------------------

TEST_F(Executor, ReadsDataAndFiles) {
  auto& streams = config.common.write().exec_streams.write();
  streams.standard_input = unitparser::ExecInput::data;
  streams.standard_input_data = "hello\n";
  EXPECT_EQ(run({"/bin/cat"}).output, "hello\n");
  std::ofstream("/tmp/input") << "from a file\n";
  streams.standard_input = unitparser::ExecInput::file;
  streams.standard_input_name = "/tmp/input";
  EXPECT_EQ(run({"/bin/cat"}).output, "from a file\n");
}

TEST_F(Executor, WritesFiles) {
  auto& streams = config.common.write().exec_streams.write();
  streams.standard_output_name = "/tmp/output";
  const auto content = [] {
    std::ifstream file("/tmp/output");
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  streams.standard_output = unitparser::ExecOutput::file;
  run({"/bin/echo", "long line"});
  run({"/bin/echo", "new"});
  EXPECT_EQ(content(), "new\n line\n");
  streams.standard_output = unitparser::ExecOutput::append;
  run({"/bin/echo", "more"});
  EXPECT_EQ(content(), "new\n line\nmore\n");
  streams.standard_output = unitparser::ExecOutput::truncate;
  run({"/bin/echo", "only"});
  EXPECT_EQ(content(), "only\n");
}

// --- Folders, credentials, dynamic users ----------------------------------------------------------------------------

TEST_F(Executor, ProvidesFolders) {
  config.common.write().exec_identity.write().user = "www-data";
  auto& runtime_set = config.common.write().exec_provided.write().directories[0];
  runtime_set.directories = {{"probe/inner", {}}, {"second", {}}};
  runtime_set.mode = 0750;
  EXPECT_EQ(shell("echo $RUNTIME_DIRECTORY; stat -c '%U %a %n' /run/probe /run/probe/inner /run/second").output,
            "/run/probe/inner:/run/second\nroot 755 /run/probe\nwww-data 750 /run/probe/inner\nwww-data 750 /run/second\n");
}

TEST_F(Executor, AllocatesDynamicUsers) {
  config.common.write().exec_identity.write().dynamic_user = true;
  config.common.write().exec_identity.write().user = config.common.write().exec_identity.write().group = "probe-user";  // as derive_settings() has it
  config.common.write().exec_provided.write().directories[1].directories = {{"probe", {}}};
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
  runtime.dynamic_user = {pair[0], pair[1]};
  const std::string script = "id -u; stat -c %u $STATE_DIRECTORY/.; echo > $STATE_DIRECTORY/file && readlink $STATE_DIRECTORY; touch /var/x 2>/dev/null || echo no";
  const Outcome first = shell(script);
  const long uid = std::strtol(first.output.c_str(), nullptr, 10);
  EXPECT_GE(uid, 61184);
  EXPECT_LE(uid, 65519);
  EXPECT_EQ(first.output, std::to_string(uid) + "\n" + std::to_string(uid) + "\nprivate/probe\nno\n");
  EXPECT_EQ(shell("id -u").output, std::to_string(uid) + "\n");  // the unit's next process shares it
  struct stat info {};
  ASSERT_EQ(::stat("/var/lib/private", &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700U);
  ::close(pair[0]);
  ::close(pair[1]);
}

TEST_F(Executor, HandsOutCredentials) {
  std::ofstream("/tmp/secret") << "loaded";
  config.common.write().exec_identity.write().user = "www-data";
  config.common.write().exec_provided.write().set_credentials = {{"given", "value", false}};
  config.common.write().exec_provided.write().load_credentials = {{"file", "/tmp/secret", false}, {"absent", "absent", false}};
  const Outcome outcome = shell("cd $CREDENTIALS_DIRECTORY && pwd && ls && cat given file && stat -c ' %a %U' given && (echo x > new) 2>/dev/null || echo read-only");
  EXPECT_EQ(outcome.output, "/run/credentials/probe.service\nfile\ngiven\nvalueloaded 400 www-data\nread-only\n");
  EXPECT_EQ(::umount2("/run/credentials/probe.service", MNT_DETACH), 0);
}

TEST_F(Executor, MissingCredentialIsAnError) {
  config.common.write().exec_provided.write().load_credentials = {{"absent", "/no/such/file", false}};
  EXPECT_EQ(shell("true").exit_code(), 243);
  ::umount2("/run/credentials/probe.service", MNT_DETACH);
}

// --- The file system as the process sees it -------------------------------------------------------------------------

/// One directive, a script, and what it prints when the directive works.
struct Case {
  const char* name;
  void (*configure)(UnitConfig&);
  const char* script;
  const char* output;
};

class Sandbox : public Executor, public ::testing::WithParamInterface<Case> {};

TEST_P(Sandbox, TakesEffect) {
  // The script must behave otherwise without the directive, else it shows nothing.
  const Outcome without = shell(GetParam().script);
  GetParam().configure(config);
  const Outcome with = shell(GetParam().script);
  EXPECT_EQ(with.output, GetParam().output) << "exit code " << with.exit_code();
  EXPECT_NE(without.output, GetParam().output);
}

constexpr const char* can_write = "for d in / /usr /etc /var/lib /dev/shm; do touch $d/probe 2>/dev/null && echo $d; rm -f $d/probe 2>/dev/null; done";

void strict(UnitConfig& c) { c.common.write().exec_sandbox.write().protect_system = unitparser::ProtectSystem::strict; }

const Case file_cases[] = {
    {"ProtectSystemYes", [](UnitConfig& c) { c.common.write().exec_sandbox.write().protect_system = unitparser::ProtectSystem::yes; },
     can_write, "/\n/etc\n/var/lib\n/dev/shm\n"},
    {"ProtectSystemFull", [](UnitConfig& c) { c.common.write().exec_sandbox.write().protect_system = unitparser::ProtectSystem::full; },
     can_write, "/\n/var/lib\n/dev/shm\n"},
    {"ProtectSystemStrict", strict, can_write, "/dev/shm\n"},
    {"ReadWritePaths",
     [](UnitConfig& c) {
       strict(c);
       c.common.write().exec_paths.write().read_write_paths = {{"/var/lib", false, false}, {"/no/such", true, false}};
     },
     can_write, "/var/lib\n/dev/shm\n"},
    {"ReadOnlyPaths", [](UnitConfig& c) { c.common.write().exec_paths.write().read_only_paths = {{"/var", false, false}, {"/etc", false, false}}; },
     can_write, "/\n/usr\n/dev/shm\n"},
    {"InaccessiblePaths",
     [](UnitConfig& c) { c.common.write().exec_paths.write().inaccessible_paths = {{"/etc/passwd", false, false}, {"/var", false, false}}; },
     "stat -c '%a %s' /etc/passwd /var", "0 0\n0 40\n"},
    {"ProtectHomeYes", [](UnitConfig& c) { c.common.write().exec_sandbox.write().protect_home = unitparser::ProtectHome::yes; },
     "stat -c %a /home /root", "0\n0\n"},
    {"ProtectHomeReadOnly", [](UnitConfig& c) { c.common.write().exec_sandbox.write().protect_home = unitparser::ProtectHome::read_only; },
     "touch /home/probe 2>/dev/null && echo written || echo refused; rm -f /home/probe 2>/dev/null", "refused\n"},
    {"ProtectHomeTmpfs", [](UnitConfig& c) { c.common.write().exec_sandbox.write().protect_home = unitparser::ProtectHome::tmpfs; },
     "ls -A /root; grep -c ' /root ' /proc/self/mountinfo", "1\n"},
    {"TemporaryFileSystem", [](UnitConfig& c) { c.common.write().exec_paths.write().temporary_file_systems = {{"/usr/share", "ro"}}; },
     "ls -A /usr/share; touch /usr/share/x 2>/dev/null || echo refused", "refused\n"},
    {"BindPaths",
     [](UnitConfig& c) {
       c.common.write().exec_paths.write().temporary_file_systems = {{"/srv", ""}};
       c.common.write().exec_paths.write().bind_mounts = {{"/etc", "/srv/deep/etc", true, false, true}};
     },
     "cmp /etc/passwd /srv/deep/etc/passwd 2>&1 && echo same; touch /srv/deep/etc/x 2>/dev/null || echo refused", "same\nrefused\n"},
    {"NoExecPaths",
     [](UnitConfig& c) {
       c.common.write().exec_paths.write().no_exec_paths = {{"/", false, false}};
       c.common.write().exec_paths.write().exec_paths = {{"/usr", false, false}};
     },
     "cp /bin/true /tmp/probe; /tmp/probe 2>/dev/null && echo ran || echo refused; rm /tmp/probe", "refused\n"},
    {"PrivateDevices", [](UnitConfig& c) { c.common.write().exec_sandbox.write().private_devices = true; },
     "ls /dev | grep -v -e hugepages -e mqueue | tr '\\n' ' '; touch /dev/x 2>/dev/null || echo refused",
     "fd full log null ptmx pts random shm stderr stdin stdout tty urandom zero refused\n"},
    {"ProtectKernelTunables", [](UnitConfig& c) { c.common.write().exec_sandbox.write().protect_kernel_tunables = true; },
     "(echo 1 > /proc/sys/kernel/hostname) 2>/dev/null; findmnt -no OPTIONS /proc/sys | grep -o '^ro'; findmnt -no OPTIONS /sys | tail -1 | grep -o '^ro'",
     "ro\nro\n"},
    {"ProtectKernelLogs", [](UnitConfig& c) { c.common.write().exec_sandbox.write().protect_kernel_logs = true; },
     "stat -c %a /proc/kmsg", "0\n"},
    {"ProtectProc", [](UnitConfig& c) {
       c.common.write().exec_sandbox.write().protect_proc = unitparser::ProtectProc::invisible;
       c.common.write().exec_identity.write().user = "www-data";
     },
     "ls /proc | grep -qx 1 && echo seen || echo hidden", "hidden\n"},
    {"ProcSubset", [](UnitConfig& c) { c.common.write().exec_sandbox.write().proc_subset = unitparser::ProcSubset::pid; },
     "ls /proc | grep -c '^[a-z]' | grep -x 3; test -e /proc/cpuinfo || echo hidden", "hidden\n"},
    {"PrivateIpc", [](UnitConfig& c) { c.common.write().exec_sandbox.write().private_ipc = true; },
     "[ $(readlink /proc/self/ns/ipc) = $(readlink /proc/$PPID/ns/ipc) ] && echo shared || echo own", "own\n"},
    {"ProtectHostname", [](UnitConfig& c) { c.common.write().exec_sandbox.write().protect_hostname = true; },
     "[ $(readlink /proc/self/ns/uts) = $(readlink /proc/$PPID/ns/uts) ] && echo shared || echo own; hostname probe 2>/dev/null || echo refused",
     "own\nrefused\n"},
    {"PrivateNetwork", [](UnitConfig& c) { c.common.write().exec_sandbox.write().private_network = true; },
     "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; [ $(readlink /proc/self/ns/net) = $(readlink /proc/$PPID/ns/net) ] || echo own", "lo\nown\n"},
    {"PrivateUsers", [](UnitConfig& c) {
       c.common.write().exec_sandbox.write().private_users = true;
       c.common.write().exec_identity.write().user = "www-data";
     },
     "id -u; tr -s ' ' < /proc/self/uid_map", "33\n 0 0 1\n 33 33 1\n"},
};
INSTANTIATE_TEST_SUITE_P(Files, Sandbox, ::testing::ValuesIn(file_cases), [](const auto& i) { return std::string(i.param.name); });

TEST_F(Executor, ControlGroupsAreReadOnly) {
  config.common.write().exec_sandbox.write().protect_control_groups = true;
  EXPECT_EQ(shell("mkdir /sys/fs/cgroup/incipit-probe 2>/dev/null && rmdir /sys/fs/cgroup/incipit-probe && echo made || echo refused").output, "refused\n");
}

TEST_F(Executor, PrivateTmpIsWritableInAReadOnlyWorld) {
  strict(config);
  config.common.write().exec_privileges.write().no_new_privileges = true;
  runtime.private_tmp_suffix = "boot-probe.service-StRiCt";
  EXPECT_EQ(shell("touch /tmp/x /var/tmp/x && echo written; touch /run/x 2>/dev/null || echo refused").output, "written\nrefused\n");
  EXPECT_EQ(shell("awk '$5 == \"/tmp\" || $5 == \"/\" {print $6}' /proc/self/mountinfo | grep -vc nosuid").output, "0\n");
}

TEST_F(Executor, SharesPrivateTmpBetweenProcesses) {
  runtime.private_tmp_suffix = "boot-probe.service-AbCdEf";
  std::ofstream("/tmp/outside") << "x";
  EXPECT_EQ(shell("ls /tmp; echo kept > /tmp/inside").output, "");
  EXPECT_EQ(shell("cat /tmp/inside; ls /tmp").output, "kept\ninside\n");
  EXPECT_EQ(::access("/tmp/systemd-private-boot-probe.service-AbCdEf/tmp/inside", F_OK), 0);
}

TEST_F(Executor, SharesPrivateNetworkBetweenProcesses) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
  runtime.network_namespace = {pair[0], pair[1]};
  config.common.write().exec_sandbox.write().private_network = true;
  const std::string first = shell("readlink /proc/self/ns/net").output;
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(shell("readlink /proc/self/ns/net").output, first);
  ::close(pair[0]);
  ::close(pair[1]);
}

TEST_F(Executor, LivesInARootDirectory) {
  ASSERT_EQ(::mkdir("/var/lib/root", 0755), 0);
  for (const char* folder : {"usr", "bin", "lib", "lib64", "etc", "own"}) ASSERT_EQ(::mkdir((std::string("/var/lib/root/") + folder).c_str(), 0755), 0);
  config.common.write().exec_identity.write().root_directory = "/var/lib/root";
  config.common.write().exec_sandbox.write().mount_api_vfs = true;
  for (const char* folder : {"/usr", "/bin", "/lib", "/lib64"})
    config.common.write().exec_paths.write().bind_mounts.push_back({folder, folder, true, true, true});
  EXPECT_EQ(shell("ls -d /own /etc/passwd 2>/dev/null; test -e /proc/self && test -c /dev/null && echo api").output, "/own\napi\n");
}

TEST_F(Executor, FullPrivilegesMeanNoSandbox) {
  strict(config);
  config.common.write().exec_identity.write().user = "www-data";
  request.command.full_privileges = true;
  EXPECT_EQ(shell("id -u; touch /usr/probe && rm /usr/probe && echo written").output, "0\nwritten\n");
}

TEST_F(Executor, MissingPathIsAnErrorUnlessExcused) {
  config.common.write().exec_paths.write().read_only_paths = {{"/no/such/path", false, false}};
  EXPECT_EQ(shell("true").exit_code(), 226);
}

// --- Privileges -----------------------------------------------------------------------------------------------------

const Case privilege_cases[] = {
    {"CapabilityBoundingSet", [](UnitConfig& c) { c.common.write().exec_privileges.write().capability_bounding_set = 0x400; },
     "grep -e CapEff -e CapBnd /proc/self/status | tr -d '\\t'", "CapEff:0000000000000400\nCapBnd:0000000000000400\n"},
    {"AmbientCapabilities", [](UnitConfig& c) {
       c.common.write().exec_privileges.write().ambient_capabilities = 0x400;
       c.common.write().exec_identity.write().user = "www-data";
     },
     "grep -e CapEff -e CapAmb /proc/self/status | tr -d '\\t'; id -u", "CapEff:0000000000000400\nCapAmb:0000000000000400\n33\n"},
    {"NoNewPrivileges", [](UnitConfig& c) { c.common.write().exec_privileges.write().no_new_privileges = true; },
     "grep NoNewPrivs /proc/self/status | tr -d '\\t'", "NoNewPrivs:1\n"},
    {"SecureBits", [](UnitConfig& c) { c.common.write().exec_privileges.write().secure_bits = 1; },  // SECBIT_NOROOT
     "grep CapEff /proc/self/status | tr -d '\\t'", "CapEff:0000000000000000\n"},
};
INSTANTIATE_TEST_SUITE_P(Privileges, Sandbox, ::testing::ValuesIn(privilege_cases), [](const auto& i) { return std::string(i.param.name); });

#if defined(__x86_64__)
/// Prints the errno of each system call, 0 when it worked. Numbers are those of x86-64; perl is on every Debian.
#define CALL(number, arguments) "perl -e '$! = 0; syscall(" number "," arguments "); print $!+0, \"\\n\"'"

const Case call_cases[] = {
    {"SystemCallFilterAllow",
     [](UnitConfig& c) {
       unitparser::SystemCallSet set;
       set.allow_list = true;
       for (const char* name : {"@default", "@system-service"}) set.entries[name] = -1;
       c.common.write().exec_privileges.write().system_call_filter = set;
       c.common.write().exec_privileges.write().system_call_error_number = EPERM;
     },
     CALL("165", "0,0,0,0,0"), "1\n"},  // mount() with bad addresses: EFAULT without the filter
    {"SystemCallFilterDeny",
     [](UnitConfig& c) {
       unitparser::SystemCallSet set;
       set.entries["@mount"] = -1;
       set.entries["getpriority"] = ENOANO;
       c.common.write().exec_privileges.write().system_call_filter = set;
       c.common.write().exec_privileges.write().system_call_error_number = EUCLEAN;
     },
     CALL("165", "0,0,0,0,0") "; " CALL("140", "0,0"), "117\n55\n"},
    {"RestrictAddressFamilies",
     [](UnitConfig& c) {
       unitparser::FamilyFilter families;
       families.allow_list = true;
       families.entries[AF_UNIX];
       c.common.write().exec_privileges.write().restrict_address_families = families;
     },
     CALL("41", "1,1,0") "; " CALL("41", "2,1,0"), "0\n97\n"},
    {"RestrictAddressFamiliesDeny",
     [](UnitConfig& c) {
       unitparser::FamilyFilter families;
       families.entries[AF_INET];
       c.common.write().exec_privileges.write().restrict_address_families = families;
     },
     CALL("41", "1,1,0") "; " CALL("41", "2,1,0"), "0\n97\n"},
    {"RestrictNamespaces", [](UnitConfig& c) { c.common.write().exec_privileges.write().restrict_namespaces = CLONE_NEWNET; },
     CALL("272", "0x20000") "; " CALL("272", "0x40000000"), "1\n0\n"},
    {"RestrictRealtime", [](UnitConfig& c) { c.common.write().exec_privileges.write().restrict_realtime = true; },
     CALL("144", "0,1,0") "; " CALL("144", "0,0,0"), "1\n22\n"},
    {"RestrictSuidSgid", [](UnitConfig& c) { c.common.write().exec_privileges.write().restrict_suid_sgid = true; },
     "touch /tmp/f; chmod u+s /tmp/f 2>/dev/null && echo set || echo refused; chmod u+x /tmp/f && echo fine; rm /tmp/f", "refused\nfine\n"},
    {"MemoryDenyWriteExecute", [](UnitConfig& c) { c.common.write().exec_privileges.write().memory_deny_write_execute = true; },
     CALL("9", "0,4096,7,34,-1,0") "; " CALL("9", "0,4096,3,34,-1,0"), "1\n0\n"},
    {"LockPersonality", [](UnitConfig& c) { c.common.write().exec_privileges.write().lock_personality = true; }, CALL("135", "8"), "1\n"},
    {"ProtectClock",
     [](UnitConfig& c) { c.common.write().exec_sandbox.write().protect_clock = true; }, CALL("164", "0,0"), "1\n"},  // settimeofday(NULL, NULL)
    {"ProtectKernelModules", [](UnitConfig& c) { c.common.write().exec_sandbox.write().protect_kernel_modules = true; },
     CALL("313", "-1,0,0"), "1\n"},  // finit_module: EBADF without
    {"ProtectKernelLogsCall", [](UnitConfig& c) { c.common.write().exec_sandbox.write().protect_kernel_logs = true; }, CALL("103", "10,0,0"), "1\n"},
    {"PrivateDevicesCall", [](UnitConfig& c) { c.common.write().exec_sandbox.write().private_devices = true; }, CALL("173", "9,1,0"), "1\n"},  // ioperm
};
INSTANTIATE_TEST_SUITE_P(Calls, Sandbox, ::testing::ValuesIn(call_cases), [](const auto& i) { return std::string(i.param.name); });

TEST_F(Executor, KillsWithoutAnErrorNumber) {
  unitparser::SystemCallSet set;
  set.entries["getpriority"] = -1;
  config.common.write().exec_privileges.write().system_call_filter = set;
  EXPECT_EQ(run({"/usr/bin/perl", "-e", "getpriority(0,0)"}).signal(), SIGSYS);
}

TEST_F(Executor, ForeignArchitecturesAreRefused) {
  // An int 0x80 call is one of the 32-bit architecture; here it is enough that filters are in place and native ones work.
  config.common.write().exec_privileges.write().system_call_architectures = {"native"};
  EXPECT_EQ(shell("grep Seccomp: /proc/self/status | tr -d '\\t'").output, "Seccomp:2\n");
}

TEST_F(Executor, FiltersImplyNoNewPrivilegesForUsers) {
  config.common.write().exec_privileges.write().lock_personality = true;
  EXPECT_EQ(shell("grep NoNewPrivs /proc/self/status | tr -d '\\t'").output, "NoNewPrivs:0\n");
  config.common.write().exec_identity.write().user = "www-data";
  EXPECT_EQ(shell("grep NoNewPrivs /proc/self/status | tr -d '\\t'").output, "NoNewPrivs:1\n");
}
#endif

TEST_F(Executor, TerminalIsPutInOrderWhenARunIsOver) {
  const UniqueFd outer(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(outer && ::unlockpt(outer.get()) == 0);
  char name[64];
  ASSERT_EQ(::ptsname_r(outer.get(), name, sizeof name), 0);
  const UniqueFd inner(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  termios raw{};
  ASSERT_EQ(::tcgetattr(inner.get(), &raw), 0);
  ::cfmakeraw(&raw);
  ASSERT_EQ(::tcsetattr(inner.get(), TCSANOW, &raw), 0);
  ASSERT_EQ(::chmod(name, 0666), 0);
  unitparser::ExecStreams streams;
  streams.tty_path = name;
  streams.tty_reset = true;
  ASSERT_TRUE(touches_terminal(streams));
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd busy(ends[0]);
  UniqueFd held(ends[1]);
  SpawnPlan plan = build_terminal_release(request.unit, streams);
  plan.descriptors.report = held.get();
  Processes processes(EXECUTOR);
  const auto pid = processes.spawn(plan);
  ASSERT_TRUE(pid);
  held.reset();
  char none = 0;
  EXPECT_EQ(::read(busy.get(), &none, 1), 0) << "its end is told by the pipe";
  int status = -1;
  ASSERT_EQ(::waitpid(*pid, &status, 0), *pid);
  EXPECT_EQ(status, 0);
  termios modes{};
  ASSERT_EQ(::tcgetattr(inner.get(), &modes), 0);
  EXPECT_TRUE((modes.c_lflag & ICANON) != 0);
  struct stat info {};
  ASSERT_EQ(::stat(name, &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0620U);
  EXPECT_EQ(info.st_gid, 5U);
}

TEST_F(Executor, GivesTheNodesOfASocketToItsUser) {
  const auto exit_status_for = [this](const char* user, const char* group) {
    unitparser::SocketConfig& socket = config.common.write().socket.write();
    socket.listen = {{unitparser::ListenKind::fifo, "/run/node", {}}, {unitparser::ListenKind::stream, "127.0.0.1:80", {}}};
    socket.socket_user = user;
    socket.socket_group = group;
    const auto pid = processes->spawn(build_ownership(request, config, facts));
    EXPECT_TRUE(pid.has_value());
    int status = -1;
    EXPECT_EQ(::waitpid(pid.value_or(-1), &status, 0), *pid);
    return WEXITSTATUS(status);
  };
  ASSERT_EQ(::mkfifo("/run/node", 0600), 0);
  struct stat info {};
  EXPECT_EQ(exit_status_for("nobody", ""), 0);
  ASSERT_EQ(::stat("/run/node", &info), 0);
  EXPECT_EQ(info.st_uid, 65534U);
  EXPECT_EQ(info.st_gid, 65534U) << "the user's own group";
  EXPECT_EQ(exit_status_for("", "root"), 0);
  ASSERT_EQ(::stat("/run/node", &info), 0);
  EXPECT_EQ(info.st_uid, 65534U);
  EXPECT_EQ(info.st_gid, 0U);
  EXPECT_EQ(exit_status_for("nobody-here", ""), 217);
  EXPECT_EQ(exit_status_for("", "nobody-here"), 216);
  ASSERT_EQ(::unlink("/run/node"), 0);
  EXPECT_EQ(exit_status_for("nobody", ""), 235);
}

}  // namespace
}  // namespace init
