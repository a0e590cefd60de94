/* What is no verb of a queue: opening, the clock, backoffs, and the end of a dethrottler. */
#include <stdlib.h>
#include <string.h>

#include "background.h"
#include "given.h"

static bool set_options(world *world, const line *call, fairlane_queue_options *options) {
  fairlane_error **error = &world->error;
  TRY(fairlane_queue_options_set_clock(options, world->clock, error));
  text durability = text_of(call, "durability");
  if (has(call, "durability")) {
    TRY(fairlane_queue_options_set_durability(options, PASS(durability), error));
  }
  if (has(call, "create")) {
    TRY(fairlane_queue_options_set_create(options, truth(call, "create"), error));
  }
  if (has(call, "keep_leases")) {
    TRY(fairlane_queue_options_set_keep_leases(options, truth(call, "keep_leases"), error));
  }
  if (has(call, "max_payload")) {
    size_t bytes = (size_t)number(call, "max_payload", 0);
    TRY(fairlane_queue_options_set_max_payload(options, bytes, error));
  }
  if (has(call, "max_failed")) {
    uint64_t jobs = (uint64_t)number(call, "max_failed", 0);
    TRY(fairlane_queue_options_set_max_failed(options, jobs, error));
  }
  if (has(call, "busy_timeout")) {
    int64_t timeout = number(call, "busy_timeout", 0);
    TRY(fairlane_queue_options_set_busy_timeout(options, timeout, error));
  }
  return true;
}

static bool do_open(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)name, (void)queue;
  const char *handle = has(call, "as") ? raw(call, "as") : "queue";
  text own = text_of(call, "name"), url = text_of(call, "url");
  if (!own.bytes) own = copy(handle, strlen(handle));
  if (!url.bytes) url = copy(world->url, strlen(world->url));
  fairlane_queue_options *options = fairlane_queue_options_new();
  bool is_done = set_options(world, call, options) &&
                 fairlane_queue_open(PASS(url), PASS(own), options, queue_of(handle),
                                     &world->error) == FAIRLANE_OK;
  fairlane_queue_options_free(&options);
  return is_done && answer_word("ok");
}

static bool do_set(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)name, (void)queue;
  TRY(fairlane_manual_clock_set(world->clock, moment(call, "now"), &world->error));
  return answer_number(fairlane_manual_clock_now(world->clock) - DAWN);
}

static bool do_advance(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)name, (void)queue;
  TRY(fairlane_manual_clock_advance(world->clock, number(call, "by", 0), &world->error));
  return answer_number(fairlane_manual_clock_now(world->clock) - DAWN);
}

static bool do_stop(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)name, (void)queue;
  TRY(fairlane_dethrottler_stop(*dethrottler_of(raw(call, "of")), &world->error));
  return answer_word("ok");
}

static bool do_backoff(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)name, (void)queue;
  double factor = has(call, "factor") ? strtod(raw(call, "factor"), NULL) : 2;
  fairlane_backoff **backoff = backoff_of(raw(call, "as"));
  fairlane_backoff_free(backoff);
  TRY(fairlane_backoff_new(number(call, "min", 100), number(call, "max", 10000), factor, false,
                           number(call, "limit", FAIRLANE_NONE),
                           number(call, "expiration", FAIRLANE_NONE), backoff, &world->error));
  return answer_word("ok");
}

static bool do_duration(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)world, (void)name, (void)queue;
  int64_t delay = fairlane_backoff_duration(*backoff_of(raw(call, "of")));
  return delay == FAIRLANE_NONE ? answer_word("none") : answer_number(delay);
}

static bool do_for_attempt(world *world, const line *call, const char *name,
                           fairlane_queue *queue) {
  (void)name, (void)queue;
  int64_t delay;
  TRY(fairlane_backoff_for_attempt(*backoff_of(raw(call, "of")), number(call, "attempt", 0),
                                   &delay, &world->error));
  return answer_number(delay);
}

static bool do_attempt(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)world, (void)name, (void)queue;
  return answer_number(fairlane_backoff_attempt(*backoff_of(raw(call, "of"))));
}

static bool do_reset(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)world, (void)name, (void)queue;
  fairlane_backoff_reset(*backoff_of(raw(call, "of")));
  return answer_word("ok");
}

static bool do_copy(world *world, const line *call, const char *name, fairlane_queue *queue) {
  (void)world, (void)name, (void)queue;
  *backoff_of(raw(call, "as")) = fairlane_backoff_copy(*backoff_of(raw(call, "of")));
  return answer_word("ok");
}

static const struct {
  const char *name;
  verb *verb;
} verbs[] = {
    {"open", do_open},       {"set", do_set},           {"advance", do_advance},
    {"stop", do_stop},       {"backoff", do_backoff},   {"duration", do_duration},
    {"attempt", do_attempt}, {"for_attempt", do_for_attempt}, {"reset", do_reset},
    {"copy", do_copy},       {"background", do_background}, {"work", do_work},
    {"begun", do_begun},     {"finish", do_finish},     {"queue_length", do_queue_length},
    {"end", do_end},         {"bump_remote_dedup_key", do_bump},
};

verb *other_verb(const char *name) {
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
    if (strcmp(verbs[i].name, name) == 0) return verbs[i].verb;
  }
  return NULL;
}
