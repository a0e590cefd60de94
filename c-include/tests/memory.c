/* A million operations leave the memory of the process as it was: memory [OPERATIONS] URL */
#include <unistd.h>

#include "check.h"

enum { MEGABYTE = 1024 * 1024, BATCH = 10 };

static fairlane_error *error;
static fairlane_queue *queue;

static long resident_bytes(void) {
  FILE *file = fopen("/proc/self/statm", "r");
  long size = 0, resident = 0;
  CHECK(file && fscanf(file, "%ld %ld", &size, &resident) == 2);
  fclose(file);
  return resident * sysconf(_SC_PAGESIZE);
}

/* Does a bit of everything; gives the number of operations. */
static long round_of_operations(void) {
  static const char *const payload = "a payload of some forty bytes, or a bit more";
  fairlane_push_options *options = fairlane_push_options_new();
  OK(fairlane_push_options_set_key(options, TEXT("key"), &error));
  fairlane_new_jobs *jobs = fairlane_new_jobs_new();
  for (int i = 0; i < BATCH; i++) {
    OK(fairlane_new_jobs_add(jobs, payload, strlen(payload), TEXT("many"), NULL, &error));
  }
  fairlane_pushed_list *pushed = NULL;
  OK(fairlane_queue_push_many(queue, jobs, &pushed, &error));
  fairlane_id id;
  OK(fairlane_queue_push(queue, payload, strlen(payload), TEXT("one"), options, &id, &error));

  fairlane_job_info *info = NULL;
  OK(fairlane_queue_get(queue, TEXT(id.text), &info, &error));
  CHECK(info);
  FAILS(FAIRLANE_INVALID_ARGUMENT, NULL, fairlane_queue_cancel(queue, TEXT("x"), NULL, &error));

  fairlane_job *popped[BATCH + 1];
  const char *tokens[BATCH + 1];
  fairlane_error *results[BATCH + 1];
  size_t count = 0;
  OK(fairlane_queue_pop_many(queue, BATCH + 1, 0, 60000, NULL, popped, &count, &error));
  CHECK(count == BATCH + 1);
  for (size_t i = 0; i < count; i++) tokens[i] = fairlane_job_token(popped[i], NULL);
  OK(fairlane_queue_retry(queue, TEXT(tokens[0]), TEXT("again"), 0, &error));
  OK(fairlane_queue_mark_complete_many(queue, tokens, NULL, count, results, &error));
  CHECK(fairlane_error_code(results[0]) == FAIRLANE_STALE_TOKEN && !results[1]);
  for (size_t i = 0; i < count; i++) {
    fairlane_error_free(&results[i]);
    fairlane_job_free(&popped[i]);
  }
  fairlane_job *job = NULL;
  OK(fairlane_queue_pop(queue, 0, 60000, NULL, &job, &error));
  OK(fairlane_queue_mark_complete(queue, TEXT(fairlane_job_token(job, NULL)), NULL, &error));

  fairlane_job_free(&job);
  fairlane_job_info_free(&info);
  fairlane_pushed_list_free(&pushed);
  fairlane_new_jobs_free(&jobs);
  fairlane_push_options_free(&options);
  /* Jobs that were pushed, popped and ended, and the single calls. */
  return 3 * (BATCH + 1) + 6;
}

static void operate(long operations) {
  for (long done = 0; done < operations; done += round_of_operations()) {
  }
}

int main(int count, char **arguments) {
  CHECK(count == 2 || count == 3);
  long operations = count == 3 ? atol(arguments[1]) : 1000000;
  OK(fairlane_queue_open(TEXT(arguments[count - 1]), TEXT("mail"), NULL, &queue, &error));
  operate(operations / 10);
  long before = resident_bytes();
  operate(operations);
  long grown = resident_bytes() - before;
  fprintf(stderr, "%ld operations: grown by %ld bytes\n", operations, grown);
  CHECK(grown <= 5 * MEGABYTE);
  fairlane_queue_free(&queue);
  return 0;
}
