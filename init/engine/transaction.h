// Transaction: from one request to the jobs it means, as a value; applying it cannot fail. [pure]
#pragma once

#include "init/engine/core.h"

namespace init {

/// Why a planned job is there: another planned job (or, for the anchor, nobody) wants it.
struct PlanLink {
  std::uint32_t subject = none;  ///< index of the job that wants; none: the request
  std::uint32_t object = 0;      ///< index of the job that is wanted
  bool matters = false;          ///< the subject cannot do without it
  bool conflicts = false;        ///< it is a stop because of Conflicts=
  static constexpr std::uint32_t none = 0xFFFFFFFF;
};

struct PlannedJob {
  UnitId unit{};
  JobType type{};
  bool deleted = false;
  bool matters_to_anchor = false;
  bool ignore_order = false;
  std::uint32_t next_of_unit = PlanLink::none;  ///< next planned job of the same unit
  std::vector<std::uint32_t> wanted_by;         ///< indices of links where this is the object
  std::vector<std::uint32_t> wants;             ///< indices of links where this is the subject
  Cause cause;
};

/// What is asked for.
struct TransactionRequest {
  UnitId unit{};
  JobType type{};
  JobMode mode = JobMode::replace;
  Cause cause;
  bool reloads_others = false;  ///< a nop: the unit reloads itself, those that it propagates to are reloaded
};

/// The planned jobs, complete and without contradiction, and what was said while planning.
class Transaction {
 public:
  /// Plans the request; logs cycles and dropped jobs to core's effects, changes nothing else.
  [[nodiscard]] static Result<Transaction> plan(Core& core, const TransactionRequest& request);

  struct Applied {
    JobId anchor{};
    std::vector<JobId> others;
  };
  /// Installs the jobs.
  Applied apply(Core& core);

  [[nodiscard]] const std::vector<PlannedJob>& jobs() const { return jobs_; }

 private:
  friend class OrderCheck;
  struct Addition {
    UnitId unit{};
    JobType type{};
    std::uint32_t by = PlanLink::none;
    bool matters = true;
    bool conflicts = false;
    bool ignore_requirements = false;
    bool ignore_order = false;
    bool required = true;  ///< a failure to add it fails who wants it
    Cause cause;
  };
  struct Frame {
    std::uint32_t job = PlanLink::none;
    bool required = false;  ///< what a failure of the frame means to the frame below
    std::vector<Addition> additions;
    std::size_t next = 0;
  };
  struct Added {
    std::uint32_t job = PlanLink::none;
    bool fresh = false;
  };

  explicit Transaction(TransactionRequest request) : request_(std::move(request)) {}

  Result<bool> add_with_dependencies(Core& core, Addition first);
  Result<Added> add_one(Core& core, const Addition& addition);
  std::vector<Addition> additions_of(Core& core, std::uint32_t job) const;
  void add_isolate_stops(Core& core);
  void add_triggering_stops(Core& core);
  void find_what_matters();
  void minimize_impact(Core& core);
  void drop_redundant(Core& core);
  void collect_unwanted();
  Result<bool> order(Core& core);
  Result<bool> merge_jobs(Core& core);
  Result<bool> delete_one_unmergeable(Core& core, std::uint32_t first);
  Result<bool> check_destructive(const Core& core) const;
  void delete_job(std::uint32_t job, bool and_who_need_it);
  [[nodiscard]] bool is_wanted(std::uint32_t job) const;
  [[nodiscard]] bool is_stop_for_conflict(std::uint32_t job) const;
  [[nodiscard]] std::uint32_t first_of(UnitId unit) const;
  /// Indices of the jobs not deleted, in order of planning.
  [[nodiscard]] std::vector<std::uint32_t> live() const;

  TransactionRequest request_;
  bool irreversible_ = false;
  std::vector<PlannedJob> jobs_;
  std::vector<PlanLink> links_;
  std::unordered_map<UnitId, std::uint32_t> first_;
  std::uint32_t anchor_ = PlanLink::none;
};

/// Plans and applies a request as a client or a reaction makes it. `affected` may be null.
[[nodiscard]] Result<JobId> add_job(Core& core, const TransactionRequest& request,
                                    std::vector<JobId>* affected = nullptr);

}  // namespace init
