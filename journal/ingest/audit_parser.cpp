#include "journal/ingest/audit_parser.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "journal/ingest/field.h"

namespace journal {
namespace {

struct TypeName {
  unsigned type;
  std::string_view name;
};
// The numbers are the kernel's (linux/audit.h) and the audit project's; the names are what ausearch(8) shows.
constexpr std::array type_names{
    TypeName{1006, "LOGIN"},           TypeName{1100, "USER_AUTH"},      TypeName{1101, "USER_ACCT"},
    TypeName{1102, "USER_MGMT"},       TypeName{1103, "CRED_ACQ"},       TypeName{1104, "CRED_DISP"},
    TypeName{1105, "USER_START"},      TypeName{1106, "USER_END"},       TypeName{1107, "USER_AVC"},
    TypeName{1108, "USER_CHAUTHTOK"},  TypeName{1109, "USER_ERR"},       TypeName{1110, "CRED_REFR"},
    TypeName{1111, "USYS_CONFIG"},     TypeName{1112, "USER_LOGIN"},     TypeName{1113, "USER_LOGOUT"},
    TypeName{1114, "ADD_USER"},        TypeName{1115, "DEL_USER"},       TypeName{1116, "ADD_GROUP"},
    TypeName{1117, "DEL_GROUP"},       TypeName{1123, "USER_CMD"},       TypeName{1127, "SYSTEM_BOOT"},
    TypeName{1128, "SYSTEM_SHUTDOWN"}, TypeName{1129, "SYSTEM_RUNLEVEL"}, TypeName{1130, "SERVICE_START"},
    TypeName{1131, "SERVICE_STOP"},    TypeName{1300, "SYSCALL"},        TypeName{1302, "PATH"},
    TypeName{1303, "IPC"},             TypeName{1304, "SOCKETCALL"},     TypeName{1305, "CONFIG_CHANGE"},
    TypeName{1306, "SOCKADDR"},        TypeName{1307, "CWD"},            TypeName{1309, "EXECVE"},
    TypeName{1321, "BPRM_FCAPS"},      TypeName{1325, "NETFILTER_CFG"},  TypeName{1326, "SECCOMP"},
    TypeName{1327, "PROCTITLE"},       TypeName{1334, "BPF"},            TypeName{1400, "AVC"},
    TypeName{1401, "SELINUX_ERR"},     TypeName{1403, "MAC_POLICY_LOAD"}, TypeName{1404, "MAC_STATUS"},
    TypeName{1700, "ANOM_PROMISCUOUS"}, TypeName{1701, "ANOM_ABEND"},
};
constexpr unsigned end_of_event = 1320;

struct KnownKey {
  std::string_view key, field;
};
constexpr std::array known_keys{KnownKey{"pid", "_PID"},   KnownKey{"uid", "_UID"},         KnownKey{"gid", "_GID"},
                                KnownKey{"comm", "_COMM"}, KnownKey{"exe", "_EXE"},         KnownKey{"subj", "_SELINUX_CONTEXT"},
                                KnownKey{"ses", "_AUDIT_SESSION"}, KnownKey{"auid", "_AUDIT_LOGINUID"}};
constexpr std::size_t most_fields = 64;

std::string field_name(std::string_view key) {
  const auto known = std::find_if(known_keys.begin(), known_keys.end(), [&](const KnownKey& k) { return k.key == key; });
  if (known != known_keys.end()) return std::string(known->field);
  std::string name = "_AUDIT_FIELD_";
  for (const char c : key) {
    if (c >= 'a' && c <= 'z') name += static_cast<char>(c - 'a' + 'A');
    else if (c == '-') name += '_';
    else name += c;
  }
  return name;
}

/// A value in double quotes, single quotes (whose inside holds further keys), or up to the next space.
std::string_view take_value(std::string_view& text) {
  if (!text.empty() && (text[0] == '"' || text[0] == '\'')) {
    const std::size_t end = std::min(text.find(text[0], 1), text.size());
    const std::string_view value = text.substr(1, end - 1);
    text.remove_prefix(std::min(end + 1, text.size()));
    return value;
  }
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view value = text.substr(0, end);
  text.remove_prefix(end);
  return value;
}

void add_keys(std::string_view text, std::vector<std::string>& fields) {
  while (fields.size() < most_fields) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return;
    const std::size_t space = text.find(' ');
    if (space < equals) {
      text.remove_prefix(space);
      continue;
    }
    const std::string_view key = text.substr(0, equals);
    text.remove_prefix(equals + 1);
    const bool is_group = key == "msg" && text.starts_with('\'');
    const std::string_view value = take_value(text);
    if (is_group) {
      add_keys(value, fields);
      continue;
    }
    const std::string name = field_name(key);
    if (!value.empty() && is_client_field_name(std::string_view(name).substr(1))) fields.push_back(name + "=" + std::string(value));
  }
}

}  // namespace

std::string audit_type_name(unsigned type) {
  const auto found = std::find_if(type_names.begin(), type_names.end(), [&](const TypeName& t) { return t.type == type; });
  return found != type_names.end() ? std::string(found->name) : "AUDIT" + std::to_string(type);
}

bool parse_audit(unsigned type, std::string_view text, AuditRecord& record) {
  record = {};
  constexpr std::string_view prefix = "audit(";
  while (!text.empty() && (text.back() == '\0' || text.back() == '\n')) text.remove_suffix(1);
  if (type == end_of_event || !text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  std::uint64_t seconds = 0, milliseconds = 0, id = 0;
  const auto number = [&text](std::uint64_t& value, std::string_view end) {
    const auto [next, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(next - text.data()));
    if (!text.starts_with(end)) return false;
    text.remove_prefix(end.size());
    return true;
  };
  if (!number(seconds, ".") || !number(milliseconds, ":") || !number(id, "):")) return false;
  if (seconds > UINT32_MAX * 4ULL) return false;
  record.realtime = seconds * 1'000'000 + milliseconds * 1000;
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string name = audit_type_name(type);
  record.fields = {"_TRANSPORT=audit",     "_AUDIT_TYPE=" + std::to_string(type), "_AUDIT_ID=" + std::to_string(id),
                   "SYSLOG_FACILITY=4",    "SYSLOG_IDENTIFIER=audit",             "PRIORITY=5",
                   "_AUDIT_TYPE_NAME=" + name, "MESSAGE=" + name + " " + std::string(text)};
  add_keys(text, record.fields);
  return true;
}

}  // namespace journal
