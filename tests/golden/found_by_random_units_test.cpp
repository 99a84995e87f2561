// Values at which random units showed us to differ from systemd 252 (tests/parity/directives); what it shows is kept here.
#include "ctl/render/property_text.h"
#include "tests/golden/recorded.h"
#include "unitparser/base/text.h"
#include "unitparser/directives/registry.h"

namespace unitparser {
namespace {

struct Finding {
  std::string_view unit, section, lines, property, shown;  ///< several lines of one property joined by a blank
};
constexpr Finding findings[] = {
    {"a.service", "Service", "TasksMax=010%", "TasksMax", "3784"},  // numbers in percentages have the bases of C
    {"a.slice", "Slice", "TasksMax=", "TasksMax", "7096"},
    {"a.service", "Service", "TasksMax=0%", "TasksMax", "0"},
    {"a.service", "Service", "DefaultMemoryLow=18446744073709551615", "DefaultMemoryLow", "0"},
    {"a.service", "Service", "MemoryMin=infinity", "MemoryMin", "18446744073709551615"},
    {"a.service", "Service", "CPUQuotaPeriodSec=0", "CPUQuotaPeriodUSec", "0"},
    {"a.service", "Service", "IOReadBandwidthMax=/x infinity", "IOReadBandwidthMax", ""},
    {"a.service", "Service", "IOReadIOPSMax=/dev/vda 5\nIOReadIOPSMax=rel 7\nIOReadIOPSMax=/dev/vda 6", "IOReadIOPSMax", "/dev/vda 6 rel 7"},
    {"a.service", "Service", "IODeviceLatencyTargetSec=/dev/vda 10ms\nIODeviceLatencyTargetSec=/dev/vda 25ms", "IODeviceLatencyTargetUSec", "/dev/vda 10ms /dev/vda 25ms"},
    {"a.service", "Service", "BlockIOReadBandwidth=/dev/vda 1M\nBlockIOWriteBandwidth=", "BlockIOReadBandwidth", ""},
    {"a.service", "Service", "DeviceAllow=/dev/null rw\nDeviceAllow=/dev/zero r", "DeviceAllow", "/dev/zero r /dev/null rw"},
    {"a.service", "Service", "DevicePolicy=closed\nProtectClock=yes\nSetCredentialEncrypted=x:Zm9v", "DeviceAllow", "/dev/tpmrm0 rw char-rtc r"},
    {"a.socket", "Socket", "Delegate=cpu memory", "Delegate", "no"},
    {"a.socket", "Socket", "ManagedOOMMemoryPressure=kill", "ManagedOOMMemoryPressure", "auto"},
    {"a.service", "Service", "DisableControllers=\"pu io", "DisableControllers", "io"},
    {"a.service", "Service", "SocketBindAllow=ipv4:tcp:80\nSocketBindAllow=tcp", "SocketBindAllow", "tcpany ipv4:tcp80"},
    {"a.service", "Service", "IPIngressFilterPath=/x\nIPIngressFilterPath=/x", "IPIngressFilterPath", "/x"},
    {"a.service", "Service", "RestrictNetworkInterfaces=xxxxxxxxxxxxxxxxxxxx 5 -1", "RestrictNetworkInterfaces", "-1"},
    {"a.service", "Service", "LimitNPROC=7\nLimitNPROC=", "LimitNPROC", "7"},
    {"a.service", "Service", "LimitMEMLOCK=4294\\67296", "LimitMEMLOCK", "429467296"},
    {"a.service", "Service", "CPUSchedulingPolicy=fifo\nCPUSchedulingPolicy=", "CPUSchedulingPriority", "0"},
    {"a.service", "Service", "IOSchedulingPriority=3\nIOSchedulingClass=none", "IOSchedulingPriority", "4"},
    {"a.service", "Service", "TimerSlackNSec=infinity", "TimerSlackNSec", "50000"},
    {"a.service", "Service", "NUMAPolicy=1", "NUMAPolicy", "n/a"},
    {"a.service", "Service", "ReadWritePaths=/x\\x20y", "ReadWritePaths", "/xx20y"},
    {"a.service", "Service", "TemporaryFileSystem=/a \"", "TemporaryFileSystem", "/a"},
    {"a.service", "Service", "BindReadOnlyPaths=\"/a b:/c\" -rel:/b", "BindReadOnlyPaths", "/a b:/c:/a b:/c:rbind /b:/b:rbind"},
    {"a.service", "Service", "RuntimeDirectory=a:b:c", "RuntimeDirectory", "a"},
    {"a.service", "Service", "ExtensionImages=/a:/b:bogus:x", "ExtensionImages", "/a:root:x"},
    {"a.service", "Service", "RootImageOptions=ro\nRootImageOptions=root:noexec", "RootImageOptions", "root:ro root:noexec"},
    {"a.service", "Service", "RootHash=/a//b/./%H", "RootHashPath", "/a//b/./%H"},
    {"a.service", "Service", "LogNamespace=foo bar", "LogNamespace", ""},
    {"a.service", "Service", "LogLevelMax=3\nLogLevelMax=", "LogLevelMax", "3"},
    {"a.service", "Service", "ExecSearchPath=/a \"", "ExecSearchPath", "\"/a \\\"\""},
    {"a.service", "Service", "ExecSearchPath=:/opt", "ExecSearchPath", ""},
    {"a.service", "Service", "Group=-x", "Group", "-x"},
    {"a.service", "Service", "PassEnvironment=a\\x41b", "PassEnvironment", "ax41b"},
    {"a.service", "Service", "StandardInputData=aGVsbGx=", "StandardInput", "null"},
    {"a.socket", "Socket", "StandardInputText=hello", "StandardInput", "null"},
    {"a.service", "Service", "StandardError=file:rel\nUMask=0077", "UMask", "0077"},
    {"a.service", "Service", "SecureBits=no-setuid-fixup\nSecureBits=keep-caps", "SecureBits", "16"},
    {"a.service", "Service", "CapabilityBoundingSet=CAP_CHOWN \"CAP", "CapabilityBoundingSet", "cap_chown"},
    {"a.service", "Service", "SystemCallLog=read bogus_c'll write", "SystemCallLog", "read write"},
    {"a.service", "Service", "SystemCallLog=sys_debug_setcontext", "SystemCallLog", "switch_endian"},  // one number in libseccomp
    {"a.service", "Service", "SystemCallFilter=~@debug", "SystemCallFilter", "~lookup_dcookie perf_event_open pidfd_getfd ptrace rtas s390_runtime_instr switch_endian"},
    {"a.service", "Service", "PrivateMounts=yes\nPrivateMounts=", "PrivateMounts", "yes"},
    {"a.service", "Service", "RootDirectory=/", "MountAPIVFS", "no"},
    {"a.service", "Service", "KillMode=mixed\nKillMode=", "KillMode", "control-group"},
    {"a.service", "Service", "RestartKillSignal=+5", "RestartKillSignal", "5"},
    {"a.service", "Service", "SuccessExitStatus=\"ogus 5", "SuccessExitStatus", "5"},
    {"a.service", "Service", "TimeoutAbortSec=0", "TimeoutAbortUSec", "0"},
    {"a.service", "Service", "Slice=a.slice\nSlice=", "Slice", "a.slice"},
    {"a@i.service", "Service", "Slice=system.slice", "Slice", "system.slice"},
    {"a@i.service", "Service", "", "Slice", "system-a.slice"},
    {"a.service", "Unit", "RebootArgument=ü", "RebootArgument", ""},
    {"a.service", "Unit", "Documentation=file:/%x man:b(2)", "Documentation", ""},
    {"a.socket", "Socket", "BindIPv6Only=no", "BindIPv6Only", "both"},
    {"a.socket", "Socket", "IPTOS=16\nIPTOS=", "IPTOS", "-1"},
    {"a.socket", "Socket", "ListenNetlink=kobject-ue\\vent", "Listen", "/run/a.sock (Stream) kobject-uevent 0 (Netlink)"},
    {"a.socket", "Socket", "ListenStream=/var/run/x", "Listen", "/run/a.sock (Stream) /run/x (Stream)"},
    {"a.socket", "Socket", "FileDescriptorName=ü", "FileDescriptorName", "a.socket"},
    {"a.socket", "Socket", "KeyringMode=bogus", "KeyringMode", "shared"},
    {"mnt-a.mount", "Mount", "What=//host/share", "What", "//host/share"},
    {"mnt-a.mount", "Mount", "", "Description", "/mnt/a"},
    {"mnt-a.mount", "Mount", "Options=x-initrd.mount", "Slice", "-.slice"},
    {"a.swap", "Swap", "What=LABEL=x", "What", "/a"},
    {"a-b.slice", "Slice", "", "Description", "Slice /a/b"},
    {"a.service", "Service", "TimeoutCleanSec=5min 20s\nTimeoutCleanSec=", "TimeoutCleanUSec", "5min 20s"},
    {"a.service", "Service", "RuntimeDirectory=a-b \"a b\" a/b a", "RuntimeDirectory", "a a/b \"a b\" a-b"},
    {"a.service", "Service", "UnsetEnvironment=A A B\nUnsetEnvironment=B C=1", "UnsetEnvironment", "A B C=1"},
    {"a.service", "Service", "PassEnvironment=A A B\nPassEnvironment=B C", "PassEnvironment", "A B C"},
    {"a.service", "Service", "IOSchedulingPriority=3\nIOSchedulingClass=", "IOSchedulingPriority", "4"},
    {"a.service", "Service", "IOSchedulingClass=idle\nIOSchedulingPriority=", "IOSchedulingClass", "2"},
    {"a.service", "Service", "ConfigurationDirectory=\\foo", "ConfigurationDirectory", "\"\\foo\""},  // a form feed
    {"a.socket", "Socket", "RootHash=00ff00ff00ff00ff00ff00ff\t00ff00ff", "RootHash", "00ff00ff00ff00ff00ff00ff00ff00ff"},
    {"a.slice", "Slice", "RestrictNetworkInterfaces=lo\\ eth0", "RestrictNetworkInterfaces", ""},
    {"a.slice", "Slice", "RestrictNetworkInterfaces=0 0x10 +5", "RestrictNetworkInterfaces", ""},
    {"a.service", "Service", "RestrictNetworkInterfaces=eth0\nRestrictNetworkInterfaces=\nRestrictNetworkInterfaces=", "RestrictNetworkInterfaces", ""},
    {"a.service", "Service", "BindPaths=/a:/b: ogus", "BindPaths", ""},
    {"a.service", "Service", "BindPaths=/a:/b: norbind /e", "BindPaths", "/a:/b /e:/e:rbind"},
    {"a.socket", "Socket", "BindToDevice=eth7\nBindToDevice=%p", "BindToDevice", "eth7"},
    {"a.service", "Service", "IODeviceLatencyTargetSec=/dev/vda infinity\nIODeviceLatencyTargetSec=/dev/vda 10ms", "IODeviceLatencyTargetUSec", "/dev/vda infinity /dev/vda 10ms"},
    {"a.service", "Service", "MountImages=/y.raw::/mnt/y:root::o", "MountImages", "/y.raw:/mnt/y:root:o"},
    {"a.service", "Service", "LogsDirectory=:foo", "LogsDirectory", "foo"},
    {"a.service", "Service", "StateDirectory=b \"\" a", "StateDirectory", "b"},
    {"a.service", "Service", "DeviceAllow=/dev/null rw\nLoadCredentialEncrypted=x:", "DeviceAllow", "/dev/tpmrm0 rw /dev/null rw"},
    {"a.service", "Service", "LimitFSIZE=1G:infinity:", "LimitFSIZESoft", "1073741824"},
    {"a.slice", "Slice", "IPAddressDeny=192.168'.1.5 link-local", "IPAddressDeny", "169.254.0.0/16 fe80::/64"},
    {"a.service", "Service", "LogsDirectoryMode=0750\nLogsDirectory=", "LogsDirectoryMode", "0755"},
    {"a.service", "Service", "RootImageOptions=ro\nRootImageOptions=root:ro,n:oatime", "RootImageOptions", "root:ro"},
    {"a.socket", "Socket", "CPUAffinity=0 1\nCPUAffinity=numa", "CPUAffinity", ""},
    {"a.socket", "Socket", "CPUAffinity=0\nCPUAffinity=numa\nCPUAffinity=1", "CPUAffinity", "1"},
    {"a.service", "Service", "WorkingDirectory=/x\nWorkingDirectory=-", "WorkingDirectory", "/x"},  // '-' alone is no path
    {"a.service", "Service", "WorkingDirectory=-/x\nWorkingDirectory=", "WorkingDirectory", "!"},
    {"a.service", "Service", "ExtensionImages=/y.raw\nExtensionImages=/a /x.r\\w /z", "ExtensionImages", "/y.raw /a"},
    {"a.service", "Service", "ExtensionImages=/y.raw:root:r\\w /z.raw", "ExtensionImages", ""},
    {"a.service", "Service", "MountImages=/a:/b /x.r\\w:/c /z:/d", "MountImages", "/a:/b"},
    {"a.service", "Service", "SecureBits=keep-caps noroot-'ocked", "SecureBits", "16"},
    {"a.service", "Service", "ExtensionImages=/a : /b", "ExtensionImages", "/a /b"},
    {"a.service", "Service", "RootImageOptions=ro\nRootImageOptions=:", "RootImageOptions", ""},
    {"a.service", "Service", "RootImageOptions=ro : root:noexec", "RootImageOptions", "root:ro root:noexec"},
    {"a.service", "Service", "RootImageOptions=%i", "RootImageOptions", "root:"},
    {"a.slice", "Slice", "SocketBindAllow=66\\66-7777\nSocketBindAllow=tcp:", "SocketBindAllow", "6666-7777"},
    {"a.service", "Service", "LimitNICE=+5\nLimitNICE=0", "LimitNICE", "0"},
    {"a.service", "Service", "AmbientCapabilities=CAP_NET_ADMIN \\CAP_CHOWN", "AmbientCapabilities", "cap_chown cap_net_admin"},
    {"a.socket", "Socket", "RestrictAddressFamilies=AF_INET \\AF_UNIX", "RestrictAddressFamilies", "AF_INET AF_UNIX"},
    {"a.service", "Service", "SecureBits=keep-caps no\\root", "SecureBits", "17"},
    {"a.socket", "Socket", "ListenStream=\nListenStream=/run/a\\'b\t\nListenStream=@\xC3\xA4\nListenFIFO=/run/a\\b", "Listen", "/run/a\\\\\\'b (Stream) @\\303\\244 (Stream) /run/a\\b (FIFO)"},
    {"a.service", "Service", "Delegate=cp\\u pids", "DelegateControllers", "cpu pids"},
    {"a.socket", "Socket", "Symlinks=/run/b \\run/a /run/c", "Symlinks", "/run/b"},
    {"a.socket", "Socket", "ListenDatagram=/\nListenStream=@\nListenFIFO=/", "Listen", "/run/a.sock (Stream) / (FIFO)"},
    {"a.target", "Unit", "Documentation=file:/ man:b(2)", "Documentation", "\"man:b(2)\""},
};

std::string shown(const Finding& finding) {
  const UnitName name = *UnitName::parse(finding.unit);
  const std::string path = "/etc/systemd/system/" + name.text();
  const LoadedUnit unit = load_from_texts(name, {{path, testing::recorded_text(name, std::string(finding.section), std::string(finding.lines))}}, testing::recorded_context());
  const Property* property = find_property(unit_interface, finding.property);
  if (property == nullptr) property = find_property(interface_of(name.type()), finding.property);
  if (property == nullptr || unit.state != LoadState::loaded) return "(not loaded)";
  std::string text;
  for (const std::string& line : ctl::property_texts(finding.property, bus_value(unit.config, name, testing::recorded_context().machine, *property), ctl::TimestampStyle::pretty))
    text += (text.empty() ? "" : " ") + line;
  return text;
}

TEST(FoundByRandomUnits, IsMended) {
  for (const Finding& finding : findings) EXPECT_EQ(shown(finding), finding.shown) << finding.section << " " << finding.lines << " " << finding.property;
}

LoadState state_of(std::string_view unit, std::string_view section, std::string_view lines) {
  const UnitName name = *UnitName::parse(unit);
  return load_from_texts(name, {{"/etc/systemd/system/" + name.text(), testing::recorded_text(name, std::string(section), std::string(lines))}}, testing::recorded_context()).state;
}

TEST(FoundByRandomUnits, LoadStates) {
  EXPECT_EQ(state_of("a.service", "Service", "DynamicUser=maybe"), LoadState::bad_setting);
  EXPECT_EQ(state_of("a.service", "Service", "User=017"), LoadState::bad_setting);
  EXPECT_EQ(state_of("a.service", "Service", "PIDFile=/a/../b"), LoadState::error);
  EXPECT_EQ(state_of("a.service", "Service", "Type=oneshot\nRestartForceExitStatus=1"), LoadState::bad_setting);
  EXPECT_EQ(state_of("a.service", "Unit", "OnFailure=b.service c.service\nOnFailureJobMode=isolate"), LoadState::bad_setting);
  EXPECT_EQ(state_of("a.slice", "Unit", "OnFailure=b.service c.service\nOnFailureJobMode=isolate"), LoadState::loaded);  // it cannot fail
  EXPECT_EQ(state_of("a.service", "Service", "PAMName=x\nKillMode=mixed"), LoadState::loaded);
  EXPECT_EQ(state_of("a.service", "Service", "PAMName=x\nKillMode=process"), LoadState::bad_setting);
  EXPECT_EQ(state_of("a.socket", "Socket", "PAMName=x\nKillMode=mixed"), LoadState::bad_setting);
  EXPECT_EQ(state_of("mnt-a.mount", "Mount", "PAMName=x\nKillMode=mixed"), LoadState::bad_setting);
  EXPECT_EQ(state_of("mnt-a.mount", "Mount", "PAMName=x\nKillMode=control-group"), LoadState::loaded);
  EXPECT_EQ(state_of("a.service", "Service", "RootImage=%i"), LoadState::loaded);
  EXPECT_EQ(state_of("mnt-a.automount", "Automount", "Where=/"), LoadState::error);
  EXPECT_EQ(state_of("mnt-a.automount", "Automount", "ExtraOptions=ro,fd=3"), LoadState::bad_setting);
  EXPECT_EQ(state_of("mnt-a.automount", "Automount", "ExtraOptions=ro,fdx,directory"), LoadState::loaded);
}

}  // namespace
}  // namespace unitparser
