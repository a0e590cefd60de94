// The C++17 interface of fairlane: fairlane.h with owners, exceptions and the types of the standard
// library. What a function does, how long it blocks and which threads may call it is said in
// fairlane.h, at the function of the same name.
//
// - A class owns its handle and frees it; it can be moved and not copied (job_info can be copied). One
//   that was moved from may only be destroyed or assigned to.
// - A call that fails throws fairlane::error.
// - Texts and payloads come in and go out as std::string_view; those that go out live as long as the
//   object that gave them.
#ifndef FAIRLANE_HPP
#define FAIRLANE_HPP

#include <fairlane_types.hpp>

namespace fairlane {

// A running dethrottler; it stops at its end.
class dethrottler {
 public:
  explicit dethrottler(fairlane_dethrottler* handle) : handle_(handle) {}

  void stop() { detail::call(fairlane_dethrottler_stop, handle_.get()); }

 private:
  detail::owner<fairlane_dethrottler, fairlane_dethrottler_free> handle_;
};

// Counts attempts and tells how long to wait before the next one.
class backoff {
 public:
  explicit backoff(milliseconds min = milliseconds(100), milliseconds max = milliseconds(10000),
                   double factor = 2, bool jitter = false,
                   std::optional<std::int64_t> limit = std::nullopt,
                   std::optional<milliseconds> expiration = std::nullopt) {
    fairlane_backoff* backoff = nullptr;
    detail::call(fairlane_backoff_new, min.count(), max.count(), factor, jitter,
                 limit.value_or(FAIRLANE_NONE),
                 expiration ? std::int64_t{expiration->count()} : FAIRLANE_NONE, &backoff);
    handle_.reset(backoff);
  }

  std::optional<milliseconds> duration() {
    std::int64_t delay = fairlane_backoff_duration(handle_.get());
    return delay == FAIRLANE_NONE ? std::nullopt : std::optional(milliseconds(delay));
  }
  milliseconds for_attempt(std::int64_t attempt) const {
    std::int64_t delay = 0;
    detail::call(fairlane_backoff_for_attempt, handle_.get(), attempt, &delay);
    return milliseconds(delay);
  }
  std::uint32_t attempt() const { return fairlane_backoff_attempt(handle_.get()); }
  void reset() { fairlane_backoff_reset(handle_.get()); }
  backoff copy() const { return backoff(fairlane_backoff_copy(handle_.get())); }

 private:
  explicit backoff(fairlane_backoff* handle) : handle_(detail::made(handle)) {}

  detail::owner<fairlane_backoff, fairlane_backoff_free> handle_;
};

// One named queue in one store; any number of threads may use it.
class queue {
 public:
  using lane_name = std::optional<text>;  // none: the whole queue
  using id_list = std::optional<std::vector<text>>;
  using results = std::vector<std::optional<error>>;

  queue(text url, text name) { open(url, name, nullptr); }
  queue(text url, text name, const queue_options& options) { open(url, name, options.get()); }

  text name() const { return detail::show(fairlane_queue_name, get()); }
  void close() { detail::call(fairlane_queue_close, get()); }

  std::string push(text payload, text lane = default_lane) {
    return push_with(payload, lane, nullptr);
  }
  std::string push(text payload, text lane, const push_options& options) {
    return push_with(payload, lane, options.get());
  }
  std::vector<pushed> push_many(const new_jobs& jobs) {
    auto list = take<fairlane_pushed_list, fairlane_pushed_list_free>(fairlane_queue_push_many,
                                                                      jobs.get());
    std::vector<pushed> made;
    for (std::size_t i = 0; i < fairlane_pushed_list_count(list.get()); i++) {
      const fairlane_pushed* one = fairlane_pushed_list_at(list.get(), i);
      made.push_back({fairlane_pushed_id(one, nullptr), fairlane_pushed_is_new(one)});
    }
    return made;
  }

  std::optional<job> pop(milliseconds wait = {}, milliseconds lease = default_lease) {
    return pop_with(wait, lease, nullptr);
  }
  std::optional<job> pop(milliseconds wait, milliseconds lease, const interrupt& interrupt) {
    return pop_with(wait, lease, interrupt.get());
  }
  std::vector<job> pop_many(std::size_t n, milliseconds wait = {},
                            milliseconds lease = default_lease) {
    return pop_many_with(n, wait, lease, nullptr);
  }
  std::vector<job> pop_many(std::size_t n, milliseconds wait, milliseconds lease,
                            const interrupt& interrupt) {
    return pop_many_with(n, wait, lease, interrupt.get());
  }

  // Deliveries are named by their tokens; a job stands for its own.
  void mark_complete(text token) { complete_with(token, nullptr); }
  void mark_complete(const job& job) { mark_complete(job.token()); }
  void mark_complete(text token, const new_jobs& then) { complete_with(token, then.get()); }
  void mark_complete(const job& job, const new_jobs& then) { mark_complete(job.token(), then); }
  results mark_complete_many(const std::vector<text>& tokens) {
    auto [texts, lengths] = detail::arrays(tokens);
    std::vector<fairlane_error*> failures(tokens.size());
    detail::call(fairlane_queue_mark_complete_many, get(), texts.data(), lengths.data(),
                 texts.size(), failures.data());
    return taken(failures);
  }
  void mark_complete(text token, const job_result& result) {
    complete_with(token, nullptr, &result);
  }
  void mark_complete(const job& job, const job_result& result) {
    mark_complete(job.token(), result);
  }
  void mark_complete(text token, const new_jobs& then, const job_result& result) {
    complete_with(token, then.get(), &result);
  }
  void mark_complete(const job& job, const new_jobs& then, const job_result& result) {
    mark_complete(job.token(), then, result);
  }
  // One for each token; all are kept for that long.
  results mark_complete_many(const std::vector<text>& tokens,
                             const std::vector<std::optional<text>>& values,
                             milliseconds ttl = default_result_ttl) {
    auto [texts, lengths] = detail::arrays(tokens);
    std::vector<const void*> data;
    std::vector<std::size_t> sizes;
    for (const std::optional<text>& value : values) {
      data.push_back(detail::pointer(value));
      sizes.push_back(value ? value->size() : 0);
    }
    data.resize(tokens.size());
    sizes.resize(tokens.size());
    std::vector<fairlane_error*> failures(tokens.size());
    detail::call(fairlane_queue_mark_complete_many_with, get(), texts.data(), lengths.data(),
                 texts.size(), data.data(), sizes.data(), ttl.count(), failures.data());
    return taken(failures);
  }
  // None if the job has ended and no result of it is kept.
  std::optional<std::string> result(text id, milliseconds wait = {}) const {
    return result_with(id, wait, nullptr);
  }
  std::optional<std::string> result(text id, milliseconds wait, const interrupt& interrupt) const {
    return result_with(id, wait, interrupt.get());
  }
  void release(text token, milliseconds delay = {}) {
    detail::call(fairlane_queue_release, get(), detail::pointer(token), token.size(),
                 delay.count());
  }
  void release(const job& job, milliseconds delay = {}) { release(job.token(), delay); }
  void retry(text token, text reason = {}, std::optional<milliseconds> delay = std::nullopt) {
    detail::call(fairlane_queue_retry, get(), detail::pointer(token), token.size(),
                 detail::pointer(reason), reason.size(),
                 delay ? std::int64_t{delay->count()} : FAIRLANE_NONE);
  }
  void retry(const job& job, text reason = {}, std::optional<milliseconds> delay = std::nullopt) {
    retry(job.token(), reason, delay);
  }
  void fail(text token, text reason = {}) {
    detail::call(fairlane_queue_fail, get(), detail::pointer(token), token.size(),
                 detail::pointer(reason), reason.size());
  }
  void fail(const job& job, text reason = {}) { fail(job.token(), reason); }
  void extend(text token, milliseconds lease = default_lease) {
    detail::call(fairlane_queue_extend, get(), detail::pointer(token), token.size(),
                 lease.count());
  }
  void extend(const job& job, milliseconds lease = default_lease) { extend(job.token(), lease); }
  results extend_many(const std::vector<text>& tokens, milliseconds lease = default_lease) {
    auto [texts, lengths] = detail::arrays(tokens);
    std::vector<fairlane_error*> failures(tokens.size());
    detail::call(fairlane_queue_extend_many, get(), texts.data(), lengths.data(), texts.size(),
                 lease.count(), failures.data());
    return taken(failures);
  }

  void set_limits(lane_name lane, const limits_change& change) {
    detail::call(fairlane_queue_set_limits, get(), detail::pointer(lane), detail::length(lane),
                 change.get());
  }
  void pause(lane_name lane = {}) {
    detail::call(fairlane_queue_pause, get(), detail::pointer(lane), detail::length(lane));
  }
  void resume(lane_name lane = {}) {
    detail::call(fairlane_queue_resume, get(), detail::pointer(lane), detail::length(lane));
  }
  void throttle(lane_name lane, milliseconds duration) {
    detail::call(fairlane_queue_throttle, get(), detail::pointer(lane), detail::length(lane),
                 duration.count());
  }
  swept dethrottle() {
    auto found = take<fairlane_swept, fairlane_swept_free>(fairlane_queue_dethrottle);
    return {fairlane_swept_due(found.get()), fairlane_swept_lapsed(found.get()),
            fairlane_swept_woken(found.get())};
  }
  dethrottler start_dethrottler(milliseconds interval) {
    fairlane_dethrottler* handle = nullptr;
    detail::call(fairlane_queue_start_dethrottler, get(), interval.count(), &handle);
    return dethrottler(handle);
  }
  repaired repair() {
    auto found = take<fairlane_repaired, fairlane_repaired_free>(fairlane_queue_repair);
    const fairlane_repaired* of = found.get();
    return {fairlane_repaired_jobs(of),         fairlane_repaired_lanes(of),
            fairlane_repaired_lost_jobs(of),    fairlane_repaired_placed_jobs(of),
            fairlane_repaired_dropped_entries(of), fairlane_repaired_mended_lanes(of),
            fairlane_repaired_mended_sums(of),  fairlane_repaired_is_sound(of)};
  }

  fairlane::stats stats() const {
    auto found = take<fairlane_stats, fairlane_stats_free>(fairlane_queue_stats);
    return fairlane::stats(found.get());
  }
  std::int64_t size(lane_name lane = {}) const {
    std::int64_t size = 0;
    detail::call(fairlane_queue_size, get(), detail::pointer(lane), detail::length(lane), &size);
    return size;
  }
  std::vector<lane_info> lanes() const {
    auto list = take<fairlane_lane_info_list, fairlane_lane_info_list_free>(fairlane_queue_lanes);
    std::vector<lane_info> found;
    for (std::size_t i = 0; i < fairlane_lane_info_list_count(list.get()); i++) {
      found.emplace_back(fairlane_lane_info_list_at(list.get(), i));
    }
    return found;
  }
  std::optional<lane_info> lane(text name) const {
    auto info = take<fairlane_lane_info, fairlane_lane_info_free>(
        fairlane_queue_lane, detail::pointer(name), name.size());
    return info ? std::optional<lane_info>(info.get()) : std::nullopt;
  }
  std::optional<job_info> get(text id) const {
    auto info = take<fairlane_job_info, fairlane_job_info_free>(
        fairlane_queue_get, detail::pointer(id), id.size());
    return info ? std::optional(job_info(std::move(info))) : std::nullopt;
  }
  std::vector<job_info> peek(text lane = default_lane, std::size_t n = 1) const {
    return infos(take<fairlane_job_info_list, fairlane_job_info_list_free>(
        fairlane_queue_peek, detail::pointer(lane), lane.size(), n));
  }
  bool cancel(text id) {
    bool found = false;
    detail::call(fairlane_queue_cancel, get(), detail::pointer(id), id.size(), &found);
    return found;
  }
  std::uint64_t purge(lane_name lane = {}) {
    std::uint64_t count = 0;
    detail::call(fairlane_queue_purge, get(), detail::pointer(lane), detail::length(lane), &count);
    return count;
  }

  std::vector<job_info> failed(std::size_t n = 100) const {
    return infos(
        take<fairlane_job_info_list, fairlane_job_info_list_free>(fairlane_queue_failed, n));
  }
  // Those of `ids`, those of a lane, or all.
  std::uint64_t restore_failed(const id_list& ids = {}, lane_name lane = {}) {
    return of_archive(fairlane_queue_restore_failed, ids, lane);
  }
  std::uint64_t clean_failed(const id_list& ids = {}, lane_name lane = {}) {
    return of_archive(fairlane_queue_clean_failed, ids, lane);
  }
  void bump_keys() { detail::call(fairlane_queue_bump_keys, get()); }

  void schedule(text name, text payload, const timing& when, text lane = default_lane,
                const push_options& options = push_options()) {
    detail::call(fairlane_queue_schedule, get(), detail::pointer(name), detail::length(name),
                 payload.data(), payload.size(), detail::pointer(lane), detail::length(lane),
                 detail::pointer(when.cron), detail::length(when.cron),
                 when.every ? when.every->count() : FAIRLANE_NONE, detail::pointer(when.timezone),
                 detail::length(when.timezone), detail::pointer(when.catch_up),
                 detail::length(when.catch_up), options.get());
  }
  bool unschedule(text name) {
    bool found = false;
    detail::call(fairlane_queue_unschedule, get(), detail::pointer(name), detail::length(name),
                 &found);
    return found;
  }
  std::vector<schedule_info> schedules() const {
    auto list = take<fairlane_schedule_info_list, fairlane_schedule_info_list_free>(
        fairlane_queue_schedules);
    std::vector<schedule_info> found;
    for (std::size_t i = 0; i < fairlane_schedule_info_list_count(list.get()); i++) {
      found.emplace_back(fairlane_schedule_info_list_at(list.get(), i));
    }
    return found;
  }

  const fairlane_queue* get() const noexcept { return handle_.get(); }

 private:
  void open(text url, text name, const fairlane_queue_options* options) {
    fairlane_queue* queue = nullptr;
    detail::call(fairlane_queue_open, detail::pointer(url), url.size(), detail::pointer(name),
                 name.size(), options, &queue);
    handle_.reset(queue);
  }

  // Calls a function whose last parameter but one is a handle for the caller.
  template <typename T, auto Free, typename Function, typename... Arguments>
  detail::owner<T, Free> take(Function function, Arguments... arguments) const {
    T* handle = nullptr;
    detail::call(function, get(), arguments..., &handle);
    return detail::owner<T, Free>(handle);
  }

  std::string push_with(text payload, text lane, const fairlane_push_options* options) {
    fairlane_id id;
    detail::call(fairlane_queue_push, get(), payload.data(), payload.size(),
                 detail::pointer(lane), lane.size(), options, &id);
    return id.text;
  }

  std::optional<job> pop_with(milliseconds wait, milliseconds lease,
                              const fairlane_interrupt* interrupt) {
    fairlane_job* handle = nullptr;
    detail::call(fairlane_queue_pop, get(), wait.count(), lease.count(), interrupt, &handle);
    return handle ? std::optional(job(handle)) : std::nullopt;
  }

  std::vector<job> pop_many_with(std::size_t n, milliseconds wait, milliseconds lease,
                                 const fairlane_interrupt* interrupt) {
    std::vector<fairlane_job*> handles(n);
    std::vector<job> jobs;
    jobs.reserve(n);
    std::size_t count = 0;
    detail::call(fairlane_queue_pop_many, get(), n, wait.count(), lease.count(), interrupt,
                 handles.data(), &count);
    for (std::size_t i = 0; i < count; i++) jobs.emplace_back(handles[i]);
    return jobs;
  }

  void complete_with(text token, const fairlane_new_jobs* then,
                     const job_result* result = nullptr) {
    if (result == nullptr) {
      detail::call(fairlane_queue_mark_complete, get(), detail::pointer(token), token.size(),
                   then);
    } else {
      detail::call(fairlane_queue_mark_complete_with, get(), detail::pointer(token), token.size(),
                   then, detail::pointer(result->value), result->value.size(),
                   result->ttl.count());
    }
  }

  std::optional<std::string> result_with(text id, milliseconds wait,
                                         const fairlane_interrupt* interrupt) const {
    auto bytes = take<fairlane_bytes, fairlane_bytes_free>(
        fairlane_queue_result, detail::pointer(id), id.size(), wait.count(), interrupt);
    if (!bytes) return std::nullopt;
    std::size_t length = 0;
    const void* data = fairlane_bytes_data(bytes.get(), &length);
    return std::string(static_cast<const char*>(data), length);
  }

  static results taken(std::vector<fairlane_error*>& failures) {
    results made;
    made.reserve(failures.size());
    for (fairlane_error*& failure : failures) {
      made.push_back(failure ? std::optional(error(fairlane_error_code(failure),
                                                   fairlane_error_message(failure, nullptr)))
                             : std::nullopt);
      fairlane_error_free(&failure);
    }
    return made;
  }

  template <typename List>
  static std::vector<job_info> infos(List list) {
    std::shared_ptr<const fairlane_job_info_list> shared(std::move(list));
    std::vector<job_info> found;
    for (std::size_t i = 0; i < fairlane_job_info_list_count(shared.get()); i++) {
      const fairlane_job_info* one = fairlane_job_info_list_at(shared.get(), i);
      found.emplace_back(std::shared_ptr<const fairlane_job_info>(shared, one));
    }
    return found;
  }

  template <typename Function>
  std::uint64_t of_archive(Function function, const id_list& ids, lane_name lane) {
    auto [texts, lengths] = detail::arrays(ids.value_or(std::vector<text>()));
    const char* none = nullptr;
    std::uint64_t count = 0;
    detail::call(function, get(), ids ? (texts.empty() ? &none : texts.data()) : nullptr,
                 lengths.data(), texts.size(), detail::pointer(lane), detail::length(lane),
                 &count);
    return count;
  }

  detail::owner<fairlane_queue, fairlane_queue_free> handle_;
};

inline text version() noexcept { return fairlane_version(); }

}  // namespace fairlane

#include <fairlane_worker.hpp>

#endif
