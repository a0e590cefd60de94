/* What the tests are written with: a check that fails says where and why, and ends the program. */
#ifndef FAIRLANE_TESTS_CHECK_H
#define FAIRLANE_TESTS_CHECK_H

#include <fairlane.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(text) (text), FAIRLANE_STRLEN
#define NO_TEXT NULL, 0

/* Something that holds. */
#define CHECK(condition)                                                           \
  do {                                                                             \
    if (!(condition)) {                                                            \
      fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                     \
    }                                                                              \
  } while (0)

/* A call that succeeds; its last argument is `&error`. */
#define OK(call) check_status(__FILE__, __LINE__, #call, (call), FAIRLANE_OK, NULL, &error)

/* A call that fails with that status and that message. */
#define FAILS(status, message, call) \
  check_status(__FILE__, __LINE__, #call, (call), (status), (message), &error)

/* Two texts that are equal. */
#define SAME(text, expected) check_text(__FILE__, __LINE__, #text, (text), (expected))

static inline void check_text(const char *file, int line, const char *what, const char *text,
                              const char *expected) {
  if (text == expected || (text && expected && strcmp(text, expected) == 0)) return;
  fprintf(stderr, "%s:%d: %s is\n  %s\nand not\n  %s\n", file, line, what, text ? text : "NULL",
          expected ? expected : "NULL");
  exit(1);
}

static inline void check_status(const char *file, int line, const char *call, int32_t status,
                                int32_t expected, const char *message, fairlane_error **error) {
  if (status != expected) {
    fprintf(stderr, "%s:%d: %s gave %d and not %d: %s\n", file, line, call, (int)status,
            (int)expected, *error ? fairlane_error_message(*error, NULL) : "no error");
    exit(1);
  }
  CHECK(fairlane_error_code(*error) == expected);
  if (message) check_text(file, line, call, fairlane_error_message(*error, NULL), message);
  fairlane_error_free(error);
  CHECK(*error == NULL);
}

#endif
