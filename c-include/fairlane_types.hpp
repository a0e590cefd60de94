// What fairlane.hpp takes and gives: errors, settings, jobs and what is looked at. Include that.
#ifndef FAIRLANE_TYPES_HPP
#define FAIRLANE_TYPES_HPP

#include <fairlane.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlane {

using std::chrono::milliseconds;
using moment = std::chrono::time_point<std::chrono::system_clock, milliseconds>;
using text = std::string_view;

inline constexpr milliseconds default_lease{FAIRLANE_DEFAULT_LEASE};
inline constexpr text default_lane{FAIRLANE_DEFAULT_LANE};
inline constexpr milliseconds default_result_ttl{3600000};

// What a completed job leaves behind, and for how long.
struct job_result {
  text value;
  milliseconds ttl = default_result_ttl;
};

// What went wrong.
class error : public std::runtime_error {
 public:
  error(std::int32_t code, const char* message) : std::runtime_error(message), code_(code) {}

  // FAIRLANE_STALE_TOKEN and its kin.
  std::int32_t code() const noexcept { return code_; }
  text name() const noexcept { return fairlane_status_name(code_, nullptr); }
  bool retryable() const noexcept { return fairlane_status_retryable(code_); }

 private:
  std::int32_t code_;
};

namespace detail {

template <auto Free>
struct freer {
  template <typename T>
  void operator()(T* handle) const noexcept {
    Free(&handle);
  }
};

template <typename T, auto Free>
using owner = std::unique_ptr<T, freer<Free>>;

// Calls a function whose last parameter is the error.
template <typename Function, typename... Arguments>
void call(Function function, Arguments... arguments) {
  fairlane_error* raw = nullptr;
  const std::int32_t status = function(arguments..., &raw);
  const owner<fairlane_error, fairlane_error_free> failure(raw);
  if (status != FAIRLANE_OK) throw error(status, fairlane_error_message(raw, nullptr));
}

template <typename T>
T* made(T* handle) {
  if (!handle) throw std::bad_alloc();
  return handle;
}

template <typename Function, typename T>
text show(Function function, const T* handle) {
  std::size_t length = 0;
  const void* bytes = function(handle, &length);
  return {static_cast<const char*>(bytes), length};
}

template <typename Function, typename T>
std::optional<text> show_optional(Function function, const T* handle) {
  std::size_t length = 0;
  const char* bytes = function(handle, &length);
  return bytes ? std::optional<text>(text(bytes, length)) : std::nullopt;
}

inline std::optional<moment> when(std::int64_t at) {
  return at == FAIRLANE_NONE ? std::nullopt : std::optional<moment>(moment(milliseconds(at)));
}

inline std::optional<milliseconds> time(std::int64_t span) {
  return span == FAIRLANE_NONE ? std::nullopt : std::optional<milliseconds>(span);
}

// A text that is there has a pointer, even if it is empty.
inline const char* pointer(std::optional<text> text) {
  return !text ? nullptr : text->data() ? text->data() : "";
}

inline std::size_t length(std::optional<text> text) { return text ? text->size() : 0; }

template <typename Texts>
std::pair<std::vector<const char*>, std::vector<std::size_t>> arrays(const Texts& texts) {
  std::pair<std::vector<const char*>, std::vector<std::size_t>> made;
  for (text one : texts) {
    made.first.push_back(pointer(one));
    made.second.push_back(one.size());
  }
  return made;
}

// What is set up by calls and then given to a verb.
template <typename Self, typename T, auto New, auto Free>
class settings {
 public:
  const T* get() const noexcept { return handle_.get(); }

 protected:
  settings() : handle_(made(New())) {}

  template <typename Function, typename... Arguments>
  Self& set(Function function, Arguments... arguments) {
    call(function, handle_.get(), arguments...);
    return static_cast<Self&>(*this);
  }

  owner<T, Free> handle_;
};

}  // namespace detail

// A clock that is turned by hand, for tests.
class manual_clock {
 public:
  explicit manual_clock(moment now) {
    fairlane_manual_clock* clock = nullptr;
    detail::call(fairlane_manual_clock_new, now.time_since_epoch().count(), &clock);
    handle_.reset(clock);
  }

  moment now() const { return moment(milliseconds(fairlane_manual_clock_now(handle_.get()))); }
  void advance(milliseconds by) {
    detail::call(fairlane_manual_clock_advance, handle_.get(), by.count());
  }
  void set(moment now) {
    detail::call(fairlane_manual_clock_set, handle_.get(), now.time_since_epoch().count());
  }
  const fairlane_manual_clock* get() const noexcept { return handle_.get(); }

 private:
  detail::owner<fairlane_manual_clock, fairlane_manual_clock_free> handle_;
};

// Ends waiting pops; raise() may be called from a signal handler.
class interrupt {
 public:
  interrupt() : handle_(detail::made(fairlane_interrupt_new())) {}

  void raise() const noexcept { fairlane_interrupt_raise(handle_.get()); }
  void clear() const noexcept { fairlane_interrupt_clear(handle_.get()); }
  bool is_raised() const noexcept { return fairlane_interrupt_is_raised(handle_.get()); }
  const fairlane_interrupt* get() const noexcept { return handle_.get(); }

 private:
  detail::owner<fairlane_interrupt, fairlane_interrupt_free> handle_;
};

// How a queue is opened.
class queue_options
    : public detail::settings<queue_options, fairlane_queue_options, fairlane_queue_options_new,
                              fairlane_queue_options_free> {
 public:
  queue_options& durability(text name) {
    return set(fairlane_queue_options_set_durability, detail::pointer(name), name.size());
  }
  queue_options& create(bool create) { return set(fairlane_queue_options_set_create, create); }
  queue_options& keep_leases(bool keep) {
    return set(fairlane_queue_options_set_keep_leases, keep);
  }
  queue_options& max_payload(std::size_t bytes) {
    return set(fairlane_queue_options_set_max_payload, bytes);
  }
  queue_options& max_failed(std::uint64_t jobs) {
    return set(fairlane_queue_options_set_max_failed, jobs);
  }
  queue_options& busy_timeout(milliseconds timeout) {
    return set(fairlane_queue_options_set_busy_timeout, timeout.count());
  }
  queue_options& clock(const manual_clock& clock) {
    return set(fairlane_queue_options_set_clock, clock.get());
  }
};

// The settings of a push, all but payload and lane.
class push_options
    : public detail::settings<push_options, fairlane_push_options, fairlane_push_options_new,
                              fairlane_push_options_free> {
 public:
  push_options& priority(std::int64_t priority) {
    return set(fairlane_push_options_set_priority, priority);
  }
  push_options& tps(std::int64_t tps) { return set(fairlane_push_options_set_tps, tps); }
  push_options& rate(std::int64_t count, milliseconds window) {
    return set(fairlane_push_options_set_rate, count, window.count());
  }
  push_options& delay(milliseconds delay) {
    return set(fairlane_push_options_set_delay, delay.count());
  }
  push_options& at(moment at) {
    return set(fairlane_push_options_set_at, at.time_since_epoch().count());
  }
  push_options& cost(std::int64_t cost) { return set(fairlane_push_options_set_cost, cost); }
  push_options& key(text key, milliseconds ttl = {}) {
    set(fairlane_push_options_set_key, detail::pointer(key), key.size());
    return set(fairlane_push_options_set_key_ttl, ttl.count());
  }
  push_options& max_tries(std::int64_t tries) {
    return set(fairlane_push_options_set_max_tries, tries);
  }
  push_options& backoff(milliseconds min, milliseconds max, double factor = 2, bool jitter = true) {
    return set(fairlane_push_options_set_backoff, min.count(), max.count(), factor, jitter);
  }
  push_options& after(text id) {
    return set(fairlane_push_options_set_after, detail::pointer(id), id.size());
  }
  push_options& header(text name, text value) {
    return set(fairlane_push_options_set_header, detail::pointer(name), name.size(),
               detail::pointer(value), value.size());
  }
};

// Jobs to push together.
class new_jobs
    : public detail::settings<new_jobs, fairlane_new_jobs, fairlane_new_jobs_new,
                              fairlane_new_jobs_free> {
 public:
  new_jobs& add(text payload, text lane = default_lane) {
    return set(fairlane_new_jobs_add, payload.data(), payload.size(), detail::pointer(lane),
               lane.size(), nullptr);
  }
  new_jobs& add(text payload, text lane, const push_options& options) {
    return set(fairlane_new_jobs_add, payload.data(), payload.size(), detail::pointer(lane),
               lane.size(), options.get());
  }
  std::size_t count() const noexcept { return fairlane_new_jobs_count(get()); }
  void clear() noexcept { fairlane_new_jobs_clear(handle_.get()); }
};

// A change of limits; what is not set stays as it is.
class limits_change
    : public detail::settings<limits_change, fairlane_limits_change, fairlane_limits_change_new,
                              fairlane_limits_change_free> {
 public:
  limits_change& tps(std::int64_t tps) { return set(fairlane_limits_change_set_tps, tps); }
  limits_change& rate(std::int64_t count, milliseconds window) {
    return set(fairlane_limits_change_set_rate, count, window.count());
  }
  limits_change& max_in_flight(std::int64_t jobs) {
    return set(fairlane_limits_change_set_max_in_flight, jobs);
  }
  limits_change& weight(std::int64_t weight) {
    return set(fairlane_limits_change_set_weight, weight);
  }
  limits_change& max_waiting(std::int64_t jobs) {
    return set(fairlane_limits_change_set_max_waiting, jobs);
  }
};

// Texts by name that travelled with a job; lives as long as the job.
class headers {
 public:
  explicit headers(const fairlane_headers* handle) : headers_(handle) {}

  std::size_t size() const { return fairlane_headers_count(headers_); }
  // Gives a name and its value, in the order of the names.
  std::pair<text, text> operator[](std::size_t index) const {
    return {at(fairlane_headers_name_at, index), at(fairlane_headers_value_at, index)};
  }
  std::optional<text> find(text name) const {
    std::size_t length = 0;
    const char* value =
        fairlane_headers_value(headers_, detail::pointer(name), name.size(), &length);
    return value ? std::optional<text>(text(value, length)) : std::nullopt;
  }

 private:
  template <typename Function>
  text at(Function function, std::size_t index) const {
    std::size_t length = 0;
    const char* bytes = function(headers_, index, &length);
    return text(bytes, length);
  }

  const fairlane_headers* headers_;
};

// What is known of a job that was delivered; lives as long as who shows it.
class job_view {
 public:
  explicit job_view(const fairlane_job* job) : job_(job) {}

  text id() const { return detail::show(fairlane_job_id, get()); }
  text token() const { return detail::show(fairlane_job_token, get()); }
  text lane() const { return detail::show(fairlane_job_lane, get()); }
  text payload() const { return detail::show(fairlane_job_payload, get()); }
  std::int64_t priority() const { return fairlane_job_priority(get()); }
  std::int64_t cost() const { return fairlane_job_cost(get()); }
  std::int64_t tries() const { return fairlane_job_tries(get()); }
  std::int64_t max_tries() const { return fairlane_job_max_tries(get()); }
  std::int64_t lapses() const { return fairlane_job_lapses(get()); }
  moment pushed_at() const { return moment(milliseconds(fairlane_job_pushed_at(get()))); }
  moment started_at() const { return moment(milliseconds(fairlane_job_started_at(get()))); }
  std::optional<moment> lease_until() const {
    return detail::when(fairlane_job_lease_until(get()));
  }
  std::optional<text> key() const { return detail::show_optional(fairlane_job_key, get()); }
  std::optional<text> after() const { return detail::show_optional(fairlane_job_after, get()); }
  std::optional<text> error() const { return detail::show_optional(fairlane_job_error, get()); }
  fairlane::headers headers() const {
    return fairlane::headers(fairlane_job_headers(get()));
  }
  const fairlane_job* get() const noexcept { return job_; }

 private:
  const fairlane_job* job_;
};

// A job that was delivered to a worker; to destroy it does not end the delivery.
class job : public job_view {
 public:
  explicit job(fairlane_job* handle) : job_view(handle), handle_(handle) {}

 private:
  detail::owner<fairlane_job, fairlane_job_free> handle_;
};

// A job as it stands in the store.
class job_info {
 public:
  explicit job_info(std::shared_ptr<const fairlane_job_info> handle) : handle_(std::move(handle)) {}

  text id() const { return detail::show(fairlane_job_info_id, get()); }
  // FAIRLANE_JOB_READY and its kin.
  std::int32_t state() const { return fairlane_job_info_state(get()); }
  text lane() const { return detail::show(fairlane_job_info_lane, get()); }
  text payload() const { return detail::show(fairlane_job_info_payload, get()); }
  std::int64_t priority() const { return fairlane_job_info_priority(get()); }
  std::int64_t cost() const { return fairlane_job_info_cost(get()); }
  std::int64_t tries() const { return fairlane_job_info_tries(get()); }
  std::int64_t max_tries() const { return fairlane_job_info_max_tries(get()); }
  std::int64_t lapses() const { return fairlane_job_info_lapses(get()); }
  moment pushed_at() const { return moment(milliseconds(fairlane_job_info_pushed_at(get()))); }
  std::optional<moment> due_at() const { return detail::when(fairlane_job_info_due_at(get())); }
  std::optional<moment> lease_until() const {
    return detail::when(fairlane_job_info_lease_until(get()));
  }
  std::optional<moment> died_at() const { return detail::when(fairlane_job_info_died_at(get())); }
  std::optional<text> key() const { return detail::show_optional(fairlane_job_info_key, get()); }
  std::optional<text> after() const {
    return detail::show_optional(fairlane_job_info_after, get());
  }
  bool parent_dead() const { return fairlane_job_info_parent_dead(get()); }
  std::optional<text> error() const {
    return detail::show_optional(fairlane_job_info_error, get());
  }
  fairlane::headers headers() const {
    return fairlane::headers(fairlane_job_info_headers(get()));
  }
  const fairlane_job_info* get() const noexcept { return handle_.get(); }

 private:
  // Shared with the other jobs of its list.
  std::shared_ptr<const fairlane_job_info> handle_;
};

// What a push did.
struct pushed {
  std::string id;
  bool is_new;
};

struct counts {
  explicit counts(const fairlane_counts* of)
      : ready(fairlane_counts_ready(of)),
        delayed(fairlane_counts_delayed(of)),
        blocked(fairlane_counts_blocked(of)),
        in_flight(fairlane_counts_in_flight(of)) {}

  std::int64_t ready, delayed, blocked, in_flight;
  std::int64_t waiting() const noexcept { return ready + delayed + blocked; }
};

struct limits {
  explicit limits(const fairlane_limits* of)
      : rate_count(fairlane_limits_rate_count(of)),
        rate_window(fairlane_limits_rate_window(of)),
        max_in_flight(fairlane_limits_max_in_flight(of)),
        weight(fairlane_limits_weight(of)),
        max_waiting(fairlane_limits_max_waiting(of)) {}

  std::int64_t rate_count;
  milliseconds rate_window;
  std::int64_t max_in_flight, weight, max_waiting;
};

struct lane_info {
  explicit lane_info(const fairlane_lane_info* of)
      : name(detail::show(fairlane_lane_info_name, of)),
        state(fairlane_lane_info_state(of)),
        counts(fairlane_lane_info_counts(of)),
        limits(fairlane_lane_info_limits(of)),
        paused(fairlane_lane_info_paused(of)),
        wakes_at(detail::when(fairlane_lane_info_wakes_at(of))) {}

  std::string name;
  std::int32_t state;  // FAIRLANE_LANE_READY and its kin
  fairlane::counts counts;
  fairlane::limits limits;
  bool paused;
  std::optional<moment> wakes_at;
};

// When a schedule ticks: made by every or cron.
struct timing {
  std::optional<text> cron;
  std::optional<milliseconds> every;
  std::optional<text> timezone;
  std::optional<text> catch_up;  // "one", "skip" or "all"
};

inline timing every(milliseconds interval) { return {std::nullopt, interval, {}, {}}; }

inline timing cron(text expression, text timezone = "UTC") {
  return {expression, std::nullopt, timezone, {}};
}

struct schedule_info {
  explicit schedule_info(const fairlane_schedule_info* of)
      : name(detail::show(fairlane_schedule_info_name, of)),
        lane(detail::show(fairlane_schedule_info_lane, of)),
        payload(detail::show(fairlane_schedule_info_payload, of)),
        cron(detail::show_optional(fairlane_schedule_info_cron, of)),
        every(detail::time(fairlane_schedule_info_every(of))),
        timezone(detail::show_optional(fairlane_schedule_info_timezone, of)),
        catch_up(detail::show(fairlane_schedule_info_catch_up, of)),
        next_at(milliseconds(fairlane_schedule_info_next_at(of))),
        last_at(detail::when(fairlane_schedule_info_last_at(of))) {}

  std::string name, lane, payload;
  std::optional<std::string> cron;
  std::optional<milliseconds> every;
  std::optional<std::string> timezone;
  std::string catch_up;
  moment next_at;
  std::optional<moment> last_at;
};

struct stats {
  explicit stats(const fairlane_stats* of)
      : counts(fairlane_stats_counts(of)),
        limits(fairlane_stats_limits(of)),
        paused(fairlane_stats_paused(of)),
        dead(fairlane_stats_dead(of)),
        quarantined(fairlane_stats_quarantined(of)),
        lanes(fairlane_stats_lanes(of)),
        pushed(fairlane_stats_pushed(of)),
        completed(fairlane_stats_completed(of)),
        retried(fairlane_stats_retried(of)),
        died(fairlane_stats_died(of)),
        lapsed(fairlane_stats_lapsed(of)) {}

  fairlane::counts counts;
  fairlane::limits limits;
  bool paused;
  std::int64_t dead, quarantined, lanes, pushed, completed, retried, died, lapsed;
};

struct swept {
  std::uint64_t due, lapsed, woken;
};

struct repaired {
  std::uint64_t jobs, lanes, lost_jobs, placed_jobs, dropped_entries, mended_lanes, mended_sums;
  bool is_sound;
};

}  // namespace fairlane

#endif
