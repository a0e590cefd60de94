// A worker in C++: its handler is any function, and says by what it throws how a try ended.
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fairlane.hpp>
#include <map>
#include <mutex>

using namespace std::chrono_literals;

#define CHECK(condition)                                                            \
  do {                                                                              \
    if (!(condition)) {                                                             \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                                 \
    }                                                                               \
  } while (0)

// Notes how tries ended, by payload, to be waited for.
class endings {
 public:
  void note(const fairlane::event& event) {
    if (!event.job() || event.kind() == FAIRLANE_EVENT_STARTED) return;
    const bool is_elsewhere = event.job()->payload() == "elsewhere";
    CHECK(event.took() >= 0s && event.queue() == (is_elsewhere ? "other" : "mail"));
    std::lock_guard lock(mutex_);
    std::string text(event.reason().value_or(""));
    noted_[std::string(event.job()->payload())] = {event.kind(), text};
    changed_.notify_all();
  }

  std::pair<std::int32_t, std::string> of(const std::string& payload) {
    std::unique_lock lock(mutex_);
    CHECK(changed_.wait_for(lock, 20s, [&] { return noted_.count(payload) > 0; }));
    return noted_[payload];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::pair<std::int32_t, std::string>> noted_;
};

static void attend(fairlane::delivery& job) {
  CHECK(job.queue() == "mail" || job.queue() == "other");
  CHECK(job.tries() == 1 && job.signal() == 0);
  if (job.payload() == "then") job.then(fairlane::new_jobs().add("next"));
  if (job.payload() == "error") throw std::runtime_error("bad address");
  if (job.payload() == "number") throw 7;
  if (job.payload() == "retry") throw fairlane::retry("not now", 1h);
  if (job.payload() == "discard") throw fairlane::discard("never");
  if (job.payload() == "release") throw fairlane::release(1h);
}

int main(int count, char** arguments) {
  CHECK(count == 2);
  fairlane::queue queue(arguments[1], "mail");
  fairlane::queue other(arguments[1], "other");
  endings endings;
  fairlane::worker_options options;
  options.also(other, 3).concurrency(2).lease(60s).timeout(10s);
  options.observer([&](const fairlane::event& event) {
    endings.note(event);
    throw 1;  // changes nothing
  });
  {
    fairlane::worker made(queue, attend, options);
    fairlane::worker worker = std::move(made);
    CHECK(worker.state() == FAIRLANE_WORKER_STOPPED);
    worker.start();
    CHECK(worker.state() == FAIRLANE_WORKER_RUNNING && !worker.wait(1ms));
    // No try that fails is followed by another while the test runs.
    fairlane::push_options tried_once;
    tried_once.backoff(1h, 1h, 1, false);
    for (const char* payload : {"then", "error", "number", "retry", "discard", "release"}) {
      queue.push(payload, fairlane::default_lane, tried_once);
    }
    other.push("elsewhere");
    using ending = std::pair<std::int32_t, std::string>;
    CHECK(endings.of("then") == ending(FAIRLANE_EVENT_DONE, ""));
    CHECK(endings.of("next") == ending(FAIRLANE_EVENT_DONE, ""));
    CHECK(endings.of("error") == ending(FAIRLANE_EVENT_FAILED, "bad address"));
    CHECK(endings.of("number") == ending(FAIRLANE_EVENT_FAILED, "unknown exception"));
    CHECK(endings.of("retry") == ending(FAIRLANE_EVENT_FAILED, "not now"));
    CHECK(endings.of("discard") == ending(FAIRLANE_EVENT_DEAD, "never"));
    CHECK(endings.of("release") == ending(FAIRLANE_EVENT_RELEASED, ""));
    CHECK(endings.of("elsewhere") == ending(FAIRLANE_EVENT_DONE, ""));
    CHECK(worker.stop() && worker.wait());
  }

  // It ends by itself.
  {
    const auto before = queue.size();
    fairlane::worker_options once;
    once.max_jobs(1).until_empty();
    fairlane::worker worker(queue, [](fairlane::delivery&) {}, once);
    queue.push("first");
    queue.push("second");
    worker.start();
    CHECK(worker.wait() && queue.size() == before + 1);
  }

  // It runs until its interrupt, and its end waits for handlers.
  fairlane::interrupt interrupt;
  std::int32_t signal = 0;
  {
    fairlane::worker worker(queue, [&](fairlane::delivery& job) {
      interrupt.raise();
      signal = job.wait(20s);
    });
    queue.push("last");
    worker.run(interrupt);
  }
  CHECK(signal == FAIRLANE_SIGNAL_STOPPING);
}
