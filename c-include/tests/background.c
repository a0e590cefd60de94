/* Background processors: one piece of work a key, and each argument to one of two functions. */
#include "check.h"

#include <pthread.h>
#include <time.h>

#define SOON 20000
#define HOUR 3600000

/* What was done with the arguments, and whether work may end. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int begun, done, dropped, may_end;
  int told[7];
} seen = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, 0, {0}};

static int add(int *count, int by) {
  pthread_mutex_lock(&seen.lock);
  int sum = *count += by;
  pthread_cond_broadcast(&seen.changed);
  pthread_mutex_unlock(&seen.lock);
  return sum;
}

static void await(const int *count, int expected) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += SOON / 1000;
  pthread_mutex_lock(&seen.lock);
  while (*count < expected) {
    CHECK(pthread_cond_timedwait(&seen.changed, &seen.lock, &until) == 0);
  }
  pthread_mutex_unlock(&seen.lock);
}

static int32_t work(void *arg, void *data) {
  CHECK(data == &seen);
  await(&seen.may_end, add(&seen.begun, 1));
  free(arg);
  add(&seen.done, 1);
  return 7; /* Logged, and nothing else. */
}

static void discard(void *arg, void *data) {
  CHECK(data == &seen);
  free(arg);
  add(&seen.dropped, 1);
}

static void observe(const fairlane_background_event *event, void *data) {
  CHECK(data == &seen);
  int32_t kind = fairlane_background_event_kind(event);
  CHECK(kind >= FAIRLANE_BACKGROUND_STARTED && kind <= FAIRLANE_BACKGROUND_LOST);
  CHECK(fairlane_background_event_key(event, NULL) && !fairlane_background_event_error(event));
  if (kind == FAIRLANE_BACKGROUND_FAILED) {
    SAME(fairlane_background_event_reason(event, NULL), "function returned 7");
    CHECK(fairlane_background_event_took(event) > 0);
  }
  add(&seen.told[kind], 1);
}

static fairlane_queue *queue;

static fairlane_background_processor *make(void) {
  fairlane_error *error = NULL;
  fairlane_background_processor *processor = NULL;
  fairlane_background_options *options = fairlane_background_options_new();
  OK(fairlane_background_options_set_concurrency(options, 1, &error));
  OK(fairlane_background_options_set_lease(options, SOON, &error));
  OK(fairlane_background_options_set_pause(options, 1, &error));
  OK(fairlane_background_options_set_fail_open(options, false, &error));
  OK(fairlane_background_options_set_drop(options, discard, &seen, &error));
  OK(fairlane_background_options_set_observer(options, observe, &seen, &error));
  OK(fairlane_background_processor_new(queue, work, &seen, options, &processor, &error));
  fairlane_background_options_free(&options);
  return processor;
}

static bool schedule(const fairlane_background_processor *processor, const char *key,
                     int64_t backoff) {
  fairlane_error *error = NULL;
  bool scheduled = false;
  OK(fairlane_background_processor_schedule(processor, TEXT(key), backoff, malloc(1), &scheduled,
                                            &error));
  return scheduled;
}

int main(int count, char **arguments) {
  CHECK(count == 2);
  fairlane_error *error = NULL;
  bool returned = false;
  fairlane_background_processor *none = NULL;
  OK(fairlane_queue_open(TEXT(arguments[1]), TEXT("mail"), NULL, &queue, &error));

  fairlane_background_processor *one = make(), *other = make();
  CHECK(schedule(one, "first", 0));
  await(&seen.begun, 1);
  CHECK(schedule(one, "second", HOUR));
  CHECK(fairlane_background_processor_queue_length(one) == 1);
  CHECK(!schedule(one, "second", 0) && !schedule(other, "first", 0));
  CHECK(seen.dropped == 2);

  /* After a bump another may take the key, and the end of the first work does not free it. */
  OK(fairlane_background_processor_bump_remote_dedup_key(one, &error));
  CHECK(schedule(other, "first", 0));
  await(&seen.begun, 2);
  add(&seen.may_end, 3);
  OK(fairlane_background_processor_close(one, true, SOON, &returned, &error));
  CHECK(returned);
  OK(fairlane_background_processor_close(other, true, SOON, NULL, &error));
  CHECK(seen.done == 3 && seen.dropped == 2);
  FAILS(FAIRLANE_CLOSED, "background processor is closed",
        fairlane_background_processor_schedule(one, TEXT("first"), 0, malloc(1), NULL, &error));
  CHECK(seen.dropped == 3);
  fairlane_background_processor_free(&one);
  fairlane_background_processor_free(&other);
  CHECK(one == NULL);

  /* What is dropped comes free at once, whatever its backoff. */
  one = make();
  CHECK(schedule(one, "runs", 0) && schedule(one, "waits", HOUR));
  await(&seen.begun, 4);
  OK(fairlane_background_processor_close(one, false, 0, &returned, &error));
  CHECK(!returned && seen.dropped == 4);
  other = make();
  CHECK(schedule(other, "waits", 0));
  add(&seen.may_end, 2);
  OK(fairlane_background_processor_close(one, false, SOON, &returned, &error));
  CHECK(returned);
  OK(fairlane_background_processor_close(other, true, SOON, &returned, &error));
  CHECK(returned && seen.done == 5 && seen.dropped == 4);
  CHECK(seen.told[FAIRLANE_BACKGROUND_STARTED] == 5 && seen.told[FAIRLANE_BACKGROUND_FAILED] == 5);
  CHECK(seen.told[FAIRLANE_BACKGROUND_DONE] == 0 && seen.told[FAIRLANE_BACKGROUND_DROPPED] == 1);

  FAILS(FAIRLANE_INVALID_ARGUMENT, NULL,
        fairlane_background_processor_schedule(one, NO_TEXT, -1, malloc(1), NULL, &error));
  CHECK(seen.dropped == 5);
  FAILS(FAIRLANE_INVALID_ARGUMENT, "function is NULL: accepted is a pointer to what it names",
        fairlane_background_processor_new(queue, NULL, NULL, NULL, &none, &error));
  CHECK(none == NULL);
  fairlane_background_processor_free(&one);
  fairlane_background_processor_free(&other);
  fairlane_queue_free(&queue);
  return 0;
}
