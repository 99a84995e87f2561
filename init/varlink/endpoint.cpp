// Answering of calls: by whom, to whom, from what. [loop]
#include "init/varlink/endpoint.h"

#include <sys/stat.h>

#include "init/varlink/managed_oom.h"
#include "init/varlink/user_database.h"
#include "unitparser/base/text.h"

namespace init::varlink {
namespace {

constexpr std::string_view subscribe_method = "io.systemd.ManagedOOM.SubscribeManagedOOMCGroups";
constexpr std::string_view oom_daemon = "systemd-oomd.service";

}  // namespace

unitparser::Result<void> Endpoint::start() {
  ::mkdir("/run/systemd/userdb", 0755);
  TRY(server_.listen("/run/systemd/userdb/io.systemd.DynamicUser"));
  return server_.listen("/run/systemd/io.system.ManagedOOM");
}

Answer Endpoint::answer(const Peer& peer, const Call& call) {
  if (auto known = ask_user_database(call, dynamic_users_())) return std::move(*known);
  if (call.method == subscribe_method) return subscribe(peer, call);
  const char* error = call.method == "org.varlink.service.GetInfo" ? "org.varlink.service.MethodNotImplemented"
                                                                  : "org.varlink.service.MethodNotFound";
  return error_answer(error, JsonObject{{"method", call.method}});
}

Answer Endpoint::subscribe(const Peer& peer, const Call& call) {
  const Unit* caller = engine_.find(engine_.unit_of_pid(peer.pid));
  if (caller == nullptr || caller->name.text() != oom_daemon) return error_answer("org.varlink.service.PermissionDenied");
  Answer answer;
  answer.replies.push_back(managed_oom_cgroups(engine_));
  if (!call.more) return answer;
  // Its own earlier subscription is the only one that there can be.
  subscriber_ = peer.connection;
  answer.keeps_open = true;
  told_.clear();
  for (const UnitId id : engine_.units())
    if (JsonArray entries = managed_oom_entries(*engine_.find(id), OomEntries::wanted); !entries.empty())
      told_[id] = format_json(Json(managed_oom_entries(*engine_.find(id), OomEntries::all)));
  return answer;
}

void Endpoint::on_unit_changed(UnitId id) {
  if (subscriber_ == 0) return;
  const Unit* unit = engine_.find(id);
  if (unit == nullptr) {
    told_.erase(id);
    return;
  }
  const bool known = told_.contains(id);
  if (!known && managed_oom_entries(*unit, OomEntries::wanted).empty()) return;
  JsonArray entries = managed_oom_entries(*unit, OomEntries::all);
  std::string text = format_json(Json(entries));
  if (entries.empty() || (known && told_[id] == text)) return;
  told_[id] = std::move(text);
  if (!server_.send(subscriber_, JsonObject{{"cgroups", std::move(entries)}})) subscriber_ = 0;
}

}  // namespace init::varlink
