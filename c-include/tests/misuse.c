/* What is wrong is refused, named, and changes nothing: texts, lengths, arrays, freed handles. */
#include "check.h"

static fairlane_error *error;
static fairlane_queue *queue;

static const char *const NOT_UTF8 = "ab\xff";

static void texts_are_checked(void) {
  FAILS(FAIRLANE_INVALID_ARGUMENT, "lane is not UTF-8 at byte 2: accepted is text in UTF-8",
        fairlane_queue_push(queue, "x", 1, TEXT(NOT_UTF8), NULL, NULL, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "lane is NULL and its length 4: accepted is NULL with length 0",
        fairlane_queue_push(queue, "x", 1, NULL, 4, NULL, NULL, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "token is NULL: accepted is a pointer to what it names",
        fairlane_queue_mark_complete(queue, NO_TEXT, NULL, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "token is not UTF-8 at byte 2: accepted is text in UTF-8",
        fairlane_queue_extend(queue, NOT_UTF8, 3, 1000, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "reason is not UTF-8 at byte 2: accepted is text in UTF-8",
        fairlane_queue_fail(queue, TEXT("1.1.00000000"), TEXT(NOT_UTF8), &error));
  fairlane_lane_info *info;
  FAILS(FAIRLANE_INVALID_ARGUMENT, "name is not UTF-8 at byte 2: accepted is text in UTF-8",
        fairlane_queue_lane(queue, TEXT(NOT_UTF8), &info, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "id is not UTF-8 at byte 2: accepted is text in UTF-8",
        fairlane_queue_cancel(queue, TEXT(NOT_UTF8), NULL, &error));
  fairlane_queue *none = queue;
  FAILS(FAIRLANE_INVALID_ARGUMENT, "url is not UTF-8 at byte 2: accepted is text in UTF-8",
        fairlane_queue_open(TEXT(NOT_UTF8), TEXT("x"), NULL, &none, &error));
  CHECK(none == NULL);
}

static void lengths_are_checked(void) {
  const size_t huge = SIZE_MAX / 2;
  FAILS(FAIRLANE_PAYLOAD_TOO_LARGE, NULL,
        fairlane_queue_push(queue, "x", huge, NO_TEXT, NULL, NULL, &error));
  FAILS(FAIRLANE_PAYLOAD_TOO_LARGE, NULL,
        fairlane_queue_push(queue, "x", SIZE_MAX, NO_TEXT, NULL, NULL, &error));
  FAILS(FAIRLANE_PAYLOAD_TOO_LARGE,
        "payload of 16777217 bytes is too large: accepted are up to 16777216 bytes",
        fairlane_queue_push(queue, "x", 16777217, NO_TEXT, NULL, NULL, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, NULL,
        fairlane_queue_push(queue, "x", 1, "x", huge, NULL, NULL, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, NULL, fairlane_queue_pause(queue, "x", huge, &error));
  fairlane_new_jobs *jobs = fairlane_new_jobs_new();
  FAILS(FAIRLANE_PAYLOAD_TOO_LARGE, NULL,
        fairlane_new_jobs_add(jobs, "x", huge, NO_TEXT, NULL, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "payload is NULL and its length 5: accepted is NULL with length 0",
        fairlane_new_jobs_add(jobs, NULL, 5, NO_TEXT, NULL, &error));
  CHECK(fairlane_new_jobs_count(jobs) == 0);
  fairlane_new_jobs_free(&jobs);
}

static void arrays_are_checked(void) {
  const char *tokens[] = {"1.1.00000000", NULL, NOT_UTF8};
  const size_t lengths[] = {12, 0, 3};
  fairlane_error *results[3];
  FAILS(FAIRLANE_INVALID_ARGUMENT, "tokens[1] is NULL: accepted is a pointer to what it names",
        fairlane_queue_mark_complete_many(queue, tokens, NULL, 3, results, &error));
  CHECK(!results[0] && !results[1] && !results[2]);
  tokens[1] = tokens[0];
  FAILS(FAIRLANE_INVALID_ARGUMENT, "token \"\" is not one that pop gave",
        fairlane_queue_extend_many(queue, tokens, lengths, 2, 1000, NULL, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "tokens[2] is not UTF-8 at byte 2: accepted is text in UTF-8",
        fairlane_queue_extend_many(queue, tokens, NULL, 3, 1000, results, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, NULL,
        fairlane_queue_mark_complete_many(queue, tokens, NULL, SIZE_MAX / 8, NULL, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "tokens is NULL and its length 3: accepted is NULL with length 0",
        fairlane_queue_mark_complete_many(queue, NULL, NULL, 3, NULL, &error));
  OK(fairlane_queue_mark_complete_many(queue, NULL, NULL, 0, NULL, &error));
  OK(fairlane_queue_mark_complete_many(queue, tokens, NULL, 0, results, &error));

  uint64_t count = 7;
  FAILS(FAIRLANE_INVALID_ARGUMENT, "ids is NULL and its length 2: accepted is NULL with length 0",
        fairlane_queue_restore_failed(queue, NULL, NULL, 2, NO_TEXT, &count, &error));
  CHECK(count == 0);
  FAILS(FAIRLANE_INVALID_ARGUMENT, "ids and lane are both given: accepted is one of them",
        fairlane_queue_clean_failed(queue, tokens, NULL, 0, TEXT("lane"), &count, &error));
  OK(fairlane_queue_restore_failed(queue, tokens, NULL, 0, NO_TEXT, NULL, &error));

  fairlane_job *jobs[1];
  size_t popped = 7;
  FAILS(FAIRLANE_INVALID_ARGUMENT, NULL,
        fairlane_queue_pop_many(queue, SIZE_MAX, 0, 1000, NULL, jobs, &popped, &error));
  CHECK(popped == 0);
  FAILS(FAIRLANE_INVALID_ARGUMENT, "count 0 is out of range: accepted are 1 to 10000",
        fairlane_queue_pop_many(queue, 0, 0, 1000, NULL, jobs, &popped, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "jobs is NULL: accepted is a pointer to what it names",
        fairlane_queue_pop_many(queue, 1, 0, 1000, NULL, NULL, &popped, &error));
}

static void numbers_are_checked(void) {
  fairlane_job *job;
  FAILS(FAIRLANE_INVALID_ARGUMENT,
        "wait -9223372036854775808 ms is out of range: accepted are 0 ms to 315360000000 ms",
        fairlane_queue_pop(queue, INT64_MIN, 1000, NULL, &job, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, NULL,
        fairlane_queue_pop(queue, 0, INT64_MAX, NULL, &job, &error));
  fairlane_push_options *options = fairlane_push_options_new();
  OK(fairlane_push_options_set_delay(options, INT64_MAX, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, NULL,
        fairlane_queue_push(queue, "x", 1, NO_TEXT, options, NULL, &error));
  OK(fairlane_push_options_set_at(options, 0, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "delay and at are both given: accepted is one of them",
        fairlane_queue_push(queue, "x", 1, NO_TEXT, options, NULL, &error));
  OK(fairlane_push_options_set_at(options, FAIRLANE_NONE, &error));
  OK(fairlane_push_options_set_delay(options, FAIRLANE_NONE, &error));
  OK(fairlane_push_options_set_tps(options, 1, &error));
  OK(fairlane_push_options_set_rate(options, 1, 1000, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "tps and rate are both given: accepted is one of them",
        fairlane_queue_push(queue, "x", 1, NO_TEXT, options, NULL, &error));
  OK(fairlane_push_options_set_rate(options, FAIRLANE_NONE, 0, &error));
  OK(fairlane_push_options_set_key_ttl(options, 5, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "key_ttl 5 ms is given without a key: name the key too",
        fairlane_queue_push(queue, "x", 1, NO_TEXT, options, NULL, &error));
  fairlane_push_options_free(&options);
  fairlane_backoff *backoff;
  FAILS(FAIRLANE_INVALID_ARGUMENT, "limit -1 is out of range: accepted are 0 and above",
        fairlane_backoff_new(1, 2, 2, false, -1, FAIRLANE_NONE, &backoff, &error));
  CHECK(backoff == NULL);
}

static void a_handle_is_freed_once(void) {
  fairlane_queue *second = NULL;
  OK(fairlane_queue_open(TEXT("memory:"), TEXT("x"), NULL, &second, &error));
  fairlane_queue_free(&second);
  fairlane_queue_free(&second);
  FAILS(FAIRLANE_INVALID_ARGUMENT, "queue is NULL: accepted is a pointer to what it names",
        fairlane_queue_push(second, "x", 1, NO_TEXT, NULL, NULL, &error));
  fairlane_queue_free(NULL);
  fairlane_job_free(NULL);
}

static void nothing_was_changed(void) {
  fairlane_stats *stats;
  OK(fairlane_queue_stats(queue, &stats, &error));
  CHECK(fairlane_stats_pushed(stats) == 0 && fairlane_stats_lanes(stats) == 0);
  fairlane_stats_free(&stats);
}

static void a_closed_queue_says_so(void) {
  OK(fairlane_queue_close(queue, &error));
  OK(fairlane_queue_close(queue, &error));
  fairlane_job *job;
  fairlane_stats *stats;
  FAILS(FAIRLANE_CLOSED, NULL, fairlane_queue_pop(queue, 1000, 1000, NULL, &job, &error));
  FAILS(FAIRLANE_CLOSED, NULL, fairlane_queue_stats(queue, &stats, &error));
  FAILS(FAIRLANE_CLOSED, NULL, fairlane_queue_bump_keys(queue, &error));
  CHECK(!job && !stats);
}

int main(void) {
  OK(fairlane_queue_open(TEXT("memory:"), TEXT("x"), NULL, &queue, &error));
  texts_are_checked();
  lengths_are_checked();
  arrays_are_checked();
  numbers_are_checked();
  a_handle_is_freed_once();
  nothing_was_changed();
  a_closed_queue_says_so();
  fairlane_queue_free(&queue);
  return 0;
}
