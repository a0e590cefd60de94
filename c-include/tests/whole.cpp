// Every class and verb of fairlane.hpp once: what they do is said by the scenarios, here they must
// compile, own what they are given, and throw.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fairlane.hpp>
#include <thread>

using namespace std::chrono_literals;
using fairlane::milliseconds;
using fairlane::moment;

#define CHECK(condition)                                                            \
  do {                                                                              \
    if (!(condition)) {                                                             \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                                 \
    }                                                                               \
  } while (0)

template <typename Call>
static std::int32_t code_of(Call call) {
  try {
    call();
  } catch (const fairlane::error& error) {
    CHECK(error.what()[0] != '\0');
    CHECK(error.name() == fairlane_status_name(error.code(), nullptr));
    CHECK(error.retryable() ==
          (error.code() == FAIRLANE_QUEUE_FULL || error.code() == FAIRLANE_TIMEOUT));
    return error.code();
  }
  return FAIRLANE_OK;
}

static fairlane::queue open(fairlane::text url, const fairlane::manual_clock& clock) {
  fairlane::queue_options options;
  options.durability("normal").create(true).keep_leases(false).max_payload(1000).max_failed(100);
  options.busy_timeout(5s).clock(clock);
  return {url, "mail", options};
}

static void produce_and_consume(fairlane::queue& queue) {
  CHECK(queue.push("plain") == "1");
  fairlane::push_options options;
  options.priority(9).cost(2).key("k", 10s).max_tries(3).backoff(1s, 2s, 2, false);
  options.header("traceparent", "00-1-2-01").header("empty", "");
  CHECK(queue.push("full", "a", options) == "2");
  CHECK(queue.push("again", "a", options) == "2");
  CHECK(queue.push("later", "b", fairlane::push_options().delay(5s).rate(2, 1min)) == "3");
  CHECK(queue.push("after", "b", fairlane::push_options().after("2").tps(0)) == "4");
  auto pushed = queue.push_many(fairlane::new_jobs().add("x").add("y", "c").add("z", "a", options));
  CHECK(pushed.size() == 3 && pushed[0].is_new && !pushed[2].is_new && pushed[2].id == "2");

  auto job = queue.pop();
  CHECK(job && job->id() == "1" && job->payload() == "plain" && job->lane() == "default");
  CHECK(job->priority() == 1 && job->cost() == 1 && job->tries() == 1 && job->max_tries() == 10);
  CHECK(job->lapses() == 0 && !job->key() && !job->after() && !job->error());
  CHECK(job->headers().size() == 0 && !job->headers().find("traceparent"));
  CHECK(job->lease_until() == job->started_at() + 120s && job->pushed_at() == job->started_at());
  queue.extend(*job, 300s);
  queue.mark_complete(*job, fairlane::new_jobs().add("then", "d"));
  CHECK(code_of([&] { queue.mark_complete(*job); }) == FAIRLANE_STALE_TOKEN);

  auto jobs = queue.pop_many(10, 1s, 60s);
  CHECK(jobs.size() == 4);
  auto full = std::find_if(jobs.begin(), jobs.end(), [](const auto& one) { return one.id() == "2"; });
  auto headers = full->headers();
  CHECK(headers.size() == 2 && headers[0].first == "empty" && headers[0].second == "");
  CHECK(headers.find("traceparent") == "00-1-2-01" && !headers.find("trace"));
  CHECK(queue.get("2")->headers().size() == 2);
  std::vector<fairlane::text> tokens;
  for (const auto& one : jobs) tokens.push_back(one.token());
  CHECK(!queue.extend_many(tokens)[3]);
  queue.release(jobs[0], 1h);
  queue.retry(jobs[1], "once more", 1h);
  queue.fail(jobs[2], "for good");
  auto results = queue.mark_complete_many(tokens);
  CHECK(results[0]->code() == FAIRLANE_STALE_TOKEN && !results[3]);
  CHECK(code_of([&] { queue.push(std::string(1001, 'x')); }) == FAIRLANE_PAYLOAD_TOO_LARGE);
}

static void results() {
  fairlane::queue queue("memory:", "results");
  std::string one = queue.push("1"), other = queue.push("2");
  CHECK(code_of([&] { queue.result(one, 1ms); }) == FAIRLANE_TIMEOUT);
  fairlane::interrupt interrupt;
  interrupt.raise();
  CHECK(code_of([&] { queue.result(one, 1h, interrupt); }) == FAIRLANE_TIMEOUT);
  queue.mark_complete(*queue.pop(), fairlane::job_result{"42"});
  CHECK(queue.result(one) == "42" && queue.result(one, 1h) == "42");
  auto job = queue.pop();
  auto told = queue.mark_complete_many({job->token()}, {fairlane::text()}, 5s);
  CHECK(!told[0] && queue.result(other) == "");
  std::string none = queue.push("3");
  queue.mark_complete(*queue.pop());
  CHECK(!queue.result(none));
}

static void look(fairlane::queue& queue) {
  auto stats = queue.stats();
  CHECK(stats.pushed == 7 && stats.dead == 1 && stats.retried == 1 && stats.completed == 2);
  CHECK(stats.counts.waiting() == queue.size() && queue.size("b") == 2);
  CHECK(queue.lanes().size() == std::size_t(stats.lanes) && !queue.lane("nobody"));
  auto lane = queue.lane("b");
  CHECK(lane && lane->name == "b" && lane->state == FAIRLANE_LANE_EMPTY && lane->counts.delayed == 1);
  auto info = queue.get("4");
  CHECK(info && info->state() == FAIRLANE_JOB_BLOCKED && info->after() == "2" && !info->died_at());
  CHECK(!queue.get("999"));
  queue.push("first", "p");
  queue.push("second", "p");
  CHECK(queue.peek("p", 5).back().payload() == "second" && queue.peek().empty());
  CHECK(queue.cancel(queue.peek("p")[0].id()) && queue.purge("p") == 1);
  auto failed = queue.failed();
  CHECK(failed.size() == 1 && failed[0].error() == "for good" && failed[0].died_at());
  std::vector<fairlane::text> ids;
  CHECK(queue.restore_failed(ids) == 0 && queue.restore_failed({}, "nobody") == 0);
  ids.push_back(failed[0].id());
  CHECK(queue.restore_failed(ids) == 1 && queue.clean_failed() == 0);
  CHECK(code_of([&] { queue.clean_failed(ids, "both"); }) == FAIRLANE_INVALID_ARGUMENT);
  queue.bump_keys();
  CHECK(queue.repair().is_sound);
}

static void limit(fairlane::queue& queue, fairlane::manual_clock& clock) {
  queue.purge();
  queue.set_limits("l", fairlane::limits_change().tps(1).max_in_flight(5).weight(2).max_waiting(2));
  queue.push("1", "l");
  queue.push("2", "l");
  CHECK(code_of([&] { queue.push("3", "l"); }) == FAIRLANE_QUEUE_FULL);
  CHECK(queue.lane("l")->limits.weight == 2 && queue.lane("l")->limits.rate_window == 1s);
  CHECK(queue.pop() && !queue.pop());
  CHECK(queue.lane("l")->wakes_at == clock.now() + 1s);
  clock.advance(1s);
  CHECK(queue.dethrottle().woken == 1);
  queue.pause();
  CHECK(!queue.pop() && queue.stats().paused);
  queue.resume();
  queue.throttle("l", 1min);
  CHECK(!queue.pop());
  clock.set(clock.now() + 1min);
  CHECK(queue.pop());
  queue.start_dethrottler(1h).stop();
}

static void schedule(fairlane::queue& queue, fairlane::manual_clock& clock) {
  queue.schedule("tidy", "x", fairlane::every(1s), "s");
  queue.schedule("daily", "y", fairlane::cron("@daily", "Asia/Tokyo"));
  const auto kept = queue.schedules();
  CHECK(kept.size() == 2 && kept[0].cron == "@daily" && kept[0].timezone == "Asia/Tokyo");
  CHECK(kept[1].every == 1s && kept[1].next_at == clock.now() + 1s && !kept[1].last_at);
  CHECK(queue.unschedule("daily") && !queue.unschedule("daily"));
  clock.advance(1s);
  queue.dethrottle();
  CHECK(queue.size("s") == 1 && queue.unschedule("tidy"));
}

static void wait(fairlane::queue& queue) {
  fairlane::interrupt interrupt;
  std::thread waiting([&] { CHECK(!queue.pop(1h, 1min, interrupt)); });
  interrupt.raise();
  waiting.join();
  CHECK(interrupt.is_raised() && queue.pop_many(3, 1h, 1min, interrupt).empty());
  interrupt.clear();
  std::thread closed([&] { CHECK(code_of([&] { queue.pop(1h); }) == FAIRLANE_CLOSED); });
  queue.close();
  closed.join();
}

int main(int count, char** arguments) {
  CHECK(count == 2 && fairlane::version() == fairlane_version());
  fairlane::manual_clock clock{moment(1700000000000ms)};
  fairlane::queue opened = open(arguments[1], clock);
  fairlane::queue queue = std::move(opened);
  CHECK(queue.name() == "mail");
  produce_and_consume(queue);
  look(queue);
  results();
  schedule(queue, clock);
  limit(queue, clock);
  wait(queue);
  CHECK(code_of([&] { fairlane::queue("amqp://host", "x"); }) == FAIRLANE_INVALID_ARGUMENT);

  fairlane::backoff backoff(1s, 8s, 2, false, 2);
  CHECK(backoff.duration() == 1s && backoff.duration() == 2s && !backoff.duration());
  CHECK(backoff.attempt() == 2 && backoff.for_attempt(9) == 8s && backoff.copy().attempt() == 0);
  backoff.reset();
  CHECK(backoff.duration() == 1s);
}
