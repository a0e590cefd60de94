#include "given.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"

text text_of(const line *call, const char *name) {
  const char *value = raw(call, name);
  text none = {NULL, 0};
  return value ? value_of(value, strlen(value)) : none;
}

list list_of(const line *call, const char *name) {
  list made = {{NULL}, {0}, 0, has(call, name)};
  const char *at = raw(call, name);
  while (at && *at) {
    size_t length = strcspn(at, ",");
    if (made.count == MOST_ELEMENTS) give_up("too many elements", at);
    text element = value_of(at, length);
    made.texts[made.count] = element.bytes;
    made.lengths[made.count++] = element.length;
    at += length + (at[length] == ',');
  }
  return made;
}

/* Sets each NAME:VALUE of a list; names begin with no `$`. */
static bool set_headers(world *world, const line *call, fairlane_push_options *options) {
  for (const char *at = raw(call, "headers"); at && *at;) {
    size_t length = strcspn(at, ","), split = strcspn(at, ":");
    text name = decode(at, split), value = decode(at + split + 1, length - split - 1);
    TRY(fairlane_push_options_set_header(options, PASS(name), PASS(value), &world->error));
    at += length + (at[length] == ',');
  }
  return true;
}

static bool set(world *world, const line *call, fairlane_push_options *options) {
  fairlane_error **error = &world->error;
  if (has(call, "priority")) {
    TRY(fairlane_push_options_set_priority(options, number(call, "priority", 0), error));
  }
  if (has(call, "tps")) TRY(fairlane_push_options_set_tps(options, number(call, "tps", 0), error));
  if (has(call, "rate")) {
    const char *at = raw(call, "rate");
    int64_t count = next_number(&at);
    TRY(fairlane_push_options_set_rate(options, count, next_number(&at), error));
  }
  if (has(call, "delay")) {
    TRY(fairlane_push_options_set_delay(options, number(call, "delay", 0), error));
  }
  if (has(call, "at")) TRY(fairlane_push_options_set_at(options, moment(call, "at"), error));
  if (has(call, "cost")) {
    TRY(fairlane_push_options_set_cost(options, number(call, "cost", 0), error));
  }
  text key = text_of(call, "key");
  if (has(call, "key")) TRY(fairlane_push_options_set_key(options, PASS(key), error));
  if (has(call, "key_ttl")) {
    TRY(fairlane_push_options_set_key_ttl(options, number(call, "key_ttl", 0), error));
  }
  if (has(call, "max_tries")) {
    TRY(fairlane_push_options_set_max_tries(options, number(call, "max_tries", 0), error));
  }
  if (has(call, "backoff")) {
    const char *at = raw(call, "backoff");
    int64_t min = next_number(&at), max = next_number(&at);
    double factor = strtod(at, NULL);
    TRY(fairlane_push_options_set_backoff(options, min, max, factor, false, error));
  }
  text after = text_of(call, "after");
  if (has(call, "after")) TRY(fairlane_push_options_set_after(options, PASS(after), error));
  return set_headers(world, call, options);
}

bool settings(world *world, const line *call, fairlane_push_options **options) {
  *options = fairlane_push_options_new();
  return set(world, call, *options);
}

bool kept_jobs(world *world, fairlane_new_jobs **jobs) {
  *jobs = fairlane_new_jobs_new();
  bool is_done = true;
  for (size_t i = 0; is_done && i < world->job_count; i++) {
    const line *job = &world->jobs[i];
    text payload = text_of(job, "payload"), lane = text_of(job, "lane");
    fairlane_push_options *options;
    is_done = settings(world, job, &options) &&
              fairlane_new_jobs_add(*jobs, PASS(payload), PASS(lane), options, &world->error) ==
                  FAIRLANE_OK;
    fairlane_push_options_free(&options);
  }
  world->job_count = 0;
  return is_done;
}
