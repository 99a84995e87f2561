// Calls and answers as text. [pure]
#include "init/varlink/call.h"

namespace init::varlink {

unitparser::Result<Call> parse_call(std::string_view text) {
  const Json json = TRY(parse_json(text));
  const Json* method = json.find("method");
  if (method == nullptr || method->text() == nullptr)
    return unitparser::fail(unitparser::ErrorCode::protocol, "a call without a method");
  Call call;
  call.method = *method->text();
  if (const Json* parameters = json.find("parameters"); parameters != nullptr && std::holds_alternative<JsonObject>(parameters->value))
    call.parameters = *parameters;
  const auto flag = [&](std::string_view name) { return json.find(name) != nullptr && json.find(name)->is_true(); };
  call.more = flag("more");
  call.oneway = flag("oneway");
  return call;
}

Answer error_answer(std::string name, Json parameters) {
  Answer answer;
  answer.error = std::move(name);
  answer.error_parameters = std::move(parameters);
  return answer;
}

std::string format_answer(const Answer& answer) {
  const auto message = [](JsonObject object) { return format_json(Json(std::move(object))) + '\0'; };
  if (!answer.error.empty()) return message({{"error", answer.error}, {"parameters", answer.error_parameters}});
  std::string text;
  for (const Json& reply : answer.replies) {
    JsonObject object{{"parameters", reply}};
    if (answer.keeps_open || &reply != &answer.replies.back()) object.emplace_back("continues", true);
    text += message(std::move(object));
  }
  return text;
}

}  // namespace init::varlink
