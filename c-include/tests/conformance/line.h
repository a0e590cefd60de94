/* A call: a verb and its arguments. */
#ifndef FAIRLANE_CONFORMANCE_LINE_H
#define FAIRLANE_CONFORMANCE_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

enum { MOST_ARGUMENTS = 16, MOST_ELEMENTS = 64 };

/* The moment at which each scenario begins, in milliseconds since 1970. */
#define DAWN INT64_C(1700000000000)

typedef struct line {
  char *verb;
  struct {
    char *name, *value;
  } arguments[MOST_ARGUMENTS];
  int count;
} line;

/* Takes a line apart. */
line read_line(const char *begin, size_t length);

/* Gives an argument as it is written; NULL if it is not there. */
const char *raw(const line *call, const char *name);

/* Tells whether an argument is there. */
bool has(const line *call, const char *name);

/* Give an argument as a number, a truth value, a moment; `usual` if it is not there. */
int64_t number(const line *call, const char *name, int64_t usual);
bool truth(const line *call, const char *name);
int64_t moment(const line *call, const char *name);

/* Reads the number at the beginning of `*at`, and moves `*at` behind it and the slash after it. */
int64_t next_number(const char **at);

#endif
