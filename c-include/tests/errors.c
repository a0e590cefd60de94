/* Every error code but that of a fork, as a program meets it: errors FOLDER, whose files errors.py has made. */
#include "check.h"

static fairlane_error *error;
static const char *folder;

static int32_t open_file(const char *file, const fairlane_queue_options *options,
                         fairlane_queue **queue) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, file);
  return fairlane_queue_open(TEXT(path), TEXT("mail"), options, queue, &error);
}

static void files_that_cannot_be_opened(void) {
  fairlane_queue *queue;
  fairlane_queue_options *options = fairlane_queue_options_new();
  FAILS(FAIRLANE_CORRUPT, NULL, open_file("garbage.db", NULL, &queue));
  FAILS(FAIRLANE_VERSION_MISMATCH, NULL, open_file("newer.db", NULL, &queue));
  OK(fairlane_queue_options_set_create(options, false, &error));
  FAILS(FAIRLANE_UNAVAILABLE, NULL, open_file("missing.db", options, &queue));
  OK(fairlane_queue_options_set_busy_timeout(options, 20, &error));
  FAILS(FAIRLANE_TIMEOUT, NULL, open_file("locked.db", options, &queue));
  CHECK(queue == NULL);
  fairlane_queue_options_free(&options);
}

static void a_server_that_is_not_there(void) {
  fairlane_queue *queue;
  fairlane_queue_options *options = fairlane_queue_options_new();
  OK(fairlane_queue_options_set_busy_timeout(options, 500, &error));
  OK(fairlane_queue_open(TEXT("redis://user:secret@127.0.0.1:1"), TEXT("mail"), options, &queue,
                         &error));
  CHECK(fairlane_queue_push(queue, "x", 1, NO_TEXT, NULL, NULL, &error) ==
        FAIRLANE_CONNECTION_LOST);
  CHECK(strstr(fairlane_error_message(error, NULL), "secret") == NULL);
  CHECK(fairlane_error_retryable(error));
  fairlane_error_free(&error);
  fairlane_queue_free(&queue);
  fairlane_queue_options_free(&options);
}

static void errors_of_verbs(fairlane_queue *queue) {
  fairlane_limits_change *change = fairlane_limits_change_new();
  fairlane_push_options *options = fairlane_push_options_new();
  OK(fairlane_limits_change_set_max_waiting(change, 1, &error));
  OK(fairlane_queue_set_limits(queue, TEXT("full"), change, &error));
  OK(fairlane_queue_push(queue, "x", 1, TEXT("full"), NULL, NULL, &error));
  FAILS(FAIRLANE_QUEUE_FULL, NULL,
        fairlane_queue_push(queue, "x", 1, TEXT("full"), NULL, NULL, &error));
  FAILS(FAIRLANE_INVALID_ARGUMENT, "job id \"x\" is not one that push gave",
        fairlane_push_options_set_after(options, TEXT("x"), &error));
  fairlane_push_options_free(&options);
  fairlane_limits_change_free(&change);

  fairlane_job *job;
  OK(fairlane_queue_pop(queue, 0, 60000, NULL, &job, &error));
  OK(fairlane_queue_fail(queue, TEXT(fairlane_job_token(job, NULL)), TEXT("why"), &error));
  FAILS(FAIRLANE_STALE_TOKEN, NULL,
        fairlane_queue_release(queue, TEXT(fairlane_job_token(job, NULL)), 0, &error));
  fairlane_job_free(&job);

  FAILS(FAIRLANE_PAYLOAD_TOO_LARGE, NULL,
        fairlane_queue_push(queue, "", (size_t)1 << 30, NO_TEXT, NULL, NULL, &error));
  OK(fairlane_queue_close(queue, &error));
  FAILS(FAIRLANE_CLOSED, NULL, fairlane_queue_push(queue, "x", 1, NO_TEXT, NULL, NULL, &error));
}

static void a_panic_becomes_an_error(void) {
  FAILS(FAIRLANE_INTERNAL, "defect in fairlane, please report it: forced here",
        fairlane_panic(TEXT("forced here"), &error));
  CHECK(fairlane_panic(TEXT("and without an error"), NULL) == FAIRLANE_INTERNAL);
}

static void names_and_numbers(void) {
  static const char *const names[] = {
      NULL,        "InvalidArgument", "StaleToken",     "QueueFull",   "PayloadTooLarge",
      "Closed",    "Timeout",         "ConnectionLost", "Unavailable", "Corrupt",
      "VersionMismatch", "Unsupported", "Internal",
      "JobFailed",       NULL};
  for (int32_t code = -1; code <= 13; code++) {
    size_t length = 99;
    const char *name = fairlane_status_name(code, &length);
    SAME(name, code < 0 ? NULL : names[code]);
    CHECK(length == (name ? strlen(name) : 0));
    CHECK(fairlane_status_retryable(code) ==
          (code == FAIRLANE_QUEUE_FULL || code == FAIRLANE_TIMEOUT ||
           code == FAIRLANE_CONNECTION_LOST || code == FAIRLANE_UNAVAILABLE));
  }
  SAME(fairlane_job_state_name(FAIRLANE_JOB_DEAD, NULL), "dead");
  SAME(fairlane_job_state_name(FAIRLANE_JOB_DEAD + 1, NULL), NULL);
  SAME(fairlane_lane_state_name(FAIRLANE_LANE_READY, NULL), "ready");
  SAME(fairlane_lane_state_name(0, NULL), NULL);
}

int main(int count, char **arguments) {
  CHECK(count == 2);
  folder = arguments[1];
  names_and_numbers();
  files_that_cannot_be_opened();
  a_server_that_is_not_there();
  a_panic_becomes_an_error();
  fairlane_queue *queue;
  OK(open_file("jobs.db", NULL, &queue));
  errors_of_verbs(queue);
  fairlane_queue_free(&queue);
  return 0;
}
