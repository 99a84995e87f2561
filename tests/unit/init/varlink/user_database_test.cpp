#include "init/varlink/user_database.h"

#include <gtest/gtest.h>

namespace init::varlink {
namespace {

const std::vector<DynamicUser> users{{"dyn", 62264}, {"other", 61200}};

/// What the original answers to the same, recorded from it.
std::string ask(const std::string& text) {
  const auto call = parse_call(text);
  if (!call) return "no call";
  const auto answer = ask_user_database(*call, users);
  if (!answer) return "no such method";
  std::string sent = format_answer(*answer);
  for (char& c : sent)
    if (c == '\0') c = '|';
  return sent;
}

std::string get_user(const std::string& parameters, const char* more = "") {
  return ask(R"({"method":"io.systemd.UserDatabase.GetUserRecord","parameters":{)" + parameters + "}" + more + "}");
}

constexpr const char* record =
    R"({"parameters":{"record":{"userName":"dyn","uid":62264,"gid":62264,"realName":"Dynamic User","homeDirectory":"/","shell":"/usr/sbin/nologin","locked":true,"service":"io.systemd.DynamicUser","disposition":"dynamic"}}}|)";

TEST(UserDatabase, FindsByNumberAndName) {
  EXPECT_EQ(get_user(R"("uid":62264,"service":"io.systemd.DynamicUser")"), record);
  EXPECT_EQ(get_user(R"("userName":"dyn","service":"io.systemd.DynamicUser")"), record);
  EXPECT_EQ(ask(R"({"method":"io.systemd.UserDatabase.GetGroupRecord","parameters":{"gid":62264,"service":"io.systemd.DynamicUser"}})"),
            R"({"parameters":{"record":{"groupName":"dyn","description":"Dynamic Group","gid":62264,"service":"io.systemd.DynamicUser","disposition":"dynamic"}}}|)");
}

TEST(UserDatabase, NobodyIsAnError) {
  constexpr const char* none = R"({"error":"io.systemd.UserDatabase.NoRecordFound","parameters":{}}|)";
  EXPECT_EQ(get_user(R"("uid":0,"service":"io.systemd.DynamicUser")"), none);
  EXPECT_EQ(get_user(R"("userName":"nosuch","service":"io.systemd.DynamicUser")"), none);
  EXPECT_EQ(ask(R"({"method":"io.systemd.UserDatabase.GetMemberships","parameters":{"userName":"dyn","service":"io.systemd.DynamicUser"}})"), none);
}

TEST(UserDatabase, ContradictionsAndOtherServicesAreErrors) {
  EXPECT_EQ(get_user(R"("uid":62264,"userName":"x","service":"io.systemd.DynamicUser")"),
            R"({"error":"io.systemd.UserDatabase.ConflictingRecordFound","parameters":{}}|)");
  EXPECT_EQ(get_user(R"("uid":62264)"), R"({"error":"io.systemd.UserDatabase.BadService","parameters":{}}|)");
  EXPECT_EQ(get_user(R"("uid":62264,"service":"x")"), R"({"error":"io.systemd.UserDatabase.BadService","parameters":{}}|)");
}

TEST(UserDatabase, ParametersAreChecked) {
  EXPECT_EQ(get_user(R"("uid":"a","service":"io.systemd.DynamicUser")"), R"({"error":"io.systemd.System","parameters":{"errno":22}}|)");
  EXPECT_EQ(get_user(R"("uid":1,"service":"io.systemd.DynamicUser","extra":1)"), R"({"error":"io.systemd.System","parameters":{"errno":99}}|)");
}

TEST(UserDatabase, AllOfThemForWhoeverWantsMore) {
  const std::string all = get_user(R"("service":"io.systemd.DynamicUser")", R"(,"more":true)");
  EXPECT_EQ(std::count(all.begin(), all.end(), '|'), 2);
  EXPECT_NE(all.find(R"("continues":true}|{)"), std::string::npos);
  EXPECT_EQ(get_user(R"("service":"io.systemd.DynamicUser")"), record);
}

TEST(UserDatabase, OtherMethodsAreNotItsOwn) {
  EXPECT_EQ(ask(R"({"method":"io.systemd.UserDatabase.Nope"})"), "no such method");
  EXPECT_EQ(ask(R"({"parameters":{}})"), "no call");
  EXPECT_EQ(ask("[]"), "no call");
  EXPECT_EQ(ask("garbage"), "no call");
}

}  // namespace
}  // namespace init::varlink
