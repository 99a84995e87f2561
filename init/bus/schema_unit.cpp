// Members of org.freedesktop.systemd1.Unit and of the interfaces of the unit types, besides the shared groups. [pure]
#include "init/bus/schema.h"

namespace init::bus {
namespace {

// org.freedesktop.systemd1.Unit
constexpr std::array unit_members{
    property("Id", "s", Emits::constant), property("Names", "as", Emits::constant),
    property("Following", "s", Emits::quiet), property("Requires", "as", Emits::constant),
    property("Requisite", "as", Emits::constant), property("Wants", "as", Emits::constant),
    property("BindsTo", "as", Emits::constant), property("PartOf", "as", Emits::constant),
    property("Upholds", "as", Emits::constant), property("RequiredBy", "as", Emits::constant),
    property("RequisiteOf", "as", Emits::constant), property("WantedBy", "as", Emits::constant),
    property("BoundBy", "as", Emits::constant), property("UpheldBy", "as", Emits::constant),
    property("ConsistsOf", "as", Emits::constant), property("Conflicts", "as", Emits::constant),
    property("ConflictedBy", "as", Emits::constant), property("Before", "as", Emits::constant),
    property("After", "as", Emits::constant), property("OnSuccess", "as", Emits::constant),
    property("OnSuccessOf", "as", Emits::constant), property("OnFailure", "as", Emits::constant),
    property("OnFailureOf", "as", Emits::constant), property("Triggers", "as", Emits::constant),
    property("TriggeredBy", "as", Emits::constant), property("PropagatesReloadTo", "as", Emits::constant),
    property("ReloadPropagatedFrom", "as", Emits::constant), property("PropagatesStopTo", "as", Emits::constant),
    property("StopPropagatedFrom", "as", Emits::constant), property("JoinsNamespaceOf", "as", Emits::constant),
    property("SliceOf", "as", Emits::constant), property("RequiresMountsFor", "as", Emits::constant),
    property("Documentation", "as", Emits::constant), property("Description", "s", Emits::constant),
    property("AccessSELinuxContext", "s", Emits::constant), property("LoadState", "s", Emits::constant),
    property("ActiveState", "s", Emits::changes), property("FreezerState", "s", Emits::changes),
    property("SubState", "s", Emits::changes), property("FragmentPath", "s", Emits::constant),
    property("SourcePath", "s", Emits::constant), property("DropInPaths", "as", Emits::constant),
    property("UnitFileState", "s", Emits::quiet), property("UnitFilePreset", "s", Emits::quiet),
    property("StateChangeTimestamp", "t", Emits::changes),
    property("StateChangeTimestampMonotonic", "t", Emits::changes),
    property("InactiveExitTimestamp", "t", Emits::changes),
    property("InactiveExitTimestampMonotonic", "t", Emits::changes),
    property("ActiveEnterTimestamp", "t", Emits::changes),
    property("ActiveEnterTimestampMonotonic", "t", Emits::changes),
    property("ActiveExitTimestamp", "t", Emits::changes),
    property("ActiveExitTimestampMonotonic", "t", Emits::changes),
    property("InactiveEnterTimestamp", "t", Emits::changes),
    property("InactiveEnterTimestampMonotonic", "t", Emits::changes), property("CanStart", "b", Emits::constant),
    property("CanStop", "b", Emits::constant), property("CanReload", "b", Emits::constant),
    property("CanIsolate", "b", Emits::constant), property("CanClean", "as", Emits::constant),
    property("CanFreeze", "b", Emits::constant), property("Job", "(uo)", Emits::changes),
    property("StopWhenUnneeded", "b", Emits::constant), property("RefuseManualStart", "b", Emits::constant),
    property("RefuseManualStop", "b", Emits::constant), property("AllowIsolate", "b", Emits::constant),
    property("DefaultDependencies", "b", Emits::constant), property("OnSuccessJobMode", "s", Emits::constant),
    property("OnFailureJobMode", "s", Emits::constant), property("IgnoreOnIsolate", "b", Emits::constant),
    property("NeedDaemonReload", "b", Emits::quiet), property("Markers", "as", Emits::quiet),
    property("JobTimeoutUSec", "t", Emits::constant), property("JobRunningTimeoutUSec", "t", Emits::constant),
    property("JobTimeoutAction", "s", Emits::constant), property("JobTimeoutRebootArgument", "s", Emits::constant),
    property("ConditionResult", "b", Emits::changes), property("AssertResult", "b", Emits::changes),
    property("ConditionTimestamp", "t", Emits::changes), property("ConditionTimestampMonotonic", "t", Emits::changes),
    property("AssertTimestamp", "t", Emits::changes), property("AssertTimestampMonotonic", "t", Emits::changes),
    property("Conditions", "a(sbbsi)", Emits::invalidates), property("Asserts", "a(sbbsi)", Emits::invalidates),
    property("LoadError", "(ss)", Emits::constant), property("Transient", "b", Emits::constant),
    property("Perpetual", "b", Emits::constant), property("StartLimitIntervalUSec", "t", Emits::constant),
    property("StartLimitBurst", "u", Emits::constant), property("StartLimitAction", "s", Emits::constant),
    property("FailureAction", "s", Emits::constant), property("FailureActionExitStatus", "i", Emits::constant),
    property("SuccessAction", "s", Emits::constant), property("SuccessActionExitStatus", "i", Emits::constant),
    property("RebootArgument", "s", Emits::constant), property("InvocationID", "ay", Emits::changes),
    property("CollectMode", "s", Emits::constant), property("Refs", "as", Emits::quiet),
    property("ActivationDetails", "a(ss)", Emits::changes), method("Start", "s", "o", "mode", "job"),
    method("Stop", "s", "o", "mode", "job"), method("Reload", "s", "o", "mode", "job"),
    method("Restart", "s", "o", "mode", "job"), method("TryRestart", "s", "o", "mode", "job"),
    method("ReloadOrRestart", "s", "o", "mode", "job"), method("ReloadOrTryRestart", "s", "o", "mode", "job"),
    method("EnqueueJob", "ss", "uososa(uosos)", "job_type,job_mode", "job_id,job_path,unit_id,unit_path,job_type,affected_jobs"),
    method("Kill", "si", "", "whom,signal", ""), method("ResetFailed", "", "", "", ""),
    method("SetProperties", "ba(sv)", "", "runtime,properties", ""), method("Ref", "", "", "", ""),
    method("Unref", "", "", "", ""), method("Clean", "as", "", "mask", ""), method("Freeze", "", "", "", ""),
    method("Thaw", "", "", "", ""),
};

// org.freedesktop.systemd1.Service
constexpr std::array service_members{
    property("Type", "s", Emits::constant), property("ExitType", "s", Emits::constant),
    property("Restart", "s", Emits::constant), property("PIDFile", "s", Emits::constant),
    property("NotifyAccess", "s", Emits::constant), property("RestartUSec", "t", Emits::constant),
    property("TimeoutStartUSec", "t", Emits::constant), property("TimeoutStopUSec", "t", Emits::constant),
    property("TimeoutAbortUSec", "t", Emits::quiet), property("TimeoutStartFailureMode", "s", Emits::constant),
    property("TimeoutStopFailureMode", "s", Emits::constant), property("RuntimeMaxUSec", "t", Emits::constant),
    property("RuntimeRandomizedExtraUSec", "t", Emits::constant), property("WatchdogUSec", "t", Emits::quiet),
    property("WatchdogTimestamp", "t", Emits::quiet), property("WatchdogTimestampMonotonic", "t", Emits::quiet),
    property("RootDirectoryStartOnly", "b", Emits::constant), property("RemainAfterExit", "b", Emits::constant),
    property("GuessMainPID", "b", Emits::constant), property("RestartPreventExitStatus", "(aiai)", Emits::constant),
    property("RestartForceExitStatus", "(aiai)", Emits::constant),
    property("SuccessExitStatus", "(aiai)", Emits::constant), property("MainPID", "u", Emits::changes),
    property("ControlPID", "u", Emits::changes), property("BusName", "s", Emits::constant),
    property("FileDescriptorStoreMax", "u", Emits::constant), property("NFileDescriptorStore", "u", Emits::quiet),
    property("StatusText", "s", Emits::changes), property("StatusErrno", "i", Emits::changes),
    property("Result", "s", Emits::changes), property("ReloadResult", "s", Emits::changes),
    property("CleanResult", "s", Emits::changes), property("USBFunctionDescriptors", "s", Emits::constant),
    property("USBFunctionStrings", "s", Emits::constant), property("UID", "u", Emits::changes),
    property("GID", "u", Emits::changes), property("NRestarts", "u", Emits::changes),
    property("OOMPolicy", "s", Emits::constant), property("ExecMainStartTimestamp", "t", Emits::changes),
    property("ExecMainStartTimestampMonotonic", "t", Emits::changes),
    property("ExecMainExitTimestamp", "t", Emits::changes),
    property("ExecMainExitTimestampMonotonic", "t", Emits::changes), property("ExecMainPID", "u", Emits::changes),
    property("ExecMainCode", "i", Emits::changes), property("ExecMainStatus", "i", Emits::changes),
    property("ExecCondition", "a(sasbttttuii)", Emits::invalidates),
    property("ExecConditionEx", "a(sasasttttuii)", Emits::invalidates),
    property("ExecStartPre", "a(sasbttttuii)", Emits::invalidates),
    property("ExecStartPreEx", "a(sasasttttuii)", Emits::invalidates),
    property("ExecStart", "a(sasbttttuii)", Emits::invalidates),
    property("ExecStartEx", "a(sasasttttuii)", Emits::invalidates),
    property("ExecStartPost", "a(sasbttttuii)", Emits::invalidates),
    property("ExecStartPostEx", "a(sasasttttuii)", Emits::invalidates),
    property("ExecReload", "a(sasbttttuii)", Emits::invalidates),
    property("ExecReloadEx", "a(sasasttttuii)", Emits::invalidates),
    property("ExecStop", "a(sasbttttuii)", Emits::invalidates),
    property("ExecStopEx", "a(sasasttttuii)", Emits::invalidates),
    property("ExecStopPost", "a(sasbttttuii)", Emits::invalidates),
    property("ExecStopPostEx", "a(sasasttttuii)", Emits::invalidates),
    method("BindMount", "ssbb", "", "source,destination,read_only,mkdir", ""),
    method("MountImage", "ssbba(ss)", "", "source,destination,read_only,mkdir,options", ""),
};

// org.freedesktop.systemd1.Socket
constexpr std::array socket_members{
    property("BindIPv6Only", "s", Emits::constant), property("Backlog", "u", Emits::constant),
    property("TimeoutUSec", "t", Emits::constant), property("BindToDevice", "s", Emits::constant),
    property("SocketUser", "s", Emits::constant), property("SocketGroup", "s", Emits::constant),
    property("SocketMode", "u", Emits::constant), property("DirectoryMode", "u", Emits::constant),
    property("Accept", "b", Emits::constant), property("FlushPending", "b", Emits::constant),
    property("Writable", "b", Emits::constant), property("KeepAlive", "b", Emits::constant),
    property("KeepAliveTimeUSec", "t", Emits::constant), property("KeepAliveIntervalUSec", "t", Emits::constant),
    property("KeepAliveProbes", "u", Emits::constant), property("DeferAcceptUSec", "t", Emits::constant),
    property("NoDelay", "b", Emits::constant), property("Priority", "i", Emits::constant),
    property("ReceiveBuffer", "t", Emits::constant), property("SendBuffer", "t", Emits::constant),
    property("IPTOS", "i", Emits::constant), property("IPTTL", "i", Emits::constant),
    property("PipeSize", "t", Emits::constant), property("FreeBind", "b", Emits::constant),
    property("Transparent", "b", Emits::constant), property("Broadcast", "b", Emits::constant),
    property("PassCredentials", "b", Emits::constant), property("PassSecurity", "b", Emits::constant),
    property("PassPacketInfo", "b", Emits::constant), property("Timestamping", "s", Emits::constant),
    property("RemoveOnStop", "b", Emits::constant), property("Listen", "a(ss)", Emits::constant),
    property("Symlinks", "as", Emits::constant), property("Mark", "i", Emits::constant),
    property("MaxConnections", "u", Emits::constant), property("MaxConnectionsPerSource", "u", Emits::constant),
    property("MessageQueueMaxMessages", "x", Emits::constant),
    property("MessageQueueMessageSize", "x", Emits::constant), property("TCPCongestion", "s", Emits::constant),
    property("ReusePort", "b", Emits::constant), property("SmackLabel", "s", Emits::constant),
    property("SmackLabelIPIn", "s", Emits::constant), property("SmackLabelIPOut", "s", Emits::constant),
    property("ControlPID", "u", Emits::changes), property("Result", "s", Emits::changes),
    property("NConnections", "u", Emits::quiet), property("NAccepted", "u", Emits::quiet),
    property("NRefused", "u", Emits::quiet), property("FileDescriptorName", "s", Emits::quiet),
    property("SocketProtocol", "i", Emits::constant), property("TriggerLimitIntervalUSec", "t", Emits::constant),
    property("TriggerLimitBurst", "u", Emits::constant), property("UID", "u", Emits::changes),
    property("GID", "u", Emits::changes), property("ExecStartPre", "a(sasbttttuii)", Emits::invalidates),
    property("ExecStartPost", "a(sasbttttuii)", Emits::invalidates),
    property("ExecStopPre", "a(sasbttttuii)", Emits::invalidates),
    property("ExecStopPost", "a(sasbttttuii)", Emits::invalidates),
};

// org.freedesktop.systemd1.Mount
constexpr std::array mount_members{
    property("Where", "s", Emits::constant), property("What", "s", Emits::changes),
    property("Options", "s", Emits::changes), property("Type", "s", Emits::changes),
    property("TimeoutUSec", "t", Emits::constant), property("ControlPID", "u", Emits::changes),
    property("DirectoryMode", "u", Emits::constant), property("SloppyOptions", "b", Emits::constant),
    property("LazyUnmount", "b", Emits::constant), property("ForceUnmount", "b", Emits::constant),
    property("ReadWriteOnly", "b", Emits::constant), property("Result", "s", Emits::changes),
    property("UID", "u", Emits::changes), property("GID", "u", Emits::changes),
    property("ExecMount", "a(sasbttttuii)", Emits::invalidates),
    property("ExecUnmount", "a(sasbttttuii)", Emits::invalidates),
    property("ExecRemount", "a(sasbttttuii)", Emits::invalidates),
};

// org.freedesktop.systemd1.Swap
constexpr std::array swap_members{
    property("What", "s", Emits::changes), property("Priority", "i", Emits::changes),
    property("Options", "s", Emits::changes), property("TimeoutUSec", "t", Emits::constant),
    property("ControlPID", "u", Emits::changes), property("Result", "s", Emits::changes),
    property("UID", "u", Emits::changes), property("GID", "u", Emits::changes),
    property("ExecActivate", "a(sasbttttuii)", Emits::invalidates),
    property("ExecDeactivate", "a(sasbttttuii)", Emits::invalidates),
};

// org.freedesktop.systemd1.Scope
constexpr std::array scope_members{
    property("Controller", "s", Emits::changes), property("TimeoutStopUSec", "t", Emits::constant),
    property("Result", "s", Emits::changes), property("RuntimeMaxUSec", "t", Emits::constant),
    property("RuntimeRandomizedExtraUSec", "t", Emits::constant), property("OOMPolicy", "s", Emits::constant),
    signal("RequestStop", "", ""), method("Abandon", "", "", "", ""),
};

// org.freedesktop.systemd1.Device
constexpr std::array device_members{
    property("SysFSPath", "s", Emits::changes),
};

// org.freedesktop.systemd1.Automount
constexpr std::array automount_members{
    property("Where", "s", Emits::constant), property("ExtraOptions", "s", Emits::constant),
    property("DirectoryMode", "u", Emits::constant), property("Result", "s", Emits::changes),
    property("TimeoutIdleUSec", "t", Emits::constant),
};

// org.freedesktop.systemd1.Timer
constexpr std::array timer_members{
    property("Unit", "s", Emits::constant), property("TimersMonotonic", "a(stt)", Emits::invalidates),
    property("TimersCalendar", "a(sst)", Emits::invalidates), property("OnClockChange", "b", Emits::constant),
    property("OnTimezoneChange", "b", Emits::constant), property("NextElapseUSecRealtime", "t", Emits::changes),
    property("NextElapseUSecMonotonic", "t", Emits::changes), property("LastTriggerUSec", "t", Emits::changes),
    property("LastTriggerUSecMonotonic", "t", Emits::changes), property("Result", "s", Emits::changes),
    property("AccuracyUSec", "t", Emits::constant), property("RandomizedDelayUSec", "t", Emits::constant),
    property("FixedRandomDelay", "b", Emits::constant), property("Persistent", "b", Emits::constant),
    property("WakeSystem", "b", Emits::constant), property("RemainAfterElapse", "b", Emits::constant),
};

// org.freedesktop.systemd1.Path
constexpr std::array path_members{
    property("Unit", "s", Emits::constant), property("Paths", "a(ss)", Emits::constant),
    property("MakeDirectory", "b", Emits::constant), property("DirectoryMode", "u", Emits::constant),
    property("Result", "s", Emits::changes), property("TriggerLimitIntervalUSec", "t", Emits::constant),
    property("TriggerLimitBurst", "u", Emits::constant),
};

}  // namespace

std::span<const Member> unit_schema() { return unit_members; }

std::span<const Member> own_schema(UnitType type) {
  switch (type) {
    case UnitType::service: return service_members;
    case UnitType::socket: return socket_members;
    case UnitType::mount: return mount_members;
    case UnitType::swap: return swap_members;
    case UnitType::scope: return scope_members;
    case UnitType::device: return device_members;
    case UnitType::automount: return automount_members;
    case UnitType::timer: return timer_members;
    case UnitType::path: return path_members;
    case UnitType::target:
    case UnitType::slice: return {};
  }
  return {};
}

}  // namespace init::bus
