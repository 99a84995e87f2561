// How exposed a service is: what each sandboxing setting leaves open, weighed as systemd-analyze(1) security does. [pure]
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unitparser/load/loaded_unit.h"

namespace ctl {

/// One setting of the review.
struct SecurityFinding {
  std::string_view setting;         ///< as shown: "PrivateTmp=", "CapabilityBoundingSet=~CAP_KILL"
  std::string_view json_field;
  std::string description;
  std::optional<unsigned> badness;  ///< in tenths of a percent of the whole; unset: the setting does not matter here
  [[nodiscard]] std::optional<bool> is_set() const { return badness ? std::optional(*badness == 0) : std::nullopt; }
};
struct SecurityReview {
  std::vector<SecurityFinding> findings;  ///< the worst first
  unsigned exposure = 0;                  ///< 0 .. 100, as tenths: 96 is "9.6"
};

[[nodiscard]] SecurityReview review_security(const unitparser::LoadedUnit& unit);

/// The word and the face for an exposure.
struct ExposureWord {
  unsigned from;
  std::string_view word, face, plain_face;
};
[[nodiscard]] const ExposureWord& exposure_word(unsigned exposure);
/// "9.6".
[[nodiscard]] std::string exposure_text(unsigned exposure);

}  // namespace ctl
