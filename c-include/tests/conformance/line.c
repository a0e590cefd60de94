#include "line.h"

#include <stdlib.h>
#include <string.h>

line read_line(const char *begin, size_t length) {
  char *rest = copy(begin, length).bytes;
  line call = {rest, {{NULL, NULL}}, 0};
  while ((rest = strchr(rest, ' '))) {
    *rest++ = '\0';
    char *equals = strchr(rest, '=');
    if (!equals || call.count == MOST_ARGUMENTS) give_up("not a call", begin);
    *equals = '\0';
    call.arguments[call.count].name = rest;
    call.arguments[call.count++].value = equals + 1;
    rest = equals + 1;
  }
  return call;
}

const char *raw(const line *call, const char *name) {
  for (int i = 0; i < call->count; i++) {
    if (strcmp(call->arguments[i].name, name) == 0) return call->arguments[i].value;
  }
  return NULL;
}

bool has(const line *call, const char *name) { return raw(call, name) != NULL; }

int64_t number(const line *call, const char *name, int64_t usual) {
  const char *value = raw(call, name);
  return value ? strtoll(value, NULL, 10) : usual;
}

bool truth(const line *call, const char *name) { return strcmp(raw(call, name), "true") == 0; }

int64_t moment(const line *call, const char *name) { return DAWN + number(call, name, 0); }

int64_t next_number(const char **at) {
  char *end;
  int64_t value = strtoll(*at, &end, 10);
  *at = *end == '/' ? end + 1 : end;
  return value;
}
