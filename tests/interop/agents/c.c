/* The C agent of the interop tests: see README.md. */
#include <fairlane.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 8, MAX_LINE = 1 << 16 };

/* Turns the digits of a word into bytes, in its place. */
static char *bytes(char *word, size_t *length) {
  size_t count = 0;
  unsigned byte;
  for (const char *digit = word + 1; sscanf(digit, "%2x", &byte) == 1; digit += 2) {
    word[count++] = (char)byte;
  }
  *length = count;
  return word;
}

static void tell(const void *value, size_t length) {
  const unsigned char *byte = value;
  printf(" x");
  for (size_t at = 0; at < length; at++) printf("%02x", byte[at]);
}

static void tell_text(const char *text, size_t length) {
  if (text == NULL) printf(" -");
  else tell(text, length);
}

static int32_t push(fairlane_queue *queue, char **words, fairlane_error **error) {
  size_t payload_length, lane_length, key_length;
  const char *payload = bytes(words[1], &payload_length);
  const char *lane = bytes(words[2], &lane_length);
  fairlane_push_options *options = fairlane_push_options_new();
  int32_t status = FAIRLANE_OK;
  fairlane_id id;
  if (strcmp(words[3], "-") != 0) {
    const char *key = bytes(words[3], &key_length);
    status = fairlane_push_options_set_key(options, key, key_length, error);
  }
  if (status == FAIRLANE_OK) {
    status = fairlane_queue_push(queue, payload, payload_length, lane, lane_length, options, &id,
                                 error);
  }
  fairlane_push_options_free(&options);
  if (status == FAIRLANE_OK) printf("ok %s", id.text);
  return status;
}

static int32_t pop(fairlane_queue *queue, char **words, fairlane_error **error) {
  fairlane_job *job;
  size_t length;
  int32_t status = fairlane_queue_pop(queue, atol(words[1]), 60000, NULL, &job, error);
  if (status != FAIRLANE_OK) return status;
  if (job == NULL) {
    printf("ok -");
    return status;
  }
  printf("ok %s %s", fairlane_job_id(job, NULL), fairlane_job_token(job, NULL));
  const char *lane = fairlane_job_lane(job, &length);
  tell_text(lane, length);
  const void *payload = fairlane_job_payload(job, &length);
  tell(payload, length);
  const char *key = fairlane_job_key(job, &length);
  tell_text(key, length);
  printf(" %ld", (long)fairlane_job_tries(job));
  fairlane_job_free(&job);
  return status;
}

static int32_t get(fairlane_queue *queue, char **words, fairlane_error **error) {
  fairlane_job_info *job;
  size_t length;
  int32_t status = fairlane_queue_get(queue, words[1], FAIRLANE_STRLEN, &job, error);
  if (status != FAIRLANE_OK) return status;
  if (job == NULL) {
    printf("ok -");
    return status;
  }
  printf("ok %s", fairlane_job_state_name(fairlane_job_info_state(job), NULL));
  const char *lane = fairlane_job_info_lane(job, &length);
  tell_text(lane, length);
  const void *payload = fairlane_job_info_payload(job, &length);
  tell(payload, length);
  const char *key = fairlane_job_info_key(job, &length);
  tell_text(key, length);
  const char *reason = fairlane_job_info_error(job, &length);
  tell_text(reason, length);
  fairlane_job_info_free(&job);
  return status;
}

static int32_t limit(fairlane_queue *queue, char **words, fairlane_error **error) {
  size_t length;
  const char *lane = bytes(words[1], &length);
  fairlane_limits_change *change = fairlane_limits_change_new();
  int32_t status = fairlane_limits_change_set_max_in_flight(change, atol(words[2]), error);
  if (status == FAIRLANE_OK) {
    status = fairlane_queue_set_limits(queue, lane, length, change, error);
  }
  fairlane_limits_change_free(&change);
  return status;
}

static int32_t stats(fairlane_queue *queue, fairlane_error **error) {
  fairlane_stats *stats;
  int32_t status = fairlane_queue_stats(queue, &stats, error);
  if (status != FAIRLANE_OK) return status;
  const fairlane_counts *counts = fairlane_stats_counts(stats);
  printf("ok %ld %ld %ld %ld", (long)fairlane_counts_ready(counts),
         (long)fairlane_counts_in_flight(counts), (long)fairlane_stats_dead(stats),
         (long)fairlane_stats_completed(stats));
  fairlane_stats_free(&stats);
  return status;
}

static int32_t restore(fairlane_queue *queue, fairlane_error **error) {
  uint64_t count;
  int32_t status =
      fairlane_queue_restore_failed(queue, NULL, NULL, 0, NULL, 0, &count, error);
  if (status == FAIRLANE_OK) printf("ok %lu", (unsigned long)count);
  return status;
}

/* Carries out an order; what it has to tell is written, the bare "ok" is not. */
static int32_t carry_out(fairlane_queue *queue, char **words, fairlane_error **error, bool *tells) {
  const char *order = words[0];
  size_t length;
  *tells = true;
  if (strcmp(order, "push") == 0) return push(queue, words, error);
  if (strcmp(order, "pop") == 0) return pop(queue, words, error);
  if (strcmp(order, "get") == 0) return get(queue, words, error);
  if (strcmp(order, "stats") == 0) return stats(queue, error);
  if (strcmp(order, "restore") == 0) return restore(queue, error);
  *tells = false;
  if (strcmp(order, "limit") == 0) return limit(queue, words, error);
  if (strcmp(order, "sweep") == 0) return fairlane_queue_dethrottle(queue, NULL, error);
  if (strcmp(order, "complete") == 0) {
    return fairlane_queue_mark_complete(queue, words[1], FAIRLANE_STRLEN, NULL, error);
  }
  if (strcmp(order, "release") == 0) {
    return fairlane_queue_release(queue, words[1], FAIRLANE_STRLEN, 0, error);
  }
  if (strcmp(order, "fail") == 0) {
    const char *reason = bytes(words[2], &length);
    return fairlane_queue_fail(queue, words[1], FAIRLANE_STRLEN, reason, length, error);
  }
  fprintf(stderr, "unknown order %s\n", order);
  exit(1);
}

int main(int count, char **arguments) {
  static char line[MAX_LINE];
  fairlane_queue *queue;
  fairlane_error *error = NULL;
  if (count != 3 || fairlane_queue_open(arguments[1], FAIRLANE_STRLEN, arguments[2],
                                        FAIRLANE_STRLEN, NULL, &queue, &error) != FAIRLANE_OK) {
    fprintf(stderr, "no queue: %s\n", error == NULL ? "no arguments" : fairlane_error_message(error, NULL));
    return 1;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  while (fgets(line, sizeof line, stdin) != NULL) {
    char *words[MAX_WORDS] = {NULL};
    bool tells;
    words[0] = strtok(line, " \n");
    for (int at = 1; at < MAX_WORDS && words[at - 1] != NULL; at++) words[at] = strtok(NULL, " \n");
    int32_t status = carry_out(queue, words, &error, &tells);
    if (status != FAIRLANE_OK) {
      printf("error %s", fairlane_status_name(status, NULL));
      fairlane_error_free(&error);
    } else if (!tells) {
      printf("ok");
    }
    puts("");
  }
  fairlane_queue_free(&queue);
  return 0;
}
