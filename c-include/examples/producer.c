/*
 * Pushes each line of standard input as a job: producer URL QUEUE LANE
 *
 * Every job is tried three times at most, with a second between the first two tries.
 */
#include <fairlane.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int complain(const char *what, int32_t status, fairlane_error **error) {
  fprintf(stderr, "producer: %s: %s (%s)\n", what, fairlane_error_message(*error, NULL),
          fairlane_status_name(status, NULL));
  fairlane_error_free(error);
  return EXIT_FAILURE;
}

static int produce(const fairlane_queue *queue, const char *lane,
                   const fairlane_push_options *options) {
  char line[4096];
  while (fgets(line, sizeof line, stdin)) {
    fairlane_error *error = NULL;
    fairlane_id id;
    int32_t status = fairlane_queue_push(queue, line, strcspn(line, "\n"), lane, FAIRLANE_STRLEN,
                                         options, &id, &error);
    if (status != FAIRLANE_OK) return complain("cannot push", status, &error);
    printf("%s\n", id.text);
  }
  return EXIT_SUCCESS;
}

int main(int count, char **arguments) {
  if (count != 4) {
    fprintf(stderr, "usage: producer URL QUEUE LANE\n");
    return EXIT_FAILURE;
  }
  fairlane_error *error = NULL;
  fairlane_queue *queue = NULL;
  int32_t status = fairlane_queue_open(arguments[1], FAIRLANE_STRLEN, arguments[2],
                                       FAIRLANE_STRLEN, NULL, &queue, &error);
  if (status != FAIRLANE_OK) return complain("cannot open the queue", status, &error);

  fairlane_push_options *options = fairlane_push_options_new();
  int result = EXIT_FAILURE;
  if ((status = fairlane_push_options_set_max_tries(options, 3, &error)) != FAIRLANE_OK ||
      (status = fairlane_push_options_set_backoff(options, 1000, 60000, 2, true, &error)) !=
          FAIRLANE_OK) {
    complain("cannot set the options", status, &error);
  } else {
    result = produce(queue, arguments[3], options);
  }
  fairlane_push_options_free(&options);
  fairlane_queue_free(&queue);
  return result;
}
