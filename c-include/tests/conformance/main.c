/*
 * Runs a scenario of tests/conformance, whose README says what is done here, and writes its
 * transcript: conformance SCENARIO URL
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "show.h"
#include "world.h"

bool answer(text value) {
  printf(value.length ? "= %s\n" : "=\n", value.bytes);
  return true;
}

bool answer_word(const char *word) { return answer(copy(word, strlen(word))); }

bool answer_number(int64_t number) { return printf("= %" PRId64 "\n", number) > 0; }

bool answer_count(size_t count) { return printf("= %zu\n", count) > 0; }

bool item(text value) { return printf("- %s\n", value.bytes) > 0; }

static bool begins(const char *begin, size_t length, const char *with) {
  return length >= strlen(with) && memcmp(begin, with, strlen(with)) == 0;
}

static void make_call(world *world, const line *call) {
  const char *handle = has(call, "on") ? raw(call, "on") : "queue";
  verb *verb = queue_verb(call->verb);
  if (verb ? !verb(world, call, handle, *queue_of(handle))
           : !(verb = other_verb(call->verb)) || !verb(world, call, handle, NULL)) {
    if (!verb) give_up("no verb of this runner", call->verb);
    printf("%s\n", show_error(world->error).bytes);
  }
  fairlane_error_free(&world->error);
}

static void run(world *world, const char *begin, size_t length) {
  if (begins(begin, length, "=") || begins(begin, length, "-") || begins(begin, length, "!")) {
    return;
  }
  printf("%.*s\n", (int)length, begin);
  if (length == 0 || begin[0] == '#' || begins(begin, length, "needs ")) return;
  line call = read_line(begin, length);
  if (strcmp(call.verb, "job") == 0) {
    if (world->job_count == sizeof world->jobs / sizeof *world->jobs) give_up("too many", "jobs");
    world->jobs[world->job_count++] = call;
    return;
  }
  make_call(world, &call);
}

int main(int count, char **arguments) {
  if (count != 3) give_up("not given", "SCENARIO URL");
  FILE *file = fopen(arguments[1], "rb");
  if (!file) give_up("not to be read", arguments[1]);
  text scenario = copy("", 0);
  char part[4096];
  for (size_t size; (size = fread(part, 1, sizeof part, file)) > 0;) add(&scenario, part, size);
  fclose(file);

  static world here;
  here.url = arguments[2];
  if (fairlane_manual_clock_new(DAWN, &here.clock, NULL) != FAIRLANE_OK) give_up("no", "clock");
  for (char *at = scenario.bytes, *end; (end = strchr(at, '\n')); at = end + 1) {
    run(&here, at, (size_t)(end - at));
  }
  close_all(&here);
  forget_all();
  return 0;
}
