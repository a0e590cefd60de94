/* A worker calls its handler on threads of its own, and what the handler returns ends the delivery. */
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { SOON = 20 * 1000, HOUR = 3600 * 1000 };

/* What the observer has told: how often each kind of event, and the last reason of a failed try. Of
 * what a handler ends by itself it tells nothing: that is noted as kind 0. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int told[9];
  char reason[100];
} events = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, {0}, ""};

static void note(int32_t kind, const char *reason) {
  pthread_mutex_lock(&events.lock);
  events.told[kind]++;
  if (reason) snprintf(events.reason, sizeof events.reason, "%s", reason);
  pthread_cond_broadcast(&events.changed);
  pthread_mutex_unlock(&events.lock);
}

static void observe(const fairlane_event *event, void *data) {
  CHECK(data == &events);
  int32_t kind = fairlane_event_kind(event);
  CHECK(kind >= FAIRLANE_EVENT_STARTED && kind <= FAIRLANE_EVENT_TROUBLE);
  int is_about_queue = kind == FAIRLANE_EVENT_IDLE || kind == FAIRLANE_EVENT_TROUBLE;
  CHECK((fairlane_event_job(event) == NULL) == is_about_queue);
  SAME(fairlane_event_queue(event, NULL), "mail");
  CHECK(fairlane_event_took(event) >= 0);
  note(kind, fairlane_event_reason(event, NULL));
}

static int told(int32_t kind) {
  pthread_mutex_lock(&events.lock);
  int count = events.told[kind];
  pthread_mutex_unlock(&events.lock);
  return count;
}

/* Waits until there was one more event of a kind than before. */
static void await_event(int32_t kind, int before) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += SOON / 1000;
  pthread_mutex_lock(&events.lock);
  while (events.told[kind] <= before) {
    CHECK(pthread_cond_timedwait(&events.changed, &events.lock, &until) == 0);
  }
  pthread_mutex_unlock(&events.lock);
}

/* Does what the payload says. */
static int32_t handle(fairlane_delivery *delivery, void *data) {
  const fairlane_queue *queue = (const fairlane_queue *)data;
  fairlane_error *error = NULL;
  const fairlane_job *job = fairlane_delivery_job(delivery);
  size_t length;
  const char *payload = (const char *)fairlane_job_payload(job, &length);
  SAME(fairlane_delivery_queue(delivery, NULL), "mail");
  CHECK(fairlane_job_tries(job) == 1);
#define IS(text) (length == sizeof(text) - 1 && memcmp(payload, text, length) == 0)
  if (IS("then")) {
    fairlane_new_jobs *jobs = fairlane_new_jobs_new();
    OK(fairlane_new_jobs_add(jobs, "next", 4, NO_TEXT, NULL, &error));
    OK(fairlane_delivery_set_then(delivery, jobs, &error));
    fairlane_new_jobs_free(&jobs);
  }
  if (IS("result")) OK(fairlane_delivery_set_result(delivery, "42", 2, HOUR, &error));
  if (IS("retry") || IS("fail")) OK(fairlane_delivery_set_error(delivery, TEXT("no"), &error));
  if (IS("retry") || IS("release")) OK(fairlane_delivery_set_delay(delivery, HOUR, &error));
  if (IS("retry")) return FAIRLANE_VERDICT_RETRY;
  if (IS("fail")) return FAIRLANE_VERDICT_FAIL;
  if (IS("release")) return FAIRLANE_VERDICT_RELEASE;
  if (IS("ended")) {
    OK(fairlane_queue_fail(queue, TEXT(fairlane_job_token(job, NULL)), TEXT("by hand"), &error));
    note(0, NULL);
    return FAIRLANE_VERDICT_ENDED;
  }
  if (IS("odd")) return 17;
  if (IS("wait")) {
    int32_t signal = fairlane_delivery_wait(delivery, SOON);
    CHECK(signal == fairlane_delivery_signal(delivery));
    CHECK(signal == FAIRLANE_SIGNAL_STOPPING || signal == FAIRLANE_SIGNAL_TIMED_OUT);
    return FAIRLANE_VERDICT_RELEASE;
  }
  CHECK(fairlane_delivery_signal(delivery) == 0);
  return FAIRLANE_VERDICT_DONE;
}

static fairlane_queue *queue;

/* Pushes a job of which no try that fails is followed by another while the test runs. */
static void push(const char *payload) {
  fairlane_error *error = NULL;
  fairlane_push_options *options = fairlane_push_options_new();
  OK(fairlane_push_options_set_backoff(options, HOUR, HOUR, 1, false, &error));
  OK(fairlane_queue_push(queue, payload, strlen(payload), NO_TEXT, options, NULL, &error));
  fairlane_push_options_free(&options);
}

static int64_t size(void) {
  fairlane_error *error = NULL;
  int64_t size = -1;
  OK(fairlane_queue_size(queue, NO_TEXT, &size, &error));
  return size;
}

static fairlane_worker *employ(fairlane_worker_options *options) {
  fairlane_error *error = NULL;
  fairlane_worker *worker = NULL;
  OK(fairlane_worker_options_set_observer(options, observe, &events, &error));
  OK(fairlane_worker_new(queue, handle, queue, options, &worker, &error));
  fairlane_worker_options_free(&options);
  CHECK(fairlane_worker_state(worker) == FAIRLANE_WORKER_STOPPED);
  return worker;
}

/* What a handler returns ends the delivery. */
static void verdicts(void) {
  static const struct {
    const char *payload;
    int32_t event;
    const char *reason;
  } cases[] = {
      {"plain", FAIRLANE_EVENT_DONE, NULL},      {"retry", FAIRLANE_EVENT_FAILED, "no"},
      {"fail", FAIRLANE_EVENT_DEAD, "no"},       {"release", FAIRLANE_EVENT_RELEASED, NULL},
      {"odd", FAIRLANE_EVENT_FAILED, "handler returned 17, which is no verdict"},
  };
  fairlane_error *error = NULL;
  fairlane_worker *worker = employ(fairlane_worker_options_new());
  OK(fairlane_worker_start(worker, &error));
  OK(fairlane_worker_start(worker, &error));
  CHECK(fairlane_worker_state(worker) == FAIRLANE_WORKER_RUNNING);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int before = told(cases[i].event);
    push(cases[i].payload);
    await_event(cases[i].event, before);
    if (cases[i].reason) SAME(events.reason, cases[i].reason);
  }
  int done = told(FAIRLANE_EVENT_DONE);
  push("then");
  await_event(FAIRLANE_EVENT_DONE, done + 1);
  fairlane_id id;
  fairlane_bytes *result = NULL;
  size_t length;
  OK(fairlane_queue_push(queue, "result", 6, NO_TEXT, NULL, &id, &error));
  OK(fairlane_queue_result(queue, TEXT(id.text), SOON, NULL, &result, &error));
  CHECK(memcmp(fairlane_bytes_data(result, &length), "42", 2) == 0 && length == 2);
  fairlane_bytes_free(&result);
  push("ended");
  await_event(0, 0);
  CHECK(told(FAIRLANE_EVENT_IDLE) > 0);

  bool returned = false, ended = false;
  OK(fairlane_worker_wait(worker, 1, &ended, &error));
  CHECK(!ended);
  OK(fairlane_worker_stop(worker, SOON, &returned, &error));
  OK(fairlane_worker_wait(worker, 0, &ended, &error));
  CHECK(returned && ended && fairlane_worker_state(worker) == FAIRLANE_WORKER_STOPPED);
  fairlane_stats *stats = NULL;
  OK(fairlane_queue_stats(queue, &stats, &error));
  CHECK(fairlane_stats_dead(stats) == 2);
  fairlane_stats_free(&stats);
  /* What was retried, what was released, and what was odd. */
  CHECK(size() == 3);
  fairlane_worker_free(&worker);
}

/* A stop tells the handler; a worker that was stopped may be started again. */
static void stops(void) {
  fairlane_error *error = NULL;
  fairlane_worker *worker = employ(fairlane_worker_options_new());
  for (int round = 0; round < 2; round++) {
    int started = told(FAIRLANE_EVENT_STARTED);
    int released = told(FAIRLANE_EVENT_RELEASED);
    push("wait");
    OK(fairlane_worker_start(worker, &error));
    await_event(FAIRLANE_EVENT_STARTED, started);
    bool returned = false;
    OK(fairlane_worker_stop(worker, SOON, &returned, &error));
    /* More than once, if the worker has it again before it learns that it stops. */
    CHECK(returned && told(FAIRLANE_EVENT_RELEASED) > released);
    fairlane_job *job = NULL;
    OK(fairlane_queue_pop(queue, 0, 0, NULL, &job, &error));
    CHECK(job && fairlane_job_tries(job) == 1);
    fairlane_job_free(&job);
  }
  fairlane_worker_free(&worker);
}

/* A worker that may begin so many jobs, or works until there is none, stops by itself. */
static void stops_by_itself(void) {
  fairlane_error *error = NULL;
  fairlane_worker_options *options = fairlane_worker_options_new();
  OK(fairlane_worker_options_set_max_jobs(options, 2, &error));
  fairlane_worker *worker = employ(options);
  for (int number = 0; number < 3; number++) push("plain");
  bool ended = false;
  OK(fairlane_worker_start(worker, &error));
  OK(fairlane_worker_wait(worker, SOON, &ended, &error));
  CHECK(ended && size() == 1);
  fairlane_worker_free(&worker);

  options = fairlane_worker_options_new();
  OK(fairlane_worker_options_set_until_empty(options, true, &error));
  worker = employ(options);
  push("plain");
  OK(fairlane_worker_start(worker, &error));
  OK(fairlane_worker_wait(worker, SOON, &ended, &error));
  CHECK(ended && size() == 0);
  fairlane_worker_free(&worker);
}

/* A handler that takes too long is told, and its try has failed. */
static void times_out(void) {
  fairlane_error *error = NULL;
  fairlane_worker_options *options = fairlane_worker_options_new();
  OK(fairlane_worker_options_set_timeout(options, 20, &error));
  OK(fairlane_worker_options_set_lease(options, HOUR, &error));
  OK(fairlane_worker_options_set_concurrency(options, 3, &error));
  fairlane_worker *worker = employ(options);
  int failed = told(FAIRLANE_EVENT_FAILED);
  push("wait");
  OK(fairlane_worker_start(worker, &error));
  await_event(FAIRLANE_EVENT_FAILED, failed);
  SAME(events.reason, "handler took longer than 20ms");
  fairlane_worker_free(&worker);
}

static void refuses(void) {
  fairlane_error *error = NULL;
  fairlane_worker_options *options = fairlane_worker_options_new();
  fairlane_worker *worker = NULL;
  FAILS(FAIRLANE_INVALID_ARGUMENT, "handler is NULL: accepted is a pointer to what it names",
        fairlane_worker_new(queue, NULL, NULL, NULL, &worker, &error));
  OK(fairlane_worker_options_set_concurrency(options, 0, &error));
  OK(fairlane_worker_options_add_queue(options, queue, 3, &error));
  OK(fairlane_worker_new(queue, handle, queue, options, &worker, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "concurrency 0 is out of range: accepted are 1 to 1024",
        fairlane_worker_start(worker, &error));
  fairlane_worker_options_free(&options);
  fairlane_worker_free(&worker);
}

static fairlane_interrupt *interrupt;

static void on_signal(int number) {
  (void)number;
  fairlane_interrupt_raise(interrupt);
}

static void *kill_once_started(void *started) {
  await_event(FAIRLANE_EVENT_STARTED, *(int *)started);
  CHECK(kill(getpid(), SIGINT) == 0);
  return NULL;
}

/* It runs until a signal, and ends with its queue. */
static void runs(void) {
  fairlane_error *error = NULL;
  interrupt = fairlane_interrupt_new();
  struct sigaction action = {0};
  action.sa_handler = on_signal;
  CHECK(sigaction(SIGINT, &action, NULL) == 0);
  fairlane_worker *worker = employ(fairlane_worker_options_new());
  int started = told(FAIRLANE_EVENT_STARTED);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, kill_once_started, &started) == 0);
  push("wait");
  OK(fairlane_worker_run(worker, SOON, interrupt, &error));
  CHECK(pthread_join(thread, NULL) == 0);
  CHECK(fairlane_worker_state(worker) == FAIRLANE_WORKER_STOPPED);

  fairlane_interrupt_clear(interrupt);
  OK(fairlane_worker_start(worker, &error));
  OK(fairlane_queue_close(queue, &error));
  bool ended = false;
  FAILS(FAIRLANE_CLOSED, NULL, fairlane_worker_wait(worker, FAIRLANE_NONE, &ended, &error));
  CHECK(ended);
  fairlane_worker_free(&worker);
  fairlane_interrupt_free(&interrupt);
}

int main(int count, char **arguments) {
  CHECK(count == 2);
  fairlane_error *error = NULL;
  OK(fairlane_queue_open(TEXT(arguments[1]), TEXT("mail"), NULL, &queue, &error));
  verdicts();
  uint64_t purged;
  OK(fairlane_queue_purge(queue, NO_TEXT, &purged, &error));
  refuses();
  stops();
  stops_by_itself();
  times_out();
  OK(fairlane_queue_purge(queue, NO_TEXT, &purged, &error));
  runs();
  fairlane_queue_free(&queue);
  return 0;
}
