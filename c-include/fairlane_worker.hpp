// Workers in C++17: a part of fairlane.hpp, which includes it.
#ifndef FAIRLANE_WORKER_HPP
#define FAIRLANE_WORKER_HPP

#include <fairlane.hpp>
#include <functional>
#include <stdexcept>

namespace fairlane {

// Thrown by a handler: the try failed; the job comes again after `delay`, by its own backoff by default.
class retry : public std::runtime_error {
 public:
  explicit retry(const std::string& reason = {}, std::optional<milliseconds> delay = std::nullopt)
      : std::runtime_error(reason), delay(delay) {}

  std::optional<milliseconds> delay;
};

// Thrown by a handler: the job failed for good and is dead, whatever tries it had left.
class discard : public std::runtime_error {
 public:
  explicit discard(const std::string& reason = {}) : std::runtime_error(reason) {}
};

// Thrown by a handler: the job goes back untried, to the front of its lane or after `delay`.
class release : public std::runtime_error {
 public:
  explicit release(milliseconds delay = {}) : std::runtime_error("released"), delay(delay) {}

  milliseconds delay;
};

// A job in the hands of a handler.
class delivery : public job_view {
 public:
  explicit delivery(fairlane_delivery* raw) : job_view(fairlane_delivery_job(raw)), raw_(raw) {}

  text queue() const { return detail::show(fairlane_delivery_queue, raw_); }
  // Why the handler need not go on, FAIRLANE_SIGNAL_STOPPING and its kin, or 0.
  std::int32_t signal() const noexcept { return fairlane_delivery_signal(raw_); }
  std::int32_t wait(milliseconds timeout) const {
    return fairlane_delivery_wait(raw_, timeout.count());
  }
  // What is pushed in the step in which the job is done.
  void then(const new_jobs& jobs) { detail::call(fairlane_delivery_set_then, raw_, jobs.get()); }
  void result(const job_result& result) {
    detail::call(fairlane_delivery_set_result, raw_, detail::pointer(result.value),
                 result.value.size(), result.ttl.count());
  }

 private:
  fairlane_delivery* raw_;
};

// Something that happened in a worker; lives as long as the observer is called.
class event {
 public:
  explicit event(const fairlane_event* raw) : raw_(raw) {}

  std::int32_t kind() const noexcept { return fairlane_event_kind(raw_); }
  std::optional<job_view> job() const {
    const fairlane_job* job = fairlane_event_job(raw_);
    return job ? std::optional(job_view(job)) : std::nullopt;
  }
  std::chrono::duration<double, std::milli> took() const {
    return std::chrono::duration<double, std::milli>(fairlane_event_took(raw_));
  }
  std::optional<text> reason() const { return detail::show_optional(fairlane_event_reason, raw_); }
  text queue() const { return detail::show(fairlane_event_queue, raw_); }

 private:
  const fairlane_event* raw_;
};

// How a worker works.
class worker_options
    : public detail::settings<worker_options, fairlane_worker_options, fairlane_worker_options_new,
                              fairlane_worker_options_free> {
 public:
  using observer_function = std::function<void(const event&)>;

  worker_options& also(const queue& queue, std::uint32_t weight) {
    return set(fairlane_worker_options_add_queue, queue.get(), weight);
  }
  worker_options& concurrency(std::size_t jobs) {
    return set(fairlane_worker_options_set_concurrency, jobs);
  }
  worker_options& lease(milliseconds lease) {
    return set(fairlane_worker_options_set_lease, lease.count());
  }
  worker_options& timeout(milliseconds timeout) {
    return set(fairlane_worker_options_set_timeout, timeout.count());
  }
  worker_options& max_jobs(std::size_t jobs) {
    return set(fairlane_worker_options_set_max_jobs, jobs);
  }
  worker_options& until_empty(bool until_empty = true) {
    return set(fairlane_worker_options_set_until_empty, until_empty);
  }
  // Called on many threads at once; what it throws is dropped.
  worker_options& observer(observer_function observer) {
    observer_ = std::make_shared<observer_function>(std::move(observer));
    return set(fairlane_worker_options_set_observer, &tell, observer_.get());
  }

 private:
  friend class worker;

  static void tell(const fairlane_event* raw, void* observer) noexcept {
    try {
      (*static_cast<observer_function*>(observer))(event(raw));
    } catch (...) {
    }
  }

  std::shared_ptr<observer_function> observer_;
};

// Calls a handler with the jobs of one or more queues, on many threads at once. To return means done;
// to throw means that the try failed, but for discard and release. At its end it stops, and waits until
// every handler has returned.
class worker {
 public:
  using handler = std::function<void(delivery&)>;

  worker(const queue& queue, handler handler, const worker_options& options = {})
      : handler_(std::make_unique<worker::handler>(std::move(handler))),
        observer_(options.observer_) {
    fairlane_worker* worker = nullptr;
    detail::call(fairlane_worker_new, queue.get(), &attend, handler_.get(), options.get(), &worker);
    handle_.reset(worker);
  }
  worker(worker&&) = default;
  worker& operator=(worker&&) = delete;
  ~worker() {
    if (handle_) fairlane_worker_stop(handle_.get(), FAIRLANE_MAX_TIME, nullptr, nullptr);
  }

  void start() { detail::call(fairlane_worker_start, handle_.get()); }
  // Tells whether every handler has returned.
  bool stop(milliseconds timeout = milliseconds(30000)) {
    bool returned = false;
    detail::call(fairlane_worker_stop, handle_.get(), timeout.count(), &returned);
    return returned;
  }
  // Tells whether it has stopped.
  bool wait(milliseconds timeout = milliseconds(FAIRLANE_MAX_TIME)) {
    bool ended = false;
    detail::call(fairlane_worker_wait, handle_.get(), timeout.count(), &ended);
    return ended;
  }
  void run(const interrupt& interrupt, milliseconds stop_timeout = milliseconds(30000)) {
    detail::call(fairlane_worker_run, handle_.get(), stop_timeout.count(), interrupt.get());
  }
  std::int32_t state() const noexcept { return fairlane_worker_state(handle_.get()); }

 private:
  static std::int32_t attend(fairlane_delivery* raw, void* handler) noexcept {
    try {
      delivery delivery(raw);
      (*static_cast<worker::handler*>(handler))(delivery);
      return FAIRLANE_VERDICT_DONE;
    } catch (const release& release) {
      fairlane_delivery_set_delay(raw, release.delay.count(), nullptr);
      return FAIRLANE_VERDICT_RELEASE;
    } catch (const discard& discard) {
      return failed(raw, discard.what(), FAIRLANE_VERDICT_FAIL);
    } catch (const retry& retry) {
      if (retry.delay) fairlane_delivery_set_delay(raw, retry.delay->count(), nullptr);
      return failed(raw, retry.what(), FAIRLANE_VERDICT_RETRY);
    } catch (const std::exception& error) {
      return failed(raw, error.what(), FAIRLANE_VERDICT_RETRY);
    } catch (...) {
      return failed(raw, "unknown exception", FAIRLANE_VERDICT_RETRY);
    }
  }

  static std::int32_t failed(fairlane_delivery* raw, const char* reason, std::int32_t verdict) {
    fairlane_delivery_set_error(raw, reason, FAIRLANE_STRLEN, nullptr);
    return verdict;
  }

  std::unique_ptr<handler> handler_;
  std::shared_ptr<worker_options::observer_function> observer_;
  detail::owner<fairlane_worker, fairlane_worker_free> handle_;
};

}  // namespace fairlane

#endif
