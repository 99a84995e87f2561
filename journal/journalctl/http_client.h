// Posts to one HTTP server over one connection that is kept open; no encryption. [os: sockets]
#pragma once

#include <string>
#include <string_view>

#include "unitparser/base/fd.h"
#include "unitparser/base/result.h"

namespace journal {

class HttpClient {
 public:
  /// For "http://HOST[:PORT][/PATH]"; `default_path` where it names none. Errors: invalid_argument; not_supported for https.
  [[nodiscard]] static unitparser::Result<HttpClient> to(std::string_view url, std::string_view default_path);

  /// Sends the body and returns the status of the answer. Errors: io (no connection, broken, or no answer within half a minute); the
  /// next call connects anew.
  [[nodiscard]] unitparser::Result<int> post(std::string_view body, std::string_view content_type);

 private:
  HttpClient() = default;
  [[nodiscard]] unitparser::Result<void> connect();
  [[nodiscard]] unitparser::Result<int> exchange(std::string_view body, std::string_view content_type);

  std::string host_, port_, path_;
  unitparser::UniqueFd fd_;
};

/// Waits without doing anything.
void wait_milliseconds(int milliseconds);

}  // namespace journal
